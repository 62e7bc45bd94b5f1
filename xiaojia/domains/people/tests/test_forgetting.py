"""P10: the view log keeps three years, and not even the product can make it keep less."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from tests import cast
from xiaojia.domains.people.forgetting import forget_views
from xiaojia.domains.people.models import Viewlog
from xiaojia.kernel import clock
from xiaojia.kernel.models import AuditEntry
from xiaojia.kernel.tenancy import entered

pytestmark = pytest.mark.django_db


def test_views_go_after_their_years_and_never_before() -> None:
    people = cast.build()
    by, now = people.actor("officer"), clock.now()
    days = {3 * 366 + 1: "old", 3 * 366 - 1: "young", 0: "today"}
    for actor in (by, people.elsewhere.actor("secretary")):
        with entered(actor.scope):
            for ago, screen in days.items():
                Viewlog.objects.create(
                    community_id=actor.community_id, at=now - timedelta(days=ago), account_id=1,
                    role="officer", reason="x", screen=screen, household_ids=[1],
                )  # fmt: skip
    with entered(by.scope):
        assert forget_views(by=by, at=now) == 1
        assert set(Viewlog.objects.values_list("screen", flat=True)) == {"young", "today"}
        assert AuditEntry.objects.get(verb="forget_views").kind == "viewlog"
        assert forget_views(by=by, at=now + timedelta(days=9999)) == 0, "PostgreSQL looks at its own clock"
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            Viewlog.objects.filter(screen="today")._raw_delete(connection.alias)
    with entered(people.elsewhere.actor("secretary").scope):
        assert Viewlog.objects.filter(screen="old").exists(), "negative control: elsewhere nobody asked"
