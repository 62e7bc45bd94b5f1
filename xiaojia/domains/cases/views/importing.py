"""Cases from another system: drop a table, look at every doubt, take it over."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaojia.domains.cases import queries
from xiaojia.domains.cases.access import MAY
from xiaojia.domains.cases.actions.importing_later import TableGone, drop_table, receive_table, take_table
from xiaojia.domains.cases.outside_forms import TableForm
from xiaojia.domains.cases.queries.tables import found_table
from xiaojia.domains.cases.reading.table import HEADINGS, NEEDED
from xiaojia.kernel import clock
from xiaojia.kernel.access import require
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of


def home(request: HttpRequest) -> HttpResponse:
    """Which columns are understood, and the place to drop a table."""
    viewer = actor_of(request)
    require(MAY, "import_cases", viewer, viewer.community_id)
    form, refusal = TableForm(request.POST or None, request.FILES or None), None
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            work = receive_table(by=viewer, at=clock.now(), file_name=file.name, stream=file.chunks())
        except Refused as refused:
            refusal = refused
        else:
            return redirect("work", work_id=work.pk)
    context = {
        "form": form,
        "refusal": refusal,
        "has_kinds": queries.casekinds(viewer=viewer).exists(),
        "needed": "、".join(words[0] for meaning, words in HEADINGS.items() if meaning in NEEDED),
        "others": "、".join(words[0] for meaning, words in HEADINGS.items() if meaning not in NEEDED),
    }
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "cases/import.html", context, status=status)


def one(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """What would come and what is in doubt, row by row; nothing has changed yet."""
    viewer = actor_of(request)
    found = found_table(file_id, viewer=viewer)
    if found is None:
        raise TableGone
    context = {
        "file_id": file_id,
        "found": found,
        "unplaced": found.fresh - found.placed,
        "more_doubts": found.doubt_count - len(found.doubts),
        "page": Paginator(found.doubts, queries.A_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "cases/import_one.html", context)


@require_POST
def take(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """Take it over, all of it or nothing."""
    return redirect("work", work_id=take_table(by=actor_of(request), at=clock.now(), file_id=file_id).pk)


@require_POST
def drop(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """Put it down."""
    drop_table(by=actor_of(request), at=clock.now(), file_id=file_id)
    messages.success(request, _("这张表放下了，什么也没有收。"))
    return redirect("cases:import")
