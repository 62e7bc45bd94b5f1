"""Casekinds are data with versions: a changed limit holds for what is reported from then on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from xiaojia.domains.cases.access import MAY, living_casekinds
from xiaojia.domains.cases.actions.publishing import refresh_services
from xiaojia.domains.cases.casekinds import KINDS, KindRow
from xiaojia.domains.cases.models import Casekind
from xiaojia.engines.clocks import Limit
from xiaojia.kernel import audit
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused


@transaction.atomic
def open_casekinds(*, by: Actor, at: datetime, on: date, rows: Iterable[KindRow] = KINDS) -> int:
    """Give a community the kinds that it does not have yet; returns how many came."""
    require(MAY, "change_casekind", by, by.community_id)
    known = set(living_casekinds(by).values_list("standard", "kind", "code"))
    fresh = [
        Casekind(
            community_id=by.community_id, standard=r.standard, kind=r.kind, code=r.code, name=r.name,
            group=r.group, limit_amount=r.limit.amount, limit_unit=r.limit.unit.value,
            national_code=r.national_code, is_public=r.is_public, is_confidential=r.is_confidential,
            is_danger=r.is_danger, valid_from_on=on,
        )
        for r in rows
        if (r.standard, r.kind, r.code) not in known
    ]  # fmt: skip
    Casekind.objects.bulk_create(fresh)
    refresh_services(by=by, at=at)
    audit.record(by=by, at=at, verb="open_casekinds", kind="casekind", ids=[k.pk for k in fresh])
    return len(fresh)


@transaction.atomic
def change_casekind(*, by: Actor, at: datetime, on: date, casekind_id: int, limit: Limit) -> Casekind:
    """Another limit from `on`: the old version ends there; cases that run keep their promise."""
    require(MAY, "change_casekind", by, by.community_id)
    old = living_casekinds(by).select_for_update().filter(pk=casekind_id).first()
    if old is None:
        raise Refused(_("时限没有改，因为这一类刚刚有人改过；看一眼现在是多久，再改。"))
    if old.valid_from_on == on:
        old.limit_amount, old.limit_unit = limit.amount, limit.unit.value
        old.save(update_fields=["limit_amount", "limit_unit"])
        new = old
    else:
        old.valid_until_on = on
        old.save(update_fields=["valid_until_on"])
        new = Casekind.objects.get(pk=old.pk)
        new.pk, new.valid_from_on, new.valid_until_on = None, on, None
        new.limit_amount, new.limit_unit = limit.amount, limit.unit.value
        new.save(force_insert=True)
    refresh_services(by=by, at=at)
    audit.record(
        by=by, at=at, verb="change_casekind", kind="casekind", ids=[new.pk],
        detail={"code": new.code, "limit": [limit.amount, limit.unit.value]},
    )  # fmt: skip
    return new
