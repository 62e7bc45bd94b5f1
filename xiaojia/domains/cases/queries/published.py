"""Reads for everybody: published copies only, no viewer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from xiaojia.domains.cases.models import DutyPhone, PublicCase, PublicService
from xiaojia.kernel.actors import Actor


@dataclass(frozen=True, slots=True)
class PublicWanted:
    """What a program asks for; `case_ids` override the rest. `is_closed` None: both."""

    case_ids: Sequence[UUID] | None = None
    service_codes: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    is_closed: bool | None = None
    first: int = 0
    most: int = 1000


def public_service(code: str) -> PublicService | None:
    """The open service of a jurisdiction; of the only one if none is named (one query)."""
    if code:
        return PublicService.objects.filter(code=code).first()
    some = list(PublicService.objects.order_by("code")[:2])
    return some[0] if len(some) == 1 else None


def service_of(*, viewer: Actor) -> PublicService | None:
    """The public service of the viewer's own community, while it is open (one query)."""
    return PublicService.objects.filter(community_id=viewer.community_id).first()


def public_services() -> QuerySet[PublicService]:
    """All communities that opened their public service."""
    return PublicService.objects.order_by("code")


def public_cases(wanted: PublicWanted, *, community_id: int) -> list[PublicCase]:
    """Published cases of one community, the newest first (one query)."""
    cases = PublicCase.objects.filter(community_id=community_id)
    if wanted.case_ids is not None:
        cases = cases.filter(pk__in=wanted.case_ids)
    else:
        if wanted.service_codes:
            cases = cases.filter(service_code__in=wanted.service_codes)
        if wanted.since is not None:
            cases = cases.filter(requested_at__gte=wanted.since)
        if wanted.until is not None:
            cases = cases.filter(requested_at__lte=wanted.until)
        if wanted.is_closed is not None:
            cases = cases.filter(is_closed=wanted.is_closed)
    return list(cases.order_by("-requested_at", "pk")[wanted.first : wanted.first + wanted.most])


def duty_phone(community_id: int) -> str:
    """The phone that somebody answers at night; empty where none was written down (one query)."""
    row = DutyPhone.objects.filter(community_id=community_id).first()
    return row.phone if row else ""
