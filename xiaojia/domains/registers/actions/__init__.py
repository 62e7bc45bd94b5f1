"""Writes of registers: receive and read a workbook, hold it against what is known, decide, take it over."""

from xiaojia.domains.registers.actions.checking import check_register, confirm_meanings, start_check
from xiaojia.domains.registers.actions.committing import commit_register, start_commit
from xiaojia.domains.registers.actions.deciding import decide_rows
from xiaojia.domains.registers.actions.receiving import (
    drop_register,
    forget_abandoned,
    read_register,
    receive_register,
    start_reading,
)

__all__ = [
    "check_register",
    "commit_register",
    "confirm_meanings",
    "decide_rows",
    "drop_register",
    "forget_abandoned",
    "read_register",
    "receive_register",
    "start_check",
    "start_commit",
    "start_reading",
]
