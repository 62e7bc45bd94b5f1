"""One's own slip, one's own values, the list without figures, and saying that something is wrong."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from xiaojia.domains.ledger.queries import own_member
from xiaojia.domains.recognition import actions, queries
from xiaojia.domains.recognition.access import MAY
from xiaojia.domains.recognition.forms import AppealForm, BallotForm
from xiaojia.kernel import clock
from xiaojia.kernel.access import require
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of


def ballot(request: HttpRequest) -> HttpResponse:
    """The slip of this month, on a phone in two minutes."""
    viewer = actor_of(request)
    slip = queries.own_slip(viewer=viewer)
    if slip is None:
        return render(request, "recognition/no_ballot.html")
    form, refusal = BallotForm(request.POST or None, names=slip.asked), None
    if request.method == "POST" and form.is_valid():
        try:
            actions.hand_in_ballot(
                by=viewer, at=clock.now(), ballot_id=slip.ballot.pk, answers=form.answers()
            )
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("收到了，封起来了；截止以前想改，再填一遍就行。"))
            return redirect("recognition:mine")
    context = {"slip": slip, "form": form, "refusal": refusal}
    return render(request, "recognition/ballot.html", context, status=refusal.status if refusal else 200)


def mine(request: HttpRequest) -> HttpResponse:
    """What came of it, for oneself alone."""
    viewer = actor_of(request)
    return render(request, "recognition/mine.html", {"own": queries.own(viewer=viewer)})


def sums(request: HttpRequest) -> HttpResponse:
    """One's own quarters and years."""
    viewer = actor_of(request)
    return render(request, "recognition/sums.html", {"own": queries.own_sums(viewer=viewer)})


def awards(request: HttpRequest) -> HttpResponse:
    """Who is thanked for the year, in pinyin order, with what neighbours tell."""
    viewer = actor_of(request)
    year = queries.year_shown(viewer=viewer)
    listed = queries.awards(year, viewer=viewer) if year is not None else []
    return render(request, "recognition/awards.html", {"year": year, "listed": listed})


def appeal_month(request: HttpRequest, month_id: UUID) -> HttpResponse:
    """Something is wrong with one's month."""
    viewer = actor_of(request)
    return _appeal(
        request,
        lambda text: actions.file_appeal(by=viewer, at=clock.now(), text=text, month_id=month_id),
    )


def appeal_year(request: HttpRequest, appraisal_id: int) -> HttpResponse:
    """Something is wrong with one's year."""
    viewer = actor_of(request)
    return _appeal(
        request,
        lambda text: actions.file_appeal(by=viewer, at=clock.now(), text=text, appraisal_id=appraisal_id),
    )


def _appeal(request: HttpRequest, file: Callable[[str], object]) -> HttpResponse:
    viewer = actor_of(request)
    require(MAY, "file_appeal", viewer, viewer.community_id)
    if own_member(viewer=viewer) is None:
        raise Http404
    form, refusal = AppealForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            file(form.cleaned_data["text"])
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("收下了；十个工作日里，由没结过这个分的人来答复您。"))
            return redirect("recognition:mine")
    context = {"form": form, "refusal": refusal}
    return render(request, "recognition/appeal.html", context, status=refusal.status if refusal else 200)
