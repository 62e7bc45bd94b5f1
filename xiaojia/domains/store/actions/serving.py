"""At the counter: goods for points at once, or set aside and collected; back within seven days.

Stock and points move in one transaction. Locks are taken in one order (redemption, goods, wallet), so no two
paths wait for each other. What ends a redemption looks at its locked row first: every way out happens once.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from xiaojia.domains.ledger import actions as ledger
from xiaojia.domains.ledger.actions import Lack, OtherRequest, Over, Posting
from xiaojia.domains.ledger.queries.kin import is_own_side_name, own_side
from xiaojia.domains.store.access import MAY, visible_redemptions
from xiaojia.domains.store.actions.shelf import lock_goods, price_on
from xiaojia.domains.store.models import Goods, Price, Redemption, Stockmove
from xiaojia.domains.store.rules import CODES, COLLEAGUE, MOST_QUANTITY, kept_until, may_return
from xiaojia.kernel import audit
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor, Scope
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered

SOURCE = "redemption"


@dataclass(frozen=True, slots=True)
class Basket:
    """Who takes what: `quantity` > 0 pieces; a proxy gives a name, a delivery says in `note` where to."""

    member_id: int
    goods_id: int
    quantity: int
    request_id: uuid.UUID
    way: str = "counter"
    proxy_name: str = ""
    note: str = ""
    paper_line: str = ""


def redeem_goods(*, by: Actor, at: datetime, on: date, basket: Basket) -> Redemption:
    """Goods for points at once; the same request gives the same redemption.

    Raises Lack (too few points; the same request stays refused), OtherRequest (409), Refused (no stock).
    """
    return _serve(by=by, at=at, on=on, basket=basket, is_kept=False)


def reserve_goods(*, by: Actor, at: datetime, on: date, basket: Basket) -> Redemption:
    """Set goods and points aside for three days under a pick-up code; refusals as in `redeem_goods`."""
    return _serve(by=by, at=at, on=on, basket=basket, is_kept=True)


def _serve(*, by: Actor, at: datetime, on: date, basket: Basket, is_kept: bool) -> Redemption:
    require(MAY, "serve", by, by.community_id)
    _look(basket)
    with entered(whole(by)):
        leave_to_colleague(basket.member_id, basket.proxy_name, by=by)
        goods = lock_goods(basket.goods_id, by=by)
        body = _body(basket, is_kept)
        before = visible_redemptions(by).filter(request_id=basket.request_id).first()
        if before is not None:
            if bytes(before.body_hash) != body:
                raise OtherRequest(_("这一笔没有办，因为同一个单号先前办的是另一件事；回上一页重新开一笔。"))
            return before
        price = _price(goods, basket.quantity, on)
        points = price.points * basket.quantity
        posting = Posting(
            "redeem", ledger.wallet_of(basket.member_id, by=by), points, SOURCE, str(basket.request_id), on,
            basket.request_id, reason=f"{goods.name} × {basket.quantity}",
        )  # fmt: skip
        row = Redemption(
            community_id=by.community_id, member_id=basket.member_id, goods=goods, price=price, points=points,
            quantity=basket.quantity, way=basket.way, proxy_name=basket.proxy_name, note=basket.note,
            request_id=basket.request_id, body_hash=body, created_at=at, served_by_id=by.account_id,
            paper_line=basket.paper_line,
        )  # fmt: skip
        lack = _pay(row, posting, by=by, at=at, on=on, is_kept=is_kept)
        if lack is None:
            row.save(force_insert=True)
            _move(row, -row.quantity, "kept" if is_kept else "taken", by=by, at=at, on=on)
            audit.record(
                by=by, at=at, verb="reserve_goods" if is_kept else "redeem_goods", kind="redemption",
                ids=[row.pk],
            )  # fmt: skip
    # The ledger has written the refusal down: it is said only now, so that it stays.
    if lack is not None:
        raise lack
    return row


def _pay(
    row: Redemption, posting: Posting, *, by: Actor, at: datetime, on: date, is_kept: bool
) -> Lack | None:
    """Let the ledger move or hold the points; the row learns what came of it."""
    try:
        if is_kept:
            row.expires_at = kept_until(at)
            row.hold_id = ledger.reserve(by=by, at=at, posting=posting, expires_at=row.expires_at).pk
            row.state, row.pickup_code = "reserved", _free_code(by)
        else:
            row.transaction_id = ledger.redeem(by=by, at=at, posting=posting).row_id
            row.state, row.collected_on, row.ended_at = "collected", on, at
    except Lack as lack:
        return lack
    return None


def leave_to_colleague(member_id: int, proxy_name: str, *, by: Actor) -> None:
    """Refused when the wallet, or whoever fetches, is of the own side of whoever serves."""
    why = own_side(member_id, viewer=by)
    if not why and proxy_name and is_own_side_name(proxy_name, viewer=by):
        why = "proxy"
    if why:
        raise Refused(str(COLLEAGUE[why]))


def _look(basket: Basket) -> None:
    if not 1 <= basket.quantity <= MOST_QUANTITY:
        raise Refused(_("没有办，因为一次换 1 到 %(most)d 件；改一下件数。") % {"most": MOST_QUANTITY})
    if basket.way == "proxy" and not basket.proxy_name:
        raise Refused(_("没有办，因为替人领要写下来人的名字；写上再办。"))
    if basket.way == "delivery" and not basket.note:
        raise Refused(_("没有办，因为送上门要写送到哪里；写上再办。"))


def _price(goods: Goods, quantity: int, on: date) -> Price:
    price = price_on(goods, on)
    if not goods.is_on_sale or price is None:
        raise Refused(_("没有办，因为%(name)s现在不换了；请换一样。") % {"name": goods.name})
    if goods.stock < quantity:
        raise Refused(
            _("没有办，因为%(name)s只剩 %(n)d %(unit)s；少换一点，或者换一样。")
            % {"name": goods.name, "n": goods.stock, "unit": goods.unit}
        )
    return price


def _body(basket: Basket, is_kept: bool) -> bytes:
    """What a retry has to say again, word for word."""
    words = (is_kept, basket.member_id, basket.goods_id, basket.quantity, basket.way, basket.proxy_name)
    return hashlib.sha256("\x1f".join(map(str, words)).encode()).digest()


def _free_code(by: Actor) -> str:
    """Six digits that nothing else waits under; two at one moment are kept apart by the database."""
    for _try in range(20):
        code = str(CODES[0] + secrets.randbelow(CODES[1] - CODES[0] + 1))
        if not visible_redemptions(by).filter(state="reserved", pickup_code=code).exists():
            return code
    raise RuntimeError("no free pick-up code in twenty tries")


def collect_goods(*, by: Actor, at: datetime, on: date, redemption_id: int) -> Redemption:
    """Hand out what was set aside, exactly once; a second call changes nothing. Over when it is over."""
    require(MAY, "serve", by, by.community_id)
    with entered(whole(by)):
        row = _locked(redemption_id, by=by)
        leave_to_colleague(row.member_id, row.proxy_name, by=by)
        if row.state == "collected":
            return row
        if row.state != "reserved":
            raise Over(_("没有领，因为这一单已经了结，分退回存折了；要的话重新换一份。"))
        answer = ledger.post_hold(by=by, at=at, on=on, hold_id=row.hold_id or 0, reason=_what(row))
        row.state, row.collected_on, row.ended_at = "collected", on, at
        row.transaction_id = answer.row_id
        row.served_by_id = by.account_id
        row.save(update_fields=["state", "collected_on", "ended_at", "transaction_id", "served_by_id"])
        audit.record(by=by, at=at, verb="collect_goods", kind="redemption", ids=[row.pk])
    return row


def cancel_redemption(*, by: Actor, at: datetime, on: date, redemption_id: int) -> Redemption:
    """They do not want it any more: goods back on the shelf, points back in the wallet, exactly once."""
    require(MAY, "serve", by, by.community_id)
    with entered(whole(by)):
        row = _locked(redemption_id, by=by)
        leave_to_colleague(row.member_id, row.proxy_name, by=by)
        if row.state in {"collected", "returned"}:
            raise Over(_("没有退，因为这一单已经领走了；要退货就办退货。"))
        _give_back(row, "cancelled", by=by, at=at, on=on)
    return row


def expire_due(*, by: Actor, at: datetime, on: date) -> int:
    """Put back whatever nobody fetched; how many. One short transaction each."""
    require(MAY, "serve", by, by.community_id)
    with entered(whole(by)):
        due = visible_redemptions(by).filter(state="reserved", expires_at__lte=at).order_by("pk")
        ids = list(due.values_list("pk", flat=True))
    count = 0
    for pk in ids:
        with entered(whole(by)):
            count += _give_back(_locked(pk, by=by), "expired", by=by, at=at, on=on)
    return count


def _give_back(row: Redemption, state: str, *, by: Actor, at: datetime, on: date) -> bool:
    """End a locked redemption that still waits; False when something else ended it."""
    if row.state != "reserved":
        return False
    row.state, row.ended_at = state, at
    row.save(update_fields=["state", "ended_at"])
    _move(row, row.quantity, "given_back", by=by, at=at, on=on)
    # 'again' when the ledger's own clock was first: the points are back once.
    ledger.void_hold(by=by, at=at, hold_id=row.hold_id or 0)
    audit.record(by=by, at=at, verb=f"{state}_redemption", kind="redemption", ids=[row.pk])
    return True


def take_goods_back(
    *, by: Actor, at: datetime, on: date, redemption_id: int, is_whole: bool, note: str = ""
) -> Redemption:
    """A return within seven days: points back, once; the goods too if they can be handed out again."""
    require(MAY, "take_back", by, by.community_id)
    with entered(whole(by)):
        row = _locked(redemption_id, by=by)
        leave_to_colleague(row.member_id, row.proxy_name, by=by)
        if row.state == "returned":
            return row
        if row.state != "collected" or row.collected_on is None:
            raise Refused(_("没有退货，因为这一单还没有领走；不要了就点“不要了”。"))
        if not may_return(collected_on=row.collected_on, on=on):
            raise Refused(_("没有退货，因为领走超过七天了；东西有毛病的，请书记来定。"))
        posting = Posting(
            "reversal", ledger.wallet_of(row.member_id, by=by), row.points, "return", str(row.request_id), on,
            reverses_id=row.transaction_id, reason=_("退货：%(what)s") % {"what": _what(row)},
        )  # fmt: skip
        row.state, row.ended_at = "returned", at
        row.save(update_fields=["state", "ended_at"])
        if is_whole:
            _move(row, row.quantity, "returned", by=by, at=at, on=on)
        ledger.take_back(by=by, at=at, posting=posting)
        audit.record(
            by=by, at=at, verb="take_goods_back", kind="redemption", ids=[row.pk], detail={"note": note}
        )
    return row


def _locked(redemption_id: int, *, by: Actor) -> Redemption:
    rows = visible_redemptions(by).filter(pk=redemption_id, community_id=by.community_id)
    row = rows.select_for_update(of=("self",)).select_related("goods").first()
    if row is None:
        raise Refused(_("没有找到这一单，可能领货号写错了；照单子上的六位数再写一次。"))
    return row


def _move(row: Redemption, delta: int, reason: str, *, by: Actor, at: datetime, on: date) -> None:
    Stockmove.objects.create(
        community_id=row.community_id, goods_id=row.goods_id, delta=delta, reason=reason, redemption=row,
        happened_on=on, at=at, actor_id=by.account_id,
    )  # fmt: skip


def _what(row: Redemption) -> str:
    return f"{row.goods.name} × {row.quantity}"


def whole(by: Actor) -> Scope:
    """The whole community of `by`, after `require`: redemptions stand behind the wide fence."""
    return Scope((by.community_id,), is_wide=True)
