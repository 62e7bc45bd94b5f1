"""Members and their passbooks: for the office, and each person's own. No list is in the order of points."""

from __future__ import annotations

from datetime import date
from itertools import accumulate
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaojia.domains.ledger import actions, queries
from xiaojia.domains.ledger.access import MAY
from xiaojia.domains.ledger.actions.kin import declare_kin_named
from xiaojia.domains.ledger.forms import DonateForm, JoinForm
from xiaojia.domains.ledger.models import Member
from xiaojia.domains.ledger.rules import months_before
from xiaojia.domains.people import actions as people
from xiaojia.domains.people import queries as people_queries
from xiaojia.domains.places.queries import community
from xiaojia.kernel import clock
from xiaojia.kernel.access import may, require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import actor_of

SHOWN = 200


def members(request: HttpRequest) -> HttpResponse:
    """Who takes part, in pinyin order; `?q=` by the beginning of a name, `?only=gone` who moved out."""
    viewer = actor_of(request)
    text = request.GET.get("q", "").strip()[:40]
    is_gone, only_gone = queries.moved_out(clock.today()), request.GET.get("only") == "gone"
    found = queries.members(viewer=viewer, name=text).annotate(is_gone=is_gone)
    rows = list((found.filter(is_gone) if only_gone else found)[: SHOWN + 1])
    context = {
        "members": rows[:SHOWN], "has_more": len(rows) > SHOWN, "text": text, "only_gone": only_gone,
        "may_open": may(MAY, "see_points", viewer, viewer.community_id),
    }  # fmt: skip
    return render(request, "ledger/members.html", context)


def join(request: HttpRequest) -> HttpResponse:
    """Somebody says yes in person. `?household=` comes from a household's page."""
    viewer, now = actor_of(request), clock.now()
    require(MAY, "join", viewer, viewer.community_id)
    asked = request.POST.get("household") or request.GET.get("household", "")
    lives = people_queries.household(int(asked), viewer=viewer) if asked.isdigit() else None
    gone = queries.gone_members(viewer=viewer, on=clock.today(now)) if lives else ()
    form = JoinForm(request.POST or None, gone=gone, initial={"household": lives.pk if lives else None})
    refusal = None
    if request.method == "POST" and form.is_valid():
        v = form.cleaned_data
        if v["moved"] and lives:
            return _move_in(viewer, request, v["moved"], lives.pk)
        joining = actions.Joining(
            v["category"], v["name"], () if lives else viewer.scope.microgrid_ids,
            household_id=lives.pk if lives else None,
        )  # fmt: skip
        try:
            member = actions.join(by=viewer, at=now, on=clock.today(now), joining=joining)
        except Refused as refused:
            refusal = refused
        else:
            _declare(request, viewer, member.pk, v["kin"])
            messages.success(
                request, _("%(name)s加入了。不想参加了随时说一声，什么都不影响。") % {"name": v["name"]}
            )
            return redirect("ledger:members")
    context = {"form": form, "refusal": refusal, "door": lives.door if lives else ""}
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "ledger/join.html", context, status=status)


def _move_in(viewer: Actor, request: HttpRequest, member_id: int, household_id: int) -> HttpResponse:
    now = clock.now()
    member = actions.move_in(
        by=viewer, at=now, on=clock.today(now), member_id=member_id, household_id=household_id
    )
    messages.success(request, _("%(name)s的新家记下了，存折和积分都跟着。") % {"name": member.name})
    return redirect("ledger:members")


def _declare(request: HttpRequest, viewer: Actor, member_id: int, names: list[str]) -> None:
    """Kin named while joining; a name that nobody bears yet is said and holds up nothing."""
    for name in names:
        try:
            declare_kin_named(by=viewer, at=clock.now(), member_id=member_id, named=name)
        except Refused as refused:
            messages.warning(request, refused.sentence)


def mine(request: HttpRequest) -> HttpResponse:
    """The own passbook, or how one joins."""
    viewer = actor_of(request)
    found = queries.own_slip(clock.today(), viewer=viewer)
    if found is None:
        return render(request, "ledger/not_yet.html", {})
    return _passbook(request, viewer, found, found)


@require_POST
def join_self(request: HttpRequest) -> HttpResponse:
    """The own yes."""
    viewer, now = actor_of(request), clock.now()
    role = viewer.role if viewer.role in {"head", "steward"} else "volunteer"
    joining = actions.Joining(role, getattr(request.user, "name", ""), account_id=viewer.account_id)
    member = actions.join(by=viewer, at=now, on=clock.today(now), joining=joining)
    messages.success(request, _("您加入了。不想参加了，随时在“我的存折”退出，什么都不影响。"))
    return redirect("ledger:kin", member_id=member.pk)


