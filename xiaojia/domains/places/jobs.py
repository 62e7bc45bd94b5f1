"""What runs by the clock: sealing the audit trail, delivering messages, counters of limits that ended."""

from __future__ import annotations

from xiaojia.domains.places.queries import communities
from xiaojia.kernel import audit, clock, limits, outbox_delivery
from xiaojia.kernel.actors import Scope
from xiaojia.kernel.jobs import every
from xiaojia.kernel.tenancy import entered


@every("* * * * *", name="seal_audit")
def seal_audit() -> None:
    """One short transaction a community."""
    for community in communities():
        with entered(Scope((community.pk,), is_wide=True)):
            audit.seal(community_id=community.pk, at=clock.now())


@every("* * * * *", name="deliver_messages")
def deliver_messages() -> None:
    """Digests, second tries, and what a dead worker left behind; the rest leaves by itself at once."""
    for community in communities():
        outbox_delivery.deliver_due(community_id=community.pk, at=clock.now())


@every("17 3 * * *", name="purge_messages")
def purge_messages() -> None:
    """Old rows of the outbox, each night."""
    for community in communities():
        outbox_delivery.purge(community_id=community.pk, at=clock.now())


@every("19 3 * * *", name="forget_limits")
def forget_limits() -> None:
    """Counters of all communities together: they say nothing of whom they count."""
    limits.forget_ended(at=clock.now())
