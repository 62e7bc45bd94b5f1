"""Slips come in: on a phone by oneself, on paper typed in twice. Until the close they may be exchanged."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from xiaojia.domains.ledger.queries import own_member
from xiaojia.domains.recognition.access import MAY, visible_ballots, whole
from xiaojia.domains.recognition.actions.sealing import digest_of, put_in
from xiaojia.domains.recognition.models import Ballot, State
from xiaojia.domains.recognition.rules import LONGEST_THANKS, Answers
from xiaojia.kernel import audit, clock
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered


def hand_in_ballot(*, by: Actor, at: datetime, ballot_id: UUID, answers: Answers) -> None:
    """Put one's own slip into its envelope; a second time exchanges it. It leaves no other trace."""
    require(MAY, "hand_in_ballot", by, by.community_id)
    member = own_member(viewer=by)
    with entered(whole(by)):
        ballot = _open_ballot(by, ballot_id=ballot_id, at=at)
        if member is None or ballot.member_id != member.pk:
            raise Refused(_("没有收下，因为这张票不是您的；回到互评那一页，填自己的。"))
        _fits(ballot, answers)
        put_in(ballot, answers)
        _came_back(ballot, at=at, channel="page")
        audit.record(by=by, at=at, verb="hand_in_ballot", kind="ballot", ids=[ballot.pk])


class TypedApart(Refused):
    """Two typings of a slip differ."""


def type_slip(*, by: Actor, at: datetime, ballot_id: UUID, answers: Answers) -> bool:
    """Type a paper slip in; True when this was the second typing and said the same.

    The first typing leaves a keyed digest only. When the second differs, both are forgotten and Refused says
    so: a caller with a transaction of its own commits that.
    """
    require(MAY, "type_slip", by, by.community_id)
    with transaction.atomic():
        ballot = _open_ballot(by, ballot_id=ballot_id, at=at)
        _fits(ballot, answers)
        digest, before = digest_of(ballot, answers), bytes(ballot.typed_once)
        first = not before
        ballot.typed_once = digest if first else b""
        ballot.typed_by_id = by.account_id if first else None
        ballot.save(update_fields=["typed_once", "typed_by_id"])
        if not first and before == digest:
            put_in(ballot, answers)
            _came_back(ballot, at=at, channel="paper")
            audit.record(by=by, at=at, verb="type_slip", kind="ballot", ids=[ballot.pk])
    if not first and before != digest:
        raise TypedApart(
            _("两遍输的不一样，都没有记；拿起 %(number)d 号票，从头再输两遍。") % {"number": ballot.number}
        )
    return not first


def _open_ballot(by: Actor, *, ballot_id: UUID, at: datetime) -> Ballot:
    rows = visible_ballots(by) if by.scope.is_wide else Ballot.objects.filter(community_id=by.community_id)
    ballot = rows.select_for_update(of=("self",)).select_related("month").filter(pk=ballot_id).first()
    if ballot is None:
        raise Refused(_("没有收下，因为找不到这张票；看看票上的号，再来。"))
    if ballot.month.state != State.OPEN or clock.today(at) > ballot.month.closes_on:
        raise Refused(_("没有收下，因为这个月的互评已经截止；下个月再说，不影响您什么。"))
    return ballot


def _fits(ballot: Ballot, answers: Answers) -> None:
    if len(answers.levels) != len(ballot.asked_ids) or len(answers.thanks) > LONGEST_THANKS:
        raise Refused(_("没有收下，因为填的和这张票对不上；重新打开这张票，再填一遍。"))


def _came_back(ballot: Ballot, *, at: datetime, channel: str) -> None:
    ballot.returned_at, ballot.channel = at, channel
    ballot.save(update_fields=["returned_at", "channel"])
