"""What runs by the clock reaches every community."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import cast
from xiaojia.domains.places.jobs import deliver_messages, purge_messages
from xiaojia.kernel import clock, outbox
from xiaojia.kernel.models import Message
from xiaojia.kernel.outbox import Letter, Recipient
from xiaojia.kernel.outbox_rules import KEPT_DAYS, Urgency
from xiaojia.kernel.tenancy import entered

pytestmark = pytest.mark.django_db(transaction=True)

KIND = outbox.kind("by_the_clock", "试一试")


def test_messages_of_every_community_leave_and_their_rows_go(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    people = cast.build()
    for number, home in enumerate((people.here, people.elsewhere)):
        letter = Letter(KIND, f"第{number}个社区", Urgency.ANSWER)
        with entered(home.actor("officer").scope):
            to = Recipient("sms", f"1380000000{number}")
            outbox.post(letter, to=to, community_id=home.community.pk, at=clock.now())
    deliver_messages()
    said = capsys.readouterr().out
    assert "第0个社区" in said
    assert "第1个社区" in said
    deliver_messages()
    assert capsys.readouterr().out == "", "once"
    purge_messages()
    assert _row_count(people) == 2, "negative control: not before their time"
    later = clock.now() + timedelta(days=KEPT_DAYS, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    purge_messages()
    assert _row_count(people) == 0


def _row_count(people: cast.Cast) -> int:
    total = 0
    for home in (people.here, people.elsewhere):
        with entered(home.actor("officer").scope):
            total += Message.objects.count()
    return total
