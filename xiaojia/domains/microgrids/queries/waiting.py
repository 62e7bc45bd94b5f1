"""What waits for a person: drafts with their figures, and exceptions without a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q

from xiaojia.domains.microgrids.access import MAY, visible_partitions
from xiaojia.domains.microgrids.models import Partition, PlanException
from xiaojia.domains.microgrids.queries.plans import ExceptionView, living_plans
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor


@dataclass(frozen=True, slots=True)
class WaitingPlan:
    """A draft with its totals. `open_count`: exceptions that nobody accepted yet."""

    partition_id: int
    label: str
    scenario: str
    made_at: datetime
    totals: Mapping[str, Any]
    exception_count: int
    open_count: int

    @property
    def microgrid_count(self) -> int:
        """Micro-grids that it would make."""
        return int(self.totals.get("microgrids", 0))

    @property
    def fitting_count(self) -> int:
        """Those within 50-80."""
        return int(self.totals.get("in_range", 0))


def waiting_plans(*, viewer: Actor) -> list[WaitingPlan]:
    """Drafts, the oldest first (one query), but for untouched ones that somebody passed over by adopting."""
    is_open = Q(exceptions__approved_at__isnull=True)
    chosen = visible_partitions(viewer).filter(
        community_id=OuterRef("community_id"),
        state=Partition.State.ADOPTED,
        made_at__gte=OuterRef("made_at"),
    )
    waiting = living_plans(viewer=viewer).filter(Q(revision__gt=0) | ~Exists(chosen.order_by()))
    drafts = waiting.annotate(
        exception_count=Count("exceptions"),
        open_count=Count("exceptions", filter=is_open),
    )
    rows = drafts.values_list("id", "label", "scenario", "made_at", "totals", "exception_count", "open_count")
    return [WaitingPlan(*row) for row in rows]


def open_exceptions(*, viewer: Actor) -> dict[int, list[ExceptionView]]:
    """Draft id -> its exceptions that nobody accepted yet (one query), numbered as in the plan."""
    require(MAY, "see_plans", viewer, viewer.community_id)
    drafts = visible_partitions(viewer).filter(state=Partition.State.DRAFT).order_by()
    rows = PlanException.objects.filter(partition__in=drafts).select_related("cluster")
    found: dict[int, list[ExceptionView]] = {}
    for row in rows.order_by("partition_id", "cluster__number", "code"):
        views = found.setdefault(row.partition_id, [])
        views.append(
            ExceptionView(
                row.pk, len(views) + 1, row.cluster_id, row.cluster.number, row.cluster.household_count,
                row.code, row.sentence, row.approved_reason, row.certificate,
            )
        )  # fmt: skip
    return {pk: [v for v in views if not v.is_settled] for pk, views in found.items()}
