"""A plan comes: the engine divides the present register, the result is stored with its proof."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from xiaojia.domains.microgrids.access import MAY, visible_adjacencies, visible_partitions
from xiaojia.domains.microgrids.actions.measuring import (
    Ground,
    Piece,
    ground_of,
    measured,
    shared_households,
    sizes_now,
    totals_of,
)
from xiaojia.domains.microgrids.models import Adjacency, Cluster, MicroGrid, Part, Partition, PlanException
from xiaojia.domains.microgrids.queries import standings
from xiaojia.domains.microgrids.rules import MOST, blocks, fingerprint, free_label, inherited, numbered
from xiaojia.domains.places.access import visible_compounds
from xiaojia.engines.partition import BadProblem, Result, explain, solve
from xiaojia.engines.partition.whole import solve_whole
from xiaojia.kernel import audit, clock
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.work import Progress, SilentProgress

SCENARIOS: Final = (Partition.Scenario.INSIDE, Partition.Scenario.CROSS)


class NothingToDivide(Refused):
    """The register is empty, or a row of it cannot be divided."""


@transaction.atomic
def propose_partitions(
    *, by: Actor, at: datetime, seed: int = 1, progress: Progress | None = None
) -> list[Partition]:
    """Both scenarios by one button (划一划). Earlier drafts that nobody touched make room."""
    require(MAY, "propose_partition", by, by.community_id)
    say = progress or SilentProgress()
    untouched = visible_partitions(by).filter(state=Partition.State.DRAFT, revision=0)
    untouched.update(state=Partition.State.DROPPED)
    made = []
    steps = (_("正在划：只在院子里头合"), _("正在划：院子之间也合"))
    for done, (scenario, step) in enumerate(zip(SCENARIOS, steps, strict=True)):
        say.say(step, done, len(SCENARIOS))
        made.append(propose_partition(by=by, at=at, scenario=scenario, seed=seed))
    say.say(_("划好了"), len(SCENARIOS), len(SCENARIOS))
    return made


@transaction.atomic
def propose_partition(
    *, by: Actor, at: datetime, scenario: str, seed: int = 1, processes: int = 1
) -> Partition:
    """Divide the present register and keep the result as a draft (方案) with exceptions and proof.

    Raises NothingToDivide when nobody lives here yet or a unit of the register cannot be read.
    """
    require(MAY, "propose_partition", by, by.community_id)
    ground = ground_of(viewer=by, is_cross=scenario != Partition.Scenario.INSIDE)
    if not ground.units:
        raise NothingToDivide(
            _("现在划不了，因为住户表里还没有住户；先拿一份 Excel 来，读进来再划。"),
            where_url="/registers/",
            where_label=_("去读住户表"),
        )
    try:
        if scenario == Partition.Scenario.WHOLE:
            result = solve_whole(ground.problem, seed=seed)
        else:
            result = solve(ground.problem, seed=seed, processes=processes)
    except BadProblem as error:
        raise NothingToDivide(
            _("现在划不了，因为住户表里有一处看不懂（%(what)s）；改好这一行再划。") % {"what": error},
            where_url="/registers/",
            where_label=_("去读住户表"),
        ) from error
    return store_plan(by=by, at=at, scenario=scenario, seed=seed, ground=ground, result=result)


def store_plan(
    *, by: Actor, at: datetime, scenario: str, seed: int, ground: Ground, result: Result
) -> Partition:
    """Keep an engine's answer as a draft with its clusters, parts, exceptions, totals and proof."""
    on = clock.today(at)
    pieces = _pieces(ground, result)
    now = standings(viewer=by, on=on)
    kept = inherited(shared_households(pieces, now), sizes_now(now))
    numbers = _numbers(pieces, kept)
    taken = visible_partitions(by).filter(state=Partition.State.DRAFT).values_list("label", flat=True)
    partition = Partition.objects.create(
        community_id=by.community_id,
        label=free_label(taken),
        scenario=scenario,
        register_fingerprint=fingerprint(list(ground.units.values())),
        seed=seed,
        proof={"cost": round(result.cost, 3), "bound": round(result.bound, 3), "gap": round(result.gap, 6)},
        made_at=at,
        made_by_id=by.account_id,
    )
    clusters = _store_clusters(partition, pieces, numbers, kept)
    stored = [
        Piece(clusters[p.cluster].pk, p.unit_id, p.floor_from, p.floor_to, p.household_count) for p in pieces
    ]
    Part.objects.bulk_create(
        Part(
            community_id=by.community_id, partition=partition, cluster_id=p.cluster, unit_id=p.unit_id,
            floor_from=p.floor_from, floor_to=p.floor_to, household_count=p.household_count,
        )
        for p in stored
    )  # fmt: skip
    description = measured(ground, stored)
    _store_exceptions(partition, ground, result, {number: c.pk for number, c in clusters.items()}, stored)
    partition.totals = totals_of(description, stored, viewer=by, on=on, units=ground.units)
    partition.save(update_fields=["totals"])
    audit.record(
        by=by, at=at, verb="propose_partition", kind="partition", ids=[partition.pk],
        detail={"scenario": scenario, "seed": seed, **partition.totals},
    )  # fmt: skip
    return partition


