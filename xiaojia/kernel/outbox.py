"""The outbox: whoever changes something posts the message in the same transaction; the worker sends it.

    outbox.post(Letter(kind="vacancy", text="...", key=f"vacancy:{pk}"), to=Recipient("sms", phone, name),
                community_id=by.community_id, at=at)

A kind is registered once, with its word (`kind`). Nobody reads a text here: the office sees what sort of
message went to whom (masked), when, and what did not go and why.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaojia.kernel import audit
from xiaojia.kernel.access import Rule, require, roles
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.masking import mask_name, mask_phone
from xiaojia.kernel.models import Message
from xiaojia.kernel.outbox_delivery import deliver_soon, opened, sealed
from xiaojia.kernel.outbox_rules import Urgency, due_at
from xiaojia.kernel.outbox_senders import CHANNELS, sender_of
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.secrets import blind_index

MAY: Final[dict[str, Rule]] = {
    "see_messages": roles("secretary", "officer"),
    "send_again": roles("secretary", "officer"),
    "drop_message": roles("secretary", "officer"),
    "set_robot": roles("secretary"),
}

KINDS: dict[str, object] = {"digest": gettext_lazy("一天一条的汇总")}
"""Kind of message -> its word. Domains add theirs with `kind`."""

CHANNEL_WORDS: Final = {
    "sms": gettext_lazy("短信"),
    "email": gettext_lazy("邮件"),
    "wecom": gettext_lazy("企业微信群"),
}
FAILURES: Final = {
    "closed": gettext_lazy("没有发，因为这里还没有接这条路；请管理员接上，再点“再发一次”。"),
    "late": gettext_lazy("没有发，因为轮到它的时候已经过了时效；要用就请本人再要一次。"),
    "cut_off": gettext_lazy("不知道送到没有，因为正发着的时候电脑停了；问一声本人，没收到再点“再发一次”。"),
    "no_answer": gettext_lazy("不知道送到没有，因为对面没有回话；问一声本人，没收到再点“再发一次”。"),
    "refused": gettext_lazy("没有发出去，因为对面不收；看看号码对不对，再发一次，或者打电话说。"),
    "unreachable": gettext_lazy("没有发出去，因为连不上对面；等网络好了，再发一次。"),
    "busy": gettext_lazy("没有发出去，因为对面这会儿太忙；过一会儿再发一次。"),
    "folder": gettext_lazy("没有发出去，因为短信文件夹写不进去；请管理员看看文件夹，再发一次。"),
}
"""Reason of a failure -> one sentence."""

_RETURNABLE: Final = (Message.State.FAILED, Message.State.UNSURE)


class ChannelClosed(Refused):
    """Nothing is connected to this way out."""


class NotReturnable(Refused):
    """The message is on its way, went, or lies for good."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """`address`: a phone, an e-mail address, or the key of a group's robot.

    `person` is the same text for the same person on every channel (`account:12`): one digest a day each.
    """

    channel: str
    address: str
    name: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent. The same `key` in the same community is one message, however often it is posted."""

    kind: str
    text: str
    urgency: str = Urgency.DIGEST
    key: str = ""
    expires_at: datetime | None = None


def kind(code: str, word: object) -> str:
    """Register a kind of message with its word; returns the code."""
    KINDS[code] = word
    return code


def is_open(channel: str) -> bool:
    """Whether something is connected to this way out."""
    return sender_of(channel) is not None


@transaction.atomic
def post(letter: Letter, *, to: Recipient, community_id: int, at: datetime) -> UUID:
    """Write a message into the running transaction, inside a scope of its community; returns its id.

    It leaves only if that commits: at once, or with the person's next digest. Raises ChannelClosed.
    """
    if letter.kind not in KINDS or to.channel not in CHANNELS:
        raise ValueError(f"unknown kind {letter.kind} or channel {to.channel}")
    if not is_open(to.channel):
        raise ChannelClosed(
            _("这条消息现在发不了，因为这里还没有接%(way)s；请管理员接上，或者打电话、上门说。")
            % {"way": CHANNEL_WORDS[to.channel]}
        )
    pk = uuid5(NAMESPACE_URL, f"xiaojia:{community_id}:{letter.key}") if letter.key else uuid4()
    to_text = json.dumps({"name": to.name, "address": to.address})
    person = to.person or f"{to.channel}:{to.address}"
    message = Message(
        id=pk,
        community_id=community_id,
        kind=letter.kind,
        urgency=letter.urgency,
        channel=to.channel,
        to_sealed=sealed(to_text, column="to_sealed", pk=pk),
        text_sealed=sealed(letter.text, column="text_sealed", pk=pk),
        person_index=blind_index(person, purpose="message"),
        posted_at=at,
        due_at=due_at(letter.urgency, at),
        expires_at=letter.expires_at,
    )
    # Not every writer may read the outbox, so PostgreSQL, not a query, tells a repeated key.
    Message.objects.bulk_create([message], ignore_conflicts=True)
    if letter.urgency != Urgency.DIGEST:
        deliver_soon(community_id=community_id, message_id=str(pk))
    return pk


