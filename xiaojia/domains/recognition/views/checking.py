"""What a person has to read or decide: thanks before they are shown, stories, appeals, opening envelopes."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaojia.domains.ledger.queries import members
from xiaojia.domains.recognition import actions, queries
from xiaojia.domains.recognition.access import MAY
from xiaojia.domains.recognition.forms import AnswerForm, StoryForm
from xiaojia.kernel import clock
from xiaojia.kernel.access import require
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of


def thanks(request: HttpRequest, month_id: UUID) -> HttpResponse:
    """Sentences of thanks, each read by a person before the one it is for sees it."""
    viewer = actor_of(request)
    if request.method == "POST":
        try:
            pk = UUID(request.POST.get("id", ""))
        except ValueError:
            raise Http404 from None
        is_shown = request.POST.get("do") == "show"
        actions.screen_thanks(by=viewer, at=clock.now(), thanks_id=pk, is_shown=is_shown)
        return redirect("recognition:thanks", month_id)
    shown = queries.month_shown(month_id, viewer=viewer)
    if shown is None:
        raise Http404
    waiting = queries.waiting_thanks(month_id, viewer=viewer)
    return render(request, "recognition/thanks.html", {"month": shown.month, "waiting": waiting})


def story(request: HttpRequest) -> HttpResponse:
    """What neighbours tell of this year."""
    viewer, year = actor_of(request), clock.today().year
    require(MAY, "tell_story", viewer, viewer.community_id)
    known = [(pk, name) for pk, name in members(viewer=viewer).values_list("pk", "name")]
    form, refusal = StoryForm(request.POST or None, members=known), None
    if request.method == "POST" and form.is_valid():
        try:
            actions.tell_story(
                by=viewer, at=clock.now(), year=year, member_id=form.cleaned_data["member"],
                text=form.cleaned_data["text"],
            )  # fmt: skip
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("记下了；年底评上了，名单上就写这句话。"))
            return redirect("recognition:story")
    context = {"form": form, "refusal": refusal, "year": year, "has_members": bool(known)}
    return render(request, "recognition/story.html", context, status=refusal.status if refusal else 200)


def appeals(request: HttpRequest) -> HttpResponse:
    """What waits for an answer."""
    viewer = actor_of(request)
    return render(request, "recognition/appeals.html", {"shown": queries.appeals_shown(viewer=viewer)})


def appeal(request: HttpRequest, appeal_id: UUID) -> HttpResponse:
    """One appeal: opened by two, answered by somebody who did not close it."""
    viewer = actor_of(request)
    shown = queries.appeal_shown(appeal_id, viewer=viewer)
    if shown is None:
        raise Http404
    form, refusal = AnswerForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            actions.answer_appeal(by=viewer, at=clock.now(), appeal_id=appeal_id, **form.cleaned_data)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("答复记下了，本人在自己那一页看得到。"))
            return redirect("recognition:appeals")
    context = {
        "shown": shown, "form": form, "refusal": refusal,
        "is_mine": viewer.account_id in (shown.appeal.closed_by_id, shown.appeal.filed_by_id),
        "asked_by_me": bool(shown.unsealing and shown.unsealing.asked_by_id == viewer.account_id),
    }  # fmt: skip
    return render(request, "recognition/one_appeal.html", context, status=refusal.status if refusal else 200)


@require_POST
def unseal(request: HttpRequest, appeal_id: UUID) -> HttpResponse:
    """The first or the second of two people."""
    step = actions.agree_unsealing if request.POST.get("do") == "agree" else actions.ask_unsealing
    step(by=actor_of(request), at=clock.now(), appeal_id=appeal_id)
    return redirect("recognition:one_appeal", appeal_id)
