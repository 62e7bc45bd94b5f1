"""A case begins: whatever is heard becomes one record with a receipt; who met it too joins it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from xiaojia.domains.cases.access import MAY, living_casekinds, visible_cases
from xiaojia.domains.cases.actions.clocks import calendar_for, first_due
from xiaojia.domains.cases.actions.publishing import public_copy, with_agency
from xiaojia.domains.cases.models import Case, Casekind, Casestep, Reporter
from xiaojia.domains.cases.rules import MOST_TEXT, OVER, STAGE_LIMITS, STATE_WORDS, Stage, State
from xiaojia.domains.microgrids.queries.places import microgrid_ids_at
from xiaojia.domains.receipts import actions as receipts
from xiaojia.engines.clocks import Limit
from xiaojia.kernel import audit, clock
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.secrets import blind_index, seal
from xiaojia.kernel.together import insert_together

RECEIPT_KIND = "case"


@dataclass(frozen=True, slots=True)
class Report:
    """What was heard. `client_id` makes it one case however often it arrives; `limit` is a sender's own.

    `said_at` is when it was said, if that is not now (a paper slip, an order of the hotline). `place` is
    latitude and longitude (WGS84), where a program sent them. `media_url` is told to the desk, never fetched.
    `microgrid_ids` are those who see it where no building says who.
    """

    casekind_id: int
    text: str
    place_text: str = ""
    building_id: int | None = None
    household_id: int | None = None
    reporter_name: str = ""
    reporter_phone: str = ""
    source: str = "box"
    client_id: UUID | None = None
    said_at: datetime | None = None
    limit: Limit | None = None
    sender_limit: str = ""
    place: tuple[float, float] | None = None
    microgrid_ids: tuple[int, ...] = ()
    media_url: str = ""


class NotReported(Refused):
    """What was said lacks something without which nobody can act."""


@transaction.atomic
def report_case(*, by: Actor, at: datetime, report: Report) -> Case:
    """Make a case of what was heard. The same `client_id` again gives the case that is already there."""
    require(MAY, "report_case", by, by.community_id)
    kind = _kind(by, report.casekind_id)
    case = _case(by, at, report, kind)
    receipt = receipts.draw_receipt(
        community_id=by.community_id, kind=RECEIPT_KIND, subject_id=case.pk, at=at, standing=_standing(case)
    )
    case.receipt_code = receipt.code
    if not all(insert_together(case)):
        return _the_first(by, report.client_id)
    limit = report.limit or kind.limit
    detail: dict[str, object] = {"limit": [limit.amount, limit.unit.value]}
    if report.media_url:
        detail["media_url"] = report.media_url
    step = Casestep(
        community_id=by.community_id, case=case, at=case.reported_at, account_id=by.account_id, role=by.role,
        action="report", to_state=State.REPORTED, detail=detail,
    )  # fmt: skip
    said = _said_by(case, case, report, case.reported_at)
    entry = audit.entry(by=by, at=at, verb="report_case", kind="case", ids=[case.pk])
    copy = public_copy(case, kind, kind.agency, report.place)  # type: ignore[attr-defined]  # annotated
    is_issued, *_rest = insert_together(receipt, said, step, entry, *([copy] if copy else []))
    if not is_issued:
        case.receipt_code = receipts.issue_receipt(
            community_id=by.community_id,
            kind=RECEIPT_KIND,
            subject_id=case.pk,
            at=at,
            standing=_standing(case),
        )
        case.save(update_fields=["receipt_code"])
    return case


def _case(by: Actor, at: datetime, report: Report, kind: Casekind) -> Case:
    """The new case, not yet written, with its deadlines and the micro-grids that may see it."""
    text = report.text.strip()
    if not text or len(text) > MOST_TEXT:
        raise NotReported(
            _("这件事没有记下，因为一个字也没写；写一句出了什么事。")
            if not text
            else _("这件事没有记下，因为写了 %(n)d 个字，最多 %(most)d 个；短一点再记。")
            % {"n": len(text), "most": MOST_TEXT}
        )
    said_at = min(report.said_at or at, at)
    calendar = calendar_for(by, at)
    due_at = first_due(calendar, report.limit or kind.limit, said_at)
    return Case(
        community_id=by.community_id,
        casekind=kind,
        text=text,
        place_text=report.place_text.strip()[:120],
        building_id=report.building_id,
        household_id=report.household_id,
        microgrid_ids=list(_microgrids(by, at, report)),
        is_confidential=kind.is_confidential,
        source=report.source,
        client_id=report.client_id,
        state=State.REPORTED,
        reported_at=said_at,
        due_original_at=due_at,
        due_at=due_at,
        stage_due_at=min(first_due(calendar, STAGE_LIMITS[Stage.ACCEPT], said_at), due_at),
        sender_limit=report.sender_limit,
        changed_at=at,
    )


def _standing(case: Case) -> receipts.Standing:
    with override(settings.LANGUAGE_CODE):
        word = str(STATE_WORDS[State.REPORTED])
    return receipts.Standing(word, word, case.due_at)


@transaction.atomic
def join_case(*, by: Actor, at: datetime, case_id: UUID, report: Report) -> Case:
    """我也遇到: one more reporter on a case that is open."""
    require(MAY, "join_case", by, by.community_id)
    case = visible_cases(by).select_for_update().filter(pk=case_id).first()
    if case is None or State(case.state) in OVER:
        raise NotReported(_("没有加进去，因为那件事已经办结或者不在这里；请另外报一件。"))
    entry = audit.entry(by=by, at=at, verb="join_case", kind="case", ids=[case.pk])
    insert_together(_said_by(case, case, report, at), entry)
    return case


@transaction.atomic
def split_case(*, by: Actor, at: datetime, parent_id: UUID, report: Report) -> Case:
    """A part of a case that somebody else has to do: a child, which the parent waits for."""
    require(MAY, "settle_child", by, by.community_id)
    parent = visible_cases(by).select_for_update().filter(pk=parent_id).first()
    if parent is None or State(parent.state) in OVER or parent.parent_id is not None:
        raise NotReported(_("没有分出来，因为这件事已经办结，或者它自己就是分出来的；请另外报一件。"))
    child = report_case(by=by, at=at, report=report)
    child.parent = parent
    child.save(update_fields=["parent"])
    return child


def _the_first(by: Actor, client_id: UUID | None) -> Case:
    """The case that this report already is: a unique constraint kept the second one out."""
    known = visible_cases(by).filter(client_id=client_id).first() if client_id is not None else None
    if known is None:
        raise NotReported(_("这件事同时来了两份；再点一次就好，不会记成两件。"))
    return known


def _kind(by: Actor, casekind_id: int) -> Casekind:
    kind = with_agency(living_casekinds(by)).filter(pk=casekind_id).first()
    if kind is None:
        raise NotReported(_("这件事没有记下，因为没有选是哪一类；选一类，拿不准就选“其他”。"))
    return kind


def _microgrids(by: Actor, at: datetime, report: Report) -> tuple[int, ...]:
    if by.role == "resident":
        by = Actor.for_job(community_id=by.community_id, role="officer", account_id=0)
    if by.role == "volunteer":
        return by.scope.microgrid_ids
    here = microgrid_ids_at(
        viewer=by, on=clock.today(at), building_id=report.building_id, household_id=report.household_id
    )
    return here or report.microgrid_ids


def _said_by(case: Case, said_in: Case, report: Report, at: datetime) -> Reporter:
    pk = uuid4()
    return Reporter(
        id=pk,
        community_id=case.community_id,
        case=case,
        said_in_case=said_in,
        name=report.reporter_name.strip()[:40],
        phone_sealed=seal(report.reporter_phone, table="cases_reporter", column="phone_sealed", pk=pk),
        phone_index=blind_index(report.reporter_phone, purpose="phone"),
        said_at=at,
        text=report.text.strip()[:MOST_TEXT] if said_in.pk != case.pk else "",
        source=report.source,
    )
