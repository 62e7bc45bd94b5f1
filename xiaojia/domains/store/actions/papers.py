"""A day without network: what stands on the paper sheet is typed in afterwards, line by line, once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from xiaojia.domains.ledger.queries import members_at_counter
from xiaojia.domains.store.access import MAY, visible_goods, visible_redemptions, visible_sheets
from xiaojia.domains.store.actions.serving import Basket, redeem_goods, whole
from xiaojia.domains.store.models import Papersheet, Redemption
from xiaojia.domains.store.rules import MOST_BACKDATED_DAYS, MOST_SHEETS, passbook_number
from xiaojia.kernel import audit
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
    """Write down a sheet of `day`; each line stands for itself, so that one bad line holds up no other.

    The sheet counts as typed; how many of its lines were refused stays beside it.
    """
    require(MAY, "serve", by, by.community_id)
    _look(day, on)
    typed = [_typed(row, by=by, at=at, day=day, sheet=sheet) for row in rows]
    refused = sum(t.redemption is None for t in typed)
    Papersheet.objects.update_or_create(
        community_id=by.community_id, day_on=day, number=sheet,
        defaults={"typed_at": at, "refused_count": refused}, create_defaults={
            "noted_at": at, "typed_at": at, "refused_count": refused,
        },
    )  # fmt: skip
    return typed


@transaction.atomic
def note_sheets(*, by: Actor, at: datetime, on: date, day: date, count: int) -> int:
    """Say how many paper sheets a day used, so that none is forgotten; how many wait to be typed.

    Said again with a smaller number, it takes back what was not typed. Refused below what was typed.
    """
    require(MAY, "serve", by, by.community_id)
    _look(day, on)
    if not 0 <= count <= MOST_SHEETS:
        raise Refused(_("没有记，因为一天最多 %(most)d 张纸单；数一数再记。") % {"most": MOST_SHEETS})
    mine = visible_sheets(by).filter(community_id=by.community_id, day_on=day)
    there = dict(mine.values_list("number", "typed_at"))
    typed = [number for number, typed_at in there.items() if typed_at is not None]
    if typed and max(typed) > count:
        raise Refused(_("没有记，因为第 %(n)d 张已经补录了；张数写够再记。") % {"n": max(typed)})
    mine.filter(number__gt=count).delete()
    new = [
        Papersheet(community_id=by.community_id, day_on=day, number=number, noted_at=at)
        for number in range(1, count + 1)
        if number not in there
    ]
    # Said at two desks at once, it is said once.
    Papersheet.objects.bulk_create(new, ignore_conflicts=True)
    waiting = list(mine.filter(typed_at__isnull=True).values_list("pk", flat=True))
    detail = {"day": str(day), "sheets": count}
    audit.record(by=by, at=at, verb="note_sheets", kind="papersheet", ids=waiting, detail=detail)
    return len(waiting)


def _look(day: date, on: date) -> None:
    if not on - timedelta(days=MOST_BACKDATED_DAYS) <= day <= on:
        raise Refused(_("没有记，因为纸单要在两个星期里补录；日子写对了再记。"))


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
    number = passbook_number(row.passbook)
    found = [m.pk for m in members_at_counter(number, viewer=by) if m.name != number]
    if len(found) != 1:
        raise Refused(_("没有找到这本存折；看看号写对没有。"))
    return found[0]


def _goods(row: Row, by: Actor) -> int:
    goods = visible_goods(by).filter(number=row.goods_number, community_id=by.community_id).first()
    if goods is None:
        raise Refused(_("没有找到这样东西；看看货号写对没有。"))
    return goods.pk
