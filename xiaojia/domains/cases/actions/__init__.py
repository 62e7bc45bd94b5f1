"""Writes of cases: report, join, move along the table of transitions, and the kinds with their limits."""

from xiaojia.domains.cases.actions.answering import report_as_neighbour, say_unsolved
from xiaojia.domains.cases.actions.crossing import Over, cross_cases
from xiaojia.domains.cases.actions.forgetting import forget_cases
from xiaojia.domains.cases.actions.kinds import change_casekind, open_casekinds
from xiaojia.domains.cases.actions.moving import CaseRefused, Move, move_case
from xiaojia.domains.cases.actions.photographing import forget_photos, keep_photo, remove_photo
from xiaojia.domains.cases.actions.reporting import NotReported, Report, join_case, report_case, split_case
from xiaojia.domains.cases.actions.seeing import open_reporters

__all__ = [
    "CaseRefused",
    "Move",
    "NotReported",
    "Over",
    "Report",
    "change_casekind",
    "cross_cases",
    "forget_cases",
    "forget_photos",
    "join_case",
    "keep_photo",
    "move_case",
    "open_casekinds",
    "open_reporters",
    "remove_photo",
    "report_as_neighbour",
    "report_case",
    "say_unsolved",
    "split_case",
]
