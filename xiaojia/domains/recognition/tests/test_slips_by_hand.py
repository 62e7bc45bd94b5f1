"""A quarter of nineteen neighbours (模拟), and every printed slip of it added up again with a pencil.

The pencil sees the page only: the numbers that stand there, and no row of a table.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape
from random import Random
from typing import Final

import pytest
from django.test import Client

from xiaojia.domains.ledger import actions as ledger
from xiaojia.domains.ledger.actions import Done, Posting, Roster
from xiaojia.domains.ledger.models import Account, Correction, Transaction
from xiaojia.domains.ledger.queries import slips as slip_room
from xiaojia.domains.recognition import actions
from xiaojia.domains.recognition.models import Quartervalue
from xiaojia.domains.recognition.tests.stage import Circle
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused

MONTHS: Final = tuple(date(2026, number, 1) for number in (1, 2, 3, 4, 5))
AFTER: Final = datetime(2026, 4, 20, 2, 0, tzinfo=UTC)
HOURS: Final = (None, Decimal("0.5"), Decimal(1), Decimal("1.5"), Decimal(2))


def _at(on: date) -> datetime:
    return datetime(on.year, on.month, on.day, 3, 0, tzinfo=UTC)


def _days() -> Iterator[date]:
    first = date(2026, 1, 2)
    return (first + timedelta(days=n) for n in range(0, 88, 2))


@pytest.fixture
def quarter(here: Circle) -> Circle:
    """Rosters, deeds one by one, tills, gifts, months of recognition, corrections; then it closes."""
    chance = Random(20260331)  # noqa: S311  # an invented quarter, no secret
    days = list(_days())
    for number in (1, 2, 3):  # as days go by: a month is paid in the next one, among its deeds
        opened = datetime(2026, number, 26, 2, 0, tzinfo=UTC)
        closed = (opened + timedelta(days=12)).date()
        with here.office() as officer:
            while days and days[0] < closed:
                _good_of(days[0], here, officer, chance)
                _spent(days.pop(0), here, officer, chance)
        month = here.open(date(2026, number, 1), at=opened, seed=number)
        here.fill(
            month, lambda rater, ratee: 2 + (3 * rater + ratee) % 4, without=here.ids[number : number + 3]
        )
        here.close(month)
    with here.office() as officer:
        _taken_back(here, officer)
        actions.close_quarter(by=officer, at=AFTER, year=2026, number=1)
    return here


def _good_of(on: date, here: Circle, officer: Actor, chance: Random) -> None:
    code = chance.choice(("cleanup", "canteen_shift", "yardtalk"))
    hours = chance.choice(HOURS[2:]) if code == "cleanup" else None
    if code != "cleanup":
        roster = Roster("by hand", str(on), code, on)
        there = chance.sample(here.ids, 9)
        ledger.attend_roster(by=officer, at=_at(on), roster=roster, member_ids=there)
    for pk in chance.sample(here.ids, 5):
        rule = chance.choice(("visit", "cleanup", "cleanup"))
        hours = chance.choice(HOURS[1:]) if rule == "cleanup" else None
        try:
            deed = ledger.record_deed(by=officer, at=_at(on), on=on, done=Done(pk, rule, on, hours))
        except Refused:  # half an hour and three points: less than nothing to write down
            continue
        if chance.random() < 0.9:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(
                    "xiaojia.domains.ledger.actions.deeds.PAIR_CAP", 99
                )  # one officer sees all here
                ledger.confirm_deed(by=officer, at=_at(on), deed_id=deed.pk)


def _spent(on: date, here: Circle, officer: Actor, chance: Random) -> None:
    for pk in chance.sample(here.ids, 3):
        wallet = Account.objects.get(member_id=pk)
        points = chance.randrange(3, 15)
        if (wallet.balance or 0) < points:
            continue
        if chance.random() < 0.2:
            ledger.donate(
                by=officer,
                at=_at(on),
                on=on,
                member_id=pk,
                points=points,
                request_id=uuid.UUID(int=on.toordinal() * 99 + pk),
            )
        else:
            posting = Posting("redeem", wallet.pk, points, "goods", f"{on} {pk}", on, reason="酱油")
            ledger.redeem(by=officer, at=_at(on), posting=posting)


def _taken_back(here: Circle, officer: Actor) -> None:
    """Some awards were wrong: of one member all is spent already, so the fund bears it."""
    secretary, on = here.actor("secretary"), date(2026, 4, 15)
    spender = Account.objects.get(member_id=here.ids[6])
    if spender.balance:
        posting = Posting("redeem", spender.pk, spender.balance, "goods", "all of it", on, reason="一袋米")
        ledger.redeem(by=officer, at=_at(on), posting=posting)
    awards = Transaction.objects.filter(
        kind="award", source_type="deed", refusal="", rule_version__rule__code="cleanup"
    )
    for pk in (here.ids[5], here.ids[6], here.ids[9]):
        award = awards.filter(account__member_id=pk).order_by("id")[0]
        ledger.ask_correction(by=officer, at=_at(on), transaction_id=award.pk, reason="那天下雨，没有打扫")
    april = Roster("by hand", "april", "yardtalk", date(2026, 4, 14))
    ledger.attend_roster(by=officer, at=_at(april.done_on), roster=april, member_ids=[here.ids[4]])
    at_once = Transaction.objects.get(account__member_id=here.ids[4], happened_on=april.done_on)
    ledger.ask_correction(by=officer, at=_at(on), transaction_id=at_once.pk, reason="记重了一回")
    for correction in list(Correction.objects.all()):
        ledger.reverse_award(by=secretary, at=_at(on), on=on, correction_id=correction.pk)


@dataclass(frozen=True, slots=True)
class Paper:
    """Numbers as they stand on one printed slip, from top to bottom."""

    opening: int
    lines: tuple[tuple[str, int], ...]
    closing: int
    earned: tuple[int, int, int, int]
    quarter: tuple[tuple[int, int, int], ...]
    quarter_points: int


def _cells(html: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)
    cells = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL) for row in rows]
    return [
        [unescape(re.sub(r"<span class=\"noprint\">.*?</span>|<[^>]+>", "", cell)).strip() for cell in row]
        for row in cells
    ]


def _read(html: str) -> Paper:
    month, quarter = (_cells(table) for table in re.findall(r"<table.*?</table>", html, re.DOTALL))
    earned = re.search(r"挣的：好事 (\d+) \+ 认可 (\d+)(?: − 当月更正 (\d+))? = (\d+) 分", html)
    assert earned is not None
    return Paper(
        int(month[1][1]),
        tuple((what, int(points)) for what, points in month[2:-1]),
        int(month[-1][1]),
        (int(earned[1]), int(earned[2]), int(earned[3] or 0), int(earned[4])),
        tuple(_quarter_row(said, points) for said, points in quarter[1:-1]),
        int(quarter[-1][1]),
    )


def _quarter_row(said: str, points: str) -> tuple[int, int, int]:
    found = re.search(r"好事 (\d+) \+ 认可 (\d+)$", said)
    assert found is not None
    return int(found[1]), int(found[2]), int(points)


def _slip(client: Client, member: int, month: date) -> Paper:
    answer = client.get(f"/points/members/{member}/{month.year}/{month.month}/")
    assert answer.status_code == 200
    return _read(answer.content.decode())


def _wrong(paper: Paper) -> list[str]:
    """What a pencil finds wrong on one slip."""
    found = []
    if paper.opening + sum(points for _what, points in paper.lines) != paper.closing:
        found.append("the column")
    deeds, thanks, wrong, earned = paper.earned
    if deeds + thanks - wrong != earned:
        found.append("the month's sum")
    if deeds + thanks != sum(points for what, points in paper.lines if _is_earned(what)):
        found.append("the month's sum against its lines")
    if any(a + b != c for a, b, c in paper.quarter):
        found.append("a row of the quarter")
    if sum(c for _a, _b, c in paper.quarter) != paper.quarter_points:
        found.append("the quarter")
    return found + [f"{what}: {points}" for what, points in paper.lines if not _is_reckoned(what, points)]


def _is_earned(what: str) -> bool:
    return not re.search("兑换|捐给|到期|更正", what)


def _is_reckoned(what: str, points: int) -> bool:
    """Redo what stands beside the number."""
    deed = re.search(
        r"(\d+) 分(?: × ([\d.]+) 小时 = ([\d.]+)(?: 分|，零头不算，(\d+) 分))?(?:，到了上限，记 (\d+) 分)?$",
        what,
    )
    if not _is_earned(what):
        borne = re.search(r"记错了 (\d+) 分，其中 (\d+) 分已经花了", what)
        return points <= 0 and (borne is None or int(borne[1]) - int(borne[2]) == -points)
    if deed is None:
        return "邻居的认可" in what and points > 0
    each, hours, exact, whole, left = deed.groups()
    product = int(each) * Decimal(hours or 1)
    worth = int(product)
    is_said = exact is None or (Decimal(exact) == product and int(whole or exact) == worth)
    return is_said and points == (worth if left is None else int(left)) <= worth


def test_every_slip_of_a_quarter_is_right_by_hand(quarter: Circle) -> None:
    """Column, sums, hours, caps; a month begins where the last one ended and the last ends in the wallet."""
    client = Client()
    client.force_login(quarter.here.here.accounts["officer"])
    seen = dict.fromkeys(
        ("×", "零头不算", "到了上限", "兑换", "捐给互助池", "更正", "认可", "由互助池担着"), 0
    )
    with quarter.office():
        balances = dict(Account.objects.filter(balance__isnull=False).values_list("member_id", "balance"))
        points = dict(Quartervalue.objects.values_list("member_id", "points"))
        reversed_ids = {quarter.ids[place] for place in (5, 6, 9)}
    for member in quarter.ids:
        papers = [_slip(client, member, month) for month in MONTHS]
        assert [_wrong(paper) for paper in papers] == [[]] * len(papers)
        assert papers[0].opening == 0
        assert [p.closing for p in papers[:-1]] == [p.opening for p in papers[1:]]
        assert papers[-1].closing == balances[member]
        assert {p.quarter_points for p in papers[:3]} == {points[member]}, "the quarter (R09)"
        assert papers[3].earned[2] == (1 if member == quarter.ids[4] else 0), "booked and taken back in April"
        if member not in reversed_ids:
            assert sum(p.earned[3] for p in papers) == points[member]
        text = " ".join(what for paper in papers for what, _points in paper.lines)
        seen = {word: count + text.count(word) for word, count in seen.items()}
    assert all(seen.values()), seen


def test_negative_control_a_slip_with_a_wrong_sum_is_found(
    quarter: Circle, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client()
    client.force_login(quarter.here.here.accounts["officer"])
    for told, found in (("3 分 × 1.5 小时 = 9 分", "× 1.5"), ("1 分，到了上限，记 9 分", "记 9 分")):
        monkeypatch.setattr(slip_room, "_reckoned", lambda _deed, _paid, told=told: told)
        papers = [_slip(client, member, MONTHS[0]) for member in quarter.ids]
        assert any(found in line for paper in papers for line in _wrong(paper))
    assert _wrong(Paper(1, (("看望 2 分", 2),), 4, (2, 0, 1, 2), ((1, 1, 3),), 2)) == [
        "the column", "the month's sum", "a row of the quarter", "the quarter",
    ]  # fmt: skip
