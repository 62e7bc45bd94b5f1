"""The clock stands at the edge: views, jobs and commands read it, actions get `at`."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone


def now() -> datetime:
    """The present moment, aware."""
    return timezone.now()


def today(at: datetime | None = None) -> date:
    """The calendar day of `at` (or of now) in the community's own time zone."""
    return timezone.localtime(at or now()).date()
