"""Time that passes: pauses end, rungs of the ladder are told, mornings say what is due, old photos go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse

from xiaojia.domains.cases import actions
from xiaojia.domains.cases.actions import climbing, importing_later, learning
from xiaojia.domains.cases.actions.clocks import calendar_for
from xiaojia.domains.cases.queries.ladder import ladder
from xiaojia.domains.places.queries import communities
from xiaojia.domains.teams.actions import clockwork
from xiaojia.kernel import clock
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.jobs import every
from xiaojia.kernel.tenancy import entered
from xiaojia.kernel.work import Progress, Result, work


@work(importing_later.KIND, page=lambda _payload: reverse("cases:import"))
def import_cases(actor: Actor, payload: Mapping[str, Any], progress: Progress) -> Result:
    """Take a table of cases over."""
    file_id = UUID(payload["file_id"])
    return importing_later.do_import(by=actor, at=clock.now(), file_id=file_id, progress=progress)


@work(importing_later.CHECK, page=lambda _payload: reverse("cases:import"))
def check_cases(actor: Actor, payload: Mapping[str, Any], progress: Progress) -> Result:
    """Read a table of cases that was just dropped, and change nothing."""
    file_id, name = UUID(payload["file_id"]), payload["name"]
    found = importing_later.do_check(by=actor, at=clock.now(), file_id=file_id, name=name, progress=progress)
    return {**found, "where_url": reverse("cases:import_one", args=[file_id])}


@work(learning.KIND, page=lambda _payload: reverse("cases:learning"))
def learn_kinds(actor: Actor, _payload: Mapping[str, Any], progress: Progress) -> Result:
    """Learn casekinds from what the community confirmed itself."""
    learning.learn(by=actor, at=clock.now(), progress=progress)
    return {"where_url": reverse("cases:learning")}


@every("37 3 * * *", name="forget_photos")
def forget_photos() -> None:
    """One short transaction a community, then its folders."""
    for community in communities():
        by = Actor.for_job(community_id=community.pk, role="secretary", account_id=0)
        with entered(by.scope):
            actions.forget_photos(by=by, at=clock.now())
            importing_later.forget_tables(by=by, at=clock.now())


@every("41 3 * * *", name="forget_cases")
def forget_cases() -> None:
    """One short transaction for some cases, until nothing is left that is kept too long."""
    for community in communities():
        by = Actor.for_job(community_id=community.pk, role="secretary", account_id=0)
        is_left = True
        while is_left:
            with entered(by.scope):
                is_left = bool(actions.forget_cases(by=by, at=clock.now()))


@every("*/2 * * * *", name="climb_ladder")
def climb_ladder() -> None:
    """All communities, one short transaction a rung."""
    for community in communities():
        climb(community.pk, at=clock.now())


def climb(community_id: int, *, at: datetime) -> int:
    """End pauses and tell what is due in one community; returns how many rungs were told."""
    by = clockwork(community_id)
    with entered(by.scope):
        climbing.resume_due(by=by, at=at)
        due = ladder(viewer=by, at=at, calendar=calendar_for(by, at))
    count = 0
    for rung in due.reached:
        with entered(by.scope):
            count += climbing.tell_rung(by=by, at=at, case_id=rung.case_id, percent=rung.percent)
    return count


@every("30 8 * * *", name="tell_mornings")
def tell_mornings() -> None:
    """Before the digest of nine o'clock, so that it goes with it."""
    for community in communities():
        by = clockwork(community.pk)
        with entered(by.scope):
            climbing.tell_mornings(by=by, at=clock.now())
