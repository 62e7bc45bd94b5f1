"""The audit trail: one row an action, sealed into one hash chain a community (P08).

Rows are written unchained inside the action's own transaction, so that no lock is shared. A job seals
rows older than the oldest running transaction; `verify` recomputes everything.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from xiaojia.kernel.actors import Actor
from xiaojia.kernel.models import AuditDetail, AuditEntry, AuditSeal

LISTED_IDS: Final = 20
"""Up to so many ids stand in the row itself; a larger set is kept as its hash."""

_CHAIN_START: Final = b"\0" * 32


def record(
    *,
    by: Actor,
    at: datetime,
    verb: str,
    kind: str,
    ids: Iterable[object],
    detail: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Write one audit row (and its erasable detail) into the running transaction.

    `ids` are the primary keys of what was touched; `detail` may hold old and new values.
    """
    salt = os.urandom(16)
    plain = json.loads(json.dumps(dict(detail or {}), cls=DjangoJSONEncoder))
    row = entry(by=by, at=at, verb=verb, kind=kind, ids=ids)
    row.detail_hash = _digest([salt.hex(), plain]) if plain else b""
    row.save(force_insert=True)
    if plain:
        AuditDetail.objects.create(entry=row, community_id=by.community_id, salt=salt, detail=plain)
    return row


def entry(*, by: Actor, at: datetime, verb: str, kind: str, ids: Iterable[object]) -> AuditEntry:
    """The row of `record` without a detail, not yet written: for a hot path that inserts it with others."""
    texts = sorted(str(i) for i in ids)
    return AuditEntry(
        community_id=by.community_id,
        at=at,
        account_id=by.account_id,
        role=by.role,
        verb=verb,
        kind=kind,
        object_ids=texts if len(texts) <= LISTED_IDS else [],
        object_count=len(texts),
        object_hash=_digest(texts),
        detail_hash=b"",
    )


def seal(*, community_id: int, at: datetime, limit: int = 10_000) -> int:
    """Chain up to `limit` finished rows of one community; returns how many. Call inside its scope."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('audit seal'), %s)", [community_id])
    last = AuditSeal.objects.filter(community_id=community_id).order_by("-sequence").first()
    sequence = last.sequence if last else 0
    link = bytes(last.hash) if last else _CHAIN_START
    entries = AuditEntry.objects.filter(community_id=community_id, seal__isnull=True).extra(
        where=["xid < pg_snapshot_xmin(pg_current_snapshot())"]
    )
    links: list[AuditSeal] = []
    for entry in entries.order_by("id")[:limit]:
        sequence += 1
        link = _link(link, sequence, entry)
        links.append(
            AuditSeal(entry=entry, community_id=community_id, sequence=sequence, hash=link, sealed_at=at)
        )
    AuditSeal.objects.bulk_create(links, batch_size=1000)
    return len(links)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with the trail: the entry, or the sequence number where a link is missing."""

    entry_id: int | None
    sequence: int
    what: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state of one community's trail; `head` is the last link, worth writing down on paper."""

    community_id: int
    sealed_count: int
    unsealed_count: int
    oldest_unsealed_at: datetime | None
    head: str
    findings: tuple[Finding, ...]


def verify_chain(community_id: int) -> Verdict:
    """Recompute every link and every detail hash of one community. Call inside its scope."""
    findings: list[Finding] = []
    link, expected = _CHAIN_START, 0
    seals = AuditSeal.objects.filter(community_id=community_id).order_by("sequence")
    for row in seals.select_related("entry", "entry__detail").iterator(chunk_size=2000):
        expected += 1
        if row.sequence != expected:
            findings.append(Finding(None, expected, "links are missing before this entry"))
            expected = row.sequence
            link = bytes(row.hash)
            continue
        if _link(link, row.sequence, row.entry) != bytes(row.hash):
            findings.append(Finding(row.entry_id, row.sequence, "the entry was altered after it was sealed"))
        elif not _detail_holds(row.entry):
            findings.append(Finding(row.entry_id, row.sequence, "the detail was altered"))
        link = bytes(row.hash)
    unsealed = AuditEntry.objects.filter(community_id=community_id, seal__isnull=True)
    oldest = unsealed.order_by("at").values_list("at", flat=True).first()
    return Verdict(community_id, expected, unsealed.count(), oldest, link.hex()[:16], tuple(findings))


def _detail_holds(entry: AuditEntry) -> bool:
    """An erased detail is fine; a changed one is not."""
    detail: AuditDetail | None = getattr(entry, "detail", None)
    if detail is None:
        return True
    return _digest([bytes(detail.salt).hex(), detail.detail]) == bytes(entry.detail_hash)


def _link(previous: bytes, sequence: int, entry: AuditEntry) -> bytes:
    """SHA-256 over the previous link and every column of the entry in a fixed order."""
    return _digest(
        [
            previous.hex(),
            sequence,
            entry.pk,
            entry.community_id,
            int(entry.at.timestamp() * 1_000_000),
            entry.account_id,
            entry.role,
            entry.verb,
            entry.kind,
            entry.object_ids,
            entry.object_count,
            bytes(entry.object_hash).hex(),
            bytes(entry.detail_hash).hex(),
        ]
    )


def _digest(value: object) -> bytes:
    text = json.dumps(value, cls=DjangoJSONEncoder, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()
