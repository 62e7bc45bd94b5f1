"""Kin as people say it: by themselves, or by the office from a paper. Either of the two may take it back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from xiaojia.domains.ledger.access import MAY, visible_members
from xiaojia.domains.ledger.actions.posting import whole
from xiaojia.domains.ledger.models import Kinship, Member, Passbook
from xiaojia.kernel import audit
from xiaojia.kernel.access import may
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.masking import SIMULATED_MARK, unmarked
from xiaojia.kernel.refusals import NotAllowed, Refused
from xiaojia.kernel.tenancy import entered


@transaction.atomic
def declare_kin_named(*, by: Actor, at: datetime, member_id: int, named: str) -> Kinship:
    """Say who is kin of a member, by full name or number of passbook; said twice, it is one.

    For the member themselves, and for whoever may write down who joins. Nobody is guessed: the beginning of a
    name finds nobody, and of several with one name the number of a passbook says which.
    """
    member = _told_by(member_id, by=by)
    with entered(whole(by)):
        other = _named(unmarked(named), member, by=by)
        one, two = sorted((member.pk, other.pk))
        kinship, is_new = Kinship.objects.get_or_create(
            one_id=one, other_id=two, defaults={"community_id": by.community_id, "declared_at": at}
        )
    if is_new:
        audit.record(by=by, at=at, verb="declare_kin", kind="kinship", ids=[kinship.pk])
    return kinship


@transaction.atomic
def withdraw_kin(*, by: Actor, at: datetime, member_id: int, kinship_id: int) -> None:
    """Take it back, by either of the two or the office: from now on both may see and rate each other.

    What was confirmed and which ballots were dealt stays. Taken back twice, it is gone once. Whoever serves
    at the counter lets a colleague take their own back, so that nobody clears the way to a passbook alone.
    """
    member = _told_by(member_id, by=by)
    rows = Kinship.objects.filter(Q(one=member) | Q(other=member), community_id=by.community_id)
    row = rows.select_for_update().filter(pk=kinship_id).first()
    if row is not None:
        _leave_to_colleague(row, by=by)
        pair = [row.one_id, row.other_id]
        row.delete()
        audit.record(
            by=by, at=at, verb="withdraw_kin", kind="kinship", ids=[kinship_id], detail={"members": pair}
        )


def _leave_to_colleague(row: Kinship, *, by: Actor) -> None:
    """Refused when whoever may move points for others would take back kin of their own."""
    with entered(whole(by)):
        is_own = Member.objects.filter(pk__in=[row.one_id, row.other_id], account_id=by.account_id).exists()
    if is_own and may(MAY, "spend", by, by.community_id):
        raise Refused(_("没有撤，因为您在柜台替人换东西，自己的亲戚要同事来撤；请一位同事打开这一页。"))


def _told_by(member_id: int, *, by: Actor) -> Member:
    """The member whose kin is spoken of; NotAllowed unless it is oneself, or one's work to write it down."""
    with entered(whole(by)):
        mine = Member.objects.filter(community_id=by.community_id, left_on__isnull=True)
        own = mine.exclude(category="team").filter(pk=member_id, account_id=by.account_id).first()
    if own is not None:
        return own
    if not may(MAY, "join", by, by.community_id):
        raise NotAllowed(_("没有记，因为亲戚由本人来报；请本人来，或者请专干照纸上写的记。"))
    member = visible_members(by).exclude(category="team").filter(pk=member_id).first()
    if member is None:
        raise Refused(_("没有这位成员，或者已经退出了；回名单看看。"))
    return member


def _named(named: str, member: Member, *, by: Actor) -> Member:
    books = Passbook.objects.filter(member=OuterRef("pk"), number=named, lost_on__isnull=True)
    rows = Member.objects.filter(community_id=by.community_id, left_on__isnull=True).exclude(category="team")
    wanted = Q(name__in=[named, f"{named}{SIMULATED_MARK}"]) | Q(Exists(books))
    found = list(rows.filter(wanted).exclude(pk=member.pk)[:2]) if named else []
    if not found:
        raise Refused(
            _("没有记，因为名单里没有“%(name)s”；全名写对了再记，还没加入的不用报。") % {"name": named}
        )
    if len(found) > 1:
        raise Refused(_("没有记，因为叫“%(name)s”的不止一位；写他的存折号再记。") % {"name": named})
    return found[0]
