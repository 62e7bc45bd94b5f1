"""Writes of the store: goods, prices, stock, redemptions, paper sheets, what people would like."""

from xiaojia.domains.store.actions.closing import close_day, correct_close
from xiaojia.domains.store.actions.papers import Row, Typed, note_sheets, type_sheet
from xiaojia.domains.store.actions.serving import (
    Basket,
    cancel_redemption,
    collect_goods,
    expire_due,
    redeem_goods,
    reserve_goods,
    take_goods_back,
)
from xiaojia.domains.store.actions.shelf import add_goods, count_stock, move_stock, set_on_sale, set_price
from xiaojia.domains.store.actions.wanted import answer_wanted, ask_for

__all__ = [
    "Basket",
    "Row",
    "Typed",
    "add_goods",
    "answer_wanted",
    "ask_for",
    "cancel_redemption",
    "close_day",
    "collect_goods",
    "correct_close",
    "count_stock",
    "expire_due",
    "move_stock",
    "note_sheets",
    "redeem_goods",
    "reserve_goods",
    "set_on_sale",
    "set_price",
    "take_goods_back",
    "type_sheet",
]
