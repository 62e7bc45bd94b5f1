"""Telling a member that something of theirs was put right: where to look, and never how much or why."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from xiaojia.domains.ledger.models import Member
from xiaojia.domains.people.accounts.office import phones_for_work
from xiaojia.kernel import outbox
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.outbox import Letter, Recipient

CORRECTED: Final[str] = outbox.kind("points_corrected", gettext_lazy("积分更正了"))


def tell_corrected(member_id: int, correction_id: int, *, by: Actor, at: datetime) -> bool:
    """One message for a settled correction, in its transaction; False when no phone or no way out is there.

    No amount and no reason: a phone lies about, and the slip has both.
    """
    with override(settings.LANGUAGE_CODE):  # theirs, whatever the office reads
        text = _("您的存折上有一笔更正，看看这个月的对账单；觉得不对，十个工作日里到居委会说一声。")
    letter = Letter(CORRECTED, text, key=f"correction:{correction_id}")
    return tell_member(member_id, letter, by=by, at=at)


def tell_member(member_id: int, letter: Letter, *, by: Actor, at: datetime) -> bool:
    """Post a letter to a member of the office's community who wrote down a phone; whether it was posted.

    Whoever has none reads the same on the page, or on paper. Also for those who left: their points go on.
    """
    member = Member.objects.filter(community_id=by.community_id, pk=member_id).first()
    if member is None or member.account_id is None or not outbox.is_open("sms"):
        return False
    phones = phones_for_work([member.account_id], viewer=by)
    if member.account_id not in phones:
        return False
    to = Recipient("sms", phones[member.account_id], person=f"account:{member.account_id}")
    outbox.post(letter, to=to, community_id=by.community_id, at=at)
    return True
