"""What `xiaojia verify` looks for: slips that do not add up to what the ledger paid."""

from __future__ import annotations

from collections.abc import Iterator

from xiaojia.domains.ledger.queries import merit
from xiaojia.domains.recognition.models import Quarter
from xiaojia.domains.recognition.rules import month_end, quarter_months
from xiaojia.domains.teams.actions import clockwork


def findings(community_id: int) -> list[str]:
    """One line a member and month that was paid otherwise than its slip says. Inside its scope."""
    return list(_findings(community_id))


def _findings(community_id: int) -> Iterator[str]:
    viewer = clockwork(community_id)
    for quarter in Quarter.objects.filter(community_id=community_id).order_by("year", "number"):
        months = quarter_months(quarter.year, quarter.number)
        rows = list(quarter.values.values_list("member_id", "monthly"))
        for place, month in enumerate(months):
            paid = merit((month, month_end(month)), viewer=viewer, source_type="recognition")
            for member, monthly in rows:
                if paid.get(member, 0) != monthly[place]:
                    yield (
                        f"member {member}, {month:%Y-%m}: the slip says {monthly[place]},"
                        f" the ledger paid {paid.get(member, 0)}"
                    )
