"""Several cases are one thing, and come apart again in whatever order somebody takes them out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import permutations

import pytest

from tests.sharing import Once
from xiaojia.domains.cases.checks import findings
from xiaojia.domains.cases.models import Case, Reporter
from xiaojia.domains.cases.tests.stage import MONDAY, Stage, build


@pytest.fixture
def stage(once: Once) -> Iterator[Stage]:
    here = once(build)
    with here.inside():
        yield here


def _said(stage: Stage, hours: int) -> Case:
    return stage.report(at=MONDAY + timedelta(hours=hours), reporter_name=f"住户{hours}")


def _names(case: Case) -> set[str]:
    return set(Reporter.objects.filter(case=case).values_list("name", flat=True))


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_out_of_order_each_clock_is_that_of_what_is_still_together(
    stage: Stage, order: tuple[int, ...]
) -> None:
    into = _said(stage, 5)
    others = [_said(stage, hours) for hours in (3, 1, 4)]
    first_due = {case.pk: case.due_at for case in (into, *others)}
    for minute, case in enumerate(others):
        stage.move(case, "merge", MONDAY + timedelta(hours=6, minutes=minute), into_id=into.pk)
    into.refresh_from_db()
    assert (into.reported_at, len(_names(into))) == (others[1].reported_at, 4)
    together = list(others)
    for minute, number in enumerate(order):
        case = others[number]
        stage.move(case, "unmerge", MONDAY + timedelta(hours=7, minutes=minute))
        together.remove(case)
        for one in (into, case):
            one.refresh_from_db()
        said = min([MONDAY + timedelta(hours=5), *(c.reported_at for c in together)])
        assert into.reported_at == said, "the earliest of those that are still together"
        assert _names(case) == {f"住户{(case.reported_at - MONDAY).seconds // 3600}"}
        assert case.due_at == first_due[case.pk]
    assert into.due_at == first_due[into.pk]
    assert findings(stage.community_id) == []


def test_one_out_of_the_middle_of_a_chain_takes_its_own_along_and_nothing_else(stage: Stage) -> None:
    top, middle, low, lowest = (_said(stage, hours) for hours in (5, 4, 2, 1))
    for minute, (case, into) in enumerate(((lowest, low), (low, middle), (middle, top))):
        stage.move(case, "merge", MONDAY + timedelta(hours=6, minutes=minute), into_id=into.pk)
    top.refresh_from_db()
    assert (top.reported_at, len(_names(top))) == (lowest.reported_at, 4)
    stage.move(low, "unmerge", MONDAY + timedelta(hours=7))
    for case in (top, low):
        case.refresh_from_db()
    assert (_names(top), _names(low)) == ({"住户5", "住户4"}, {"住户2", "住户1"})
    assert (top.reported_at, low.reported_at) == (middle.reported_at, lowest.reported_at)
    assert findings(stage.community_id) == []
