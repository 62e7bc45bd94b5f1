"""Writes of micro-grids: propose, adjust by hand, approve exceptions, adopt."""

from xiaojia.domains.microgrids.actions.adjusting import (
    ChangedMeanwhile,
    approve_exception,
    move_part,
    undo_move,
)
from xiaojia.domains.microgrids.actions.adopting import (
    ExceptionsOpen,
    RegisterChanged,
    adopt_partition,
    check_adoptable,
)
from xiaojia.domains.microgrids.actions.change import NothingHolds, propose_change
from xiaojia.domains.microgrids.actions.crossing import Across, cross_microgrids
from xiaojia.domains.microgrids.actions.proposing import (
    NothingToDivide,
    confirm_adjacency,
    drop_partition,
    propose_partition,
    propose_partitions,
)

__all__ = [
    "Across",
    "ChangedMeanwhile",
    "ExceptionsOpen",
    "NothingHolds",
    "NothingToDivide",
    "RegisterChanged",
    "adopt_partition",
    "approve_exception",
    "check_adoptable",
    "confirm_adjacency",
    "cross_microgrids",
    "drop_partition",
    "move_part",
    "propose_change",
    "propose_partition",
    "propose_partitions",
    "undo_move",
]
