"""Names and phones of those who said it are opened one case at a time, and leave a note."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from xiaojia.domains.cases.access import MAY, visible_cases, visible_reporters
from xiaojia.domains.cases.queries.reporters import HeardFrom, heard_from
from xiaojia.domains.people.actions import log_view
from xiaojia.kernel import audit
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import NotAllowed


@transaction.atomic
def open_reporters(*, by: Actor, at: datetime, case_id: UUID) -> list[HeardFrom]:
    """Names and phones in full, for the desks and for whoever has the case in hand."""
    require(MAY, "open_reporters", by, by.community_id)
    case = visible_cases(by).filter(pk=case_id).first()
    if case is None or not (by.scope.is_wide or case.handler_id == by.account_id):
        raise NotAllowed(_("谁说的现在看不了，因为这件事不在您手上；要联系，请专干来打电话。"))
    audit.record(by=by, at=at, verb="open_reporters", kind="case", ids=[case.pk])
    if case.household_id is not None:
        log_view(viewer=by, at=at, reason="case", screen="reporters", household_ids=[case.household_id])
    return heard_from(visible_reporters(by).filter(case_id=case_id), is_opened=True)