def passbook(request: HttpRequest, member_id: int) -> HttpResponse:
    """The passbook of one member: for the office, the counter and that person."""
    viewer = actor_of(request)
    sees_balance, sees_slip = (
        may(MAY, verb, viewer, viewer.community_id) for verb in ("see_balance", "see_points")
    )
    if sees_balance and not sees_slip:  # the counter: what can be spent, and nothing of where it is from
        book = queries.book_shown(member_id, viewer=viewer)
        if book is None:
            raise Http404
        if book.member.account_id != viewer.account_id:
            return _passbook(request, viewer, book)
    found = queries.slip(member_id, clock.today(), viewer=viewer)
    if found is None:
        raise Http404
    return _passbook(request, viewer, found, found)


def _passbook(
    request: HttpRequest, viewer: Actor, balance: queries.Book | queries.Slip,
    found: queries.Slip | None = None,
) -> HttpResponse:  # fmt: skip
    on, member = clock.today(), balance.member
    _log(member, viewer, screen="passbook")
    context = {
        "member": member, "is_own": member.account_id == viewer.account_id, "slip": found,
        "balance": balance, "page": _page(found), "on": on,
        "donate": DonateForm(initial={"request_id": uuid4()}),
        "months": [months_before(on.replace(day=1), n) for n in range(6)],
        "may_issue": may(MAY, "issue_passbook", viewer, viewer.community_id),
    }  # fmt: skip
    return render(request, "ledger/passbook.html", context)


def _page(found: queries.Slip | None) -> list[tuple[queries.Line, int]]:
    """The lines of a month as a passbook has them: each with what is in the book after it."""
    if found is None:
        return []
    after = accumulate((line.amount for line in found.lines), initial=found.opening)
    return list(zip(found.lines, list(after)[1:], strict=True))


def slip(request: HttpRequest, member_id: int, year: int, month: int) -> HttpResponse:
    """为什么是这个分: one month, every number, to be added up by hand."""
    viewer = actor_of(request)
    if not (1 <= month <= 12 and 2000 <= year <= 2100):
        raise Http404
    found = queries.slip(member_id, date(year, month, 1), viewer=viewer)
    if found is None:
        raise Http404
    _log(found.member, viewer, screen="slip")
    context = {
        "slip": found, "member": found.member, "is_own": found.member.account_id == viewer.account_id,
        "may_correct": may(MAY, "ask_correction", viewer, viewer.community_id), "today": clock.today(),
    }  # fmt: skip
    return render(request, "ledger/slip.html", context)


def card(request: HttpRequest, member_id: int) -> HttpResponse:
    """The passbook card on paper: name, number, what the points are good for."""
    viewer = actor_of(request)
    book = queries.book_shown(member_id, viewer=viewer)
    if book is None:
        raise Http404
    _log(book.member, viewer, screen="card")
    context = {"book": book, "on": clock.today(), "community": community(viewer.community_id)}
    return render(request, "ledger/card.html", context)


@require_POST
def issue(request: HttpRequest, member_id: int) -> HttpResponse:
    """A passbook with a new number."""
    viewer, now = actor_of(request), clock.now()
    book = actions.issue_passbook(by=viewer, at=now, on=clock.today(now), member_id=member_id)
    messages.success(request, _("存折号 %(number)s，印出来交给本人。") % {"number": book.number})
    return redirect("ledger:card", member_id=member_id)


@require_POST
def donate(request: HttpRequest, member_id: int) -> HttpResponse:
    """Points for the mutual-aid fund; pressed twice they are given once."""
    viewer, now, form = actor_of(request), clock.now(), DonateForm(request.POST)
    to = redirect("ledger:passbook", member_id=member_id)
    is_plain = not request.accepts("text/html")  # a program asks, and tries again after a lost answer
    if not form.is_valid():
        raise Refused(_("没有捐，因为没看懂几分；写一个数再来。"))
    try:
        answer = actions.donate(
            by=viewer, at=now, on=clock.today(now), member_id=member_id, **form.cleaned_data
        )
    except Refused as refused:
        # Caught, so that the refusal stays written down and the same request stays refused.
        if is_plain:
            return JsonResponse({"refused": refused.sentence}, status=refused.status)
        messages.warning(request, refused.sentence)
        return to
    if is_plain:
        return JsonResponse({"transaction": answer.row_id, "balance": answer.balance})
    messages.success(request, _("捐了，还剩 %(n)d 分；挣过的分不会少。") % {"n": answer.balance or 0})
    return to


@require_POST
def leave(request: HttpRequest, member_id: int) -> HttpResponse:
    """Stop taking part; the points stay."""
    viewer, now = actor_of(request), clock.now()
    member = actions.leave(by=viewer, at=now, on=clock.today(now), member_id=member_id)
    messages.success(request, _("%(name)s退出了，名字不再出现；存折上的分还能用。") % {"name": member.name})
    return redirect("ledger:mine" if member.account_id == viewer.account_id else "ledger:members")


def _log(member: Member, viewer: Actor, *, screen: str) -> None:
    """Whoever looks at somebody else's points leaves a line in 谁看过我 (P07)."""
    if member.account_id != viewer.account_id and member.household_id is not None:
        people.log_view(
            viewer=viewer, at=clock.now(), reason="points", screen=screen, household_ids=[member.household_id]
        )
