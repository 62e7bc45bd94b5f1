"""The page of one piece of long work: how far it is, 停下, and what became of it.

Any page may link here (`{% url 'work' id %}`); it may be left, the work goes on.
"""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from xiaojia.kernel.actors import Actor
from xiaojia.kernel.models import Work
from xiaojia.kernel.work import ask_to_stop


def work_page(request: HttpRequest, work_id: UUID) -> HttpResponse:
    """The whole page, or its inner part for htmx (which polls while the work runs)."""
    row = _own_work(request, work_id)
    is_fragment = request.headers.get("HX-Request") == "true"
    if row.is_over and row.state == Work.State.DONE and row.where_url:
        if is_fragment:
            answer = HttpResponse(status=204)
            answer["HX-Redirect"] = row.where_url
            return answer
        return redirect(row.where_url)
    template = "work_progress.html" if is_fragment else "work.html"
    return render(request, template, {"work": row})


@require_POST
def work_stop(request: HttpRequest, work_id: UUID) -> HttpResponse:
    """停下: rolls back what was not yet committed."""
    ask_to_stop(_own_work(request, work_id).pk)
    return redirect("work", work_id=work_id)


def _own_work(request: HttpRequest, work_id: UUID) -> Work:
    """Work of this person's community; another community's looks as if it did not exist."""
    actor: Actor | None = getattr(request, "actor", None)
    row = Work.objects.filter(pk=work_id).first()
    if row is None or actor is None or row.community_id not in actor.scope.community_ids:
        raise Http404
    if not actor.scope.is_wide and row.account_id != actor.account_id:
        raise Http404
    return row
