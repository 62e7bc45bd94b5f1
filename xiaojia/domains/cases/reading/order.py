"""An order of the 12345 line, pasted as text: number, what was said, phone, address, the sender's limit.

Every piece that is not understood is named, so that nothing falls off the page unseen.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Final

from xiaojia.engines.clocks import Limit, Unit

CHINA: Final = timezone(timedelta(hours=8))
_LABELS: Final[dict[str, str]] = {
    "number": "工单编号 工单号 订单编号 订单号 受理编号 受理号 编号 单号",
    "name": "来电人姓名 来电人 诉求人姓名 诉求人 反映人 联系人 姓名",
    "phone": "联系电话 来电号码 来电电话 联系方式 手机号码 手机 电话",
    "address": "事发地址 事发地点 诉求地址 诉求地点 问题地址 发生地址 地址 地点",
    "title": "工单标题 诉求标题 标题 主题",
    "text": "诉求内容 问题描述 反映内容 主要内容 来电内容 事项内容 内容 诉求",
    "limit": "办理时限 办结时限 处理时限 回复时限 要求办结时间 截止时间 到期时间 限时 时限",
    "said": "来电时间 受理时间 创建时间 登记时间 诉求时间 派单时间",
}
"""Piece -> the labels under which senders write it, the longest first."""
_KNOWN: Final = {label: piece for piece, labels in _LABELS.items() for label in labels.split()}
_LINE: Final = re.compile(r"^[\s【\[]*(?P<label>[一-龥A-Za-z0-9()]{2,12}?)[\s】\]]*[::]\s*(?P<value>.*)$")
_AMOUNT: Final = re.compile(r"(\d{1,3})\s*个?\s*(工作日|工作时|工作小时|小时|自然日|天|日|分钟)")
_MOMENT: Final = re.compile(
    r"(20\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[\sT]*(\d{1,2})[:时点](\d{1,2})?)?"
)
_UNITS: Final = {
    "工作日": Unit.WORKING_DAY, "工作时": Unit.WORKING_HOUR, "工作小时": Unit.WORKING_HOUR,
    "小时": Unit.HOUR, "自然日": Unit.DAY, "天": Unit.DAY, "日": Unit.DAY, "分钟": Unit.MINUTE,
}  # fmt: skip
_PHONE: Final = re.compile(r"(?<!\d)(1\d{10}|0\d{2,3}-?\d{7,8})(?!\d)")


@dataclass(slots=True)
class Order:
    """What the order says. `limit` counts from `said_at` (or now), `limit_text` is how it was written."""

    number: str = ""
    name: str = ""
    phone: str = ""
    address: str = ""
    title: str = ""
    text: str = ""
    limit: Limit | None = None
    limit_text: str = ""
    said_at: datetime | None = None
    unknown: list[str] = field(default_factory=list)


def read_order(pasted: str, *, at: datetime) -> Order:
    """Take the pasted text apart. Lines without a label belong to the piece above them."""
    pieces: dict[str, str] = {}
    order, piece = Order(), ""
    for line in unicodedata.normalize("NFKC", pasted).splitlines():
        if not line.strip():
            continue
        found = _LINE.match(line)
        known = _KNOWN.get(found["label"]) if found else None
        if found is not None and known is not None and known not in pieces:
            piece = known
            pieces[piece] = found["value"].strip()
        elif piece and (found is None or (piece in {"text", "title"} and known is None)):
            pieces[piece] = f"{pieces[piece]}\n{line.strip()}".strip()
        else:
            piece = ""
            order.unknown.append(line.strip())
    _fill(order, pieces, at)
    return order


def _fill(order: Order, pieces: dict[str, str], at: datetime) -> None:
    order.number, order.name = pieces.get("number", ""), pieces.get("name", "")
    order.address, order.title = pieces.get("address", ""), pieces.get("title", "")
    order.text = pieces.get("text", "")
    phone = _PHONE.search(pieces.get("phone", ""))
    order.phone = phone[1] if phone else ""
    if pieces.get("phone") and phone is None:
        order.unknown.append(pieces["phone"])
    order.said_at = _moment(pieces.get("said", ""))
    if order.said_at is not None and order.said_at > at:
        order.said_at = None
    if pieces.get("said") and order.said_at is None:
        order.unknown.append(pieces["said"])
    order.limit_text = pieces.get("limit", "")[:60]
    order.limit = read_limit(order.limit_text, since=order.said_at or at)
    if order.limit_text and order.limit is None:
        order.unknown.append(order.limit_text)


def read_limit(text: str, *, since: datetime) -> Limit | None:
    """3个工作日, 24小时, or a moment (2026-03-09 18:00) as minutes from `since`; None when it is neither."""
    moment = _moment(text, is_end=True)
    if moment is not None:
        minutes = int((moment - since).total_seconds() // 60)
        return Limit(minutes, Unit.MINUTE) if 1 <= minutes <= 32_000 else None
    found = _AMOUNT.search(text)
    return Limit(int(found[1]), _UNITS[found[2]]) if found and int(found[1]) else None


def _moment(text: str, *, is_end: bool = False) -> datetime | None:
    found = _MOMENT.search(text)
    if found is None:
        return None
    year, month, day = (int(found[n]) for n in (1, 2, 3))
    hour, minute = (
        int(found[4] or (23 if is_end else 9)),
        int(found[5] or (59 if is_end and not found[4] else 0)),
    )
    try:
        return datetime(year, month, day, hour, minute, tzinfo=CHINA)
    except ValueError:
        return None
