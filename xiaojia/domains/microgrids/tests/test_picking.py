"""What a hand may do with a picked cell, and what it is told afterwards."""

from __future__ import annotations

import pytest

from tests.busy import Busy, busy
from tests.sharing import Once
from xiaojia.domains.microgrids import actions, queries
from xiaojia.domains.microgrids.queries import Plan
from xiaojia.domains.microgrids.queries.targets import amounts, parts_words, targets
from xiaojia.domains.microgrids.tests.yards import NOW
from xiaojia.domains.microgrids.views.planner import map_page
from xiaojia.kernel.tenancy import entered


@pytest.fixture
def stage(once: Once) -> Busy:
    return once(busy)


def _plan(stage: Busy) -> Plan:
    plan = queries.plan(stage.ids["other_partition_id"], viewer=stage.place.officer)
    assert plan is not None
    return plan


def test_what_moved_is_called_by_what_it_is_together(stage: Busy) -> None:
    """A whole building by its name, one of its units with the unit, some of a tower with the floors."""
    with entered(stage.place.officer.scope):
        plan = _plan(stage)
        house = [p for p in plan.parts if p.unit.compound == "刘家院子" and p.unit.building == "1"]
        tower = [p for p in plan.parts if p.unit.compound == "南园小区" and p.unit.building == "1"]
        assert len(house) == 2
        assert parts_words(plan, house) == "刘家院子 1 栋"
        assert parts_words(plan, house[:1]) == "刘家院子 1 栋 1 单元"
        assert parts_words(plan, tower) == "南园小区 1 栋"
        assert parts_words(plan, tower[:1]).startswith("南园小区 1 栋 1")
        assert parts_words(plan, [tower[0], tower[1]]).count("层") == 1, "neighbouring floors are one stretch"
        assert parts_words(plan, [tower[0], tower[2]]).count("层") == 2
        assert parts_words(plan, [house[0], tower[0]]).startswith("刘家院子 1 栋 1 单元、南园小区 1 栋 1")


def test_a_tower_alone_in_one_micro_grid_is_no_dead_end(stage: Busy) -> None:
    """All of it can go nowhere; some floors can open a micro-grid of their own, and the page offers that."""
    with entered(stage.place.officer.scope):
        plan = _plan(stage)
        tower = [p for p in plan.parts if p.unit.compound == "南园小区" and p.unit.building == "1"]
        others = [p for p in plan.parts if p.unit.compound == "南园小区" and p not in tower]
        home = plan.cluster(tower[0].cluster_id)
        assert home is not None
        for parts in (tower, others):
            todo = [p.part_id for p in parts if p.cluster_id != home.cluster_id]
            if todo:
                actions.move_part(
                    by=stage.place.officer, at=NOW, partition_id=plan.partition.pk, part_ids=todo,
                    to_cluster_id=home.cluster_id,
                )  # fmt: skip
        plan = _plan(stage)
        alone = [p.part_id for p in plan.parts if p.cluster_id == home.cluster_id]
        assert targets(plan, alone) == [], "negative control: all of it together has no place to go"
        cell = [p.part_id for p in tower]
        assert len(amounts(plan, cell)) > 1
        picked = map_page(plan, {"pick": cell[0]}).picked
        assert picked is not None
        assert picked.targets
