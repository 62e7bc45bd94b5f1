"""`--demo` only: sit down as a simulated person of a role, without a password."""

from __future__ import annotations

from django.contrib import auth
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from xiaojia.domains.places.models import Community
from xiaojia.domains.teams.models import Tenure
from xiaojia.kernel import clock
from xiaojia.project.middleware import TENURE_KEY


def sit_down_as(request: HttpRequest, role: str) -> HttpResponse:
    """Sign in as the first simulated person of that role in the first simulated community that has one."""
    on = clock.today()
    simulated = Community.objects.filter(is_simulated=True)
    tenure = (
        Tenure.objects.filter(
            role=role, account__is_simulated=True, community_id__in=simulated.values("id"), from_on__lte=on
        )
        .exclude(until_on__lte=on)
        .select_related("account")
        .order_by("community_id", "id")
        .first()
    )
    if tenure is None:
        raise Http404
    auth.login(request, tenure.account, backend="xiaojia.project.sign_in.StaffBackend")
    request.session[TENURE_KEY] = tenure.pk
    return redirect("home")
