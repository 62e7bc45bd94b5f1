"""What `xiaojia verify` looks for: a day of a living micro-grid that no person and no record answers."""

from __future__ import annotations

from xiaojia.domains.microgrids.queries import lifetimes
from xiaojia.domains.teams.access import visible_tenures, visible_vacancies
from xiaojia.domains.teams.actions import clockwork
from xiaojia.domains.teams.rules import SEATS, Span, gaps


def findings(community_id: int) -> list[str]:
    """One line a stretch of days that is unanswered. Call inside the community's scope."""
    viewer = clockwork(community_id)
    held: dict[tuple[int, str], list[Span]] = {}
    tenures = visible_tenures(viewer).filter(role__in=SEATS, microgrid__isnull=False)
    for pk, role, start, end in tenures.values_list("microgrid_id", "role", "from_on", "until_on"):
        held.setdefault((pk or 0, role), []).append((start, end))
    for pk, role, start, end in visible_vacancies(viewer).values_list(
        "microgrid_id", "role", "opened_on", "closed_on"
    ):
        held.setdefault((pk, role), []).append((start, end))
    return [
        f"nobody and no vacancy as {role} of micro-grid {life.number} from {start}"
        + (f" until {end}" if end else "")
        for life in lifetimes(viewer=viewer)
        if life.until_on is None or life.until_on > life.since_on
        for role in SEATS
        for start, end in gaps((life.since_on, life.until_on), held.get((life.microgrid_id, role), []))
    ]
