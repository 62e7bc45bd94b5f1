"""Reads of cases: one with its history, lists, clocks recomputed from steps."""

from xiaojia.domains.cases.queries.stories import (
    Story,
    case,
    casekinds,
    cases,
    clock_of,
    facts_of,
    mine,
    open_cases,
    pauses_of,
    story,
)

__all__ = [
    "Story",
    "case",
    "casekinds",
    "cases",
    "clock_of",
    "facts_of",
    "mine",
    "open_cases",
    "pauses_of",
    "story",
]
