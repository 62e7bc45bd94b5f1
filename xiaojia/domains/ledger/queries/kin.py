"""Who declared that they are kin: for whoever draws pairs of members, and for the counter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from xiaojia.domains.ledger.access import MAY
from xiaojia.domains.ledger.models import Kinship, Member
from xiaojia.domains.ledger.queries.wallets import opened, require_sight
from xiaojia.domains.people.queries import account_by_id, account_name
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.masking import unmarked


def kin_pairs(*, viewer: Actor) -> set[tuple[int, int]]:
    """Pairs of member ids in the viewer's communities, the smaller first (one query)."""
    require(MAY, "see_members", viewer, viewer.community_id)
    rows = Kinship.objects.filter(community_id__in=viewer.scope.community_ids)
    return set(rows.values_list("one_id", "other_id"))


@dataclass(frozen=True, slots=True)
class Kin:
    """Who is near a member, as that member and the office see it."""

    member: Member
    housemates: list[str]
    declared: list[Declared]


@dataclass(frozen=True, slots=True)
class Declared:
    """One who was declared, by either of the two."""

    kinship_id: int
    name: str
    at: datetime


def kin_of(member_id: int, *, viewer: Actor) -> Kin | None:
    """The own kin, or somebody's for the office; None when nobody of that id takes part (three queries)."""
    require_sight(member_id, viewer=viewer, verb="see_kin")
    with opened(viewer):
        living = Member.objects.filter(community_id=viewer.community_id, left_on__isnull=True)
        member = living.exclude(category="team").filter(pk=member_id).first()
        if member is None:
            return None
        home = member.household_id
        near = living.none() if home is None else living.filter(household_id=home)
        rows = Kinship.objects.filter(Q(one=member) | Q(other=member)).select_related("one", "other")
        declared = [(row, row.other if row.one_id == member.pk else row.one) for row in rows.order_by("pk")]
        return Kin(
            member,
            [m.name for m in near.exclude(pk=member.pk).order_by("sort_key", "pk")],
            [Declared(row.pk, who.name, row.declared_at) for row, who in declared if who.left_on is None],
        )


def own_side(member_id: int, *, viewer: Actor) -> str:
    """Why the viewer leaves this wallet to a colleague (one query, in a wide scope).

    'own'; 'near': one household or declared kin; 'namesake': on paper, under the viewer's name; else ''.
    """
    rows = Member.objects.filter(community_id=viewer.community_id, pk=member_id)
    found = rows.annotate(is_near=_is_near(viewer), own_name=account_name(viewer.account_id)).first()
    if found is None:
        return ""
    if found.account_id == viewer.account_id:
        return "own"
    is_namesake = found.account_id is None and _plain(found.name) == _plain(found.own_name or "")
    return "near" if found.is_near else "namesake" if is_namesake else ""


def is_own_side_name(name: str, *, viewer: Actor) -> bool:
    """Whether this is the viewer's own name or that of somebody near (two queries, in a wide scope)."""
    own = account_by_id(viewer.account_id)
    near = Member.objects.filter(_is_near(viewer), community_id=viewer.community_id)
    names = [own.name] if own else []
    return _plain(name) in {_plain(one) for one in (*names, *near.values_list("name", flat=True))}


def _plain(name: str) -> str:
    return unmarked("".join(name.split()))


def _is_near(viewer: Actor) -> Q:
    """A condition on members: of one household with a membership of the viewer, or declared kin of one."""
    own = Member.objects.filter(community_id=viewer.community_id, account_id=viewer.account_id)
    theirs = Kinship.objects.filter(community_id=viewer.community_id)
    return (
        Q(Exists(own.filter(household_id=OuterRef("household_id"))))
        | Q(Exists(theirs.filter(one=OuterRef("pk"), other__account_id=viewer.account_id)))
        | Q(Exists(theirs.filter(other=OuterRef("pk"), one__account_id=viewer.account_id)))
    )
