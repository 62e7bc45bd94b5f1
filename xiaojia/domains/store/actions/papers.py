"""A day without network: what stands on the paper sheet is typed in afterwards, line by line, once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _

from xiaojia.domains.ledger.queries import members_at_counter
from xiaojia.domains.store.access import MAY, visible_goods, visible_redemptions
from xiaojia.domains.store.actions.serving import Basket, redeem_goods, whole
from xiaojia.domains.store.models import Redemption
from xiaojia.domains.store.rules import MOST_BACKDATED_DAYS
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered

SPACE: Final = uuid.UUID("0b6f6a0e-7c36-5d0e-8a55-3a4c1f6a2e10")
"""A line as it was typed has its request id in this space: a refused one may be typed anew, corrected."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a sheet: its number there, the passbook, the goods' number on the shelf, pieces."""

    line: int
    passbook: str
    goods_number: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Typed:
    """What came of a line: the redemption, whether it was there before, or the sentence that refuses it."""

    row: Row
    redemption: Redemption | None
    was_there: bool = False
    refusal: str = ""


def type_sheet(
    *, by: Actor, at: datetime, on: date, day: date, sheet: int, rows: Sequence[Row]
) -> list[Typed]:
    """Write down a sheet of `day`; each line stands for itself, so that one bad line holds up no other."""
    require(MAY, "serve", by, by.community_id)
    if not on - timedelta(days=MOST_BACKDATED_DAYS) <= day <= on:
        raise Refused(_("没有记，因为纸单要在两个星期里补录；日子写对了再记。"))
    return [_typed(row, by=by, at=at, day=day, sheet=sheet) for row in rows]


def _typed(row: Row, *, by: Actor, at: datetime, day: date, sheet: int) -> Typed:
    place = f"{day:%Y-%m-%d}/{sheet}/{row.line}"
    words = f"{by.community_id}:{place}:{row.passbook}:{row.goods_number}:{row.quantity}"
    request = uuid.uuid5(SPACE, words)
    try:
        with entered(whole(by)):
            before = visible_redemptions(by).filter(paper_line=place, community_id=by.community_id).first()
        if before is not None:
            if before.request_id != request:
                raise Refused(_("这一行先前记的是另一样；要改，先给那一单办退货，再写在新的一行。"))
            return Typed(row, before, was_there=True)
        basket = Basket(_member(row, by), _goods(row, by), row.quantity, request, paper_line=place)
        return Typed(row, redeem_goods(by=by, at=at, on=day, basket=basket))
    except Refused as refused:
        return Typed(row, None, refusal=refused.sentence)


def _member(row: Row, by: Actor) -> int:
    found = [m.pk for m in members_at_counter(row.passbook, viewer=by) if m.name != row.passbook]
    if len(found) != 1:
        raise Refused(_("没有找到这本存折；看看号写对没有。"))
    return found[0]


def _goods(row: Row, by: Actor) -> int:
    goods = visible_goods(by).filter(number=row.goods_number, community_id=by.community_id).first()
    if goods is None:
        raise Refused(_("没有找到这样东西；看看货号写对没有。"))
    return goods.pk
