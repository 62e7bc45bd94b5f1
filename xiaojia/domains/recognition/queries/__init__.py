"""Reads of recognition. Nothing here says what a ballot says: envelopes open in `actions.sealing` only."""

from xiaojia.domains.recognition.queries.appeals import (
    AppealShown,
    appeal_shown,
    appeals_shown,
    last_day_to_appeal,
)
from xiaojia.domains.recognition.queries.months import (
    MonthShown,
    Slip,
    latest_month,
    month_shown,
    months,
    own_slip,
    slip_of_number,
    slips,
    waiting_thanks,
)
from xiaojia.domains.recognition.queries.own import Own, OwnMonth, OwnSums, OwnYear, own, own_sums
from xiaojia.domains.recognition.queries.years import Awarded, awards, year_shown

__all__ = [
    "AppealShown",
    "Awarded",
    "MonthShown",
    "Own",
    "OwnMonth",
    "OwnSums",
    "OwnYear",
    "Slip",
    "appeal_shown",
    "appeals_shown",
    "awards",
    "last_day_to_appeal",
    "latest_month",
    "month_shown",
    "months",
    "own",
    "own_slip",
    "own_sums",
    "slip_of_number",
    "slips",
    "waiting_thanks",
    "year_shown",
]
