"""Limits and pure decisions of the store."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from django.utils.translation import gettext_lazy as _

NOTICE_DAYS: Final = 7
"""Between the day on which a dearer price is written down and the day from which it holds."""

KEEP_DAYS: Final = 3
"""How long something is kept for somebody: goods and points are set aside together."""

RETURN_DAYS: Final = 7
MOST_QUANTITY: Final = 20
MOST_POINTS: Final = 600
MOST_BACKDATED_DAYS: Final = 14
"""A sheet of a day without network comes back within two weeks."""

MOST_SHEETS: Final = 20
"""Paper sheets of one day."""

CODES: Final = (100_000, 999_999)
"""Pick-up codes: six digits that no passbook has (000012), because one field takes both."""

TILL_REQUESTS_A_MINUTE: Final = 300
MOST_TILL_POINTS: Final = 10_000
"""A gift of more is a mistake of the till."""

WAYS: Final = {"counter": _("本人来的"), "proxy": _("替人领"), "delivery": _("送上门")}
"""How the goods reach the person; a proxy gives a name, a delivery says where to."""

STATES: Final = {
    "reserved": _("留着"),
    "collected": _("领走了"),
    "cancelled": _("不要了"),
    "expired": _("过期了"),
    "returned": _("退回了"),
}
REASONS: Final = {
    "received": _("进货"),
    "taken": _("换走"),
    "kept": _("留货"),
    "given_back": _("留的退回"),
    "returned": _("退货"),
    "counted": _("盘点"),
    "spoiled": _("报损"),
}
"""Why stock moved. Whoever types one by hand may say received, counted or spoiled."""

BY_REDEMPTION: Final = ("taken", "kept", "given_back", "returned")

COLLEAGUE: Final = {
    "own": _("没有办，因为这是您自己的存折；请同事来办。"),
    "near": _("没有办，因为这是您家里人或者亲戚的存折；请同事来办。"),
    "namesake": _("没有办，因为这本存折的名字和您的一样，分不清是不是您的；请同事来办。"),
    "proxy": _("没有办，因为来领的是您自己或者家里人；请同事来办。"),
}
"""Why somebody at the counter leaves a piece of work to a colleague: nobody serves their own side."""


def earliest_on(*, on: date, old: int | None, new: int) -> date:
    """The first day from which a price may hold that is written down on `on`: a dearer one waits."""
    if old is None or new <= old:
        return on
    return on + timedelta(days=NOTICE_DAYS)


def kept_until(at: datetime) -> datetime:
    """When what is set aside now goes back on the shelf."""
    return at + timedelta(days=KEEP_DAYS)


def may_return(*, collected_on: date, on: date) -> bool:
    """Whether something that was collected then may come back today."""
    return collected_on <= on <= collected_on + timedelta(days=RETURN_DAYS)


def passbook_number(typed: str) -> str:
    """The number of a passbook as it is printed: 12 is 000012; a name stays a name."""
    return typed.zfill(6) if typed.isascii() and typed.isdecimal() else typed
