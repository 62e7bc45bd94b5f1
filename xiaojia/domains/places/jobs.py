"""The sealing of every community's audit trail, each minute."""

from __future__ import annotations

from xiaojia.domains.places.queries import communities
from xiaojia.kernel import audit, clock
from xiaojia.kernel.actors import Scope
from xiaojia.kernel.jobs import every
from xiaojia.kernel.tenancy import entered


@every("* * * * *", name="seal_audit")
def seal_audit() -> None:
    """One short transaction a community."""
    for community in communities():
        with entered(Scope((community.pk,), is_wide=True)):
            audit.seal(community_id=community.pk, at=clock.now())
