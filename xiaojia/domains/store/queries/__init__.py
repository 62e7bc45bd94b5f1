"""Reads of the store: the shelf, the counter, the day, what people would like."""

from xiaojia.domains.store.queries.counter import (
    Customer,
    colleague_needed,
    customer,
    customers,
    redemption_by_code,
    redemption_shown,
    redemptions_of,
    waiting,
)
from xiaojia.domains.store.queries.day import (
    Closed,
    Day,
    DayLine,
    Low,
    Sheet,
    closes,
    day,
    low,
    open_sheets,
    unclosed_on,
)
from xiaojia.domains.store.queries.shelf import Item, Want, item, moves_of, prices_of, shelf, wanted

__all__ = [
    "Closed",
    "Customer",
    "Day",
    "DayLine",
    "Item",
    "Low",
    "Sheet",
    "Want",
    "closes",
    "colleague_needed",
    "customer",
    "customers",
    "day",
    "item",
    "low",
    "moves_of",
    "open_sheets",
    "prices_of",
    "redemption_by_code",
    "redemption_shown",
    "redemptions_of",
    "shelf",
    "unclosed_on",
    "waiting",
    "wanted",
]
