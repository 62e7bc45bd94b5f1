"""What is kept longer than its purpose allows: the list that the night works through, to look at before."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from xiaojia.domains.cases.access import visible_cases
from xiaojia.domains.cases.rules import OVER
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.consent import PURPOSES


def kept_until(at: datetime) -> datetime:
    """Cases that were over before this moment have no purpose left at `at`."""
    return at - timedelta(days=PURPOSES["case"].retention_days or 0)


def forgettable(*, viewer: Actor, at: datetime) -> list[UUID]:
    """Cases whose words are to go, the oldest first: over, untouched since, not yet emptied (one query).

    A case that others are merged into, or that is part of another, goes when it is itself old enough.
    """
    rows = visible_cases(viewer).filter(state__in=sorted(OVER), changed_at__lt=kept_until(at))
    rows = rows.exclude(Q(text="") & Q(place_text="") & Q(household_id__isnull=True))
    return list(rows.order_by("changed_at", "id").values_list("pk", flat=True))
