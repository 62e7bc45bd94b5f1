"""Vacancies follow tenures and micro-grids: every day of a seat is held by somebody or told by a record."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Q

from xiaojia.domains.microgrids.queries import Lifetime, lifetimes
from xiaojia.domains.teams.access import MAY, visible_tenures, visible_vacancies
from xiaojia.domains.teams.models import Designation, Tenure, Vacancy
from xiaojia.domains.teams.rules import MOST_VACANT_DAYS, SEATS, Span, gaps
from xiaojia.kernel import audit, clock
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor, Scope


def clockwork(community_id: int) -> Actor:
    """Whoever acts when a date arrives and nobody presses anything: account 0 in the audit trail."""
    return Actor(
        account_id=0, role="secretary", community_id=community_id, scope=Scope((community_id,), is_wide=True)
    )


def lock_seats(community_id: int) -> None:
    """Hold the seats of a community until the transaction ends: counting and filling is one step."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('seats'), %s)", [community_id])


@transaction.atomic
def settle_seats(*, by: Actor, at: datetime) -> int:
    """Bring all vacancies of the community to what tenures and micro-grids say; returns how many changed.

    Tenures in a micro-grid that ended end with it. Called by the clock every few minutes, and by hand.
    Vacancies empty for more than 15 days are marked as escalated, once.
    """
    require(MAY, "settle_seats", by, by.community_id)
    lock_seats(by.community_id)
    changed = settle(by=by, at=at) + escalate(by=by, at=at)
    if changed:
        audit.record(
            by=by, at=at, verb="settle_seats", kind="vacancy", ids=[by.community_id], detail={"n": changed}
        )
    return changed


def settle(*, by: Actor, at: datetime, microgrid_ids: Collection[int] | None = None) -> int:
    """Recompute vacancies (of some micro-grids) inside the caller's transaction; returns how many changed."""
    lives = [m for m in lifetimes(viewer=by) if microgrid_ids is None or m.microgrid_id in microgrid_ids]
    changed = _end_with_their_microgrids(lives, by=by, at=at)
    tenures: dict[tuple[int, str], list[Tenure]] = {}
    ids = [m.microgrid_id for m in lives]
    for tenure in visible_tenures(by).filter(microgrid_id__in=ids, role__in=SEATS, is_acting=False):
        tenures.setdefault((tenure.microgrid_id or 0, tenure.role), []).append(tenure)
    known: dict[tuple[int, str], list[Vacancy]] = {}
    for vacancy in visible_vacancies(by).filter(microgrid_id__in=ids):
        known.setdefault((vacancy.microgrid_id, vacancy.role), []).append(vacancy)
    fresh: list[Vacancy] = []
    for life in lives:
        for role in SEATS:
            seat = (life.microgrid_id, role)
            made, count = _settle_seat(life, role, tenures.get(seat, ()), known.get(seat, ()))
            fresh += made
            changed += count
    for vacancy in fresh:
        vacancy.community_id = by.community_id
    Vacancy.objects.bulk_create(fresh)
    return changed + len(fresh)


def _end_with_their_microgrids(lives: Iterable[Lifetime], *, by: Actor, at: datetime) -> int:
    """Nobody serves a micro-grid that is gone; a tenure that was to begin later never begins."""
    count = 0
    for life in lives:
        if life.until_on is None:
            continue
        rows = visible_tenures(by).filter(microgrid_id=life.microgrid_id)
        for tenure in rows.filter(Q(until_on__isnull=True) | Q(until_on__gt=life.until_on)):
            tenure.until_on = max(life.until_on, tenure.from_on)
            tenure.save(update_fields=["until_on"])
            Designation.objects.filter(tenure=tenure).update(end_reason="microgrid_ended", ended_at=at)
            count += 1
    return count


def _settle_seat(
    life: Lifetime, role: str, tenures: Iterable[Tenure], known: Iterable[Vacancy]
) -> tuple[list[Vacancy], int]:
    """New vacancies of one seat, and how many known ones were changed or taken away."""
    begins = {t.from_on: t for t in tenures}
    spans: list[Span] = []
    if life.until_on is None or life.until_on > life.since_on:
        spans = gaps((life.since_on, life.until_on), [(t.from_on, t.until_on) for t in begins.values()])
    here = {v.opened_on: v for v in known}
    changed, fresh = 0, []
    for opened_on in sorted(set(here) - {span[0] for span in spans}):
        here.pop(opened_on).delete()
        changed += 1
    # Shorter ones first: a stretch must not reach into the next before that one has moved.
    for opened_on, closed_on in spans:
        closer = begins.get(closed_on) if closed_on else None
        vacancy = here.get(opened_on)
        if vacancy is None:
            fresh.append(
                Vacancy(
                    microgrid_id=life.microgrid_id, role=role, opened_on=opened_on, closed_on=closed_on,
                    closed_by=closer,
                )
            )  # fmt: skip
        elif (vacancy.closed_on, vacancy.closed_by_id) != (closed_on, closer.pk if closer else None):
            vacancy.closed_on, vacancy.closed_by = closed_on, closer
            vacancy.save(update_fields=["closed_on", "closed_by"])
            changed += 1
    return fresh, changed


def escalate(*, by: Actor, at: datetime) -> int:
    """Mark vacancies that have been open for more than 15 days; the secretary's sheet lists them."""
    today: date = clock.today(at)
    late = visible_vacancies(by).filter(
        Q(closed_on__isnull=True) | Q(closed_on__gt=F("opened_on") + timedelta(days=MOST_VACANT_DAYS + 1)),
        opened_on__lt=today - timedelta(days=MOST_VACANT_DAYS),
        escalated_at__isnull=True,
    )
    return late.update(escalated_at=at)
