"""Reads of micro-grids."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from xiaojia.domains.microgrids.models import Membership


def door_ids(microgrid_id: int, *, on: date) -> tuple[int, ...]:
    """Household ids of a micro-grid on that day, ascending. The scope of a head is computed from it."""
    doors = (
        Membership.objects.filter(microgrid_id=microgrid_id, from_on__lte=on)
        .filter(Q(until_on__isnull=True) | Q(until_on__gt=on))
        .values_list("household_id", flat=True)
    )
    return tuple(sorted(doors))
