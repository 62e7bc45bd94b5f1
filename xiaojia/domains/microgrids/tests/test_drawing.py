"""The map as values: nothing over anything else, neighbours never share a tint, order is kept."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest

from xiaojia.domains.microgrids.drawing import (
    Group,
    House,
    Overview,
    Picture,
    Slice,
    Staircase,
    areas_of,
    draw,
    overview_of,
)
from xiaojia.domains.microgrids.drawing.ground import ground_of
from xiaojia.domains.microgrids.drawing.picture import PATTERNS
from xiaojia.domains.microgrids.drawing.tints import Rectangle, are_near, gap, tints_of
from xiaojia.domains.microgrids.rules import Spot, UnitRow, placed, sketch_positions


def _house(number: int, compound: int, x: float, y: float, *, units: int = 3, slices: int = 1) -> House:
    """One building of three units of 20; every unit of a stack has `slices` blocks of its own micro-grid."""
    stairs = tuple(
        Staircase(
            number * 10 + unit,
            f"院子 {compound}",
            tuple(
                Slice((number * 1000 + unit * 20 + s,), number * 10 + s, s + 1, s + 1, 60)
                if slices > 1
                else Slice((number * 1000 + unit,), number * 10, 0, 0, 20)
                for s in range(slices)
            ),
        )
        for unit in range(units)
    )
    return House(number, f"{number} 栋", compound, f"院子 {compound}", x, y, stairs)


def _groups(houses: list[House]) -> list[Group]:
    ids = dict.fromkeys(c for h in houses for c in h.clusters)
    return [Group(c, n, 60, (n,) if n % 5 == 0 else ()) for n, c in enumerate(ids, start=1)]


def _crowded() -> list[House]:
    """Real distances: slabs ten metres apart, and towers of eight blocks."""
    slabs = [_house(n, n % 4, 12.0 * (n % 5), 10.0 * (n // 5)) for n in range(1, 15)]
    towers = [_house(n, 9, 9.0 * n, -40.0, units=1, slices=8) for n in range(20, 24)]
    return [*slabs, *towers]


def _rectangles(picture: Picture) -> list[Rectangle]:
    houses = [(o.x, o.y, o.width, o.height) for o in picture.outlines]
    return houses + [(p.x, p.y, p.width, p.height) for p in picture.plates]


def _overlapping(rectangles: list[Rectangle]) -> list[tuple[Rectangle, Rectangle]]:
    return [
        (a, b)
        for a, b in combinations(rectangles, 2)
        if min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]) > 0.5
        and min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1]) > 0.5
    ]


@pytest.mark.parametrize("width", [700.0, 880.0])
def test_buildings_and_plates_never_cover_each_other_however_close_they_stand(width: float) -> None:
    houses = _crowded()
    picture = draw(houses, _groups(houses), width=width)
    assert len(picture.outlines) == len(houses)
    assert len(picture.plates) == len({c for h in houses for c in h.clusters})
    assert _overlapping(_rectangles(picture)) == []
    assert all(
        x >= 0 and x + w <= width and y >= 0 and y + h <= picture.height
        for x, y, w, h in _rectangles(picture)
    )


def test_negative_control_covered_plates_are_found() -> None:
    assert len(_overlapping([(0, 0, 10, 10), (5, 5, 10, 10), (30, 0, 5, 5)])) == 1


def test_the_picture_keeps_north_above_and_west_left() -> None:
    houses = [_house(1, 1, 0, 0), _house(2, 1, 0, 100), _house(3, 1, 60, 100), _house(4, 1, 60, 0)]
    places = {o.building_id: o for o in draw(houses, _groups(houses)).outlines}
    assert places[2].y == places[3].y < places[1].y == places[4].y
    assert places[2].x < places[3].x
    assert places[1].x < places[4].x


def test_every_part_is_in_exactly_one_cell_and_same_input_gives_the_same_picture() -> None:
    houses = _crowded()
    picture = draw(houses, _groups(houses))
    drawn = [pk for c in picture.cells for pk in c.part_ids]
    assert sorted(drawn) == sorted(
        pk for h in houses for s in h.staircases for p in s.slices for pk in p.part_ids
    )
    assert draw(houses, _groups(houses)) == picture


def test_near_micro_grids_never_share_a_tint() -> None:
    houses = _crowded()
    picture = draw(houses, _groups(houses))
    shapes: dict[int, list[Rectangle]] = {}
    tints = {}
    for halo in picture.halos:
        shapes.setdefault(halo.cluster_id, []).append((halo.x, halo.y, halo.width, halo.height))
        tints[halo.cluster_id] = halo.tint
    pairs = [
        (a, b)
        for a, b in combinations(shapes, 2)
        if any(gap(p, q) < 20 for p in shapes[a] for q in shapes[b])
    ]
    assert pairs
    assert [(a, b) for a, b in pairs if tints[a] == tints[b]] == []


def test_negative_control_two_near_shapes_of_one_tint_would_be_seen() -> None:
    first, second = [(0.0, 0.0, 10.0, 10.0)], [(15.0, 0.0, 10.0, 10.0)]
    assert are_near(first, second)
    near = tints_of({1: (1, first), 2: (13, second)}, count=12)
    assert near[1] != near[2]
    assert tints_of({1: (1, first), 2: (13, [(900.0, 0.0, 1.0, 1.0)])}, count=12) == {1: 0, 2: 0}


def test_every_second_tint_has_a_pattern() -> None:
    assert [bool(PATTERNS[tint % len(PATTERNS)]) for tint in range(12)] == [True, False] * 6


def test_areas_hold_every_building_once_and_few_enough_for_a_picture() -> None:
    houses = [_house(n, n // 3, 60.0 * (n % 12), 50.0 * (n // 12)) for n in range(120)]
    areas = areas_of(houses)
    assert len(areas) > 3
    assert sorted(h.building_id for a in areas for h in a.houses) == sorted(h.building_id for h in houses)
    assert max(len(a.houses) for a in areas) <= 30
    overview = overview_of(areas, _groups(houses))
    assert len(overview.marks) == 120
    plates = [(p.x, p.y, p.width, p.height) for p in overview.plates]
    assert _overlapping(plates) == []


def _marks(overview: Overview) -> list[Rectangle]:
    return [(m.x - 7.5, m.y - 5, 15, 10) for m in overview.marks]


def _covered(overview: Overview) -> list[Rectangle]:
    plates = [(p.x, p.y, p.width, p.height) for p in overview.plates]
    return [m for m in _marks(overview) if any(gap(m, p) == 0 for p in plates)]


@pytest.mark.parametrize("step", [6.0, 20.0, 60.0])
def test_no_plate_covers_a_building_on_the_map_of_the_whole_community(step: float) -> None:
    """However close the buildings stand: a plate that finds no room inside goes below, with a line."""
    houses = [_house(n, n // 10, step * (n % 12), step * 0.8 * (n // 12)) for n in range(240)]
    overview = overview_of(areas_of(houses), _groups(houses))
    assert _covered(overview) == []
    assert all(p.x >= 0 and p.x + p.width <= overview.width for p in overview.plates)
    assert all(p.y >= 0 and p.y + p.height < overview.bar_y for p in overview.plates)
    away = [p for p in overview.plates if p.leader]
    ends = [tuple(float(n) for n in p.leader.split()[1].split(",")) for p in away]
    middles = {(round(m.x, 1), round(m.y, 1)) for m in overview.marks}
    assert all(end in middles for end in ends)
    assert away


def test_negative_control_a_plate_over_a_building_is_found() -> None:
    houses = [_house(n, n // 10, 60.0 * (n % 12), 48.0 * (n // 12)) for n in range(240)]
    overview = overview_of(areas_of(houses), _groups(houses))
    first, mark = overview.plates[0], overview.marks[0]
    there = replace(first, x=mark.x - 20, y=mark.y - 20)
    assert _covered(replace(overview, plates=[there, *overview.plates[1:]]))


def test_the_sketch_keeps_what_a_hand_moved_and_stays_a_sketch() -> None:
    spots, is_sketched = placed({1: Spot(7), 2: Spot(7, (500.0, 40.0), is_drawn=True), 3: Spot(8)})
    assert is_sketched
    assert spots[2] == (500.0, 40.0)
    assert spots[1] == sketch_positions([(1, 7), (2, 7), (3, 8)])[1]
    spots, is_sketched = placed({1: Spot(7, (10.0, 0.0)), 2: Spot(7), 3: Spot(8, (90.0, 5.0))})
    assert not is_sketched
    assert spots[2] == (40.0, 0.0)


def test_one_true_place_a_compound_is_enough_and_a_drawn_one_is_none() -> None:
    assert placed({1: Spot(7, (0.0, 0.0)), 2: Spot(8, (9.0, 9.0), is_drawn=True)})[1]


def test_the_ground_shows_every_building_once() -> None:
    rows = [
        UnitRow(u, u // 2, 1, "刘家院子", "", str(u // 2), str(u % 2), 6, 0, 30.0 * (u // 2), 0.0, True, 20)
        for u in range(6)
    ]
    ground = ground_of(rows)
    assert [p.label for p in ground.pegs] == ["0", "1", "2"]
    assert ground.pegs[1].x - ground.pegs[0].x == pytest.approx(30 * ground.pixels_per_metre)
    assert [s.name for s in ground.signs] == ["刘家院子"]