def _pieces(ground: Ground, result: Result) -> list[Piece]:
    """The engine's parts, cut into what a hand may move: units up to 80 whole, larger ones by blocks."""
    ids = {key: unit_id for unit_id, key in ground.keys.items()}
    pieces = []
    for part in result.parts:
        unit = ground.units[ids[part.compound, part.building, part.unit]]
        if unit.household_count <= MOST:
            pieces.append(Piece(part.microgrid, unit.unit_id, 0, 0, part.household_count))
            continue
        pieces += [
            Piece(part.microgrid, unit.unit_id, low, high, homes)
            for low, high, homes in blocks(unit.household_count, unit.floors, part.floor_from, part.floor_to)
        ]
    return pieces


def _numbers(pieces: Sequence[Piece], kept: dict[int, int]) -> dict[int, int]:
    """Numbers on the map: a micro-grid that lives on keeps its own, new ones fill the gaps."""
    living = dict(MicroGrid.objects.filter(pk__in=kept.values()).values_list("id", "number"))
    return numbered(sorted({p.cluster for p in pieces}), {c: living[m] for c, m in kept.items()})


def _store_clusters(
    partition: Partition, pieces: Sequence[Piece], numbers: dict[int, int], kept: dict[int, int]
) -> dict[int, Cluster]:
    counts: dict[int, int] = {}
    for piece in pieces:
        counts[piece.cluster] = counts.get(piece.cluster, 0) + piece.household_count
    rows = [
        Cluster(
            community_id=partition.community_id, partition=partition, number=numbers[n],
            household_count=counts[n], microgrid_id=kept.get(n),
        )
        for n in sorted(counts)
    ]  # fmt: skip
    return dict(zip(sorted(counts), Cluster.objects.bulk_create(rows), strict=True))


def _store_exceptions(
    partition: Partition, ground: Ground, result: Result, cluster_ids: dict[int, int], stored: Sequence[Piece]
) -> None:
    description = measured(ground, stored)
    limits = ground.problem.limits
    PlanException.objects.bulk_create(
        PlanException(
            community_id=partition.community_id,
            partition=partition,
            cluster_id=cluster_ids[e.microgrid],
            code=e.code,
            sentence=explain.reason(
                e.code,
                description.grids[cluster_ids[e.microgrid]],
                limits,
                e.certificate,
                ground.compound_name,
            ),
            certificate=dict(e.certificate),
        )
        for e in result.exceptions
    )


@transaction.atomic
def drop_partition(*, by: Actor, at: datetime, partition_id: int) -> None:
    """Put a draft away; an adopted plan stays for history."""
    require(MAY, "drop_partition", by, by.community_id)
    partition = visible_partitions(by).select_for_update().filter(pk=partition_id).first()
    if partition is None or partition.state != Partition.State.DRAFT:
        raise Refused(_("这个方案收不起来，因为它已经采用过，或者早就收起来了；看看别的方案。"))
    partition.state = Partition.State.DROPPED
    partition.save(update_fields=["state"])
    audit.record(by=by, at=at, verb="drop_partition", kind="partition", ids=[partition_id])


@transaction.atomic
def confirm_adjacency(*, by: Actor, at: datetime, pairs: Sequence[tuple[int, int]]) -> int:
    """Say which compounds lie side by side: these pairs of ids and no others; returns how many."""
    require(MAY, "confirm_adjacency", by, by.community_id)
    mine = set(visible_compounds(by).values_list("id", flat=True))
    wanted = {(min(a, b), max(a, b)) for a, b in pairs if a != b}
    if not all(a in mine and b in mine for a, b in wanted):
        raise Refused(_("没有记下，因为里头有别的社区的院子；重新选一遍。"))
    known = {(row.first_compound_id, row.second_compound_id): row for row in visible_adjacencies(by)}
    for pair, row in known.items():
        if pair not in wanted:
            row.delete()
    Adjacency.objects.bulk_create(
        Adjacency(
            community_id=by.community_id, first_compound_id=a, second_compound_id=b,
            confirmed_by_id=by.account_id, confirmed_at=at,
        )
        for a, b in sorted(wanted - set(known))
    )  # fmt: skip
    audit.record(
        by=by, at=at, verb="confirm_adjacency", kind="compound",
        ids=[f"{a}-{b}" for a, b in sorted(wanted)],
    )  # fmt: skip
    return len(wanted)
