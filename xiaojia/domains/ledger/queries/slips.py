"""The slip "为什么是这个分": every number of a month, to be added up by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, JSONObject
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaojia.domains.ledger.access import MAY
from xiaojia.domains.ledger.models import Account, Deed, Entry, Member, Passbook, Transaction
from xiaojia.domains.ledger.queries.deeds import PAID
from xiaojia.domains.ledger.queries.wallets import opened, own_wallet
from xiaojia.domains.ledger.rules import KINDS, month_of, quarter_of
from xiaojia.kernel.access import may, require
from xiaojia.kernel.actors import Actor

Row = Mapping[str, Any]
"""One row as PostgreSQL wrote it into the answer: days as text, hours as a number."""


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
class MonthEarned:
    """What one month of the quarter brought, by the day of the deed: for deeds, and for being thanked."""

    first: date
    deeds: int
    thanks: int

    @property
    def points(self) -> int:
        """Both together."""
        return self.deeds + self.thanks


@dataclass(frozen=True, slots=True)
class Slip:
    """A month of one wallet: `opening` + the sum of `lines` = `closing`.

    `available` and `held` are of now. Merit of the month: `earned_deeds` + `earned_thanks` - `earned_wrong`
    (what was booked and taken back within it; later corrections change no printed month). `waiting`: deeds
    that no second person has confirmed yet. `quarter`: the months of the quarter as they stand now (季积分),
    without what was taken back.
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
    earned_deeds: int
    earned_thanks: int
    earned_wrong: int
    waiting: int
    quarter: tuple[MonthEarned, ...]

    @property
    def earned(self) -> int:
        """What the month brought, whatever was spent."""
        return self.earned_deeds + self.earned_thanks - self.earned_wrong

    @property
    def quarter_points(self) -> int:
        """The quarter up to now."""
        return sum(month.points for month in self.quarter)

    @property
    def quarter_number(self) -> int:
        """1 to 4."""
        return (self.first.month + 2) // 3

    @property
    def adds_up(self) -> bool:
        """The sum that anybody can do with a pencil."""
        return self.opening + sum(line.amount for line in self.lines) == self.closing


def slip(member_id: int, month: date, *, viewer: Actor) -> Slip | None:
    """The slip of a month, by the day a posting was made, so that it adds up (one query and the scope).

    NotAllowed unless the viewer's role sees points, or it is their own; None when there is no such wallet.
    """
    if may(MAY, "see_points", viewer, viewer.community_id):
        return _slip(Q(member_id=member_id), month, viewer=viewer)
    found = _slip(own_wallet(viewer) & Q(member_id=member_id), month, viewer=viewer)
    if found is None:
        require(MAY, "see_points", viewer, viewer.community_id)
    return found


def own_slip(month: date, *, viewer: Actor) -> Slip | None:
    """The slip of the viewer's own wallet; None for whoever did not join (one query and the scope)."""
    return _slip(own_wallet(viewer), month, viewer=viewer)


def _slip(whose: Q, month: date, *, viewer: Actor) -> Slip | None:
    with opened(viewer):
        wallet = _wallets(month).filter(whose, community_id=viewer.community_id).first()
    if wallet is None or wallet.member is None or wallet.balance is None:
        return None
    first, last = month_of(month)
    deeds = {str(row["id"]): row for row in wallet.worded}
    posted = {row["source_id"] for row in wallet.moves if row["source_type"] == "deed"}
    lines = [_line(row, deeds) for row in wallet.moves] + [
        Line(_day(row["done_on"]), "award", row["text"], _reckoned(row, 0), 0)
        for pk, row in deeds.items()
        if row["state"] in PAID and pk not in posted
    ]
    awards = {row["transaction_id"]: row for row in wallet.moves if row["kind"] == "award"}
    opening = int(wallet.opening or 0)
    return Slip(
        wallet.member, wallet.number or "", first, last, opening,
        tuple(sorted(lines, key=lambda line: line.on)), opening + sum(row["amount"] for row in wallet.moves),
        wallet.balance - wallet.held, wallet.held,
        sum(row["amount"] for row in awards.values() if not _is_thanks(row)),
        sum(row["amount"] for row in awards.values() if _is_thanks(row)),
        sum(row["asked"] for row in wallet.moves if row["reverses_id"] in awards),
        sum(row["state"] == Deed.State.RECORDED for row in deeds.values()),
        _quarter(wallet.awarded, month),
    )  # fmt: skip


def _wallets(month: date) -> QuerySet[Any]:
    """Wallets with all that a slip needs in one row: the member, the number, the lists as JSON.

    Each list asks an index for one wallet and one month, so a slip costs the same beside a million entries.
    """
    first, last = month_of(month)
    start, end = _midnight(first), _midnight(last + timedelta(days=1))
    book = Passbook.objects.filter(member_id=OuterRef("member_id"), lost_on__isnull=True)
    before = Entry.objects.filter(
        account_id=OuterRef("pk"), transaction__account_id=OuterRef("pk"), transaction__created_at__lt=start
    ).order_by("-transaction__created_at", "-id")
    return Account.objects.select_related("member").annotate(
        number=Subquery(book.values("number")[:1]),
        opening=Subquery(before.values("balance_after")[:1]),
        moves=ArraySubquery(_moves(start, end)),
        worded=ArraySubquery(_deeds(start, end)),
        awarded=ArraySubquery(_awards(*quarter_of(month))),
    )


