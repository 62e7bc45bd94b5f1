"""Tenures begin and end. A seat is designated with a reason; whoever stops leaves with thanks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from xiaojia.domains.microgrids.queries import lifetimes, microgrids_on
from xiaojia.domains.teams.access import MAY, visible_tenures
from xiaojia.domains.teams.actions.seats import lock_seats, settle
from xiaojia.domains.teams.models import Designation, Tenure
from xiaojia.domains.teams.rules import (
    END_REASONS,
    KINDS,
    LEAST_REASON_LETTERS,
    MOST_ACTING_MONTHS,
    MOST_BACKDATED_DAYS,
    MOST_MICROGRIDS,
    SEATS,
    is_one_compound,
    months_after,
)
from xiaojia.kernel import audit, clock
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import WIDE_ROLES, Actor
from xiaojia.kernel.refusals import Refused


class SeatTaken(Refused):
    """The seat is held on one of these days, or this person already heads another micro-grid."""


class TooMuchForOne(Refused):
    """A steward would cover more than three micro-grids, or some in different compounds."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a designation says. `moves`: the person leaves the micro-grid they head on that day.

    `until_on` is needed for somebody acting (at most three months); `kind` for stewards.
    """

    account_id: int
    microgrid_id: int
    role: str
    from_on: date
    reason: str
    until_on: date | None = None
    kind: str = ""
    is_acting: bool = False
    document_number: str = ""
    is_party_said: bool = False
    moves: bool = False


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
    """Let an account serve in a role from a day, without a paper; seats are designated (`designate`)."""
    require(MAY, "begin_tenure", by, by.community_id)
    tenure = _begun(
        Tenure(
            community_id=by.community_id,
            account_id=account_id,
            role=role,
            microgrid_id=microgrid_id,
            from_on=from_on,
        )
    )
    audit.record(
        by=by, at=at, verb="begin_tenure", kind="tenure", ids=[tenure.pk],
        detail={"role": role, "from": from_on},
    )  # fmt: skip
    return tenure


def _begun(tenure: Tenure) -> Tenure:
    """PostgreSQL decides who was first when two want one seat: an exclusion constraint, not a look before."""
    try:
        with transaction.atomic():
            tenure.save(force_insert=True)
    except IntegrityError as error:
        raise SeatTaken(_taken_words(error)) from error
    return tenure


def _taken_words(error: IntegrityError) -> str:
    broken = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
    if broken == "one_microgrid_per_head":
        return _("现在请不了这位，因为他那几天已经是另一个小家的家长；先办交接，或者选“从那边换过来”。")
    if broken == "one_tenure_per_volunteer":
        return _("这位那几天已经是这个小家的志愿者了，不用再记一次。")
    return _("现在请不了这位，因为那几天这个位子有人；先写好前一位到哪天，再来请。")


@transaction.atomic
def designate(*, by: Actor, at: datetime, terms: Terms) -> Tenure:
    """Fill a seat (or take in a volunteer) with a reason, from a day.

    Whoever is acting in the seat stops on that day. Vacancies follow in the same transaction. Raises
    SeatTaken when the seat is held, TooMuchForOne for a fourth micro-grid or another compound.
    """
    verb = "enlist_volunteer" if terms.role == "volunteer" else "designate"
    require(MAY, verb, by, by.community_id)
    _check_words(terms, today=clock.today(at))
    lock_seats(by.community_id)
    _leave_what_ended(terms, by=by, at=at)
    _check_place(terms, by=by)
    touched = {terms.microgrid_id}
    if terms.role in SEATS:
        _stop_acting(terms, by=by)
    if terms.moves:
        touched |= _leave_other_head_seats(terms, by=by, at=at)
    tenure = _begun(
        Tenure(
            community_id=by.community_id,
            account_id=terms.account_id,
            role=terms.role,
            microgrid_id=terms.microgrid_id,
            kind=terms.kind,
            is_acting=terms.is_acting,
            from_on=terms.from_on,
            until_on=terms.until_on,
        )
    )
    Designation.objects.create(
        tenure=tenure,
        community_id=by.community_id,
        reason=terms.reason.strip(),
        document_number=terms.document_number.strip(),
        party_said_at=at if terms.is_party_said else None,
        made_at=at,
        made_by_id=by.account_id,
    )
    settle(by=by, at=at, microgrid_ids=touched)
    audit.record(
        by=by, at=at, verb=verb, kind="tenure", ids=[tenure.pk],
        detail={
            "role": terms.role, "microgrid": terms.microgrid_id, "from": terms.from_on,
            "until": terms.until_on, "acting": terms.is_acting, "document": terms.document_number,
        },
    )  # fmt: skip
    return tenure


def _check_words(terms: Terms, *, today: date) -> None:
    """Everything that the designation itself tells."""
    if terms.role not in (*SEATS, "volunteer"):
        raise ValueError(f"{terms.role} is no role of a micro-grid")
    if (terms.role == "steward") != (terms.kind in KINDS):
        raise Refused(_("管家还没有请，因为没写是哪一种管家；选一种再来。"))
    if terms.role in SEATS and len(terms.reason.strip()) < LEAST_REASON_LETTERS:
        raise Refused(_("还没有请，因为没写为什么请这位；写一句邻居听得懂的话再来。"))
    if terms.from_on < today - timedelta(days=MOST_BACKDATED_DAYS):
        raise Refused(
            _("不能从那天算起，因为已经过去 %(n)s 天以上；从近一个月里的一天，或者以后的一天算起。")
            % {"n": MOST_BACKDATED_DAYS}
        )
    if terms.until_on is not None and terms.until_on <= terms.from_on:
        raise Refused(_("日子写反了：到哪天要在从哪天的后面；改一改再来。"))
    if terms.is_acting and terms.role not in SEATS:
        raise Refused(_("志愿者用不着代管；直接请就是。"))
    if terms.is_acting and (
        terms.until_on is None or terms.until_on > months_after(terms.from_on, MOST_ACTING_MONTHS)
    ):
        raise Refused(
            _("代管还没有记，因为要写代到哪天，最多 %(n)s 个月；改一改再来。") % {"n": MOST_ACTING_MONTHS}
        )


def _check_place(terms: Terms, *, by: Actor) -> None:
    """The micro-grid lives on that day, and a steward covers up to three in one compound."""
    life = next((m for m in lifetimes(viewer=by) if m.microgrid_id == terms.microgrid_id), None)
    if life is None or not life.is_alive(terms.from_on):
        raise Refused(_("还没有请，因为那天没有这个小家；换一个小家，或者换一天再来。"))
    if terms.role != "steward":
        return
    until = terms.until_on or date.max
    mine = visible_tenures(by).filter(account_id=terms.account_id, role="steward", from_on__lt=until)
    held = mine.filter(Q(until_on__isnull=True) | Q(until_on__gt=terms.from_on))
    covered = set(held.values_list("microgrid_id", flat=True)) - {terms.microgrid_id}
    if len(covered) >= MOST_MICROGRIDS:
        raise TooMuchForOne(
            _("这位管家请不了，因为他已经管着 %(n)s 个小家，再多照应不过来；请另一位，或者先交出一个。")
            % {"n": len(covered)}
        )
    if not covered:
        return
    day = {m.microgrid_id: m for m in microgrids_on(viewer=by, on=terms.from_on)}
    compounds = [
        {row.compound_id for row in day[pk].rows} for pk in [*covered, terms.microgrid_id] if pk in day
    ]
    if not is_one_compound(compounds):
        raise TooMuchForOne(
            _("这位管家请不了，因为他管的小家在别的院子；一位管家只管一个院子里的，请另一位。")
        )


def _leave_what_ended(terms: Terms, *, by: Actor, at: datetime) -> None:
    """Nobody is held by a micro-grid that a plan has just ended: the clock comes only every few minutes."""
    held = visible_tenures(by).filter(account_id=terms.account_id, role=terms.role)
    ended = set(held.filter(microgrid__until_on__lte=terms.from_on).values_list("microgrid_id", flat=True))
    if ended:
        settle(by=by, at=at, microgrid_ids={pk for pk in ended if pk is not None})


def _stop_acting(terms: Terms, *, by: Actor) -> None:
    """Whoever stands in makes room for the next one."""
    held = visible_tenures(by).filter(microgrid_id=terms.microgrid_id, role=terms.role, is_acting=True)
    for acting in held.filter(until_on__gt=terms.from_on):
        acting.until_on = max(terms.from_on, acting.from_on)
        acting.save(update_fields=["until_on"])


def _leave_other_head_seats(terms: Terms, *, by: Actor, at: datetime) -> set[int]:
    """End what the person heads elsewhere on the day they come here."""
    rows = visible_tenures(by).filter(account_id=terms.account_id, role="head")
    touched = set()
    for tenure in rows.filter(Q(until_on__isnull=True) | Q(until_on__gt=terms.from_on)):
        _close(tenure, on=max(terms.from_on, tenure.from_on), at=at, reason="elsewhere", note="")
        touched.add(tenure.microgrid_id or 0)
    return touched


@transaction.atomic
def end_tenure(*, by: Actor, at: datetime, tenure_id: int, on: date, reason: str, note: str = "") -> Tenure:
    """Let a tenure end on a day (that day is no longer served), with a reason that only the office reads.

    The seat's vacancy opens on that very day, in the same transaction.
    """
    tenure = visible_tenures(by).filter(pk=tenure_id, microgrid__isnull=False).first()
    if tenure is None:
        raise Refused(_("没找到这一段任职；回到名单上再点一次。"))
    verb = "enlist_volunteer" if tenure.role == "volunteer" else "end_tenure"
    require(MAY, verb, by, tenure.community_id)
    if reason not in END_REASONS:
        raise ValueError(f"unknown reason {reason}")
    lock_seats(by.community_id)
    tenure.refresh_from_db()
    today = clock.today(at)
    if tenure.until_on is not None and tenure.until_on <= today:
        raise Refused(_("这一段任职已经到头了，不用再办。"))
    if on < max(tenure.from_on, today - timedelta(days=MOST_BACKDATED_DAYS)):
        raise Refused(_("这一天不行，因为早过了，或者还没有任职；选近一个月里的一天，或者以后的一天。"))
    _close(tenure, on=on, at=at, reason=reason, note=note)
    settle(by=by, at=at, microgrid_ids={tenure.microgrid_id or 0})
    audit.record(
        by=by, at=at, verb="end_tenure", kind="tenure", ids=[tenure.pk], detail={"on": on, "reason": reason}
    )
    return tenure


def _close(tenure: Tenure, *, on: date, at: datetime, reason: str, note: str) -> None:
    tenure.until_on = on
    tenure.save(update_fields=["until_on"])
    Designation.objects.filter(tenure=tenure).update(end_reason=reason, end_note=note.strip(), ended_at=at)


@transaction.atomic
def keep_party_tick(*, by: Actor, at: datetime, tenure_id: int, is_said: bool) -> None:
    """Write down that the person says they are a Party member, or erase it: their word, either way."""
    require(MAY, "designate", by, by.community_id)
    rows = Designation.objects.filter(tenure_id=tenure_id, community_id=by.community_id)
    if rows.update(party_said_at=at if is_said else None):
        audit.record(
            by=by, at=at, verb="keep_party_tick", kind="tenure", ids=[tenure_id], detail={"said": is_said}
        )
