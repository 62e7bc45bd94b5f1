"""Long work on a register: reading, the dry run, the commit. Each is one transaction (decision 0005)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse

from xiaojia.domains.registers import actions
from xiaojia.domains.registers.models import Register
from xiaojia.kernel import clock
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.work import Progress, Result, work


def _with_its_page(
    action: Callable[..., Register], actor: Actor, payload: Mapping[str, Any], progress: Progress
) -> Result:
    """Both endings, done and refused, lead back to the page of the register."""
    register_id = UUID(payload["register_id"])
    page = reverse("registers:one", args=[register_id])
    try:
        action(by=actor, at=clock.now(), register_id=register_id, progress=progress)
    except Refused as refusal:
        raise Refused(refusal.sentence, where_url=page) from None
    return {"register_id": str(register_id), "where_url": page}


@work("register_read")
def read(actor: Actor, payload: Mapping[str, Any], progress: Progress) -> Result:
    """Read a workbook that was just dropped."""
    return _with_its_page(actions.read_register, actor, payload, progress)


@work("register_check")
def check(actor: Actor, payload: Mapping[str, Any], progress: Progress) -> Result:
    """Hold a read workbook against the community."""
    return _with_its_page(actions.check_register, actor, payload, progress)


@work("register_commit")
def commit(actor: Actor, payload: Mapping[str, Any], progress: Progress) -> Result:
    """Take a checked workbook over."""
    return _with_its_page(actions.commit_register, actor, payload, progress)
