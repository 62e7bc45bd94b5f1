"""A till with a key of its own: key, limit, scope, goods, points and audit in one statement (migration 0003).

What a page does in a dozen statements is one function in PostgreSQL here. It stands in no transaction but its
own: the scope that it opens ends with it, and a refusal for lack of points stays written down.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.utils.translation import gettext as _

from xiaojia.domains.ledger.actions import Lack, OtherRequest
from xiaojia.domains.store.rules import MOST_QUANTITY, MOST_TILL_POINTS, TILL_REQUESTS_A_MINUTE
from xiaojia.kernel.alone import say_alone
from xiaojia.kernel.refusals import Refused

REDEEM_SQL: Final = "SELECT * FROM store_till_redeem($1, $2, $3, $4, $5, $6, $7, $8)"
DONATE_SQL: Final = "SELECT * FROM store_till_donate($1, $2, $3, $4, $5, $6, $7)"


class Stranger(Refused):
    """No living key of a till."""

    status = 401


class Unknown(Refused):
    """No such passbook or goods in the community of the key."""

    status = 404


class TooMany(Refused):
    """A till that asks more than its share."""

    status = 429


@dataclass(frozen=True, slots=True)
class Slip:
    """What every request of a till says: its key, the number of the slip, whose passbook lies there."""

    key: str
    request_id: uuid.UUID
    passbook: str

    @property
    def digest(self) -> bytes:
        """SHA-256 of the key: nothing else of it reaches the database."""
        return hashlib.sha256(self.key.encode()).digest()


@dataclass(frozen=True, slots=True)
class Sold:
    """What a till is told, the first time and every time it asks again; never what is left in the passbook.

    `row_id`: the redemption, or the transaction of a gift.
    """

    row_id: int
    transaction_id: int
    points: int


def redeem_at_till(*, slip: Slip, at: datetime, on: date, goods_number: int, quantity: int) -> Sold:
    """Goods for points, handed out at once; the same request gets the same answer.

    Raises Stranger, TooMany, Unknown, Lack (the same request stays refused), OtherRequest, or Refused when
    there are too few pieces.
    """
    if not 1 <= quantity <= MOST_QUANTITY:
        raise Refused(_("没有办，因为一次换 1 到 %(most)d 件；改一下件数。") % {"most": MOST_QUANTITY})
    more = (goods_number, quantity, TILL_REQUESTS_A_MINUTE, on, at)
    return _asked(REDEEM_SQL, (slip.digest, slip.request_id, slip.passbook, *more))


def donate_at_till(*, slip: Slip, at: datetime, on: date, points: int) -> Sold:
    """Points for the mutual-aid fund; answers and refusals as in `redeem_at_till`."""
    if not 1 <= points <= MOST_TILL_POINTS:
        raise Refused(_("没有捐，因为没看懂几分；写一个数再来。"))
    more = (points, TILL_REQUESTS_A_MINUTE, on, at)
    return _asked(DONATE_SQL, (slip.digest, slip.request_id, slip.passbook, *more))


def _asked(sql: str, values: tuple[object, ...]) -> Sold:
    outcome, row_id, transaction_id, points = say_alone(sql, values)
    if outcome in {"posted", "again"} and row_id is not None:
        return Sold(row_id, transaction_id, points)
    raise _refusal(outcome)


def _refusal(outcome: str) -> Refused:
    """The sentence for each no of the functions in migration 0003."""
    if outcome == "stranger":
        return Stranger(_("没有办，因为没有带积分店的钥匙（X-API-Key），或者它停了；请书记做一把新的。"))
    if outcome == "many":
        return TooMany(_("这一分钟里送来得太多，没有收；过一分钟再送。"))
    if outcome == "no_passbook":
        return Unknown(_("没有找到这本存折；看看号写对没有。"))
    if outcome == "no_goods":
        return Unknown(_("没有找到这样东西；看看货号写对没有。"))
    if outcome == "off_sale":
        return Refused(_("没有办，因为这样东西现在不换了；请换一样。"))
    if outcome == "few":
        return Refused(_("没有办，因为货架上没有这么多了；少换一点，或者换一样。"))
    if outcome == "lack":
        return Lack(_("积分不够，这一笔没有办；换一样，或者攒够了重新开一笔。"))
    return OtherRequest(_("这一笔没有办，因为同一个单号先前办的是另一件事；回上一页重新开一笔。"))
