"""Nightly: what sign-ins leave behind, and views that are older than their purpose."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from xiaojia.domains.people.accounts import sign_ins
from xiaojia.domains.people.forgetting import forget_views as forget
from xiaojia.domains.places.queries import communities
from xiaojia.kernel import clock
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.jobs import every
from xiaojia.kernel.tenancy import entered


@every("23 3 * * *", name="purge_sign_ins")
def purge_sign_ins() -> None:
    """Sign-ins, codes and sessions that are over."""
    sign_ins.purge(at=clock.now(), life=timedelta(seconds=settings.SESSION_COOKIE_AGE))


@every("43 3 * * *", name="forget_views")
def forget_views() -> None:
    """One short transaction a community."""
    for community in communities():
        by = Actor.for_job(community_id=community.pk, role="secretary", account_id=0)
        with entered(by.scope):
            forget(by=by, at=clock.now())
