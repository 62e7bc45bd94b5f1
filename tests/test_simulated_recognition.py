"""Recognition and points of a whole small year through the product's actions, each figure computed twice.

The year of 700 members is `make bench ARGS=points_year`; here is one micro-grid of it, and what shows that
the judge would have seen what it says it did not find.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date

import pytest
from django.db import connection, transaction

from tools.simulator.points import live_points_year
from tools.simulator.points_books import read_books
from tools.simulator.points_judged import judge
from tools.simulator.points_town import Plan, Town
from tools.simulator.recognition import live_recognition
from xiaojia.domains.ledger import checks as ledger_checks
from xiaojia.domains.ledger.queries import merit
from xiaojia.domains.recognition import checks
from xiaojia.domains.recognition.models import Monthvalue, Quartervalue
from xiaojia.kernel.tenancy import entered

SMALL = Plan(grid_count=1, redemptions_a_day=1, nights=12)
"""The nightly jobs run now and then, which is quicker and changes only when things end."""

RARE = "did not happen"
AsOwner = Callable[[], AbstractContextManager[None]]


@pytest.mark.django_db
def test_slips_are_the_ledger_for_every_member_computed_twice() -> None:
    lived = live_recognition(seed=3, grid_count=2, months=3)
    with entered(lived.officer.scope):
        slips = dict(Quartervalue.objects.values_list("member_id", "points"))
        paid = merit((date(2026, 1, 1), date(2026, 3, 31)), viewer=lived.officer)
        assert set(slips) == set(lived.members.values())
        assert {pk: points for pk, points in slips.items() if points} == paid
        assert checks.findings(lived.officer.community_id) == []
        assert ledger_checks.findings(lived.officer.community_id) == []
        with_value = Monthvalue.objects.filter(value__gt=0).count()
        assert 0.5 < with_value / (3 * len(slips)) < 1


def _missed(town: Town) -> Iterator[str]:
    """What the judge finds fault with; a micro-grid alone need not bring everything that a year brings."""
    return (one.what for one in judge(town) if one.is_missed and RARE not in one.what)


SPOILT = {
    "a deed is worth another number than was paid": (
        "UPDATE ledger_deed SET points = points + 1"
        " WHERE id = (SELECT min(id) FROM ledger_deed WHERE points > 0)",
        "entries without the row they come from",
    ),
    "goods were handed out that nobody paid for": (
        "UPDATE store_redemption SET points = points + 1"
        " WHERE id = (SELECT min(id) FROM store_redemption WHERE state = 'collected')",
        "entries without the row they come from",
    ),
    "a wallet holds a point that never came": (
        "UPDATE ledger_account SET balance = balance + 1"
        " WHERE id = (SELECT min(account_id) FROM ledger_entry WHERE balance_after > 0)",
        "wallets whose balance is not the sum of their entries",
    ),
    "a slip says one more": (
        "UPDATE recognition_quartervalue SET points = points + 1"
        " WHERE id = (SELECT min(id) FROM recognition_quartervalue)",
        "quarter slips that differ from the ledger",
    ),
    "the shelf has one more": (
        "UPDATE store_goods SET stock = stock + 1 WHERE id = (SELECT min(id) FROM store_goods)",
        "goods whose stock is not the sum",
    ),
    "more was out than approved": (
        "UPDATE kernel_auditdetail SET detail = jsonb_set(detail::jsonb, '{budget_yuan}', '1')"
        " WHERE entry_id IN (SELECT id FROM kernel_auditentry WHERE verb = 'change_budget')",
        "days on which more was out there than approved",
    ),
    "a month value is another": (
        "UPDATE recognition_monthvalue SET value = 500 - value + 100"
        " WHERE id = (SELECT min(id) FROM recognition_monthvalue WHERE value NOT BETWEEN 290 AND 310)",
        "month values that plain arithmetic does not confirm",
    ),
    "a year is another": (
        "UPDATE recognition_yearvalue SET best_points = best_points + 1, mean = coalesce(mean, 300) + 1"
        " WHERE id = (SELECT min(id) FROM recognition_yearvalue)",
        "members whose year differs when all spending is left out",
    ),
}  # fmt: skip
"""What is spoiled behind the product's back, and what the judge then has to say."""


def test_a_year_adds_up_and_what_is_spoilt_afterwards_is_seen(
    transactional_db: None, as_owner: AsOwner
) -> None:
    town = live_points_year(seed=1, plan=SMALL)
    with entered(town.officer.scope):
        assert list(_missed(town)) == []
        kinds = {move.kind for move in read_books(town).moves}
    assert kinds == {"award", "redeem", "donate", "expiry", "reversal"}
    with as_owner():
        unseen = [what for what, spoilt in SPOILT.items() if not _is_seen(town, *spoilt)]
    assert unseen == []


def _is_seen(town: Town, statement: str, finding: str) -> bool:
    """Negative control: something is spoilt behind the product's back, judged, and taken back."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(statement)
            assert cursor.rowcount >= 1
        is_seen = any(line.startswith(finding) for line in _missed(town))
        transaction.set_rollback(True)
    return is_seen
