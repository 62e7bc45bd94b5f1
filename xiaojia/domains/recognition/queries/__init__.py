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
from xiaojia.domains.recognition.queries.own import OwnMonth, OwnYear, own_months, own_quarters, own_years
from xiaojia.domains.recognition.queries.years import Awarded, awards, year_shown

__all__ = [
    "AppealShown",
    "Awarded",
    "MonthShown",
    "OwnMonth",
    "OwnYear",
    "Slip",
    "appeal_shown",
    "appeals_shown",
    "awards",
    "last_day_to_appeal",
    "latest_month",
    "month_shown",
    "months",
    "own_months",
    "own_quarters",
    "own_slip",
    "own_years",
    "slip_of_number",
    "slips",
    "waiting_thanks",
    "year_shown",
]
