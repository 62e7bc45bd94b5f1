"""Deeds: written down, seen by a second person or standing on a roster, paid within the caps."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.utils.translation import gettext as _

from xiaojia.domains.ledger.access import MAY, visible_deeds, visible_members
from xiaojia.domains.ledger.actions.members import members_of
from xiaojia.domains.ledger.actions.posting import Posting, post_all
from xiaojia.domains.ledger.actions.spending import wallets_of
from xiaojia.domains.ledger.models import Deed, Kinship, Member, Ruleversion
from xiaojia.domains.ledger.queries.deeds import PAID, confirmations, earned_by
from xiaojia.domains.ledger.queries.rulebook import version_on
from xiaojia.domains.ledger.rules import MOST_BACKDATED_DAYS, MOST_HOURS, PAIR_CAP, after_caps, worth
from xiaojia.kernel import audit
from xiaojia.kernel.access import may, require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import NotAllowed, Refused


@dataclass(frozen=True, slots=True)
class Done:
    """What somebody did: by which rule, on which day, how many hours where the rule counts hours."""

    member_id: int
    rule_code: str
    done_on: date
    hours: Decimal | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Roster:
    """A list kept by a later domain: one row of it pays each member once (`source_type`, `source_id`)."""

    source_type: str
    source_id: str
    rule_code: str
    done_on: date
    hours: Decimal | None = None


class SecondPerson(Refused):
    """Whoever would confirm is the earner, of the same household, kin, or has confirmed often enough."""


@transaction.atomic
def record_deed(*, by: Actor, at: datetime, on: date, done: Done) -> Deed:
    """Write a deed down; the same deed written by two people is one. One's own waits for somebody else."""
    require(MAY, "record_deed", by, by.community_id)
    member = _earner(done.member_id, by=by)
    _check_day(done.done_on, on=on, joined_on=member.joined_on)
    version = _version(done.rule_code, by=by, on=done.done_on)
    if version.proof == "roster" and not by.scope.is_wide:
        raise Refused(_("没有记下，因为这一条看签到表；请拿签到表的人来记，自动就记上了。"))
    _lock(member)
    same = Deed.objects.filter(
        member=member, rule=version.rule, done_on=done.done_on, source_type=""
    ).exclude(state=Deed.State.REFUSED).first()  # fmt: skip
    if same is not None:
        return _merged(same, done, by=by, at=at)
    deed = Deed.objects.create(
        community_id=by.community_id, microgrid_ids=member.microgrid_ids, member=member, rule_version=version,
        rule=version.rule, done_on=done.done_on, hours=_hours(version, done.hours), note=done.note[:120],
        recorder_ids=[by.account_id], state=Deed.State.RECORDED, recorded_at=at,
        worth=worth(version.points, version.per, done.hours),
    )  # fmt: skip
    audit.record(by=by, at=at, verb="record_deed", kind="deed", ids=[deed.pk])
    return deed


def _merged(deed: Deed, done: Done, *, by: Actor, at: datetime) -> Deed:
    """The second writing of the same deed: kept as one, with both who wrote it."""
    if deed.hours is not None and done.hours is not None and deed.hours != done.hours:
        raise Refused(
            _("这一天的这件事已经记了 %(hours)s 小时，没有再记一遍；时间不对就先退回那一条，再重新记。")
            % {"hours": deed.hours.normalize()}
        )
    if by.account_id not in deed.recorder_ids:
        deed.recorder_ids = [*deed.recorder_ids, by.account_id]
        deed.save(update_fields=["recorder_ids"])
        audit.record(by=by, at=at, verb="merge_deed", kind="deed", ids=[deed.pk])
    return deed


@transaction.atomic
def confirm_deed(*, by: Actor, at: datetime, deed_id: int, witness_id: int | None = None) -> Deed:
    """A second person says that it was so, and the points are paid within the caps.

    `witness_id`: the neighbour whose name stands on the slip; without one, whoever confirms is the witness.
    """
    require(MAY, "confirm_deed", by, by.community_id)
    deed = visible_deeds(by).filter(pk=deed_id).select_related("member", "rule_version").first()
    if deed is None:
        raise Refused(_("没有这一条，或者不在您的小家；回名单看看。"))
    _lock(deed.member)
    deed.refresh_from_db(fields=["state", "points"])
    if deed.state in PAID:
        return deed
    if deed.state != Deed.State.RECORDED:
        raise Refused(_("这一条已经退回了，没有给分；真有这件事就重新记一条。"))
    if deed.rule_version.proof == "office" and not by.scope.is_wide:
        raise NotAllowed(_("没有确认，因为这一条要居委会核实；请专干来认。"))
    _witnessed(deed, by=by, witness_id=witness_id)
    _pay(deed, by=by, at=at)
    audit.record(
        by=by, at=at, verb="confirm_deed", kind="deed", ids=[deed.pk], detail={"points": deed.points}
    )
    return deed


