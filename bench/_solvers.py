"""A child of bench.peers: `python -m bench._solvers WHERE METHOD` divides one input by one method."""

from __future__ import annotations

import importlib
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np

from bench import _divisions as ground
from bench.peers import told
from xiaojia.engines.partition import Problem, solve

SEED: Final = 1
CPSAT_SECONDS: Final = 280.0
TEN: Final = 10
"""Neighbours of an item in the graph for MaxP and METIS: its own chain and the nearest others."""


def main() -> int:
    """Print one JSON line."""
    where, method = sys.argv[1:]
    problem = ground.community() if where == "community" else ground.towns()
    if problem is None:
        raise SystemExit("no data")
    if method == "ours":
        parts = list(solve(problem).parts)
    else:
        parts = ground.parts_of(ground.items_of(problem), _labels(problem, method))
    print(json.dumps(told(problem, parts)))
    return 0


def _labels(problem: Problem, method: str) -> list[int]:
    items = ground.items_of(problem)
    if method == "greedy":
        return ground.sweep(items, problem.limits)
    divide = METHODS[method]
    labels, used = [0] * len(items), 0
    for mine in _communities(items):
        sizes = np.array([items[n].households for n in mine])
        spots = np.array([_spot(items[n]) for n in mine], float)
        own = divide(sizes, spots) if sizes.sum() >= 2 * 50 else [0] * len(mine)
        for n, label in zip(mine, own, strict=True):
            labels[n] = used + int(label)
        used += int(max(own)) + 1
    return labels


def _other(name: str) -> Any:
    """A package of the bench only: loaded in the child that needs it, and without types."""
    return importlib.import_module(name)


def _communities(items: Sequence[ground.Item]) -> Iterator[list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for n, item in enumerate(items):
        found[item.community].append(n)
    yield from found.values()


def _spot(item: ground.Item) -> tuple[float, float]:
    """Metres; floors of one house lie a centimetre apart, so that graphs tell them from each other."""
    return item.stretch.x_metres, item.stretch.y_metres + 0.01 * item.floor_from


def _neighbours(spots: Any) -> list[set[int]]:
    """The nearest items, both ways, and bridges until the whole hangs together."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import KDTree

    count = len(spots)
    near: list[set[int]] = [set() for _ in range(count)]
    _far, found = KDTree(spots).query(spots, k=min(TEN + 1, count))
    pairs = [(a, int(b)) for a, row in enumerate(np.atleast_2d(found)) for b in row if a != b]
    while True:
        for a, b in pairs:
            near[a].add(b)
            near[b].add(a)
        rows = [a for a, mine in enumerate(near) for _b in mine]
        columns = [b for mine in near for b in mine]
        graph = coo_matrix((np.ones(len(rows)), (rows, columns)), (count, count))
        parts, label = connected_components(graph)
        if parts == 1:
            return near
        first, rest = np.flatnonzero(label == 0), np.flatnonzero(label != 0)
        far, there = KDTree(spots[rest]).query(spots[first])
        best = int(np.argmin(far))
        pairs = [(int(first[best]), int(rest[there[best]]))]


def _maxp(sizes: Any, spots: Any) -> Sequence[int]:
    """As many regions of at least 50 as there may be; it knows no upper limit."""
    geopandas, weights_of, region = (_other(n) for n in ("geopandas", "libpysal.weights", "spopt.region"))

    frame = geopandas.GeoDataFrame(
        {"homes": sizes, "x": spots[:, 0], "y": spots[:, 1]},
        geometry=geopandas.points_from_xy(spots[:, 0], spots[:, 1]),
    )
    weights = weights_of.W(
        {a: sorted(mine) for a, mine in enumerate(_neighbours(spots))}, silence_warnings=True
    )
    np.random.seed(SEED)  # spopt draws from the old global generator
    model = region.MaxPHeuristic(
        frame, weights, ["x", "y"], "homes", 50, top_n=2, max_iterations_construction=20
    )
    model.solve()
    named = {name: n for n, name in enumerate(sorted(set(model.labels_)))}
    return [named[label] for label in model.labels_]


def _metis(sizes: Any, spots: Any) -> Sequence[int]:
    """K-way with the imbalance that 50..80 about 65 allows; near items have heavy edges."""
    pymetis = _other("pymetis")

    near = _neighbours(spots)
    starts, ends, heavy = [0], [], []
    for a, mine in enumerate(near):
        for b in sorted(mine):
            ends.append(b)
            heavy.append(max(1, round(1_000 / (10 + float(np.hypot(*(spots[a] - spots[b])))))))
        starts.append(len(ends))
    options = pymetis.Options(ufactor=230, seed=SEED, ncuts=10, niter=50)
    _cut, label = pymetis.part_graph(
        max(2, round(sizes.sum() / 65)), xadj=starts, adjncy=ends, vweights=sizes.tolist(),
        eweights=heavy, recursive=False, options=options,
    )  # fmt: skip
    named = {name: n for n, name in enumerate(sorted(set(label)))}
    return [named[one] for one in label]


def _kmeans(sizes: Any, spots: Any) -> Sequence[int]:
    """Every household a point; an item goes where most of its households went, which may break the sizes."""
    count = max(1, round(sizes.sum() / 65))
    found = (
        _other("k_means_constrained")
        .KMeansConstrained(count, size_min=50, size_max=80, random_state=SEED, n_init=3)
        .fit_predict(np.repeat(spots, sizes, axis=0))
    )
    ends = np.cumsum(sizes)
    label = [
        int(np.bincount(found[end - size : end]).argmax()) for size, end in zip(sizes, ends, strict=True)
    ]
    named = {name: n for n, name in enumerate(sorted(set(label)))}
    return [named[one] for one in label]


def _cpsat(sizes: Any, spots: Any) -> Sequence[int]:
    """One model: each item to a centre within 300 m, open centres hold 50..80, metres least; time-limited."""
    cp_model = _other("ortools.sat.python.cp_model")

    model = cp_model.CpModel()
    far = np.hypot(*(spots[:, None] - spots[None]).transpose(2, 0, 1))
    count = len(sizes)
    is_centre = [model.new_bool_var(f"c{c}") for c in range(count)]
    goes = {
        (i, c): model.new_bool_var(f"g{i}_{c}")
        for i in range(count) for c in np.argsort(far[i])[:40].tolist() if far[i, c] <= 300
    }  # fmt: skip
    short = [model.new_int_var(0, 50, f"s{c}") for c in range(count)]
    for i in range(count):
        model.add_exactly_one(var for (a, _c), var in goes.items() if a == i)
    for c in range(count):
        load = sum(int(sizes[i]) * var for (i, at), var in goes.items() if at == c)
        model.add(load <= 80 * is_centre[c])
        model.add(load + short[c] >= 50 * is_centre[c])
    model.minimize(
        sum(round(float(far[i, c] * sizes[i]) / 65 * 10) * var for (i, c), var in goes.items())
        + 1_500 * sum(short)
    )
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = CPSAT_SECONDS
    solver.parameters.random_seed, solver.parameters.num_workers = SEED, 2
    solver.solve(model)
    label = [next(c for (a, c), var in goes.items() if a == i and solver.value(var)) for i in range(count)]
    named = {name: n for n, name in enumerate(sorted(set(label)))}
    return [named[one] for one in label]


METHODS: Final[dict[str, Callable[[Any, Any], Sequence[int]]]] = {
    "maxp": _maxp,
    "metis": _metis,
    "kmeans": _kmeans,
    "cpsat": _cpsat,
}

if __name__ == "__main__":
    sys.exit(main())
