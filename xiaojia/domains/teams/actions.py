"""Writes of teams: tenures begin and end."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from xiaojia.domains.teams.access import MAY
from xiaojia.domains.teams.models import Tenure
from xiaojia.kernel import audit
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import WIDE_ROLES, Actor
from xiaojia.kernel.refusals import Refused


class SeatTaken(Refused):
    """The micro-grid has a head on one of these days, or this person already heads another."""


def open_desk(*, account_id: int, community_id: int, role: str, on: date) -> Tenure:
    """The first wide tenure of a community, given by the operator's command before any desk exists."""
    if role not in WIDE_ROLES:
        raise ValueError(f"{role} is not a community-wide role")
    tenure, _is_new = Tenure.objects.get_or_create(
        account_id=account_id, community_id=community_id, role=role, until_on=None, defaults={"from_on": on}
    )
    return tenure


@transaction.atomic
def begin_tenure(
    *, by: Actor, at: datetime, account_id: int, role: str, from_on: date, microgrid_id: int | None = None
) -> Tenure:
    """Let an account serve in a role from a day; heads, stewards and volunteers serve one micro-grid."""
    require(MAY, "begin_tenure", by, by.community_id)
    try:
        with transaction.atomic():
            tenure = Tenure.objects.create(
                community_id=by.community_id,
                account_id=account_id,
                role=role,
                microgrid_id=microgrid_id,
                from_on=from_on,
            )
    except IntegrityError as error:
        raise SeatTaken(
            _("这位邻居现在不能当这个小家的家长，因为这个位子有人，或者他已经管着另一个小家；先办交接。")
        ) from error
    audit.record(
        by=by, at=at, verb="begin_tenure", kind="tenure", ids=[tenure.pk],
        detail={"role": role, "from": from_on},
    )  # fmt: skip
    return tenure
