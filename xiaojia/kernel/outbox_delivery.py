"""Messages leave the outbox: claimed, handed to a sender, settled. Exactly once, as far as the sender goes.

The claim is committed before the sender gets anything, and for as long as a worker is at a message it holds a
lock of its database session, which PostgreSQL lets go when that worker dies. A claimed message whose lock is
free was therefore cut off, somewhere between "not yet handed over" and "sent, not yet written down":

- a sender that deduplicates gets it again with the same key: sent once, whatever happened;
- any other sender does not: the message ends as `unsure`, the office sees it and decides. A message of danger
  alone goes again by itself: twice is better than never.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from xiaojia.kernel import clock, jobs
from xiaojia.kernel.actors import Scope
from xiaojia.kernel.models import Message
from xiaojia.kernel.outbox_rules import (
    KEPT_DAYS,
    WECOM_MOST_A_MINUTE,
    Urgency,
    digest_day,
    digest_text,
    due_at,
    is_quiet,
    may_go,
    next_try_at,
)
from xiaojia.kernel.outbox_senders import Envelope, NotSent, Sender, SmsFolder, sender_of
from xiaojia.kernel.secrets import open_sealed, seal
from xiaojia.kernel.tenancy import entered

logger = logging.getLogger(__name__)

MOST_AT_ONCE: Final = 500
_TABLE: Final = "kernel_message"
_ON_ITS_WAY: Final = (Message.State.WAITING, Message.State.CLAIMED)


@jobs.soon("xiaojia.deliver")
def deliver_soon(community_id: int, message_id: str) -> None:
    """The worker's way to one message that is due now."""
    deliver(UUID(message_id), community_id=community_id, at=clock.now())


def deliver_due(*, community_id: int, at: datetime) -> int:
    """Bundle what is due into digests, then deliver all that may go now; returns how many left.

    Also finds messages whose worker died. Call outside any transaction: each message has its own.
    """
    with entered(_wide(community_id)):
        if not is_quiet(at):
            _bundle(community_id, at)
        due = _sendable(community_id).filter(due_at__lte=at)
        ids = list(due.order_by("urgency", "due_at").values_list("pk", flat=True)[:MOST_AT_ONCE])
    return sum(deliver(pk, community_id=community_id, at=at) == Message.State.SENT for pk in ids)


def deliver(message_id: UUID, *, community_id: int, at: datetime) -> str | None:
    """Bring one message to its sender; the state it came to, None when there is nothing to do now.

    Safe to call twice, by two workers, and after a crash at any point; not inside a transaction.
    """
    with _held(message_id) as is_ours:
        if not is_ours:
            return None
        with entered(_wide(community_id), is_durable=True):  # claimed for all, before a sender gets it
            claimed = _claim(message_id, at)
        if claimed is None:
            return None
        outcome = _hand_over(claimed, at)
        with entered(_wide(community_id)):
            return _settle(message_id, outcome, at)


def purge(*, community_id: int, at: datetime) -> int:
    """Delete rows that ended 90 days ago or longer (P10); returns how many. Opens its own scope."""
    with entered(_wide(community_id)):
        old = Message.objects.filter(community_id=community_id, ended_at__lt=at - timedelta(days=KEPT_DAYS))
        keys = [str(pk) for pk in old.values_list("pk", flat=True)]
        old.delete()
    sender = sender_of("sms")
    if isinstance(sender, SmsFolder):
        sender.forget(keys)
    return len(keys)


def sealed(plain: str, *, column: str, pk: UUID) -> bytes:
    """A cell of the outbox, sealed for its row."""
    return seal(plain, table=_TABLE, column=column, pk=pk)


def opened(message: Message) -> tuple[str, str, str]:
    """Name, address and text of a message; the text is '' once it is gone."""
    to = json.loads(open_sealed(message.to_sealed, table=_TABLE, column="to_sealed", pk=message.pk))
    text = open_sealed(message.text_sealed, table=_TABLE, column="text_sealed", pk=message.pk)
    return to["name"], to["address"], text


def _wide(community_id: int) -> Scope:
    return Scope((community_id,), is_wide=True)


def _sendable(community_id: int) -> QuerySet[Message]:
    """On their way, and not waiting for a digest to take them along."""
    rows = Message.objects.filter(community_id=community_id, state__in=_ON_ITS_WAY)
    return rows.exclude(urgency=Urgency.DIGEST, digest_on__isnull=True)


@contextmanager
def _held(message_id: UUID) -> Iterator[bool]:
    """A lock of this database session on one message: alive exactly as long as the worker is."""
    name = f"message {message_id}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        is_ours = bool(cursor.fetchone()[0])
        try:
            yield is_ours
        finally:
            if is_ours:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])


@dataclass(frozen=True, slots=True)
class _Claimed:
    envelope: Envelope
    sender: Sender


