"""谁管哪里: seats, loads and vacancies today, one team, a roster of any day, who looks after an address."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaojia.domains.teams import actions, queries
from xiaojia.domains.teams.access import MAY
from xiaojia.domains.teams.forms import RosterForm, WhoForm
from xiaojia.domains.teams.rules import exit_words
from xiaojia.kernel import clock
from xiaojia.kernel.access import may, require
from xiaojia.kernel.requests import actor_of

MOST_PLACES: Final = 12


def home(request: HttpRequest) -> HttpResponse:
    """Who holds which seat today; somebody of one micro-grid is taken to their own team."""
    viewer, now = actor_of(request), clock.now()
    require(MAY, "see_teams", viewer, viewer.community_id)
    on = clock.today(now)
    teams = queries.roster(viewer=viewer, on=on)
    if not viewer.scope.is_wide:
        if not teams:
            raise Http404
        return redirect("teams:one", microgrid_id=teams[0].here.microgrid_id)
    empty = [v for t in teams for v in t.vacancies]
    places = sorted(
        (list(t.vacancies) for t in teams if t.vacancies), key=lambda p: min(v.opened_on for v in p)
    )
    loads = queries.loads(teams)
    context = {
        "teams": teams,
        "on": on,
        "now": now,
        "empty": empty,
        "first_empty": places[:MOST_PLACES],
        "rest_empty": places[MOST_PLACES:],
        "late_count": sum(v.is_late for v in empty),
        "loads": loads,
        "full_count": sum(load.is_full for load in loads),
        "doubled": queries.doubled(teams),
        "head_count": sum(t.head is not None for t in teams),
        "volunteer_count": len({m.account_id for t in teams for m in t.volunteers}),
        "unanswered_count": sum(len(t.unanswered) for t in teams),
        "may_designate": may(MAY, "designate", viewer, viewer.community_id),
    }
    return render(request, "teams/home.html", context)


def one(request: HttpRequest, microgrid_id: int) -> HttpResponse:
    """The team of one micro-grid: people with phones as consented, empty seats, who was before."""
    viewer, on = actor_of(request), clock.today()
    story = queries.story_of(microgrid_id, viewer=viewer, on=on)
    if story is None:
        raise Http404
    team, past = story
    community_id = viewer.community_id
    context = {
        "team": team,
        "on": on,
        "past": [p for p in past if p.member.from_on <= on],
        "coming": [p for p in past if p.member.from_on > on],
        "thanks": exit_words(team.here.number),
        "is_wide": viewer.scope.is_wide,
        "may_designate": may(MAY, "designate", viewer, community_id),
        "may_enlist": may(MAY, "enlist_volunteer", viewer, community_id),
        "may_hand_over": may(MAY, "print_handover", viewer, community_id),
        "own_account_id": viewer.account_id,
    }
    return render(request, "teams/one.html", context)


def roster(request: HttpRequest) -> HttpResponse:
    """Heads, stewards and volunteers of any day, past or to come; vacancies where nobody served."""
    viewer = actor_of(request)
    require(MAY, "see_roster", viewer, viewer.community_id)
    form = RosterForm(request.GET)
    is_valid = form.is_valid()
    on = (form.cleaned_data.get("on") if is_valid else None) or clock.today()
    teams = queries.roster(viewer=viewer, on=on) if is_valid else []
    context = {
        "form": form,
        "on": on,
        "typed_on": request.GET.get("on") or on.isoformat(),
        "teams": teams,
        "counted_at": clock.now(),
    }
    return render(request, "teams/roster.html", context, status=200 if is_valid else 422)


def who(request: HttpRequest) -> HttpResponse:
    """谁照应这里: an address as one says it, and whom to call."""
    viewer = actor_of(request)
    require(MAY, "see_teams", viewer, viewer.community_id)
    form = WhoForm(request.GET)
    text = form.cleaned_data.get("q", "").strip() if form.is_valid() else ""
    found = queries.who_looks_after(text, viewer=viewer, on=clock.today()) if text else []
    return render(
        request, "teams/who.html", {"form": form, "text": text, "found": found[:10], "all": len(found)}
    )


@require_POST
def settle(request: HttpRequest) -> HttpResponse:
    """Bring vacancies to what holds now, without waiting for the clock."""
    by, at = actor_of(request), clock.now()
    changed = actions.settle_seats(by=by, at=at)
    actions.refresh_pages(by=by, at=at)
    if changed:
        messages.success(request, _("核过了，改了 %(n)s 处空缺。") % {"n": changed})
    else:
        messages.success(request, _("核过了，每个位子都对得上。"))
    return redirect("teams:home")
