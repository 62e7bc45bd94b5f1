from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaojia.domains.people import actions
from xiaojia.domains.people.forms import ConsentForm
from xiaojia.kernel import clock
from xiaojia.kernel.requests import actor_of


@require_POST
def consent(request: HttpRequest, household_id: int) -> HttpResponse:
    """A resident says yes to the contact card, or takes it back; somebody of the community writes it down."""
    by, form = actor_of(request), ConsentForm(request.POST)
    if not form.is_valid():
        raise Http404
    resident_id, at = form.cleaned_data["resident"], clock.now()
    if form.cleaned_data["says"] == "yes":
        actions.give_consent(by=by, at=at, resident_id=resident_id, purpose="contact_card")
        messages.success(request, _("记下了：本人同意把姓名和电话给家长看。什么时候都可以收回。"))
    else:
        actions.withdraw_consent(by=by, at=at, resident_id=resident_id, purpose="contact_card")
        messages.success(request, _("收回了。从现在起，家长看不到姓名和电话。"))
    return redirect("household", household_id=household_id)
