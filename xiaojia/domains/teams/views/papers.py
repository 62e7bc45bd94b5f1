"""Paper: handover pack, wall roster, door cards; and the pages of buildings."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from xiaojia.domains.people import actions as people
from xiaojia.domains.places.access import visible_compounds
from xiaojia.domains.teams import actions, queries, sheets
from xiaojia.domains.teams.access import MAY
from xiaojia.kernel import clock
from xiaojia.kernel.access import require
from xiaojia.kernel.requests import actor_of


def handover(request: HttpRequest, microgrid_id: int) -> HttpResponse:
    """What a new head gets on the first day, made with the eyes of a head; leaves a view-log row."""
    viewer, now = actor_of(request), clock.now()
    require(MAY, "print_handover", viewer, viewer.community_id)
    on = clock.today(now)
    pack = sheets.handover_pack(microgrid_id, viewer=viewer, on=on)
    if pack is None:
        raise Http404
    people.log_view(
        viewer=viewer, at=now, reason="hand_over", screen="handover",
        household_ids=pack.household_ids,
    )  # fmt: skip
    return render(request, "teams/handover.html", {"pack": pack, "on": on, "now": now})


def wall(request: HttpRequest) -> HttpResponse:
    """The roster for the wall, A4 or A3: only people whose yes holds."""
    viewer, now = actor_of(request), clock.now()
    require(MAY, "print_wall", viewer, viewer.community_id)
    on = clock.today(now)
    teams = queries.printable(queries.roster(viewer=viewer, on=on), viewer=viewer)
    size = "a3" if request.GET.get("size") == "a3" else "a4"
    return render(request, "teams/wall.html", {"teams": teams, "on": on, "now": now, "size": size})


def door_cards(request: HttpRequest, microgrid_id: int | None = None) -> HttpResponse:
    """A5 cards of one micro-grid, or of one compound (`?compound=`)."""
    viewer, now = actor_of(request), clock.now()
    require(MAY, "print_cards", viewer, viewer.community_id)
    if microgrid_id is None and not viewer.scope.is_wide:
        return redirect("teams:home")
    compounds = [] if microgrid_id else list(visible_compounds(viewer))
    wanted = request.GET.get("compound", "")
    chosen = next((c for c in compounds if str(c.pk) == wanted), compounds[0] if compounds else None)
    if microgrid_id is None and chosen is None:
        raise Http404
    cards = queries.door_cards(
        viewer=viewer, on=clock.today(now), microgrid_id=microgrid_id,
        compound_id=chosen.pk if chosen else None,
    )  # fmt: skip
    if microgrid_id and not cards:
        raise Http404
    context = {
        "cards": [(card, sheets.code_of(card, settings.XIAOJIA_PUBLIC_URL)) for card in cards],
        "compounds": compounds,
        "chosen": chosen,
        "microgrid_id": microgrid_id,
        "now": now,
        "is_public": bool(settings.XIAOJIA_PUBLIC_URL),
    }
    return render(request, "teams/door_cards.html", context)


def pages(request: HttpRequest) -> HttpResponse:
    """Pages of buildings: published or not, made anew, taken down."""
    viewer, now = actor_of(request), clock.now()
    require(MAY, "publish_pages", viewer, viewer.community_id)
    if request.method == "POST":
        if request.POST.get("does") == "unpublish":
            count = actions.unpublish_pages(by=viewer, at=now)
            messages.success(request, _("%(n)s 栋的楼栋页都收起来了。") % {"n": count})
        else:
            count = actions.publish_pages(by=viewer, at=now)
            messages.success(request, _("发布好了，%(n)s 栋的楼栋页是新的。") % {"n": count})
        return redirect("teams:pages")
    context = {
        "pages": queries.page_rows(viewer=viewer),
        "public_url": settings.XIAOJIA_PUBLIC_URL,
        "now": now,
    }
    return render(request, "teams/pages.html", context)


def page_preview(request: HttpRequest, building_id: int) -> HttpResponse:
    """The published copy as neighbours read it, for whoever answers for it."""
    page = queries.page_of(building_id, viewer=actor_of(request))
    if page is None:
        raise Http404
    return render(request, "teams/building.html", {"page": page, "is_preview": True})


def building(request: HttpRequest, code: str) -> HttpResponse:
    """/b/<code>: public, from the published copy alone, and only where a host said so."""
    page = queries.published(code) if settings.XIAOJIA_PUBLIC_URL else None
    if page is None:
        raise Http404
    return render(request, "teams/building.html", {"page": page, "is_preview": False})
