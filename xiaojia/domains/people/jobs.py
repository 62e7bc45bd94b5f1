"""Nightly: what sign-ins leave behind."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from xiaojia.domains.people.accounts import sign_ins
from xiaojia.kernel import clock
from xiaojia.kernel.jobs import every


@every("23 3 * * *", name="purge_sign_ins")
def purge_sign_ins() -> None:
    """Sign-ins, codes and sessions that are over."""
    sign_ins.purge(at=clock.now(), life=timedelta(seconds=settings.SESSION_COOKIE_AGE))
