"""The view log is let go once its purpose is over (P10)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction

from xiaojia.kernel import audit
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.consent import PURPOSES


@transaction.atomic
def forget_views(*, by: Actor, at: datetime) -> int:
    """Rows of the community that are older than the purpose; returns how many went.

    `by` is the clockwork of one community in a wide scope. PostgreSQL keeps whatever is younger than the
    purpose by its own clock, whatever `at` says.
    """
    before = at - timedelta(days=PURPOSES["accountability"].retention_days or 0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT people_forget_views(%s)", [before])
        count = int(cursor.fetchone()[0])
    if count:
        detail = {"count": count, "before": before}
        audit.record(by=by, at=at, verb="forget_views", kind="viewlog", ids=[by.community_id], detail=detail)
    return count
