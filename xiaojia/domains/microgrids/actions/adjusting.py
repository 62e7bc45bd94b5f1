"""By hand: move a unit or floors, take the last step back, accept an exception with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from xiaojia.domains.microgrids.access import MAY, visible_partitions
from xiaojia.domains.microgrids.actions.measuring import remeasure
from xiaojia.domains.microgrids.models import Cluster, Move, Part, Partition, PlanException
from xiaojia.domains.microgrids.rules import LEAST_REASON_LENGTH, NEVER_APPROVED
from xiaojia.kernel import audit, clock
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused


class ChangedMeanwhile(Refused):
    """Somebody else changed the plan after this page was drawn."""


def draft(by: Actor, partition_id: int, *, seen_revision: int | None) -> Partition:
    """A draft of the actor's community, locked; ChangedMeanwhile when it is not the one that was seen."""
    partition = visible_partitions(by).select_for_update().filter(pk=partition_id).first()
    if partition is None:
        raise Refused(_("没找到这个方案；它可能不在您的桌子上。回到方案那一页看看。"))
    if partition.state != Partition.State.DRAFT:
        raise Refused(_("这个方案动不了，因为它已经采用或收起来了；要改，就重新划一划，再调新方案。"))
    if seen_revision is not None and partition.revision != seen_revision:
        raise ChangedMeanwhile(
            _("这一步没有做，因为刚才有人也动了这个方案；现在看到的是新样子，看一眼再做一次。")
        )
    return partition


@transaction.atomic
def move_part(
    *,
    by: Actor,
    at: datetime,
    partition_id: int,
    part_ids: Sequence[int],
    to_cluster_id: int | None,
    seen_revision: int | None = None,
) -> Move:
    """Move whole units or floor blocks to another micro-grid of the plan; None opens a new one.

    Sizes, exceptions and totals follow at once; reasons already written for the touched micro-grids are
    asked for again. A unit of at most 80 households is one part, so it is never cut (R02).
    """
    require(MAY, "move_part", by, by.community_id)
    partition = draft(by, partition_id, seen_revision=seen_revision)
    parts = list(Part.objects.filter(partition=partition, pk__in=part_ids).order_by("id"))
    if not parts or len(parts) != len(set(part_ids)):
        raise Refused(_("没有移，因为没选中这个方案里的单元；在地图上点一个单元再移。"))
    target = _target(partition, to_cluster_id)
    moved = [p for p in parts if p.cluster_id != target.pk]
    if not moved:
        raise Refused(_("没有移，因为它本来就在 %(n)s 号小家；换一个小家再移。") % {"n": target.number})
    last = Move.objects.filter(partition=partition).order_by("-sequence").first()
    touched = {p.cluster_id for p in moved} | {target.pk}
    move = Move.objects.create(
        community_id=by.community_id,
        partition=partition,
        sequence=last.sequence + 1 if last else 1,
        parts=[[p.pk, p.cluster_id] for p in moved],
        to_cluster=target,
        moved_by_id=by.account_id,
        moved_at=at,
    )
    Part.objects.filter(pk__in=[p.pk for p in moved]).update(cluster=target)
    remeasure(partition, viewer=by, on=clock.today(at), touched=touched)
    audit.record(
        by=by, at=at, verb="move_part", kind="part", ids=[p.pk for p in moved],
        detail={
            "partition": partition.pk, "to": target.number,
            "households": sum(p.household_count for p in moved),
        },
    )  # fmt: skip
    return move


def _target(partition: Partition, to_cluster_id: int | None) -> Cluster:
    if to_cluster_id is not None:
        target = Cluster.objects.filter(partition=partition, pk=to_cluster_id).first()
        if target is None:
            raise Refused(_("没有移，因为这个方案里没有那个小家；从单子里另选一个。"))
        return target
    taken = set(Cluster.objects.filter(partition=partition).values_list("number", flat=True))
    number = next(n for n in range(1, len(taken) + 2) if n not in taken)
    return Cluster.objects.create(community_id=partition.community_id, partition=partition, number=number)


@transaction.atomic
def undo_move(*, by: Actor, at: datetime, partition_id: int, seen_revision: int | None = None) -> Move:
    """Take the last move back (撤一步); again for the one before it."""
    require(MAY, "undo_move", by, by.community_id)
    partition = draft(by, partition_id, seen_revision=seen_revision)
    move = Move.objects.filter(partition=partition, undone_at__isnull=True).order_by("-sequence").first()
    if move is None:
        raise Refused(_("没有可以撤的了，因为这个方案还是刚划好的样子；直接接着调就行。"))
    touched = {move.to_cluster_id}
    for part_id, cluster_id in move.parts:
        Part.objects.filter(partition=partition, pk=part_id).update(cluster_id=cluster_id)
        touched.add(cluster_id)
    move.undone_at = at
    move.save(update_fields=["undone_at"])
    remeasure(partition, viewer=by, on=clock.today(at), touched=touched)
    audit.record(
        by=by, at=at, verb="undo_move", kind="part", ids=[part_id for part_id, _cluster in move.parts],
        detail={"partition": partition.pk, "move": move.sequence},
    )  # fmt: skip
    return move


@transaction.atomic
def approve_exception(
    *, by: Actor, at: datetime, exception_id: int, reason: str, seen_revision: int | None = None
) -> PlanException:
    """Accept one exception with a written reason. What only moving puts right cannot be accepted (R02)."""
    require(MAY, "approve_exception", by, by.community_id)
    found = PlanException.objects.filter(pk=exception_id, community_id__in=by.scope.community_ids).first()
    if found is None:
        raise ChangedMeanwhile(
            _("没有记下，因为这一处刚才有人调过，已经不是原来的样子；看一眼新的单子，再写一次。")
        )
    partition = draft(by, found.partition_id, seen_revision=seen_revision)
    exception = PlanException.objects.select_for_update().get(pk=exception_id)
    text = " ".join(reason.split())
    if exception.code in NEVER_APPROVED:
        raise Refused(_("这一处写理由也不行，因为小家不能超过 80 户、小单元不能拆开；移走几户再来。"))
    if len(text) < LEAST_REASON_LENGTH:
        raise Refused(_("没有记下，因为理由还没写清楚；写一句邻居听得懂的话，再点一次。"))
    exception.approved_reason = text
    exception.approved_by_id = by.account_id
    exception.approved_at = at
    exception.save(update_fields=["approved_reason", "approved_by_id", "approved_at"])
    partition.revision += 1
    partition.save(update_fields=["revision"])
    audit.record(
        by=by, at=at, verb="approve_exception", kind="plan_exception", ids=[exception_id],
        detail={"partition": partition.pk, "code": exception.code, "reason": text},
    )  # fmt: skip
    return exception
