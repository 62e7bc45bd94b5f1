"""Writes of changes of borders: plan, agree, call off, and carry out when the day has come."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from xiaojia.domains.borders.access import MAY, visible_changes
from xiaojia.domains.borders.models import Borderchange, Bordercompound
from xiaojia.domains.borders.queries import compound_choices, consequences
from xiaojia.domains.borders.rules import LEAST_REASON_LETTERS, MOST_AHEAD_DAYS
from xiaojia.domains.cases import actions as cases
from xiaojia.domains.microgrids import actions as microgrids
from xiaojia.domains.microgrids.queries import sides
from xiaojia.domains.people.crossing import cross_households
from xiaojia.domains.places import actions as places
from xiaojia.domains.places import queries as places_queries
from xiaojia.domains.places.rules import Crossing
from xiaojia.domains.teams import actions as teams
from xiaojia.domains.teams.access import visible_tenures
from xiaojia.kernel import audit, clock
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor, Scope
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered


@dataclass(frozen=True, slots=True)
class Border:
    """What is asked: which compounds go where, from which day, and why."""

    compound_ids: tuple[int, ...]
    to_community_id: int
    from_on: date
    reason: str
    document_number: str = ""


@transaction.atomic
def plan_change(*, by: Actor, at: datetime, border: Border) -> Borderchange:
    """Write down that compounds go to another community from a day. Nothing moves before the second yes.

    PostgreSQL decides who was first when two plans name one compound.
    """
    require(MAY, "plan_change", by, by.community_id)
    check_border(by=by, at=at, border=border)
    choices = {pk: (name, count) for pk, name, count in compound_choices(viewer=by)}
    on = clock.today(at)
    told = consequences(viewer=by, compound_ids=border.compound_ids, on=on)
    sides_of_it = {"community_id": by.community_id, "to_community_id": border.to_community_id}
    change = Borderchange.objects.create(
        **sides_of_it, from_on=border.from_on, reason=border.reason.strip(),
        document_number=border.document_number.strip(), told=told.as_dict(), planned_at=at,
        planned_by_id=by.account_id,
    )  # fmt: skip
    try:
        with transaction.atomic():
            Bordercompound.objects.bulk_create(
                Bordercompound(
                    **sides_of_it, change=change, compound_id=pk, name=choices[pk][0],
                    household_count=choices[pk][1],
                )
                for pk in sorted(set(border.compound_ids))
            )  # fmt: skip
    except IntegrityError as error:
        raise Refused(
            _("没有写下，因为其中有个院子已经在另一份计划里；先看那一份，或者先不办那一份。")
        ) from error
    audit.record(
        by=by, at=at, verb="plan_change", kind="borderchange", ids=[change.pk],
        detail={"to": border.to_community_id, "from": border.from_on, "compounds": border.compound_ids},
    )  # fmt: skip
    return change


def check_border(*, by: Actor, at: datetime, border: Border) -> None:
    """Refuse what cannot be meant, each with its sentence."""
    today = clock.today(at)
    known = {pk for pk, _name, _count in compound_choices(viewer=by)}
    if not border.compound_ids or not set(border.compound_ids) <= known:
        raise Refused(_("没有写下，因为没有选院子，或者选的院子已经不在这里；选好再来。"))
    if border.to_community_id == by.community_id:
        raise Refused(_("没有写下，因为选的就是本社区；选另一个社区再来。"))
    if (
        not places_queries.communities()
        .filter(pk=border.to_community_id, valid_until_on__isnull=True)
        .exists()
    ):
        raise Refused(_("没有写下，因为没有这个社区，或者它已经并走了；请管理员先建社区，再来。"))
    if not today < border.from_on <= today + timedelta(days=MOST_AHEAD_DAYS):
        raise Refused(_("没有写下，因为日子要从明天起、一年以内；改一改再来。"))
    if len(border.reason.strip()) < LEAST_REASON_LETTERS:
        raise Refused(_("没有写下，因为没写为什么调整；写一句，或者写上街道的文件，再来。"))


@transaction.atomic
def agree_to_change(*, by: Actor, at: datetime, change_id: int) -> Borderchange:
    """The second yes, of the other side's secretary, who is not the person who planned it."""
    change = _locked(by, change_id)
    require(MAY, "agree_to_change", by, change.to_community_id)
    if change.planned_by_id == by.account_id:
        raise Refused(_("还没有点头，因为计划就是您写的，要另一个人来点；请另一位书记。"))
    if change.state != "planned":
        raise Refused(_("不用再点头，因为这份计划已经有人点过，或者不办了；看一眼现在到哪了。"))
    if change.from_on < clock.today(at):
        raise Refused(_("不能点头了，因为说好的日子已经过去；请对方另写一份，写一个往后的日子。"))
    change.state, change.agreed_at, change.agreed_by_id = "agreed", at, by.account_id
    change.save(update_fields=["state", "agreed_at", "agreed_by_id"])
    audit.record(by=by, at=at, verb="agree_to_change", kind="borderchange", ids=[change.pk])
    return change


