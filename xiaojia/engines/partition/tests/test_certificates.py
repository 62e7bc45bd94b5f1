"""Proofs that somebody must be short, and the sentences that tell of them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from xiaojia.engines.partition import Effort, Limits, Problem, Result, explain, solve
from xiaojia.engines.partition._certificates import least_missing, prove_short, short_nearby, totals_fit
from xiaojia.engines.partition._ground import UNITS_PER_METRE, lay_out
from xiaojia.engines.partition._measure import Grid
from xiaojia.engines.partition.tests.yards import problem, row, unit


def proof(sizes: Sequence[int], effort: Effort = Effort()) -> tuple[int, int, str]:  # noqa: B008  # frozen
    ground = lay_out(problem(*row("a", sizes)), fine_atoms=1_000)
    return prove_short(ground, range(len(sizes)), effort)


@pytest.mark.parametrize(
    ("total", "fits"),
    [(49, False), (50, True), (80, True), (81, False), (99, False), (100, True), (161, True)],
)
def test_totals_that_fit(total: int, fits: bool) -> None:
    assert totals_fit(total, Limits()) is fits


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([20, 20], (1, 40, "totals")),
        ([30, 30, 30], (1, 90, "totals")),
        ([48, 48, 48, 48], (4, 192, "all_partitions")),
        ([45, 45, 45, 20], (2, 155, "all_partitions")),
        ([60, 60, 30], (1, 150, "all_partitions")),
        ([60, 60], (0, 120, "totals")),
    ],
)
def test_small_parts_are_proven_by_their_sum_or_by_every_partition(
    sizes: list[int], expected: tuple[int, int, str]
) -> None:
    assert proof(sizes) == expected


def test_larger_parts_are_proven_by_an_lp() -> None:
    assert proof([48] * 4, Effort(small_atoms=0)) == (4, 192, "lp_bound")
    assert proof([60, 60], Effort(small_atoms=0)) == (0, 120, "totals")


def short_of(asked: Problem) -> tuple[Result, list[str]]:
    result = solve(asked)
    return result, [e.reason for e in result.exceptions if e.code == "under_50"]


def test_a_short_micro_grid_says_by_how_much_and_why() -> None:
    _result, reasons = short_of(problem(*row("a", [20])))
    assert reasons == ["20 户，少 30 户。150 米内能合的一共才 20 户，怎么分都不够 50 户。"]
    _result, reasons = short_of(problem(*row("a", [48] * 4)))
    assert len(reasons) == 4
    assert set(reasons) == {
        "48 户，少 2 户。这一片一共 192 户，单元不拆开，所有分法都比过了：至少有 4 个小家不够。"
    }
    result, reasons = short_of(problem(*row("a", [49, 50])))
    assert reasons == ["49 户，少 1 户。这一片一共 99 户，分成 2 个就有一个不够，再少一个又超过 80 户。"]
    (exception,) = result.exceptions
    assert exception.certificate == {
        "compounds": ["a"], "buildings": 2, "total": 99, "least_short": 1, "short_here": 1,
        "method": "totals", "is_least_missing": False, "is_proven": True,
    }  # fmt: skip


def test_a_join_names_the_buildings_the_gap_and_the_reason() -> None:
    result = solve(problem(unit("x-东院/1", 60), unit("x-东院/2", 20, 30), unit("x-西院/7", 32, 75)))
    (join,) = (e for e in result.exceptions if e.code == "cross_compound")
    assert join.reason == (
        "东院 2 栋和西院 7 栋合在一起，隔 45 米。因为西院单独分，至少有 1 个小家不够 50 户。"
    )


def test_a_floor_above_80_is_told_and_nothing_else_may_be() -> None:
    result = solve(problem(unit("a/1", 180, floors=2)))
    assert [e.reason for e in result.exceptions] == ["这一层就有 90 户，一层楼不拆开，所以多 10 户。"] * 2
    assert (result.over, result.in_range) == (2, 0)


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("over_80", "85 户，多 5 户"),
        ("not_connected", "不挨着"),
        ("small_unit_cut", "不到 81 户"),
        ("under_50", "满 50 户就合适"),
    ],
)
def test_what_a_person_drew_is_explained_without_a_proof(code: str, word: str) -> None:
    grid = Grid(1, 85, ("a",), (("a", "1"),), (), (code,), True)
    assert word in explain.reason(code, grid, Limits(), {})


def test_an_unproven_short_micro_grid_does_not_claim_a_proof() -> None:
    grid = Grid(1, 40, ("a",), (("a", "1"),), (), ("under_50",), True)
    facts = {"total": 900, "least_short": 1, "short_here": 2, "method": "lp_bound", "is_proven": False}
    assert "没有证明" in explain.reason("under_50", grid, Limits(), facts)
    assert "没有证明" in explain.reason("under_50", grid, Limits(), facts | {"least_short": 0})
    with pytest.raises(ValueError, match="unknown code"):
        explain.reason("else", grid, Limits(), {})


STUCK = [60] * 6 + [48] + [48] * 2 + [60] * 6
"""Three houses of 48 side by side, between houses of 60: nothing in range can hold any of them."""


def test_a_large_part_is_proven_by_what_surrounds_its_short_micro_grids() -> None:
    ground = lay_out(problem(*row("a", STUCK)), fine_atoms=1_000)
    short = [frozenset([b]) for b in range(len(STUCK)) if ground.blocks[b].atoms[0].households == 48]
    assert short_nearby(ground, short, Effort()) == 3
    assert short_nearby(ground, short, Effort(small_atoms=0)) == 3


def test_what_a_neighbour_could_fill_is_not_proven() -> None:
    """The same, but the last house holds 20: it may be filled, so only two are left."""
    ground = lay_out(problem(*row("a", [60] * 6 + [48, 48, 48, 20] + [60] * 6)), fine_atoms=1_000)
    short = [frozenset([b]) for b, block in enumerate(ground.blocks) if block.atoms[0].households == 48]
    assert short_nearby(ground, short, Effort()) == 2
    assert short_nearby(ground, short, Effort(certificate_hops=0)) == 0


def test_two_a_little_short_are_better_than_one_nearly_empty() -> None:
    """3 | 46 + 34 has one that is short and lacks 47 households; 3 + 46 | 34 has two and lacks 17."""
    result, reasons = short_of(problem(*row("a", [3, 46, 34])))
    facts = [e.certificate for e in result.exceptions]
    assert [f["least_short"] for f in facts] == [1, 1]
    assert all(f["short_here"] == 2 and f["is_least_missing"] and f["is_proven"] for f in facts)
    assert all("可以少到 1 个" in said and "没有证明" not in said for said in reasons)


def test_what_lacks_more_than_it_must_is_not_called_proven() -> None:
    ground = lay_out(problem(*row("a", [3, 46, 34])), fine_atoms=1_000)
    least = least_missing(ground, range(3), Effort())
    assert least == (2 * 3_000 + 17 * 150) * UNITS_PER_METRE
    assert least < (3_000 + 47 * 150) * UNITS_PER_METRE
