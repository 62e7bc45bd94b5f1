"""Who may hear that something changed: a ticket for the stream, and what a notice says.

A notice carries ids only. Whoever hears it asks the page again, through every fence; hearing shows nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.core import signing

from xiaojia.kernel.actors import Scope

CHANNEL: Final = "xiaojia_live"
TICKET_MINUTES: Final = 5
"""A stream ends with its ticket and asks for the next, so that a service that ended is deaf soon after."""
_SALT: Final = "xiaojia.live"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What somebody may hear of, until a moment (seconds since the epoch)."""

    community_ids: frozenset[int]
    is_wide: bool
    microgrid_ids: frozenset[int]
    until: int


@dataclass(frozen=True, slots=True)
class Notice:
    """A case that is new or changed, and who may see it."""

    case_id: str
    community_id: int
    microgrid_ids: frozenset[int]
    is_confidential: bool


def ticket_for(scope: Scope, *, at: datetime) -> str:
    """A signed ticket for whoever has this scope now."""
    until = int((at + timedelta(minutes=TICKET_MINUTES)).timestamp())
    body = [list(scope.community_ids), scope.is_wide, list(scope.microgrid_ids), until]
    return signing.dumps(body, salt=_SALT, compress=True)


def read_ticket(text: str, *, at: datetime) -> Ticket | None:
    """The ticket, None when it is not ours or has ended."""
    try:
        communities, is_wide, microgrids, until = signing.loads(text, salt=_SALT)
    except (signing.BadSignature, ValueError):
        return None
    if until <= at.timestamp():
        return None
    return Ticket(frozenset(communities), is_wide, frozenset(microgrids), until)


def read_notice(payload: str) -> Notice | None:
    """What PostgreSQL told; None for anything that a trigger of ours did not write."""
    try:
        body: dict[str, Any] = json.loads(payload)
        return Notice(str(body["id"]), int(body["c"]), frozenset(body["m"]), bool(body["s"]))
    except (ValueError, KeyError, TypeError):
        return None


def hears(ticket: Ticket, notice: Notice) -> bool:
    """The rule of `visible_cases`, for somebody who only gets ids."""
    if notice.community_id not in ticket.community_ids:
        return False
    return ticket.is_wide or (
        not notice.is_confidential and bool(notice.microgrid_ids & ticket.microgrid_ids)
    )
