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
from xiaojia.domains.store.queries.day import Day, DayLine, day
from xiaojia.domains.store.queries.shelf import Item, Want, item, moves_of, prices_of, shelf, wanted

__all__ = [
    "Customer",
    "Day",
    "DayLine",
    "Item",
    "Want",
    "colleague_needed",
    "customer",
    "customers",
    "day",
    "item",
    "moves_of",
    "prices_of",
    "redemption_by_code",
    "redemption_shown",
    "redemptions_of",
    "shelf",
    "waiting",
    "wanted",
]
