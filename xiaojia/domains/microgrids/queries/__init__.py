"""Reads of micro-grids: the register as a plan sees it, plans, and who belonged where on a day."""

from xiaojia.domains.microgrids.queries.history import (
    DayRow,
    MicroGridOnDay,
    day_rows,
    door_ids,
    grouped,
    homeless_count,
    microgrid_of,
    microgrids_on,
)
from xiaojia.domains.microgrids.queries.plans import (
    ClusterView,
    ExceptionView,
    PartView,
    Plan,
    living_plans,
    partition_in_force,
    plan,
)
from xiaojia.domains.microgrids.queries.register import (
    Standing,
    adjacent_pairs,
    lived_in,
    problem_of,
    standings,
    unit_key,
    unit_rows,
)
from xiaojia.domains.microgrids.queries.waiting import WaitingPlan, open_exceptions, waiting_plans
from xiaojia.domains.microgrids.rules import LEAST, MOST

__all__ = [
    "LEAST",
    "MOST",
    "ClusterView",
    "DayRow",
    "ExceptionView",
    "MicroGridOnDay",
    "PartView",
    "Plan",
    "Standing",
    "WaitingPlan",
    "adjacent_pairs",
    "day_rows",
    "door_ids",
    "grouped",
    "homeless_count",
    "lived_in",
    "living_plans",
    "microgrid_of",
    "microgrids_on",
    "open_exceptions",
    "partition_in_force",
    "plan",
    "problem_of",
    "standings",
    "unit_key",
    "unit_rows",
    "waiting_plans",
]