@dataclass(frozen=True, slots=True)
class Line:
    """One message as the office sees it: never its text."""

    message_id: UUID
    word: object
    name: str
    address: str
    way: object
    state: str
    sentence: object
    posted_at: datetime
    due_at: datetime
    ended_at: datetime | None
    tries: int
    may_return: bool


def visible_messages(viewer: Actor) -> QuerySet[Message]:
    """Messages of the viewer's communities, the newest first; members of a digest stand in the digest."""
    if not viewer.scope.is_wide:
        return Message.objects.none()
    rows = Message.objects.filter(community_id__in=viewer.scope.community_ids)
    return rows.exclude(state=Message.State.BUNDLED).order_by("-posted_at", "id")


def returned(rows: QuerySet[Message]) -> QuerySet[Message]:
    """Those that a person has to decide about."""
    return rows.filter(state__in=_RETURNABLE)


def on_the_way(rows: QuerySet[Message]) -> QuerySet[Message]:
    """Those that have not gone yet, the next one first."""
    waiting = rows.filter(state__in=(Message.State.WAITING, Message.State.CLAIMED))
    return waiting.order_by("due_at", "id")


def over(rows: QuerySet[Message]) -> QuerySet[Message]:
    """Those that are done with, the newest first."""
    done = (Message.State.SENT, Message.State.EXPIRED, Message.State.DROPPED)
    return rows.filter(state__in=done).order_by("-ended_at", "id")


def lines(rows: list[Message]) -> list[Line]:
    """Messages as lines, names and addresses masked."""
    return [_line(m) for m in rows]


def _line(message: Message) -> Line:
    name, address, text = opened(message)
    masked = mask_phone(address) if message.channel == "sms" else address[:2] + "＊＊＊＊"
    return Line(
        message.pk,
        KINDS.get(message.kind, message.kind),
        mask_name(name),
        masked,
        CHANNEL_WORDS[message.channel],
        message.state,
        FAILURES.get(message.failure, ""),
        message.posted_at,
        message.due_at,
        message.ended_at,
        message.tries,
        message.state in _RETURNABLE and bool(text),
    )


@transaction.atomic
def send_again(*, by: Actor, at: datetime, message_id: UUID) -> None:
    """A person decides that a failed or unsure message goes once more, now (a digest: when it may)."""
    require(MAY, "send_again", by, by.community_id)
    message = _returned(by, message_id)
    message.state, message.failure, message.tries = Message.State.WAITING, "", 0
    message.due_at, message.ended_at = at, None
    message.save(update_fields=["state", "failure", "tries", "due_at", "ended_at"])
    audit.record(by=by, at=at, verb="send_again", kind="message", ids=[message.pk])
    deliver_soon(community_id=message.community_id, message_id=str(message.pk))


@transaction.atomic
def drop_message(*, by: Actor, at: datetime, message_id: UUID) -> None:
    """A person decides that a failed or unsure message is not sent any more; its text goes."""
    require(MAY, "drop_message", by, by.community_id)
    message = _returned(by, message_id)
    message.state, message.text_sealed, message.ended_at = Message.State.DROPPED, b"", at
    message.save(update_fields=["state", "text_sealed", "ended_at"])
    audit.record(by=by, at=at, verb="drop_message", kind="message", ids=[message.pk])


def _returned(by: Actor, message_id: UUID) -> Message:
    """The message, locked. Somebody else's looks as if it did not exist."""
    message = visible_messages(by).select_for_update().filter(pk=message_id).first()
    if message is None or message.state not in _RETURNABLE:
        raise NotReturnable(
            _("这条消息不用再管了，因为它已经在路上、送到了，或者有人办过了；看看现在的单子。")
        )
    return message