@transaction.atomic
def refuse_deed(*, by: Actor, at: datetime, deed_id: int, reason: str) -> Deed:
    """It was not so, or not that day: nothing is paid and nothing is taken."""
    require(MAY, "confirm_deed", by, by.community_id)
    deed = visible_deeds(by).filter(pk=deed_id).select_related("member").first()
    if deed is not None:
        # Whoever confirms at this moment holds the same lock: one of both is told that it is over.
        _lock(deed.member)
        deed.refresh_from_db(fields=["state"])
    if deed is None or deed.state != Deed.State.RECORDED:
        raise Refused(_("这一条已经办过了，没有再退；回名单看看。"))
    deed.state, deed.refused_reason = Deed.State.REFUSED, reason[:120]
    deed.save(update_fields=["state", "refused_reason"])
    audit.record(by=by, at=at, verb="refuse_deed", kind="deed", ids=[deed_id])
    return deed


@transaction.atomic
def attend_roster(
    *, by: Actor, at: datetime, roster: Roster, account_ids: Collection[int] = (),
    resident_ids: Collection[uuid.UUID] = (), member_ids: Collection[int] = (),
) -> list[Deed]:  # fmt: skip
    """Pay everybody on a roster who is a member, each once; for the domains that keep rosters.

    Whoever did not join is passed over without a word. Called again, only newcomers are paid. The own row of
    whoever keeps the roster waits until somebody else confirms it.
    """
    require(MAY, "attend_roster", by, by.community_id)
    version = _version(roster.rule_code, by=by, on=roster.done_on)
    members = {m.pk: m for m in members_of(by=by, account_ids=account_ids, resident_ids=resident_ids)}
    if member_ids:
        members |= {m.pk: m for m in visible_members(by).filter(pk__in=list(member_ids))}
    _lock(*members.values())
    known = Deed.objects.filter(
        source_type=roster.source_type, source_id=roster.source_id, rule=version.rule, member__in=members
    )
    by_member = {deed.member_id: deed for deed in known.select_related("rule_version")}
    fresh = [
        Deed(
            source_type=roster.source_type, source_id=roster.source_id, rule=version.rule, member=member,
            community_id=by.community_id, microgrid_ids=member.microgrid_ids, rule_version=version,
            done_on=roster.done_on, recorded_at=at, hours=_hours(version, roster.hours),
            recorder_ids=[by.account_id], state=Deed.State.RECORDED,
            worth=worth(version.points, version.per, roster.hours),
        )
        for pk, member in sorted(members.items())
        if pk not in by_member
    ]  # fmt: skip
    seen = [deed for deed in fresh if deed.member.account_id != by.account_id]
    for deed in seen:
        deed.witness_key = f"a:{by.account_id}"
    _confirm(seen, version=version, on=roster.done_on, by=by, at=at)
    Deed.objects.bulk_create(fresh)
    _post(seen, by=by, at=at)
    by_member |= {deed.member_id: deed for deed in fresh}
    deeds = [by_member[pk] for pk in sorted(by_member)]
    audit.record(
        by=by, at=at, verb="attend_roster", kind="deed", ids=[d.pk for d in deeds],
        detail={"source": [roster.source_type, roster.source_id]},
    )  # fmt: skip
    return deeds


def _pay(deed: Deed, *, by: Actor, at: datetime) -> None:
    """Confirm a locked deed and post what the caps leave of it."""
    _confirm([deed], version=deed.rule_version, on=deed.done_on, by=by, at=at)
    deed.save(update_fields=["state", "points", "confirmed_at", "confirmed_by_id", "witness", "witness_key"])
    _post([deed], by=by, at=at)


def _confirm(deeds: Sequence[Deed], *, version: Ruleversion, on: date, by: Actor, at: datetime) -> None:
    """Confirm locked deeds of one rule and day, each of another member, with what the caps leave of them."""
    so_far = earned_by([deed.member_id for deed in deeds], rule_id=version.rule_id, on=on)
    for deed in deeds:
        deed.points = after_caps(
            deed.worth, so_far[deed.member_id], cap_day=version.cap_day, cap_month=version.cap_month
        )
        deed.state, deed.confirmed_at, deed.confirmed_by_id = Deed.State.CONFIRMED, at, by.account_id


