"""The slip "为什么是这个分": every number of a month, to be added up by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone

from xiaojia.domains.ledger.models import Account, Deed, Entry, Member, Passbook
from xiaojia.domains.ledger.queries.wallets import opened, own_member, require_sight
from xiaojia.domains.ledger.rules import KINDS, month_of
from xiaojia.kernel.actors import Actor


@dataclass(frozen=True, slots=True)
class Line:
    """One number of a slip: what for, how it was reckoned, what came in (+) or went out (-)."""

    on: date
    kind: str
    what: str
    how: str
    amount: int
    transaction_id: int = 0

    @property
    def kind_word(self) -> object:
        """The word of the kind on screen."""
        return KINDS[self.kind]


@dataclass(frozen=True, slots=True)
class Slip:
    """A month of one wallet: `opening` + the sum of `lines` = `closing`.

    `available` and `held` are of now. `earned` is the month's merit. `waiting`: deeds that no second person
    has confirmed yet.
    """

    member: Member
    number: str
    first: date
    last: date
    opening: int
    lines: tuple[Line, ...]
    closing: int
    available: int
    held: int
    earned: int
    waiting: int

    @property
    def adds_up(self) -> bool:
        """The sum that anybody can do with a pencil."""
        return self.opening + sum(line.amount for line in self.lines) == self.closing


def slip(member_id: int, month: date, *, viewer: Actor) -> Slip | None:
    """The slip of a month, by the day a posting was made, so that it adds up (three queries and the look)."""
    require_sight(member_id, viewer=viewer)
    return _slip(member_id, month, viewer=viewer)


def own_slip(month: date, *, viewer: Actor) -> Slip | None:
    """The slip of the viewer's own wallet; None for whoever did not join."""
    own = own_member(viewer=viewer)
    return _slip(own.pk, month, viewer=viewer) if own else None


def _slip(member_id: int, month: date, *, viewer: Actor) -> Slip | None:
    first, last = month_of(month)
    start, end = _midnight(first), _midnight(last + timedelta(days=1))
    book = Passbook.objects.filter(member_id=OuterRef("member_id"), lost_on__isnull=True)
    before = Entry.objects.filter(
        account_id=OuterRef("pk"), transaction__account_id=OuterRef("pk"), transaction__created_at__lt=start
    ).order_by("-transaction__created_at", "-id")
    with opened(viewer):
        wallet = (
            Account.objects.filter(community_id=viewer.community_id, member_id=member_id)
            .select_related("member")
            .annotate(
                number=Subquery(book.values("number")[:1]),
                opening=Subquery(before.values("balance_after")[:1]),
            )
            .first()
        )
        if wallet is None or wallet.member is None or wallet.balance is None:
            entries, deeds = [], {}
        else:
            entries, deeds = _entries(wallet, start, end), _deeds(member_id, start, end)
    if wallet is None or wallet.member is None or wallet.balance is None:
        return None
    posted = {e.transaction.source_id for e in entries if e.transaction.source_type == "deed"}
    lines = [_line(entry, deeds) for entry in entries] + [
        Line(d.done_on, "award", d.rule_version.text, _reckoned(d), 0)
        for pk, d in deeds.items()
        if d.state in ("confirmed", "called_back") and pk not in posted
    ]
    opening = int(wallet.opening or 0)
    return Slip(
        wallet.member, wallet.number or "", first, last, opening,
        tuple(sorted(lines, key=lambda line: line.on)), opening + sum(e.amount for e in entries),
        wallet.balance - wallet.held, wallet.held,
        sum(e.amount for e in entries if e.transaction.kind == "award"),
        sum(d.state == "recorded" for d in deeds.values()),
    )  # fmt: skip


def _entries(wallet: Account, start: datetime, end: datetime) -> list[Entry]:
    """Sides of the wallet in those moments, in their order."""
    rows = Entry.objects.filter(account=wallet, transaction__account=wallet).filter(
        transaction__created_at__gte=start, transaction__created_at__lt=end
    )
    return list(rows.select_related("transaction__rule_version").order_by("transaction__created_at", "id"))


def _deeds(member_id: int, start: datetime, end: datetime) -> dict[str, Deed]:
    """Deeds that need a word: by the hour, over a limit, or waiting; by the id as text."""
    needs_a_word = Q(points__lt=F("worth")) | Q(hours__isnull=False)
    rows = Deed.objects.filter(
        Q(state="recorded", recorded_at__lt=end)
        | Q(confirmed_at__gte=start, confirmed_at__lt=end) & needs_a_word,
        member_id=member_id,
    )
    return {str(deed.pk): deed for deed in rows.select_related("rule_version")}


def _midnight(day: date) -> datetime:
    """The first moment of a day here."""
    return timezone.make_aware(datetime.combine(day, time()))


def _line(entry: Entry, deeds: dict[str, Deed]) -> Line:
    done = entry.transaction
    deed = deeds.get(done.source_id) if done.source_type == "deed" else None
    version = done.rule_version
    how = _reckoned(deed) if deed else f"{version.points} 分" if version and done.kind == "award" else ""
    what = version.text if version and done.kind == "award" else done.reason
    return Line(done.happened_on, done.kind, what, how, entry.amount, done.pk)


def _reckoned(deed: Deed) -> str:
    """3 分 × 1.5 小时 = 4 分；到了上限，记 2 分."""
    version = deed.rule_version
    text = f"{version.points} 分"
    if deed.hours is not None:
        text += f" × {deed.hours.normalize():f} 小时 = {deed.worth} 分"
    if deed.state != "recorded" and deed.points < deed.worth:
        text += f"，到了上限，记 {deed.points} 分"
    return text
