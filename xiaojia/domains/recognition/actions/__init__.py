"""Writes of recognition: a month opens, slips come in, it closes; quarters, years, thanks, appeals."""

from xiaojia.domains.recognition.actions.appeals import (
    agree_unsealing,
    answer_appeal,
    ask_unsealing,
    file_appeal,
)
from xiaojia.domains.recognition.actions.closing import close_due, close_month
from xiaojia.domains.recognition.actions.opening import cancel_month, open_month
from xiaojia.domains.recognition.actions.quarters import close_quarter
from xiaojia.domains.recognition.actions.slips import hand_in_ballot, type_slip
from xiaojia.domains.recognition.actions.thanks import forget_ballots, screen_thanks
from xiaojia.domains.recognition.actions.years import close_year, tell_story

__all__ = [
    "agree_unsealing",
    "answer_appeal",
    "ask_unsealing",
    "cancel_month",
    "close_due",
    "close_month",
    "close_quarter",
    "close_year",
    "file_appeal",
    "forget_ballots",
    "hand_in_ballot",
    "open_month",
    "screen_thanks",
    "tell_story",
    "type_slip",
]