def _moves(start: datetime, end: datetime) -> QuerySet[Any]:
    """What happened to the wallet in those moments, in its order; `amount` 0 where the fund bore it all."""
    side = Entry.objects.filter(transaction_id=OuterRef("pk"), account_id=OuterRef("account_id"))
    rows = Transaction.objects.filter(
        account_id=OuterRef("pk"), refusal="", created_at__gte=start, created_at__lt=end
    ).annotate(amount=Coalesce(Subquery(side.values("amount")[:1]), 0))
    return rows.order_by("created_at", "id").values_list(
        JSONObject(
            amount="amount", asked="points", transaction_id="id", reverses_id="reverses_id", kind="kind",
            on="happened_on", reason="reason", source_type="source_type", source_id="source_id",
            text="rule_version__text", points="rule_version__points",
        )
    )  # fmt: skip


def _deeds(start: datetime, end: datetime) -> QuerySet[Any]:
    """Deeds that need a word: by the hour, over a limit, or waiting."""
    needs_a_word = Q(points__lt=F("worth")) | Q(hours__isnull=False)
    rows = Deed.objects.filter(
        Q(state="recorded", recorded_at__lt=end)
        | Q(confirmed_at__gte=start, confirmed_at__lt=end) & needs_a_word,
        member_id=OuterRef("member_id"),
    )
    return rows.order_by("id").values_list(
        JSONObject(
            id="id", done_on="done_on", state="state", hours="hours", worth="worth",
            text="rule_version__text", points="rule_version__points",
        )
    )  # fmt: skip


def _awards(first: date, last: date) -> QuerySet[Any]:
    """Awards of the quarter by the day of the deed, without what was taken back."""
    taken_back = Transaction.objects.filter(reverses=OuterRef("pk"))
    rows = Transaction.objects.filter(
        ~Exists(taken_back), account_id=OuterRef("pk"), kind="award", refusal="",
        happened_on__range=(first, last),
    )  # fmt: skip
    return rows.order_by("id").values_list(
        JSONObject(on="happened_on", amount="points", source_type="source_type")
    )


def _quarter(awards: Iterable[Row], month: date) -> tuple[MonthEarned, ...]:
    first, _last = quarter_of(month)
    starts = [date(first.year, first.month + place, 1) for place in range(3)]
    sums = {(start, is_thanks): 0 for start in starts for is_thanks in (False, True)}
    for row in awards:
        sums[_day(row["on"]).replace(day=1), _is_thanks(row)] += row["amount"]
    return tuple(MonthEarned(start, sums[start, False], sums[start, True]) for start in starts)


def _is_thanks(row: Row) -> bool:
    """Whether neighbours' recognition was paid by it, and no deed."""
    return str(row["source_type"]) == "recognition"


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _midnight(day: date) -> datetime:
    """The first moment of a day here."""
    return timezone.make_aware(datetime.combine(day, time()))


def _line(row: Row, deeds: Mapping[str, Row]) -> Line:
    deed = deeds.get(row["source_id"]) if row["source_type"] == "deed" else None
    is_ruled = row["text"] is not None and row["kind"] == "award"
    if deed:
        how = _reckoned(deed, row["amount"])
    elif is_ruled:
        how = _("%(n)d 分") % {"n": row["points"]}
    elif _is_thanks(row):
        how = _("一步一步怎么折的，在“邻居的认可”那一页")
    elif row["kind"] == "reversal" and 0 <= -row["amount"] < row["asked"]:
        how = _("记错了 %(n)d 分，其中 %(spent)d 分已经花了，由互助池担着") % {
            "n": row["asked"], "spent": row["asked"] + row["amount"],
        }  # fmt: skip
    else:
        how = ""
    what = row["text"] if is_ruled else row["reason"]
    return Line(_day(row["on"]), row["kind"], what, how, row["amount"], row["transaction_id"])


def _reckoned(deed: Row, paid: int) -> str:
    """3 分 × 1.5 小时 = 4.5，零头不算，4 分，到了上限，记 2 分; as it was paid, also if taken back later."""
    text = _("%(n)d 分") % {"n": deed["points"]}
    if deed["hours"] is not None:
        hours = Decimal(str(deed["hours"])).normalize()
        exact = (deed["points"] * hours).normalize()
        words = {"n": deed["points"], "hours": f"{hours:f}", "exact": f"{exact:f}", "worth": deed["worth"]}
        if exact == deed["worth"]:
            text = _("%(n)d 分 × %(hours)s 小时 = %(worth)d 分") % words
        else:
            text = _("%(n)d 分 × %(hours)s 小时 = %(exact)s，零头不算，%(worth)d 分") % words
    if deed["state"] != Deed.State.RECORDED and paid < deed["worth"]:
        text += _("，到了上限，记 %(n)d 分") % {"n": paid}
    return text
