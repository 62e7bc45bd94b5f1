"""A plan becomes what holds: identities inherited, memberships closed and opened, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from xiaojia.domains.microgrids.access import MAY, visible_partitions
from xiaojia.domains.microgrids.actions.adjusting import draft
from xiaojia.domains.microgrids.actions.measuring import Piece, pieces_of, shared_households, sizes_now
from xiaojia.domains.microgrids.models import Cluster, Membership, MicroGrid, Partition, PlanException
from xiaojia.domains.microgrids.queries import lived_in, standings, unit_rows
from xiaojia.domains.microgrids.queries.register import DOORS_SQL
from xiaojia.domains.microgrids.rules import fingerprint, inherited
from xiaojia.domains.places.queries import lock_register
from xiaojia.kernel import audit, clock
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused


class RegisterChanged(Refused):
    """The register is not the one the plan was made for."""


class ExceptionsOpen(Refused):
    """Some exception has no reason yet."""


def check_adoptable(partition: Partition, *, viewer: Actor) -> None:
    """Raise ExceptionsOpen or RegisterChanged with the way out; silent when the plan may be adopted."""
    where = {"where_url": f"/microgrids/plans/{partition.pk}/exceptions/", "where_label": _("去写理由")}
    waiting = PlanException.objects.filter(partition=partition, approved_at__isnull=True)
    numbers = sorted(set(waiting.values_list("cluster__number", flat=True)))
    if numbers:
        listed = "、".join(_("%(n)s 号") % {"n": n} for n in numbers[:5]) + (
            _("等") if len(numbers) > 5 else ""
        )
        raise ExceptionsOpen(
            _("%(label)s现在采用不了，因为 %(listed)s 小家还没写理由；一处一处写好，再来采用。")
            % {"label": partition.label, "listed": listed},
            **where,
        )
    change = register_change(partition, viewer=viewer)
    if change:
        raise RegisterChanged(
            _("%(label)s现在采用不了，因为划好以后住户表变了：%(change)s；重新划一划，再采用新方案。")
            % {"label": partition.label, "change": change},
            where_url="/microgrids/plans/",
            where_label=_("去重新划"),
        )


def register_change(partition: Partition, *, viewer: Actor) -> str:
    """What changed in the register since the plan was made, in words; '' when nothing did."""
    rows = lived_in(unit_rows(viewer=viewer))
    if fingerprint(rows) == partition.register_fingerprint:
        return ""
    planned: dict[int, int] = {}
    for unit_id, count in partition.parts.values_list("unit_id", "household_count"):
        planned[unit_id] = planned.get(unit_id, 0) + count
    found = []
    for row in rows:
        if row.unit_id not in planned:
            found.append(_("%(unit)s 是新的，%(n)s 户") % {"unit": row.address, "n": row.household_count})
        elif planned[row.unit_id] != row.household_count:
            found.append(
                _("%(unit)s 从 %(before)s 户变成 %(now)s 户")
                % {"unit": row.address, "before": planned[row.unit_id], "now": row.household_count}
            )
    gone = len(set(planned) - {r.unit_id for r in rows})
    if gone:
        found.append(_("有 %(n)s 个单元没有人住了") % {"n": gone})
    if not found:
        return _("楼的位置或楼层改过")
    rest = len(found) - 3
    return "，".join(found[:3]) + (_("，还有 %(n)s 处") % {"n": rest} if rest > 0 else "")


@transaction.atomic
def adopt_partition(
    *, by: Actor, at: datetime, partition_id: int, from_on: date, seen_revision: int | None = None
) -> Partition:
    """Let a plan hold from a day, today or later. Every present household is then in exactly one micro-grid.

    Micro-grids inherit by most shared households, at least half (`rules.inherited`); the others end that
    day. Plans that were to begin on that day or later never begin. Needs every exception accepted and the
    register unchanged. One transaction; two people at once: the second meets an adopted plan.
    """
    require(MAY, "adopt_partition", by, by.community_id)
    lock_register(community_id=by.community_id)
    list(visible_partitions(by).select_for_update().filter(state=Partition.State.ADOPTED))
    partition = draft(by, partition_id, seen_revision=seen_revision)
    today = clock.today(at)
    if from_on < today:
        raise Refused(
            _("不能从%(day)s算起，因为那天已经过去了；从今天或者以后的一天算起。")
            % {"day": f"{from_on.month}月{from_on.day}日"}
        )
    check_adoptable(partition, viewer=by)
    _inherit(partition, by=by, on=from_on)
    counts = _settle_memberships(partition, from_on)
    _check_nobody_is_outside(partition, from_on)
    Partition.objects.filter(
        Q(until_on__isnull=True) | Q(until_on__gt=from_on),
        community_id=by.community_id,
        adopted_on__lt=from_on,
    ).exclude(pk=partition.pk).update(state=Partition.State.SUPERSEDED, until_on=from_on)
    for overtaken in Partition.objects.filter(community_id=by.community_id, adopted_on__gte=from_on):
        overtaken.state, overtaken.until_on = Partition.State.SUPERSEDED, overtaken.adopted_on
        overtaken.save(update_fields=["state", "until_on"])
    partition.state, partition.adopted_on = Partition.State.ADOPTED, from_on
    partition.save(update_fields=["state", "adopted_on"])
    audit.record(
        by=by, at=at, verb="adopt_partition", kind="partition", ids=[partition.pk],
        detail={"from": from_on, **counts, **partition.totals},
    )  # fmt: skip
    return partition


def _inherit(partition: Partition, *, by: Actor, on: date) -> None:
    """Give every cluster its micro-grid: an inherited one, or a new one with a free number."""
    now = standings(viewer=by, on=on)
    kept = inherited(shared_households(pieces_of(partition), now), sizes_now(now))
    clusters = list(partition.clusters.filter(parts__isnull=False).distinct().order_by("number"))
    alive = {m.pk: m for m in MicroGrid.objects.filter(community_id=partition.community_id)}
    _retire(alive, set(kept.values()), on)
    for cluster in clusters:
        cluster.microgrid_id = kept.get(cluster.pk)
    taken = {alive[m].number for m in kept.values()}
    for cluster in clusters:
        if cluster.microgrid_id is None:
            number = cluster.number
            if number in taken:
                number = next(n for n in range(1, len(taken) + len(clusters) + 1) if n not in taken)
            taken.add(number)
            cluster.microgrid = MicroGrid.objects.create(
                community_id=partition.community_id, number=number, since_on=on
            )
        else:
            cluster.microgrid = alive[cluster.microgrid_id]
    _renumber(clusters, {c.pk: c.microgrid.number for c in clusters if c.microgrid})


def _retire(alive: dict[int, MicroGrid], kept: set[int], on: date) -> None:
    """Micro-grids that nobody inherits end on that day; one that was to begin later never begins."""
    for pk, microgrid in alive.items():
        is_alive = microgrid.until_on is None or microgrid.until_on > on
        if pk not in kept and is_alive:
            microgrid.until_on = max(on, microgrid.since_on)
            microgrid.save(update_fields=["until_on"])
    for pk in kept:
        if alive[pk].until_on is not None:
            alive[pk].until_on = None
            alive[pk].save(update_fields=["until_on"])


def _renumber(clusters: Sequence[Cluster], numbers: dict[int, int]) -> None:
    """Show the lasting numbers on the adopted map; first out of the way, then in: numbers are unique."""
    everyone = Cluster.objects.filter(partition_id=clusters[0].partition_id)
    far = max([*everyone.values_list("number", flat=True), *numbers.values()]) + 1
    everyone.update(number=F("number") + far)
    for cluster in clusters:
        cluster.number = numbers[cluster.pk]
    Cluster.objects.bulk_update(clusters, ["number", "microgrid"])


_HOMES_SQL = f"WITH {DOORS_SQL} SELECT household_id, unit_id, floor FROM home"  # noqa: S608  # our own text


def _settle_memberships(partition: Partition, on: date) -> dict[str, Any]:
    """Forget what never began, close, keep, open: a few statements for any number of households.

    Matched here and not by joins: behind row-level security PostgreSQL expects one row of each table, and
    its nested loops over a whole community take seconds.
    """
    community_id = partition.community_id
    target = _target(partition)
    with connection.cursor() as cursor:
        forgotten, reopened, left, staying = _compared(community_id, target, on)
        joined = sorted(target.keys() - staying)
        cursor.execute("DELETE FROM microgrids_membership WHERE id = ANY(%s)", [forgotten])
        cursor.execute("UPDATE microgrids_membership SET until_on = NULL WHERE id = ANY(%s)", [reopened])
        cursor.execute("UPDATE microgrids_membership SET until_on = %s WHERE id = ANY(%s)", [on, left])
        cursor.execute(
            "INSERT INTO microgrids_membership"
            " (community_id, household_id, microgrid_id, partition_id, from_on)"
            " SELECT %s, t.household_id, t.microgrid_id, %s, %s"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS t(household_id, microgrid_id)",
            [community_id, partition.pk, on, joined, [target[h] for h in joined]],
        )
    return {"stayed": len(staying), "left": len(left), "joined": len(joined)}


def _target(partition: Partition) -> dict[int, int]:
    """The micro-grid of every present household by this plan (three queries)."""
    belongs = dict(partition.clusters.values_list("pk", "microgrid_id"))
    by_unit: dict[int, list[Piece]] = {}
    for piece in pieces_of(partition):
        by_unit.setdefault(piece.unit_id, []).append(piece)
    found: dict[int, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(_HOMES_SQL, {"community_id": partition.community_id})
        for household_id, unit_id, floor in cursor.fetchall():
            for piece in by_unit.get(unit_id, ()):
                if piece.floor_to == 0 or piece.floor_from <= floor <= piece.floor_to:
                    found[household_id] = belongs[piece.cluster] or 0
    return found


def _compared(
    community_id: int, target: Mapping[int, int], on: date
) -> tuple[list[int], list[int], list[int], set[int]]:
    """Memberships to forget, to reopen and to close, by id; and the households that stay where they are."""
    rows = Membership.objects.filter(community_id=community_id).filter(
        Q(from_on__gte=on) | Q(until_on__isnull=True) | Q(until_on__gt=on)
    )
    forgotten, reopened, left, staying = [], [], [], set()
    for pk, household_id, microgrid_id, from_on, until_on in rows.values_list(
        "pk", "household_id", "microgrid_id", "from_on", "until_on"
    ):
        is_right = target.get(household_id) == microgrid_id
        if from_on > on or (from_on == on and not is_right):
            forgotten.append(pk)
        elif until_on is not None and until_on <= on:
            continue
        elif is_right:
            staying.add(household_id)
            reopened += [] if until_on is None else [pk]
        else:
            left.append(pk)
    return forgotten, reopened, left, staying


def _check_nobody_is_outside(partition: Partition, on: date) -> None:
    """A check of our own promise, inside the transaction: nobody stands outside."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM people_household h WHERE h.community_id = %s AND h.until_on IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM microgrids_membership m WHERE m.household_id = h.id"
            " AND m.from_on <= %s AND m.until_on IS NULL)",
            [partition.community_id, on],
        )
        outside = cursor.fetchone()[0]
    if outside:
        raise RegisterChanged(
            _("%(label)s现在采用不了，因为有 %(n)s 户不在任何小家里；重新划一划，再采用新方案。")
            % {"label": partition.label, "n": outside}
        )
