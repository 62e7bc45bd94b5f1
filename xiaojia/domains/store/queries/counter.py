"""Whoever stands at the counter: found by name and building or by passbook, with what they can spend."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from xiaojia.domains.ledger import queries as ledger
from xiaojia.domains.ledger.queries.kin import own_side
from xiaojia.domains.people import queries as people
from xiaojia.domains.store.access import MAY, visible_redemptions
from xiaojia.domains.store.models import Redemption
from xiaojia.domains.store.queries.sight import opened
from xiaojia.domains.store.rules import passbook_number
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor, Scope

MOST_FOUND = 20


@dataclass(frozen=True, slots=True)
class Customer:
    """A member at the counter: name, building (no door), and points when asked for."""

    member_id: int
    name: str
    place: str
    household_id: int | None
    available: int = 0
    held: int = 0
    has_left: bool = False


def customers(text: str, *, viewer: Actor, on: date) -> list[Customer]:
    """Members for "name", "name building" or a passbook number, in pinyin order, without points.

    Words after the first have to stand in the building's name: "住户甲 2栋". At most 20 (two queries).
    """
    require(MAY, "serve", viewer, viewer.community_id)
    first, *more = text.split() or [""]
    members = ledger.members_at_counter(passbook_number(first), viewer=viewer, limit=MOST_FOUND * 5)
    wanted = [word.replace("号楼", "").removesuffix("栋").removesuffix("楼") for word in more]
    found = _customers(members, viewer, on)
    return [c for c in found if all(_is_at(word, c.place) for word in wanted)][:MOST_FOUND]


def _is_at(word: str, place: str) -> bool:
    """Whether a place ("刘家院子 12 栋") is meant by a word: a number is a whole one, 2 is not 12."""
    return word in place.split() if word.isdecimal() else word in place


def customer(member_id: int, *, viewer: Actor, on: date) -> Customer | None:
    """One member with what they can spend."""
    require(MAY, "serve", viewer, viewer.community_id)
    member = ledger.member_shown(member_id, viewer=viewer)
    balance = ledger.balance(member_id, viewer=viewer)
    if member is None or balance is None:
        return None
    (found,) = _customers([member], viewer, on)
    return Customer(
        found.member_id, found.name, found.place, found.household_id, balance.available, balance.held,
        found.has_left,
    )  # fmt: skip


def colleague_needed(member_id: int, *, viewer: Actor) -> str:
    """Key of `rules.COLLEAGUE` when the viewer leaves this member to a colleague, else '' (one query)."""
    require(MAY, "serve", viewer, viewer.community_id)
    with opened(viewer):
        return own_side(member_id, viewer=viewer)


def _customers(members: list[Any], viewer: Actor, on: date) -> list[Customer]:
    # Their building and nothing else of where they live; whoever moved away has none.
    whole = replace(viewer, scope=Scope((viewer.community_id,), is_wide=True))
    homes = people.living_households(viewer=whole, on=on).filter(pk__in=[m.household_id for m in members])
    with opened(viewer):
        homes = homes.select_related("unit__building__compound")
        places = {h.pk: f"{h.unit.building.compound.name} {h.unit.building.name} 栋" for h in homes}
    return [
        Customer(
            m.pk, m.name, places.get(m.household_id, ""), m.household_id, has_left=m.left_on is not None
        )
        for m in members
    ]  # fmt: skip


def redemptions_of(member_id: int, *, viewer: Actor, limit: int = 8) -> list[Redemption]:
    """The last redemptions of one member, the newest first (one query)."""
    require(MAY, "serve", viewer, viewer.community_id)
    with opened(viewer):
        rows = visible_redemptions(viewer).filter(member_id=member_id).select_related("goods")
        return list(rows.order_by("-pk")[:limit])


def waiting(*, viewer: Actor) -> list[Redemption]:
    """What is set aside, by the day on which it goes back (one query)."""
    require(MAY, "serve", viewer, viewer.community_id)
    with opened(viewer):
        rows = visible_redemptions(viewer).filter(state="reserved").select_related("goods", "member")
        return list(rows.order_by("expires_at", "pk")[:100])


def redemption_shown(redemption_id: int, *, viewer: Actor) -> Redemption | None:
    """One redemption with its goods and member (one query)."""
    require(MAY, "serve", viewer, viewer.community_id)
    with opened(viewer):
        rows = visible_redemptions(viewer).select_related("goods", "member")
        return rows.filter(pk=redemption_id).first()


def redemption_by_code(code: str, *, viewer: Actor) -> Redemption | None:
    """What waits under a pick-up code, however it is spaced (one query)."""
    require(MAY, "serve", viewer, viewer.community_id)
    digits = "".join(code.split())
    with opened(viewer):
        return visible_redemptions(viewer).filter(state="reserved", pickup_code=digits).first()
