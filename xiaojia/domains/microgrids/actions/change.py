"""The neighbourhood moves: two ways to put the division right, both drafts on the way to adoption."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from xiaojia.domains.microgrids.access import MAY, visible_partitions
from xiaojia.domains.microgrids.actions.measuring import Ground, ground_of
from xiaojia.domains.microgrids.actions.proposing import NothingToDivide, store_plan
from xiaojia.domains.microgrids.models import MicroGrid, Partition, PlanException
from xiaojia.domains.microgrids.queries import partition_in_force, standings
from xiaojia.domains.microgrids.queries.change import CHANGE_SCENARIOS, accepted_microgrids, present_parts
from xiaojia.engines.partition import PartitionException, Result
from xiaojia.engines.partition.rebalance import WAYS, Answer, rebalance
from xiaojia.kernel import audit, clock
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.work import Progress, SilentProgress


class NothingHolds(Refused):
    """No division is in force, so there is nothing to put right."""


@transaction.atomic
def propose_change(*, by: Actor, at: datetime, progress: Progress | None = None) -> list[Partition]:
    """Two drafts that settle what changed: the fewest moves, and no new joined compounds; one if both agree.

    Micro-grids that nothing happened to keep their parts and the reasons already written for them. Earlier
    drafts of a change that nobody touched make room.
    """
    require(MAY, "propose_change", by, by.community_id)
    say = progress or SilentProgress()
    on = clock.today(at)
    in_force = partition_in_force(viewer=by, on=on)
    if in_force is None:
        raise NothingHolds(
            _("现在没有可以改的，因为还没有采用过方案；先划一划，采用一个方案。"),
            where_url="/microgrids/plans/",
            where_label=_("去划一划"),
        )
    ground = ground_of(viewer=by, is_cross=True)
    if not ground.units:
        raise NothingToDivide(_("现在划不了，因为住户表里还没有住户；先拿一份 Excel 来，读进来再划。"))
    visible_partitions(by).filter(
        state=Partition.State.DRAFT, revision=0, scenario__in=CHANGE_SCENARIOS
    ).update(state=Partition.State.DROPPED)
    say.say(_("正在算：哪几户要换小家"), 0, 1)
    answers = _answers(ground, in_force, by=by, at=at)
    if len(answers) > 1 and answers[0].parts == answers[1].parts:
        answers = answers[:1]
    made = [_store(answer, ground, in_force, by=by, at=at, is_only=len(answers) == 1) for answer in answers]
    say.say(_("算好了"), 1, 1)
    return made


def _answers(ground: Ground, in_force: Partition, *, by: Actor, at: datetime) -> tuple[Answer, ...]:
    now = standings(viewer=by, on=clock.today(at))
    sizes = Counter[int]()
    for standing in now:
        sizes[standing.microgrid_id or 0] += standing.household_count
    return rebalance(
        ground.problem, present_parts(now, ground.keys), accepted=accepted_microgrids(in_force, sizes),
        ways=WAYS,
    )  # fmt: skip


def _store(
    answer: Answer, ground: Ground, in_force: Partition, *, by: Actor, at: datetime, is_only: bool
) -> Partition:
    """An answer as a draft; what it does to today's micro-grids is kept for the page."""
    told = answer.description
    result = Result(
        parts=answer.parts,
        exceptions=tuple(
            PartitionException(
                grid.number, code, "", _joins(grid.joins) if code == "cross_compound" else {}
            )
            for grid in told.grids.values()
            for code in grid.codes
        ),
        in_range=told.in_range, over=told.over, under=told.under, cross=told.cross, split=told.split,
        cost=told.cost, bound=told.cost,
    )  # fmt: skip
    partition = store_plan(by=by, at=at, scenario=answer.way, seed=1, ground=ground, result=result)
    _keep_reasons(partition, in_force, set(answer.altered))
    partition.proof = {"gap": max((r.gap for r in answer.regions), default=0.0), "change": _figures(
        answer, partition, is_only=is_only
    )}  # fmt: skip
    partition.save(update_fields=["proof"])
    audit.record(
        by=by, at=at, verb="propose_change", kind="partition", ids=[partition.pk],
        detail={"instead_of": in_force.pk, **partition.proof["change"]},
    )  # fmt: skip
    return partition


def _joins(joins: Iterable[Any]) -> dict[str, Any]:
    return {
        "joins": [
            {"compounds": list(j.compounds), "buildings": list(j.buildings), "metres": j.metres}
            for j in joins
        ]
    }


def _figures(answer: Answer, partition: Partition, *, is_only: bool) -> dict[str, Any]:
    """The answer's figures with the numbers that neighbours know."""
    names = dict(MicroGrid.objects.filter(community_id=partition.community_id).values_list("id", "number"))
    fresh = sorted(partition.clusters.filter(microgrid__isnull=True).values_list("number", flat=True))
    joins = sorted({names[m] for m in answer.new_joins if m in names})
    new_joined = set(
        partition.exceptions.filter(code="cross_compound", cluster__microgrid__isnull=True).values_list(
            "cluster__number", flat=True
        )
    )
    return {
        "moved": answer.moved,
        "altered": sorted(names[m] for m in answer.altered if m not in answer.ended),
        "ended": sorted(names[m] for m in answer.ended),
        "opened": fresh,
        "joins": sorted(new_joined | set(joins)),
        "missing": answer.missing,
        "is_fewest": all(r.is_fewest for r in answer.regions),
        "is_only": is_only,
    }


def _keep_reasons(partition: Partition, in_force: Partition, altered: set[int]) -> None:
    """What somebody accepted for a micro-grid to which nothing happens is not asked again."""
    written = {
        (e.cluster.microgrid_id, e.code): e
        for e in PlanException.objects.filter(partition=in_force, approved_at__isnull=False).select_related(
            "cluster"
        )
    }
    kept = []
    for fresh in PlanException.objects.filter(partition=partition).select_related("cluster"):
        before = written.get((fresh.cluster.microgrid_id, fresh.code))
        if before is None or fresh.cluster.microgrid_id in altered:
            continue
        if fresh.code == "under_50" and fresh.cluster.household_count < before.cluster.household_count:
            continue  # it was accepted with more households than it has now
        fresh.approved_reason = before.approved_reason
        fresh.approved_by_id, fresh.approved_at = before.approved_by_id, before.approved_at
        kept.append(fresh)
    PlanException.objects.bulk_update(kept, ["approved_reason", "approved_by_id", "approved_at"])
