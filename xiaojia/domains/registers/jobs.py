"""Long work on a register: reading, dry run, commit, each one transaction (decision 0005); and letting go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse

from xiaojia.domains.places.queries import communities
from xiaojia.domains.registers import actions
from xiaojia.domains.registers.models import Register
from xiaojia.kernel import clock
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.jobs import every
from xiaojia.kernel.tenancy import entered
from xiaojia.kernel.work import Progress, Result, work


def _page(payload: Mapping[str, Any]) -> str:
    return reverse("registers:one", args=[payload["register_id"]])


def _with_its_page(
    action: Callable[..., Register], actor: Actor, payload: Mapping[str, Any], progress: Progress
) -> Result:
    action(by=actor, at=clock.now(), register_id=UUID(payload["register_id"]), progress=progress)
    return {"register_id": payload["register_id"], "where_url": _page(payload)}


@work("register_read", page=_page)
def read(actor: Actor, payload: Mapping[str, Any], progress: Progress) -> Result:
    """Read a workbook that was just dropped."""
    return _with_its_page(actions.read_register, actor, payload, progress)


@work("register_check", page=_page)
def check(actor: Actor, payload: Mapping[str, Any], progress: Progress) -> Result:
    """Hold a read workbook against the community."""
    return _with_its_page(actions.check_register, actor, payload, progress)


@work("register_commit", page=_page)
def commit(actor: Actor, payload: Mapping[str, Any], progress: Progress) -> Result:
    """Take a checked workbook over."""
    return _with_its_page(actions.commit_register, actor, payload, progress)


@every("23 3 * * *", name="forget_staged_rows")
def forget_staged_rows() -> None:
    """Each night: registers that nobody went on with for a month let go of the names that they hold."""
    for community in communities():
        by = Actor.for_job(community_id=community.pk, role="secretary", account_id=0)
        with entered(by.scope):
            actions.forget_abandoned(by=by, at=clock.now())
