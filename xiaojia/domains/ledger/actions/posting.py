"""The way into the functions of migration 0002: one call moves points, and says what came of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import connection
from django.utils.translation import gettext as _

from xiaojia.kernel.actors import Actor, Scope
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered

SPACE: Final = uuid.UUID("6f1d9f5e-3a3c-5b0e-9a5c-2f6f3d6c0a11")
"""Request ids of things that happen once are made from their source in this space."""


class Lack(Refused):
    """There are too few points. The same request stays refused, also when points come later."""


class OtherRequest(Refused):
    """A request id that was used for something else: 409."""


class Over(Refused):
    """A hold that was posted or given back already."""


@dataclass(frozen=True, slots=True)
class Posting:
    """What shall move: `points` > 0 of one wallet; the kind says which way.

    `source_type`, `source_id`: what it is for; the same source pays one wallet once.
    """

    kind: str
    account_id: int
    points: int
    source_type: str
    source_id: str
    happened_on: date
    request_id: uuid.UUID | None = None
    rule_version_id: int | None = None
    reverses_id: int | None = None
    reason: str = ""

    @property
    def request(self) -> uuid.UUID:
        """The request id: the given one, or one that belongs to this source and wallet."""
        own = f"{self.kind}:{self.source_type}:{self.source_id}:{self.account_id}"
        return self.request_id or uuid.uuid5(SPACE, own)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call.

    `outcome`: 'posted' or 'held' (done now), 'again' (the same request was answered so before), 'paid' (this
    source paid this wallet under another request), 'lack', 'conflict' (other body), 'void'. `row_id`: the
    transaction or hold; `balance`: points left in the wallet; `shortfall`: what the fund bore of a reversal.
    """

    outcome: str
    row_id: int | None
    balance: int | None
    shortfall: int = 0

    @property
    def is_done(self) -> bool:
        """Whether it stands in the ledger, now or from before."""
        return self.outcome in {"posted", "held", "again", "paid"}


def post(posting: Posting, *, by: Actor, at: datetime) -> Answer:
    """Move points: one statement. A refusal for lack is written down too: the caller lets that commit.

    PostgreSQL refuses a community outside the scope of the running transaction.
    """
    p = posting
    return _call(
        "ledger_post",
        by.community_id, p.request, p.kind, p.account_id, p.points, p.source_type, p.source_id,
        p.rule_version_id, p.reverses_id, p.happened_on, by.account_id, p.reason, at,
    )  # fmt: skip


def post_all(postings: Sequence[Posting], *, by: Actor, at: datetime) -> list[Answer]:
    """Move points of many wallets: one statement. Answers in the order given.

    Wallets are locked one after the other by their ids, so that two who do this never wait for each other.
    """
    order = sorted(range(len(postings)), key=lambda place: postings[place].account_id)
    columns = [
        [getattr(postings[place], name) for place in order]
        for name in (
            "request", "kind", "account_id", "points", "source_type", "source_id", "rule_version_id",
            "reverses_id", "happened_on", "reason",
        )
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.* FROM unnest(%s::uuid[], %s::text[], %s::bigint[], %s::bigint[], %s::text[],"
            " %s::text[], %s::bigint[], %s::bigint[], %s::date[], %s::text[])"
            " AS p (request, kind, account, points, source, source_id, version, reverses, day, reason),"
            " LATERAL ledger_post(%s, p.request, p.kind, p.account, p.points, p.source, p.source_id,"
            " p.version, p.reverses, p.day, %s, p.reason, %s) AS r",
            [*columns, by.community_id, by.account_id, at],
        )
        answers = dict(zip(order, (Answer(*row) for row in cursor.fetchall()), strict=True))
    return [answers[place] for place in range(len(postings))]


def open_account(community_id: int, kind: str, member_id: int | None = None) -> int:
    """The id of a member's wallet or of a shared account; made if it is not there yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_open(%s, %s, %s)", [community_id, kind, member_id])
        return int(cursor.fetchone()[0])


def call_hold(posting: Posting, *, by: Actor, at: datetime, expires_at: datetime) -> Answer:
    """Reserve points: one statement; a refusal for lack is written down like that of `post`."""
    p = posting
    return _call(
        "ledger_hold", by.community_id, p.request, p.account_id, p.points, p.source_type, p.source_id,
        expires_at, by.account_id, at,
    )  # fmt: skip


def call_collect(hold_id: int, *, by: Actor, at: datetime, on: date, reason: str) -> Answer:
    """Spend what is held; 'void' when it is over or was given back, 'again' when it was spent before."""
    return _call("ledger_collect", by.community_id, hold_id, on, by.account_id, reason, at)


def call_void(hold_id: int, *, by: Actor, at: datetime) -> Answer:
    """Give back what is held; 'posted' when it was spent before, 'again' when it was given back before."""
    return _call("ledger_void", by.community_id, hold_id, by.account_id, at)


def whole(by: Actor) -> Scope:
    """The whole community of `by`, for reading wallets after `require` or a look whose they are."""
    return Scope((by.community_id,), is_wide=True)


@contextmanager
def seen_whole(by: Actor) -> Iterator[None]:
    """The whole community of `by` for a look at wallets; for wide roles nothing has to be asked."""
    if by.scope.is_wide:
        yield
        return
    with entered(whole(by)):
        yield


def refused(answer: Answer) -> Refused | None:
    """The sentence for an answer that is a no; None when it is done."""
    if answer.outcome == "lack" and answer.balance is None:
        # A retry of what was refused: it stays so, whatever is there now.
        return Lack(_("这一笔没有办，因为先前积分不够，已经记下了；现在够了就重新开一笔。"))
    if answer.outcome == "lack":
        return Lack(
            _("积分不够，这一笔没有办，因为存折上能用的只剩 %(left)d 分；换一样，或者攒够了再来。")
            % {"left": answer.balance}
        )
    if answer.outcome == "conflict":
        return OtherRequest(_("这一笔没有办，因为同一个单号先前办的是另一件事；回上一页重新开一笔。"))
    return None


def _call(function: str, *arguments: Any) -> Answer:
    marks = ", ".join(["%s"] * len(arguments))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {function}({marks})", arguments)  # noqa: S608  # our own functions
        return Answer(*cursor.fetchone())
