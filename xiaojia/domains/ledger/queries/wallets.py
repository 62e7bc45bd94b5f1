"""Balance, merit and members. Wallet and merit are two numbers: spending never lowers what was earned.

Only recognition, store and desks may import this room (contract "Rights never read points").
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import date

from django.db import DatabaseError
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Sum

from xiaojia.domains.ledger.access import MAY, visible_members, visible_transactions
from xiaojia.domains.ledger.models import Account, Deed, Member, Passbook, Transaction
from xiaojia.domains.ledger.queries.deeds import PAID
from xiaojia.domains.ledger.rules import month_of
from xiaojia.kernel.access import may, require
from xiaojia.kernel.actors import Actor, Scope
from xiaojia.kernel.tenancy import enter


@dataclass(frozen=True, slots=True)
class Balance:
    """A wallet now, in points: `available` is what is not held."""

    account_id: int
    balance: int
    held: int

    @property
    def available(self) -> int:
        """What can be spent."""
        return self.balance - self.held


@dataclass(frozen=True, slots=True)
class Book:
    """What stands in a passbook now, in points; `number` is '' until one was issued."""

    member: Member
    number: str
    available: int
    held: int


def whole(viewer: Actor) -> Scope:
    """The whole community of the viewer: wallets stand behind the wide fence, one's own too."""
    return Scope((viewer.community_id,), is_wide=True)


@contextmanager
def opened(viewer: Actor) -> Iterator[None]:
    """Inside it wallets can be read: nothing new for wide viewers, for others only one's own.

    Others ask with `own_wallet` in the query, or after `require_sight`.

    Two short statements; the transaction stands in the viewer's own scope before and after. Never nested.
    """
    if viewer.scope.is_wide:
        yield
        return
    enter(whole(viewer))
    try:
        yield
    except Exception:
        with suppress(DatabaseError):  # a failed transaction shows nothing more anyway
            enter(viewer.scope)
        raise
    enter(viewer.scope)


def own_wallet(viewer: Actor) -> Q:
    """The wallet of the viewer's own living membership: what makes it right to look past the scope."""
    return Q(member__account_id=viewer.account_id, member__left_on__isnull=True)


def require_sight(member_id: int, *, viewer: Actor, verb: str = "see_points") -> None:
    """NotAllowed unless the viewer's role covers `verb`, or it is the viewer's own membership."""
    if may(MAY, verb, viewer, viewer.community_id):
        return
    own = own_member(viewer=viewer)
    if own is None or own.pk != member_id:
        require(MAY, verb, viewer, viewer.community_id)


def own_member(*, viewer: Actor) -> Member | None:
    """The viewer's own living membership (one query; for somebody without a micro-grid a few more)."""
    with nullcontext() if viewer.scope.microgrid_ids else opened(viewer):
        return Member.objects.filter(
            community_id=viewer.community_id, account_id=viewer.account_id, left_on__isnull=True
        ).first()


def member_shown(member_id: int, *, viewer: Actor) -> Member | None:
    """One member of the viewer's community, also one who left: for whoever may see the wallet."""
    require_sight(member_id, viewer=viewer, verb="see_balance")
    with opened(viewer):
        return Member.objects.filter(community_id=viewer.community_id, pk=member_id).first()


def balance(member_id: int, *, viewer: Actor) -> Balance | None:
    """The wallet of one member for the office, the counter and themselves; None for a team."""
    require_sight(member_id, viewer=viewer, verb="see_balance")
    with opened(viewer):
        row = Account.objects.filter(community_id=viewer.community_id, member_id=member_id).first()
    return None if row is None or row.balance is None else Balance(row.pk, row.balance, row.held)


def members(*, viewer: Actor, category: str = "", name: str = "") -> QuerySet[Member]:
    """Living members of the viewer's scope in pinyin order, never by points."""
    require(MAY, "see_members", viewer, viewer.community_id)
    rows = visible_members(viewer)
    if category:
        rows = rows.filter(category=category)
    if name:
        rows = rows.filter(name__startswith=name)
    return rows


