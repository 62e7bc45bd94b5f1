from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError, connection

from xiaojia.domains.ledger.queries import merit
from xiaojia.domains.recognition.models import Month, Monthvalue, State, Thanks
from xiaojia.domains.recognition.tests.stage import MONTH, circle
from xiaojia.domains.teams.tests.stage import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_closes_at_the_same_moment_are_one_close_and_late_slips_lose() -> None:
    here = circle()
    month = here.open()
    here.fill(month)
    here.do_good(here.ids[0], here.ids[1])
    found = at_once(*[lambda: here.close(month).state for _hand in range(3)])
    assert found == ["closed"] * 3
    with here.office() as officer:
        assert Monthvalue.objects.filter(month=month).count() == len(here.ids)
        assert not Thanks.objects.exists()
        paid = merit((MONTH, date(2026, 2, 28)), viewer=officer, source_type="recognition")
        assert set(paid) == {here.ids[0], here.ids[1]}
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM ledger_transaction WHERE source_type = 'recognition'")
            assert cursor.fetchone() == (2,)


def test_negative_control_without_the_lock_and_the_unique_row_there_would_be_two() -> None:
    """A close that forgets that the month was closed writes again: only the unique row stops it."""
    here = circle()
    month = here.open()
    here.fill(month)
    here.close(month)
    with here.office():
        Month.objects.filter(pk=month.pk).update(state=State.OPEN, closed_at=None)
    with pytest.raises(IntegrityError, match="one_value_per_month"):
        here.close(month)