def _post(deeds: Sequence[Deed], *, by: Actor, at: datetime) -> None:
    """Pay confirmed deeds that are written down; nothing is paid for one that is over its caps."""
    paid = [deed for deed in deeds if deed.points]
    wallets = wallets_of([deed.member_id for deed in paid], by=by)
    postings = [
        Posting(
            "award", wallets[deed.member_id], deed.points, "deed", str(deed.pk), deed.done_on,
            rule_version_id=deed.rule_version_id, reason=deed.rule_version.text,
        )
        for deed in paid
    ]  # fmt: skip
    for answer in post_all(postings, by=by, at=at):
        if not answer.is_done:
            raise RuntimeError(f"an award was answered with {answer.outcome}")


def _witnessed(deed: Deed, *, by: Actor, witness_id: int | None) -> None:
    """Set who saw it; SecondPerson unless it is somebody else than the earner and their house."""
    earner = deed.member
    if earner.account_id == by.account_id:
        raise SecondPerson(_("没有确认，因为自己做的事要别人来认；请居委会或者邻居小家的家长来认。"))
    witness = _witness(by=by, witness_id=witness_id)
    if witness is not None:
        if witness.pk == earner.pk:
            raise SecondPerson(_("没有确认，因为见证的和做的是同一位；换一位见证人。"))
        if earner.household_id is not None and witness.household_id == earner.household_id:
            raise SecondPerson(_("没有确认，因为见证的和做的住在一户；换一位别家的见证人。"))
        pair = sorted((witness.pk, earner.pk))
        if Kinship.objects.filter(one_id=pair[0], other_id=pair[1]).exists():
            raise SecondPerson(_("没有确认，因为两位报过是亲戚；换一位见证人。"))
    deed.witness = witness
    deed.witness_key = f"m:{witness.pk}" if witness else f"a:{by.account_id}"
    if confirmations(deed.member_id, deed.witness_key, on=deed.done_on) >= PAIR_CAP:
        raise SecondPerson(
            _("没有确认，因为这一位这个月已经给同一个人认过 %(n)d 回；换一位见证人。") % {"n": PAIR_CAP}
        )


def _witness(*, by: Actor, witness_id: int | None) -> Member | None:
    mine = Member.objects.filter(community_id=by.community_id, left_on__isnull=True)
    if witness_id is None:
        return mine.filter(account_id=by.account_id).first()
    witness = mine.filter(pk=witness_id).exclude(category="team").first()
    if witness is None:
        raise SecondPerson(_("没有确认，因为找不到这位见证人；从名单里选一位成员。"))
    return witness


def _earner(member_id: int, *, by: Actor) -> Member:
    """The member who did it: of one's own micro-grids, or oneself."""
    here = Member.objects.filter(community_id=by.community_id, left_on__isnull=True, pk=member_id)
    member = here.exclude(category="team").first()
    if member is None:
        raise Refused(_("没有记下，因为名单里没有这一位；先请本人加入，再来记。"))
    is_near = by.scope.is_wide or bool(set(member.microgrid_ids) & set(by.scope.microgrid_ids))
    is_seen = may(MAY, "see_members", by, by.community_id) and is_near
    if not is_seen and member.account_id != by.account_id:
        raise NotAllowed(_("没有记下，因为这一位不在您的小家；请他自己小家的家长来记。"))
    return member


def _version(code: str, *, by: Actor, on: date) -> Ruleversion:
    version = version_on(code, viewer=by, on=on)
    if version is None:
        raise Refused(_("没有记下，因为那一天没有这条积分规则；看看规则表，选一条。"))
    return version


def _check_day(day: date, *, on: date, joined_on: date) -> None:
    if day > on:
        raise Refused(_("没有记下，因为这一天还没到；写做完的那一天。"))
    if day < on - timedelta(days=MOST_BACKDATED_DAYS):
        raise Refused(
            _("没有记下，因为过了 %(days)d 天就没法回访了；往后早点记。") % {"days": MOST_BACKDATED_DAYS}
        )
    if day < joined_on:
        raise Refused(
            _("没有记下，因为那一天本人还没加入；从 %(day)s 起的都能记。")
            % {"day": f"{joined_on.month}月{joined_on.day}日"}
        )


def _hours(version: Ruleversion, hours: Decimal | None) -> Decimal | None:
    if version.per != "hour":
        return None
    if hours is None or not 0 < hours <= MOST_HOURS or worth(version.points, version.per, hours) < 1:
        raise Refused(_("没有记下，因为这一条按小时算，要写清几小时，比如 1.5；一天最多 12 小时。"))
    return hours


def _lock(*members: Member) -> None:
    """Deeds of one earner are decided one by one, so that no cap is overrun; locked in the order of ids."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('deeds'), id::integer) FROM unnest(%s::bigint[]) AS id",
            [sorted(member.pk for member in members)],
        )
