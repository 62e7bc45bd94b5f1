"""Planning as long work: the worker divides the register in both scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xiaojia.domains.microgrids.actions import propose_change, propose_partition, propose_partitions
from xiaojia.kernel import clock
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.work import Progress, work


@work("plan", page=lambda _payload: "/microgrids/plans/")
def plan(actor: Actor, payload: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    """One button, both scenarios; or one scenario by itself."""
    scenario = str(payload.get("scenario", ""))
    if scenario:
        only = propose_partition(
            by=actor, at=clock.now(), scenario=scenario, seed=int(payload.get("seed", 1))
        )
        return {"partition_ids": [only.pk], "where_url": "/microgrids/plans/"}
    made = propose_partitions(by=actor, at=clock.now(), seed=int(payload.get("seed", 1)), progress=progress)
    return {"partition_ids": [p.pk for p in made], "where_url": "/microgrids/plans/"}


@work("change", page=lambda _payload: "/microgrids/change/")
def change(actor: Actor, _payload: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    """Two ways to settle what changed in the register."""
    made = propose_change(by=actor, at=clock.now(), progress=progress)
    return {"partition_ids": [p.pk for p in made], "where_url": "/microgrids/change/"}
