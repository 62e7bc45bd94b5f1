"""What a plan amounts to: totals, exceptions, and what it changes against today. Used by every write."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from xiaojia.domains.microgrids.models import Cluster, Partition, PlanException
from xiaojia.domains.microgrids.queries import (
    adjacent_pairs,
    lived_in,
    problem_of,
    standings,
    unit_key,
    unit_rows,
)
from xiaojia.domains.microgrids.queries.register import Standing
from xiaojia.domains.microgrids.rules import UnitRow, inherited
from xiaojia.engines.partition import Description, Part, Places, Problem, describe, explain
from xiaojia.kernel.actors import Actor


@dataclass(frozen=True, slots=True)
class Ground:
    """The register as one plan needs it: units, the engine's question, and the engine's names for units."""

    units: dict[int, UnitRow]
    problem: Problem
    keys: dict[int, tuple[str, str, str]]

    def compound_name(self, key: str) -> str:
        """A compound's real name from the engine's key."""
        wanted = int(key.partition("-")[2])
        return next(u.compound for u in self.units.values() if u.compound_id == wanted)


@dataclass(frozen=True, slots=True)
class Piece:
    """A unit or a block of floors in a cluster; floors 0 to 0 are the whole unit."""

    cluster: int
    unit_id: int
    floor_from: int
    floor_to: int
    household_count: int


def ground_of(*, viewer: Actor, is_cross: bool) -> Ground:
    """The present register of the viewer's community (three queries)."""
    rows = lived_in(unit_rows(viewer=viewer))
    problem = problem_of(rows, is_cross=is_cross, pairs=adjacent_pairs(viewer=viewer))
    grids = sorted({r.grid_name for r in rows})
    return Ground({r.unit_id: r for r in rows}, problem, {r.unit_id: unit_key(r, grids) for r in rows})


def pieces_of(partition: Partition) -> list[Piece]:
    """The stored parts as pieces."""
    return [
        Piece(*row)
        for row in partition.parts.order_by("unit_id", "floor_from").values_list(
            "cluster_id", "unit_id", "floor_from", "floor_to", "household_count"
        )
    ]


def measured(ground: Ground, pieces: Iterable[Piece]) -> Description:
    """The engine's description; grid numbers are cluster ids. Pieces of units that are gone are left out."""
    parts: list[Part] = []
    for piece in sorted(pieces, key=lambda p: (p.unit_id, p.floor_from)):
        unit = ground.units.get(piece.unit_id)
        if unit is None:
            continue
        key = ground.keys[piece.unit_id]
        low, high = (1, unit.floors) if piece.floor_to == 0 else (piece.floor_from, piece.floor_to)
        last = parts[-1] if parts else None
        if last and (last.compound, last.building, last.unit) == key and last.microgrid == piece.cluster:
            parts[-1] = Part(
                piece.cluster, *key, last.floor_from, high, last.household_count + piece.household_count
            )
        else:
            parts.append(Part(piece.cluster, *key, low, high, piece.household_count))
    return describe(Places(ground.problem), parts)


def shared_households(pieces: Iterable[Piece], now: Sequence[Standing]) -> dict[tuple[int, int], int]:
    """How many households each cluster shares with each present micro-grid."""
    by_unit: dict[int, list[Piece]] = {}
    for piece in pieces:
        by_unit.setdefault(piece.unit_id, []).append(piece)
    shared: dict[tuple[int, int], int] = {}
    for standing in now:
        if standing.microgrid_id is None:
            continue
        for piece in by_unit.get(standing.unit_id, []):
            if piece.floor_to == 0 or piece.floor_from <= standing.floor <= piece.floor_to:
                pair = (piece.cluster, standing.microgrid_id)
                shared[pair] = shared.get(pair, 0) + standing.household_count
    return shared


def sizes_now(now: Iterable[Standing]) -> dict[int, int]:
    """Present households of each micro-grid."""
    sizes: dict[int, int] = {}
    for standing in now:
        if standing.microgrid_id is not None:
            sizes[standing.microgrid_id] = sizes.get(standing.microgrid_id, 0) + standing.household_count
    return sizes


def totals_of(
    description: Description,
    pieces: Sequence[Piece],
    *,
    viewer: Actor,
    on: date,
    units: Mapping[int, UnitRow],
) -> dict[str, Any]:
    """The row of the comparison table: counts, and how many households would change their micro-grid."""
    now = standings(viewer=viewer, on=on)
    sizes = sizes_now(now)
    shared = shared_households(pieces, now)
    kept = inherited(shared, sizes)
    staying = sum(shared[pair] for pair in kept.items())
    return {
        "microgrids": len(description.grids),
        "households": sum(g.household_count for g in description.grids.values()),
        "in_range": description.in_range,
        "under": description.under,
        "over": description.over,
        "cross": description.cross,
        "split": description.split,
        "divided_units": _divided_units(pieces),
        "changing": sum(shared.values()) - staying if sizes else None,
        "ending": len(sizes) - len(kept) if sizes else None,
        "cost": round(description.cost, 3),
        "is_sketched": any(u.is_sketched for u in units.values()),
    }


def _divided_units(pieces: Iterable[Piece]) -> int:
    owners: dict[int, set[int]] = {}
    for piece in pieces:
        owners.setdefault(piece.unit_id, set()).add(piece.cluster)
    return sum(len(clusters) > 1 for clusters in owners.values())


def write_exceptions(
    partition: Partition, ground: Ground, description: Description, cluster_ids: Collection[int]
) -> None:
    """Bring the exceptions of these clusters to what is the case; accepted reasons of theirs are gone."""
    PlanException.objects.filter(partition=partition, cluster_id__in=cluster_ids).delete()
    fresh = []
    for cluster_id in cluster_ids:
        grid = description.grids.get(cluster_id)
        for code in grid.codes if grid else ():
            certificate = _joins(description, cluster_id) if code == "cross_compound" else {}
            sentence = explain.reason(
                code, description.grids[cluster_id], ground.problem.limits, certificate, ground.compound_name
            )
            fresh.append(_exception(partition, cluster_id, code, sentence, certificate))
    PlanException.objects.bulk_create(fresh)


def _joins(description: Description, cluster_id: int) -> dict[str, Any]:
    joins = description.grids[cluster_id].joins
    return {
        "joins": [
            {"compounds": list(j.compounds), "buildings": list(j.buildings), "metres": j.metres}
            for j in joins
        ]
    }


def _exception(
    partition: Partition, cluster_id: int, code: str, sentence: str, certificate: Mapping[str, Any]
) -> PlanException:
    return PlanException(
        community_id=partition.community_id,
        partition=partition,
        cluster_id=cluster_id,
        code=code,
        sentence=sentence,
        certificate=dict(certificate),
    )


def remeasure(partition: Partition, *, viewer: Actor, on: date, touched: Collection[int]) -> None:
    """After a change by hand: sizes of all clusters, exceptions of the touched ones, totals of the plan."""
    ground = ground_of(viewer=viewer, is_cross=partition.scenario == Partition.Scenario.CROSS)
    pieces = pieces_of(partition)
    description = measured(ground, pieces)
    for cluster_id in touched:
        grid = description.grids.get(cluster_id)
        Cluster.objects.filter(pk=cluster_id).update(household_count=grid.household_count if grid else 0)
    write_exceptions(partition, ground, description, touched)
    partition.totals = totals_of(description, pieces, viewer=viewer, on=on, units=ground.units)
    partition.revision += 1
    partition.save(update_fields=["totals", "revision"])
