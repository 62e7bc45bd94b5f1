"""Papers of the office: corrections that wait for a second person, and notices of points that end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from xiaojia.domains.ledger.access import MAY, visible_corrections, visible_transactions
from xiaojia.domains.ledger.models import Correction, Expirynotice, Transaction
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor


@dataclass(frozen=True, slots=True)
class Notice:
    """What stands on a notice: whose, how many points, from which day on they are gone."""

    notice_id: int
    name: str
    points: int
    expires_on: date
    handed_on: date | None


def open_corrections(*, viewer: Actor) -> list[Correction]:
    """Corrections that were asked for and not settled, the oldest first (one query)."""
    require(MAY, "settle_correction", viewer, viewer.community_id)
    rows = visible_corrections(viewer).filter(decided_at__isnull=True)
    return list(rows.select_related("transaction__account__member").order_by("asked_at", "id"))


def award_shown(transaction_id: int, *, viewer: Actor) -> Transaction | None:
    """One award with its wallet's member (one query)."""
    require(MAY, "ask_correction", viewer, viewer.community_id)
    rows = visible_transactions(viewer).filter(pk=transaction_id, kind="award", refusal="")
    return rows.select_related("account__member", "rule_version").first()


def notices(*, viewer: Actor, only_waiting: bool = False) -> list[Notice]:
    """Notices that are not settled, in pinyin order (one query)."""
    require(MAY, "hand_notice", viewer, viewer.community_id)
    rows = Expirynotice.objects.filter(community_id__in=viewer.scope.community_ids, settled_at__isnull=True)
    if only_waiting:
        rows = rows.filter(handed_on__isnull=True)
    return [
        Notice(row.pk, row.account.member.name if row.account.member else "", row.points, row.expires_on,
               row.handed_on)
        for row in rows.select_related("account__member").order_by("account__member__sort_key", "pk")
    ]  # fmt: skip
