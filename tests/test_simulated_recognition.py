"""A quarter of recognition through the product's actions: what slips say is what the ledger holds (R09)."""

from __future__ import annotations

from datetime import date

import pytest

from tools.simulator.recognition import live_recognition
from xiaojia.domains.ledger import checks as ledger_checks
from xiaojia.domains.ledger.queries import merit
from xiaojia.domains.recognition import checks
from xiaojia.domains.recognition.models import Monthvalue, Quartervalue
from xiaojia.kernel.tenancy import entered


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
