"""What somebody who serves sees of their own service: where, until when, and whom to call. No neighbour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count

from xiaojia.domains.people.access import visible_households
from xiaojia.domains.teams.access import MAY, visible_tenures
from xiaojia.domains.teams.models import Tenure
from xiaojia.domains.teams.queries.roster import Member, member_of, with_listing
from xiaojia.domains.teams.queries.scope import holding_on
from xiaojia.domains.teams.rules import SEATS
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor


@dataclass(frozen=True, slots=True)
class Stair:
    """One staircase with how many doors of the own micro-grid it has; no door is named."""

    compound: str
    building: str
    unit: str
    household_count: int


@dataclass(frozen=True, slots=True)
class OwnService:
    """One tenure of the viewer, the people to call (phones only by their yes), and the stairs."""

    tenure: Tenure
    to_call: Sequence[Member]
    stairs: Sequence[Stair]

    @property
    def household_count(self) -> int:
        """Doors of the micro-grid."""
        return sum(s.household_count for s in self.stairs)


def own_service(*, viewer: Actor, on: date) -> OwnService | None:
    """The service behind the viewer's desk (three queries); None where it is of no micro-grid."""
    require(MAY, "see_teams", viewer, viewer.community_id)
    mine = visible_tenures(viewer).filter(pk=viewer.tenure_id or 0, microgrid__isnull=False)
    tenure = mine.select_related("microgrid").first()
    if tenure is None:
        return None
    seats = visible_tenures(viewer).filter(microgrid_id=tenure.microgrid_id or 0, role__in=SEATS)
    rows = with_listing(holding_on(seats, on)).select_related("account").order_by("role", "pk")
    doors = visible_households(viewer).filter(until_on__isnull=True)
    stairs = (
        doors.values_list("unit__building__compound__name", "unit__building__name", "unit__name")
        .annotate(Count("id"))
        .order_by("unit__building__compound__sort_key", "unit__building__sort_key", "unit__ordinal")
    )
    return OwnService(tenure, [member_of(row) for row in rows], [Stair(*row) for row in stairs])
