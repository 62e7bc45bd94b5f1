"""Who may serve, fill the shelf and set prices. The store shows no list of people and ranks nobody."""

from __future__ import annotations

from typing import Final

from django.db.models import QuerySet

from xiaojia.domains.store.models import Dayclose, Goods, Papersheet, Redemption, Stockmove, Wanted
from xiaojia.kernel.access import Rule, roles
from xiaojia.kernel.actors import Actor

OFFICE: Final = ("secretary", "officer")

MAY: Final[dict[str, Rule]] = {
    "see_shelf": roles(*OFFICE, "clerk"),
    "serve": roles(*OFFICE, "clerk"),
    "take_back": roles(*OFFICE, "clerk"),
    "move_stock": roles(*OFFICE, "clerk"),
    "add_goods": roles(*OFFICE, "clerk"),
    "set_price": roles(*OFFICE),
    "ask_for": roles(*OFFICE, "clerk"),
    "answer_wanted": roles(*OFFICE),
    "see_day": roles(*OFFICE, "clerk"),
    "close_day": roles(*OFFICE, "clerk"),
}
"""The clerk serves and counts; what a thing costs is the office's to say."""


def visible_goods(viewer: Actor) -> QuerySet[Goods]:
    """Goods of the viewer's communities."""
    return Goods.objects.filter(community_id__in=viewer.scope.community_ids)


def visible_moves(viewer: Actor) -> QuerySet[Stockmove]:
    """Moves of stock in the viewer's communities."""
    return Stockmove.objects.filter(community_id__in=viewer.scope.community_ids)


def visible_redemptions(viewer: Actor) -> QuerySet[Redemption]:
    """Redemptions of the viewer's communities; PostgreSQL shows them to wide scopes only."""
    return Redemption.objects.filter(community_id__in=viewer.scope.community_ids)


def visible_wanted(viewer: Actor) -> QuerySet[Wanted]:
    """What people of the viewer's communities asked for."""
    return Wanted.objects.filter(community_id__in=viewer.scope.community_ids)


def visible_closes(viewer: Actor) -> QuerySet[Dayclose]:
    """Closed days of the viewer's communities."""
    return Dayclose.objects.filter(community_id__in=viewer.scope.community_ids)


def visible_sheets(viewer: Actor) -> QuerySet[Papersheet]:
    """Paper sheets of the viewer's communities: numbers, and no name."""
    return Papersheet.objects.filter(community_id__in=viewer.scope.community_ids)
