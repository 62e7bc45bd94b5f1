"""What was said is let go once its purpose is over (P10); what was done, and when, stays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from xiaojia.domains.cases.models import Case, Casestep, PublicCase, Reporter
from xiaojia.domains.cases.queries.retention import forgettable
from xiaojia.kernel import audit
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.together import insert_many

AT_A_TIME: Final = 500
"""Cases in one transaction of the night."""
STAFF_WORDS: Final = ("media_url",)
"""Details of a step that came from whoever said it."""


@transaction.atomic
def forget_cases(*, by: Actor, at: datetime) -> list[UUID]:
    """Empty texts, places and reporters of what `forgettable` lists; returns those ids, `AT_A_TIME` at most.

    `by` is the clockwork of one community in a wide scope. States, dates, kinds and results stay.
    """
    ids = forgettable(viewer=by, at=at)[:AT_A_TIME]
    if not ids:
        return []
    Case.objects.filter(pk__in=ids).update(text="", place_text="", household_id=None)
    Reporter.objects.filter(case__in=ids).update(name="", phone_sealed=b"", phone_index=b"", text="")
    PublicCase.objects.filter(pk__in=ids).update(description="", address="", latitude=None, longitude=None)
    _empty_steps(ids)
    audit.record(by=by, at=at, verb="forget_cases", kind="case", ids=ids)
    return ids


def _empty_steps(ids: Sequence[UUID]) -> None:
    """A step cannot be changed, so it goes and comes back under its own id without its words."""
    steps = list(Casestep.objects.filter(case__in=ids))
    said = [s for s in steps if s.text or any(word in s.detail for word in STAFF_WORDS)]
    Casestep.objects.filter(pk__in=[s.pk for s in said]).delete()
    for step in said:
        step.text = ""
        step.detail = {k: v for k, v in step.detail.items() if k not in STAFF_WORDS}
    insert_many(said)
