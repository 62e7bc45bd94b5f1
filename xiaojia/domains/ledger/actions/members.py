"""Joining is explicit, leaving costs nothing: the person is hidden, the wallet stays."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, connection, transaction
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from xiaojia.domains.ledger.access import MAY, visible_members
from xiaojia.domains.ledger.actions.posting import open_account, whole
from xiaojia.domains.ledger.models import Deed, Kinship, Member, Passbook
from xiaojia.domains.ledger.queries.wallets import moved_out
from xiaojia.domains.ledger.rules import CATEGORIES
from xiaojia.domains.microgrids.queries.places import heirs_of, microgrid_ids_at, microgrids_by_household
from xiaojia.domains.places.rules import sort_key
from xiaojia.domains.teams.queries import served_by_account
from xiaojia.kernel import audit
from xiaojia.kernel.access import may, require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import NotAllowed, Refused
from xiaojia.kernel.tenancy import entered


@dataclass(frozen=True, slots=True)
class Joining:
    """Who joins, by account (people who serve), by resident, or by name alone (somebody without either).

    `household_id`: where they live, if known: nobody of one household confirms another's deeds.
    """

    category: str
    name: str
    microgrid_ids: tuple[int, ...] = ()
    household_id: int | None = None
    resident_id: uuid.UUID | None = None
    account_id: int | None = None


@transaction.atomic
def join(*, by: Actor, at: datetime, on: date, joining: Joining) -> Member:
    """Write down the yes of somebody who wants to take part. Oneself may always join by one's own account."""
    is_own = joining.account_id == by.account_id
    if not is_own:
        require(MAY, "join", by, by.community_id)
    if joining.category not in CATEGORIES:
        raise Refused(_("没有加入，因为没说是哪一类成员；选一类再来。"))
    microgrid_ids = tuple(sorted(joining.microgrid_ids)) or _microgrids_of(joining, by=by, on=on)
    if not by.scope.is_wide and not is_own and not set(microgrid_ids) & set(by.scope.microgrid_ids):
        raise NotAllowed(_("没有加入，因为这一位不在您的小家；请居委会来记。"))
    member = Member(
        community_id=by.community_id, microgrid_ids=list(microgrid_ids), category=joining.category,
        name=joining.name, sort_key=sort_key(joining.name)[:120], resident_id=joining.resident_id,
        household_id=joining.household_id, account_id=joining.account_id, joined_on=on,
        joined_by_id=by.account_id,
    )  # fmt: skip
    try:
        # One's own yes stands also where one has no micro-grid: a clerk, a cook.
        with entered(whole(by)) if is_own else transaction.atomic():
            member.save(force_insert=True)
    except IntegrityError:
        raise Refused(_("%(name)s已经是成员了，不用再记一回。") % {"name": joining.name}) from None
    if joining.category != "team":
        open_account(by.community_id, "family" if joining.category == "household" else "person", member.pk)
    audit.record(
        by=by, at=at, verb="join", kind="member", ids=[member.pk], detail={"category": joining.category}
    )
    return member


def _microgrids_of(joining: Joining, *, by: Actor, on: date) -> tuple[int, ...]:
    if joining.account_id == by.account_id:
        return by.scope.microgrid_ids
    if joining.household_id is not None:
        return microgrid_ids_at(viewer=by, on=on, household_id=joining.household_id)
    return ()


@transaction.atomic
def move_in(*, by: Actor, at: datetime, on: date, member_id: int, household_id: int) -> Member:
    """A member whom the register lost lives at this door now, as they said themselves; all else stays theirs.

    Only whoever's old home or line is gone: nobody is put into another household by mistake.
    """
    require(MAY, "join", by, by.community_id)
    rows = visible_members(by).filter(moved_out(on)).select_for_update(of=("self",))
    member = rows.filter(pk=member_id).first()
    if member is None:
        raise Refused(_("没有改，因为这一位原来的家还在住户表里；先改住户表，再来。"))
    here = microgrid_ids_at(viewer=by, on=on, household_id=household_id)
    member.household_id, member.resident_id = household_id, None
    member.microgrid_ids = list(here) or member.microgrid_ids
    member.save(update_fields=["household_id", "resident_id", "microgrid_ids"])
    audit.record(by=by, at=at, verb="move_in", kind="member", ids=[member.pk])
    return member


