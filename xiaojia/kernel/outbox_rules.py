"""When a message may go, how long it may be, when it is tried again: decisions on plain values (P27)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from django.db.models import TextChoices
from django.utils import timezone

QUIET_FROM: Final = time(21, 0)
QUIET_UNTIL: Final = time(8, 0)
DIGEST_AT: Final = time(9, 0)
"""Hours of the community's own clock: no reminder between the first two, the one digest at the third."""

MOST_TRIES: Final = 5
PAUSES: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
"""Waits after the first, second ... failed try."""

KEPT_DAYS: Final = 90
"""So long the office sees that a message went; its text is gone the moment it went."""

WECOM_MOST_BYTES: Final = 2_048
WECOM_MOST_A_MINUTE: Final = 20
SMS_CHARACTERS: Final = 70
SMS_CHARACTERS_OF_A_PART: Final = 67
SMS_MOST_PARTS: Final = 4


class Urgency(TextChoices):
    """Why a message goes when it goes.

    `danger`: at any hour. `answer`: the recipient has just asked for it (a sign-in code), so at any hour.
    `digest`: everything else, once a day together with all else for the same person.
    """

    DANGER = "danger"
    ANSWER = "answer"
    DIGEST = "digest"


def is_quiet(at: datetime) -> bool:
    """Whether reminders rest at this moment, 21:00 to 08:00."""
    hour = timezone.localtime(at).time()
    return hour >= QUIET_FROM or hour < QUIET_UNTIL


def may_go(urgency: str, at: datetime) -> bool:
    """Whether a message of this urgency may leave at this moment."""
    return urgency in {Urgency.DANGER, Urgency.ANSWER} or not is_quiet(at)


def due_at(urgency: str, posted_at: datetime) -> datetime:
    """The moment from which a message may leave: at once, or with the next digest."""
    if urgency in {Urgency.DANGER, Urgency.ANSWER}:
        return posted_at
    local = timezone.localtime(posted_at)
    today = datetime.combine(local.date(), DIGEST_AT, tzinfo=local.tzinfo)
    return today if local < today else today + timedelta(days=1)


def digest_day(at: datetime) -> date:
    """The day whose one digest a bundle made at this moment is."""
    return timezone.localtime(at).date()


def next_try_at(tries: int, at: datetime) -> datetime | None:
    """When a message is tried again after so many failed tries; None when it is given up."""
    return None if tries >= MOST_TRIES else at + PAUSES[min(tries, len(PAUSES)) - 1]


def sms_parts(text: str) -> int:
    """How many short messages the network makes of this text: 70 characters, or 67 each in a chain."""
    if len(text) <= SMS_CHARACTERS:
        return 1
    return -(-len(text) // SMS_CHARACTERS_OF_A_PART)


def digest_text(texts: Sequence[str], *, channel: str, rest: str) -> str:
    """One text of many, numbered. A short message takes whole items up to four parts, then says `rest`.

    `rest` holds `%(n)s` for how many were left out; a first item that is too long itself is cut.
    """
    lines = list(texts) if len(texts) == 1 else [f"{n}. {text}" for n, text in enumerate(texts, start=1)]
    most = SMS_CHARACTERS_OF_A_PART * SMS_MOST_PARTS
    whole = "\n".join(lines)
    if channel != "sms" or len(whole) <= most:
        return whole
    for kept in range(len(lines) - 1, 0, -1):
        text = "\n".join([*lines[:kept], rest % {"n": len(lines) - kept}])
        if len(text) <= most:
            return text
    tail = "\n" + rest % {"n": len(lines) - 1} if len(lines) > 1 else ""
    return lines[0][: most - len(tail) - 1] + "…" + tail


def cut_to_bytes(text: str, most: int) -> str:
    """The text, or its beginning and "…" in at most so many bytes of UTF-8; never half a character."""
    raw = text.encode()
    if len(raw) <= most:
        return text
    return raw[: most - len("…".encode())].decode(errors="ignore") + "…"