@transaction.atomic
def cancel_change(*, by: Actor, at: datetime, change_id: int) -> Borderchange:
    """Either side calls it off, as long as it was not carried out; its compounds may be planned anew."""
    require(MAY, "cancel_change", by, by.community_id)
    change = _locked(by, change_id)
    if change.state not in ("planned", "agreed"):
        raise Refused(_("停不了，因为这份计划已经办完，或者早就不办了；要改回来，就另写一份。"))
    _end(change, at, "cancelled")
    audit.record(by=by, at=at, verb="cancel_change", kind="borderchange", ids=[change.pk])
    return change


def _locked(by: Actor, change_id: int) -> Borderchange:
    change = visible_changes(by).select_for_update().filter(pk=change_id).first()
    if change is None:
        raise Refused(_("没找到这份计划；回到社区调整那一页再看。"))
    return change


def _end(change: Borderchange, at: datetime, state: str) -> None:
    change.state, change.ended_at = state, at
    change.save(update_fields=["state", "ended_at", "result"])
    change.compounds.update(is_waiting=False)


def carry_out(*, at: datetime, change_id: int, community_id: int, to_community_id: int) -> bool:
    """Do what was agreed, once, in one transaction under the scope of both sides; False if it was done.

    Called by the clock on the day, or once the machine runs again; the day in all rows is the agreed one.
    """
    both = Actor(0, "secretary", community_id, Scope((community_id, to_community_id), is_wide=True))
    with entered(both.scope):
        change = visible_changes(both).select_for_update().filter(pk=change_id, state="agreed").first()
        if change is None or change.from_on > clock.today(at):
            return False
        change.result = _carry(both, at, change)
        _end(change, at, "done")
        for side in (community_id, to_community_id):
            audit.record(
                by=replace(both, community_id=side), at=at, verb="carry_out_change", kind="borderchange",
                ids=[change.pk], detail=change.result,
            )  # fmt: skip
    return True


def _carry(by: Actor, at: datetime, change: Borderchange) -> dict[str, int]:
    """Everything crosses in the order in which it rests on each other; returns counts."""
    crossing = Crossing(change.community_id, change.to_community_id, change.from_on)
    for community_id in sorted((change.community_id, change.to_community_id)):
        places_queries.lock_register(community_id=community_id)
    compound_ids = list(change.compounds.values_list("compound_id", flat=True))
    touched = sides(viewer=by, community_id=change.community_id, compound_ids=compound_ids, on=change.from_on)
    more: dict[str, Any] = {"by": by, "at": at, "crossing": crossing}
    laid = places.cross_places(**more, compound_ids=compound_ids)
    homes = cross_households(**more, units=laid.units)
    grids = microgrids.cross_microgrids(
        **more,
        whole=[s.microgrid_id for s in touched if not s.is_cut],
        cut=[s.microgrid_id for s in touched if s.is_cut],
        across=microgrids.Across(laid.compounds, laid.units, homes),
    )
    tenures = teams.cross_teams(**more, microgrids=grids, buildings=laid.buildings)
    names = dict(places_queries.communities().values_list("pk", "name"))
    moved = cases.cross_cases(
        **more,
        over=cases.Over(laid.buildings, homes, grids, _serving(by, change)),
        from_name=names[change.community_id],
        to_name=names[change.to_community_id],
    )
    return {
        "compounds": len(laid.compounds),
        "buildings": len(laid.buildings),
        "households": len(homes),
        "microgrids": len(grids),
        "cut": sum(s.is_cut for s in touched),
        "tenures": tenures,
        "cases": moved,
    }


def _serving(by: Actor, change: Borderchange) -> Collection[int]:
    """Accounts that serve on the other side from that day."""
    there = visible_tenures(by).filter(community_id=change.to_community_id)
    return set(there.exclude(until_on__lte=change.from_on).values_list("account_id", flat=True))