def moved_out(on: date) -> Q:
    """Members whose home, or whose own line in the register, ended by that day: moved away, or died.

    The register says so and nobody was asked. It ends no membership: a person of the office does.
    """
    return Q(household__until_on__lte=on) | Q(resident__until_on__lte=on)


def gone_members(*, viewer: Actor, on: date, limit: int = 50) -> list[Member]:
    """Members of the viewer's scope whom the register lost, in pinyin order (one query)."""
    return list(members(viewer=viewer).filter(moved_out(on))[:limit])


def present_members(*, viewer: Actor, on: date) -> QuerySet[Member]:
    """Members of the viewer's scope whom the register still knows: neighbours are asked about these."""
    return members(viewer=viewer).exclude(moved_out(on))


def members_at_counter(name: str, *, viewer: Actor, limit: int = 20) -> list[Member]:
    """Members whose name or passbook number is this, also who left: at the counter of the store."""
    require(MAY, "see_balance", viewer, viewer.community_id)
    if not name:
        return []
    with opened(viewer):
        books = Passbook.objects.filter(member=OuterRef("pk"), number=name, lost_on__isnull=True)
        rows = Member.objects.filter(community_id=viewer.community_id).exclude(category="team")
        return list(rows.filter(Q(name__startswith=name) | Exists(books)).order_by("sort_key", "id")[:limit])


def book_shown(member_id: int, *, viewer: Actor) -> Book | None:
    """What stands in the passbook of one member, also of one who left; None for a team (one query).

    For the office, the counter and that person: NotAllowed for anybody else.
    """
    may_see = may(MAY, "see_balance", viewer, viewer.community_id)
    whose = Q() if may_see else own_wallet(viewer)
    number = Passbook.objects.filter(member_id=OuterRef("member_id"), lost_on__isnull=True).values("number")
    rows = Account.objects.filter(whose, community_id=viewer.community_id, member_id=member_id)
    with opened(viewer):
        row = rows.select_related("member").annotate(number=Subquery(number[:1])).first()
    if row is None and not may_see:
        require(MAY, "see_balance", viewer, viewer.community_id)
    if row is None or row.member is None or row.balance is None:
        return None
    return Book(row.member, row.number or "", row.balance - row.held, row.held)


def awards(viewer: Actor, first: date, last: date) -> QuerySet[Transaction]:
    """Awards of these days that were not taken back; a reversal counts where its award did."""
    reversed_by = Transaction.objects.filter(reverses=OuterRef("pk"))
    rows = visible_transactions(viewer).filter(kind="award", refusal="", happened_on__range=(first, last))
    return rows.filter(~Exists(reversed_by))


def merit(
    period: tuple[date, date], *, viewer: Actor, member_ids: Collection[int] | None = None,
    source_type: str = "",
) -> dict[int, int]:  # fmt: skip
    """Points earned in a period by member id: awards minus their reversals (one query).

    Spending, giving and expiry never lower it. `source_type` 'deed': of deeds alone. No order.
    """
    require(MAY, "see_points", viewer, viewer.community_id)
    rows = awards(viewer, *period)
    if member_ids is not None:
        rows = rows.filter(account__member_id__in=list(member_ids))
    if source_type:
        rows = rows.filter(source_type=source_type)
    sums = rows.order_by().values_list("account__member_id").annotate(Sum("points"))
    return {pk: int(total) for pk, total in sums if pk is not None}


def with_deed(month: date, *, viewer: Actor) -> set[int]:
    """Members with at least one confirmed deed in the month of that day (one query)."""
    require(MAY, "see_points", viewer, viewer.community_id)
    rows = Deed.objects.filter(
        community_id__in=viewer.scope.community_ids, state__in=PAID, done_on__range=month_of(month)
    )
    return set(rows.values_list("member_id", flat=True).distinct())