def _claim(message_id: UUID, at: datetime) -> _Claimed | None:
    """Decide under the row's lock what may happen to a message now."""
    message = Message.objects.select_for_update().filter(pk=message_id, state__in=_ON_ITS_WAY).first()
    if message is None or message.due_at > at or not may_go(message.urgency, at):
        return None
    sender = sender_of(message.channel)
    if message.expires_at is not None and message.expires_at <= at:
        _end(message, Message.State.EXPIRED, "late", at)
        return None
    if sender is None:
        _end(message, Message.State.FAILED, "closed", at)
        return None
    if message.state == Message.State.CLAIMED and not _may_repeat(message, sender):
        _end(message, Message.State.UNSURE, "cut_off", at)
        return None
    if message.channel == "wecom" and _robot_is_busy(message, at):
        message.due_at = at + timedelta(minutes=1)
        message.save(update_fields=["due_at"])
        return None
    message.state, message.claimed_at, message.tries = Message.State.CLAIMED, at, message.tries + 1
    message.save(update_fields=["state", "claimed_at", "tries"])
    _name, address, text = opened(message)
    return _Claimed(Envelope(str(message.pk), address, text, message.posted_at), sender)


def _may_repeat(message: Message, sender: Sender) -> bool:
    return sender.deduplicates or message.urgency == Urgency.DANGER


def _end(message: Message, state: Message.State, failure: str, at: datetime) -> None:
    """End a message without a sender; unless a person may still send it again, its text goes."""
    message.state, message.failure, message.ended_at = state, failure, at
    if state not in {Message.State.FAILED, Message.State.UNSURE}:
        message.text_sealed = b""
    message.save(update_fields=["state", "failure", "ended_at", "text_sealed"])


def _robot_is_busy(message: Message, at: datetime) -> bool:
    just_now = Message.objects.filter(
        person_index=message.person_index, channel="wecom", claimed_at__gt=at - timedelta(minutes=1)
    )
    return just_now.count() >= WECOM_MOST_A_MINUTE


def _hand_over(claimed: _Claimed, at: datetime) -> tuple[Message.State, str]:
    """The sender's answer as the next state and the reason; nothing of the message gets into the log."""
    try:
        claimed.sender.send(claimed.envelope)
    except NotSent as error:
        return Message.State.WAITING, error.code
    except Exception:
        logger.warning("a sender left it open whether a message went", exc_info=True)
        again = claimed.sender.deduplicates
        return (Message.State.WAITING if again else Message.State.UNSURE), "no_answer"
    return Message.State.SENT, ""


def _settle(message_id: UUID, outcome: tuple[Message.State, str], at: datetime) -> str | None:
    message = Message.objects.select_for_update().filter(pk=message_id, state=Message.State.CLAIMED).first()
    if message is None:
        return None
    state, failure = outcome
    again_at = next_try_at(message.tries, at) if state == Message.State.WAITING else None
    if again_at is not None:
        message.state, message.failure, message.due_at = state, failure, again_at
        message.save(update_fields=["state", "failure", "due_at"])
    else:
        _end(message, Message.State.FAILED if state == Message.State.WAITING else state, failure, at)
    return message.state


def _bundle(community_id: int, at: datetime) -> None:
    """Make of all that is due for one person their one digest of the day."""
    waiting = (
        Message.objects.select_for_update(skip_locked=True)
        .filter(community_id=community_id, state=Message.State.WAITING, urgency=Urgency.DIGEST)
        .filter(digest_on__isnull=True, due_at__lte=at)
        .order_by("person_index", "posted_at", "id")[:MOST_AT_ONCE]
    )
    for _person, rows in groupby(waiting, key=lambda m: bytes(m.person_index)):
        _bundle_of_one(list(rows), at)


def _bundle_of_one(members: list[Message], at: datetime) -> None:
    """The last message says which way. A person whose digest of today exists waits for tomorrow's."""
    last, pk = members[-1], uuid4()
    name, address, _text = opened(last)
    text = digest_text(
        [opened(m)[2] for m in members], channel=last.channel, rest=_("另有 %(n)s 件，请问社区。")
    )
    try:
        with transaction.atomic():
            bundle = Message.objects.create(
                id=pk,
                community_id=last.community_id,
                kind="digest" if len(members) > 1 else last.kind,
                urgency=Urgency.DIGEST,
                channel=last.channel,
                to_sealed=sealed(json.dumps({"name": name, "address": address}), column="to_sealed", pk=pk),
                text_sealed=sealed(text, column="text_sealed", pk=pk),
                person_index=last.person_index,
                posted_at=at,
                due_at=at,
                digest_on=digest_day(at),
            )
    except IntegrityError:
        tomorrow = due_at(Urgency.DIGEST, at)
        Message.objects.filter(pk__in=[m.pk for m in members]).update(due_at=tomorrow)
        return
    Message.objects.filter(pk__in=[m.pk for m in members]).update(
        state=Message.State.BUNDLED, bundle=bundle, text_sealed=b"", ended_at=at
    )