@transaction.atomic
def leave(*, by: Actor, at: datetime, on: date, member_id: int) -> Member:
    """Stop taking part: hidden from that day, every service goes on, the wallet can be spent."""
    with entered(whole(by)):
        here = Member.objects.filter(community_id=by.community_id, left_on__isnull=True)
        member = here.select_for_update().filter(pk=member_id).first()
        if member is None or not _may_leave(member, by=by):
            raise Refused(_("没有这位成员，或者已经退出了；回名单看看。"))
        member.left_on, member.is_hidden = max(on, member.joined_on), True
        member.save(update_fields=["left_on", "is_hidden"])
    audit.record(by=by, at=at, verb="leave", kind="member", ids=[member_id])
    return member


def _may_leave(member: Member, *, by: Actor) -> bool:
    """Oneself, the office, and the head of their micro-grid."""
    is_near = by.scope.is_wide or bool(set(member.microgrid_ids) & set(by.scope.microgrid_ids))
    return member.account_id == by.account_id or (is_near and may(MAY, "join", by, by.community_id))


@transaction.atomic
def declare_kin(*, by: Actor, at: datetime, member_id: int, other_id: int) -> Kinship:
    """Two members say that they are kin: neither witnesses for the other, and no ballot joins them."""
    require(MAY, "join", by, by.community_id)
    one, other = sorted((member_id, other_id))
    if one == other or visible_members(by).filter(pk__in=[one, other]).count() != 2:
        raise Refused(_("没有记下，因为要选两位不同的成员；重新选。"))
    kinship, is_new = Kinship.objects.get_or_create(
        one_id=one, other_id=other, defaults={"community_id": by.community_id, "declared_at": at}
    )
    if is_new:
        audit.record(by=by, at=at, verb="declare_kin", kind="kinship", ids=[kinship.pk])
    return kinship


@transaction.atomic
def issue_passbook(*, by: Actor, at: datetime, on: date, member_id: int) -> Passbook:
    """A passbook with a new number; one that was there before counts as lost from now on."""
    require(MAY, "issue_passbook", by, by.community_id)
    if not visible_members(by).filter(pk=member_id).exists():
        raise Refused(_("没有这位成员，或者已经退出了；回名单看看。"))
    with connection.cursor() as cursor:  # numbers go up one by one, also at two desks at once
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('passbooks'), %s)", [by.community_id])
    Passbook.objects.filter(member_id=member_id, lost_on__isnull=True).update(lost_on=on)
    books = Passbook.objects.filter(community_id=by.community_id)
    number = f"{books.count() + 1:06d}"
    book = Passbook.objects.create(
        community_id=by.community_id, member_id=member_id, number=number, issued_on=on
    )
    audit.record(by=by, at=at, verb="issue_passbook", kind="passbook", ids=[book.pk])
    return book


@transaction.atomic
def settle_members(*, by: Actor, at: datetime, on: date) -> int:
    """Bring the micro-grids of members up to date; how many changed (five queries, twice: none changes).

    Whoever serves is where they serve, else where they live; whoever is known by name alone follows the
    doors of the micro-grid they joined in. Nobody is ever without one who had one. Deeds that wait for a
    second person come along: the old head does not see the name any more, and could not confirm.
    """
    require(MAY, "settle_members", by, by.community_id)
    homes, served = microgrids_by_household(viewer=by, on=on), served_by_account(viewer=by, on=on)
    members = list(visible_members(by).annotate(home_id=Coalesce("household_id", "resident__household_id")))
    heirs = heirs_of({pk for m in members for pk in m.microgrid_ids}, homes, viewer=by, on=on)
    moved = []
    for member in members:
        lives = [homes[member.home_id]] if member.home_id in homes else []
        stays = sorted({heirs.get(pk, pk) for pk in member.microgrid_ids})
        ids = list(served.get(member.account_id or 0, lives)) or stays
        if ids != member.microgrid_ids:
            member.microgrid_ids = ids
            moved.append(member)
    Member.objects.bulk_update(moved, ["microgrid_ids"], batch_size=500)
    if moved:
        here = Member.objects.filter(pk=OuterRef("member_id")).values("microgrid_ids")
        waiting = Deed.objects.filter(member__in=moved, state=Deed.State.RECORDED)
        waiting.update(microgrid_ids=Subquery(here[:1]))
        audit.record(by=by, at=at, verb="settle_members", kind="member", ids=[m.pk for m in moved])
    return len(moved)


def members_of(
    *, by: Actor, account_ids: Iterable[int] = (), resident_ids: Iterable[uuid.UUID] = ()
) -> list[Member]:
    """Living members among these people, by id; whoever did not join is left out."""
    return list(
        Member.objects.filter(community_id=by.community_id, left_on__isnull=True)
        .filter(Q(account_id__in=list(account_ids)) | Q(resident_id__in=list(resident_ids)))
        .order_by("id")
    )
