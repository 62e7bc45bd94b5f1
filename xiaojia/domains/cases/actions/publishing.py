"""The published copy of cases for Open311, of communities that opened their public service."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import override

from xiaojia.domains.cases.access import MAY, living_casekinds, visible_cases
from xiaojia.domains.cases.models import Case, Casekind, PublicCase, PublicService
from xiaojia.domains.cases.public import is_service, public_place, public_text, service_code, service_row
from xiaojia.domains.cases.rules import OVER, STATE_WORDS, State
from xiaojia.domains.places import queries as places
from xiaojia.kernel import audit
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused

KNOWINGLY_PUBLIC = frozenset({"open311"})
"""Sources whose senders know that everybody can read the text."""


@transaction.atomic
def open_public_service(*, by: Actor, at: datetime, contact: str) -> PublicService:
    """Let everybody read the public cases of this community, those of before among them."""
    require(MAY, "open_public_service", by, by.community_id)
    contact = contact.strip()
    if not contact:
        raise Refused(_("公开服务没有打开，因为没有写别人有问题找谁；写一个电话或者邮箱，再打开。"))
    community = places.community(by.community_id)
    service, _is_new = PublicService.objects.update_or_create(
        community_id=by.community_id,
        defaults={
            "code": community.code, "name": community.name, "contact": contact[:200],
            "services": _services(by), "changed_at": at,
        },
        create_defaults={
            "code": community.code, "name": community.name, "contact": contact[:200],
            "services": _services(by), "opened_at": at, "changed_at": at,
        },
    )  # fmt: skip
    earlier = visible_cases(by).select_related("casekind", "building__compound").filter(
        casekind__is_public=True, is_confidential=False
    )  # fmt: skip
    copies = (public_copy(case, case.casekind, service.name) for case in earlier.iterator(chunk_size=1000))
    PublicCase.objects.bulk_create((c for c in copies if c), ignore_conflicts=True, batch_size=500)
    audit.record(
        by=by, at=at, verb="open_public_service", kind="public_service", ids=[by.community_id],
        detail={"contact": contact},
    )  # fmt: skip
    return service


@transaction.atomic
def close_public_service(*, by: Actor, at: datetime) -> None:
    """Take everything that was published out of sight."""
    require(MAY, "open_public_service", by, by.community_id)
    PublicCase.objects.filter(community_id=by.community_id).delete()
    PublicService.objects.filter(community_id=by.community_id).delete()
    audit.record(
        by=by, at=at, verb="close_public_service", kind="public_service", ids=[by.community_id]
    )  # fmt: skip


def refresh_services(*, by: Actor, at: datetime) -> None:
    """After kinds changed: the published list of services follows (inside the running transaction)."""
    PublicService.objects.filter(community_id=by.community_id).update(services=_services(by), changed_at=at)


def with_agency(kinds: QuerySet[Casekind]) -> QuerySet[Casekind]:
    """Kinds with `agency`: the name of the community if it publishes, else None; no further query."""
    served = PublicService.objects.filter(community_id=OuterRef("community_id")).values("name")
    return kinds.annotate(agency=Subquery(served))


def public_copy(
    case: Case, kind: Casekind, agency: str | None, place: tuple[float, float] | None = None
) -> PublicCase | None:
    """The copy of a case, not yet written; None where nobody publishes it.

    `place` is latitude and longitude as the sender gave them; what is published is coarser. The text of a
    resident stays inside.
    """
    if not agency or case.is_confidential or not is_service(kind):
        return None
    state = State(case.state)
    building = case.building
    is_knowing = case.source in KNOWINGLY_PUBLIC
    address = f"{building.compound.name} {building.name}" if building else ""
    latitude, longitude = public_place(place, group=kind.group, is_at_a_door=case.household_id is not None)
    return PublicCase(
        case=case,
        community_id=case.community_id,
        service_code=service_code(kind),
        service_name=kind.name,
        description=public_text(case.text) if is_knowing else "",
        address=(address or (public_text(case.place_text) if is_knowing else ""))[:120],
        address_id=str(building.pk) if building else "",
        latitude=latitude,
        longitude=longitude,
        agency=agency,
        is_closed=state in OVER,
        word=_word(state),
        requested_at=case.reported_at,
        changed_at=case.changed_at,
        expected_at=None if state in OVER else case.due_at,
    )


def tell_public(case: Case, *, is_other_kind: bool) -> None:
    """Bring the published copy up to date with a step; another kind may end or begin it."""
    copies = PublicCase.objects.filter(pk=case.pk)
    if is_other_kind:
        copies.delete()
        kind = with_agency(Casekind.objects.filter(pk=case.casekind_id)).get()
        copy = public_copy(case, kind, kind.agency)  # type: ignore[attr-defined]  # annotated
        if copy is not None:
            copy.save(force_insert=True)
        return
    if case.is_confidential or not is_service(case.casekind):
        return  # nobody ever published it
    state = State(case.state)
    copies.update(
        is_closed=state in OVER,
        word=_word(state),
        requested_at=case.reported_at,
        changed_at=case.changed_at,
        expected_at=None if state in OVER else case.due_at,
    )


def _word(state: State) -> str:
    """In the language of the place, whatever language the desk is read in."""
    with override(settings.LANGUAGE_CODE):
        return str(STATE_WORDS[state])


def _services(by: Actor) -> list[dict[str, object]]:
    return [service_row(kind) for kind in living_casekinds(by) if is_service(kind)]
