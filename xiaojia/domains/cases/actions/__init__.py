"""Writes of cases: report, join, move along the table of transitions, and the kinds with their limits."""

from xiaojia.domains.cases.actions.kinds import change_casekind, open_casekinds
from xiaojia.domains.cases.actions.moving import CaseRefused, Move, move_case
from xiaojia.domains.cases.actions.reporting import Report, join_case, report_case, split_case

__all__ = [
    "CaseRefused",
    "Move",
    "Report",
    "change_casekind",
    "join_case",
    "move_case",
    "open_casekinds",
    "report_case",
    "split_case",
]
