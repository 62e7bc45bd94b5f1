"""The outbox: with its change or not at all, at its hour, once a day, and only for the eyes of the office."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from xiaojia.kernel import outbox, outbox_delivery, outbox_rules
from xiaojia.kernel.actors import Actor, Scope
from xiaojia.kernel.models import AuditEntry, Message
from xiaojia.kernel.outbox import Letter, Recipient
from xiaojia.kernel.outbox_rules import Urgency
from xiaojia.kernel.outbox_senders import Envelope, NotSent
from xiaojia.kernel.refusals import NotAllowed
from xiaojia.kernel.tenancy import entered
from xiaojia.project.settings.logs import JsonFormatter

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
"""12:00 in Shanghai."""
NIGHT = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
"""22:00 in Shanghai."""
NEXT_NINE = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
PLACE = 7
OFFICER = Actor(account_id=1, role="officer", community_id=PLACE, scope=Scope((PLACE,), is_wide=True))
HEAD = Actor(account_id=2, role="head", community_id=PLACE, scope=Scope((PLACE,)))
PHONE = "13800001234"
KIND = outbox.kind("test", "试一试")


class Sender:
    """Keeps what it was handed; `then` is called with each envelope and may raise."""

    def __init__(self, *, deduplicates: bool = False) -> None:
        self.deduplicates = deduplicates
        self.got: list[Envelope] = []
        self.then: Any = None

    def send(self, envelope: Envelope) -> None:
        self.got.append(envelope)
        if self.then:
            self.then(envelope)


@pytest.fixture
def sender(monkeypatch: pytest.MonkeyPatch) -> Sender:
    found = Sender()
    for module in (outbox, outbox_delivery):
        monkeypatch.setattr(module, "sender_of", lambda _channel: found)
    return found


def _post(text: str = "有一件事", *, at: datetime = NOON, urgency: str = Urgency.DANGER, **more: Any) -> Any:
    to = more.pop("to", Recipient("sms", PHONE, "邓明礼"))
    letter = Letter(KIND, text, urgency, **more)
    with entered(OFFICER.scope):
        return outbox.post(letter, to=to, community_id=PLACE, at=at)


def _message(pk: Any) -> Message:
    with entered(OFFICER.scope):
        return Message.objects.get(pk=pk)


def _due(at: datetime) -> int:
    return outbox_delivery.deliver_due(community_id=PLACE, at=at)


def test_a_message_leaves_with_its_change_and_not_without(sender: Sender) -> None:
    with entered(OFFICER.scope):
        to = Recipient("sms", PHONE)
        outbox.post(Letter(KIND, "没成", Urgency.DANGER), to=to, community_id=PLACE, at=NOON)
        transaction.set_rollback(True)
    assert _due(NOON) == 0
    assert sender.got == []
    _post()
    assert _due(NOON) == 1
    assert [(e.address, e.text) for e in sender.got] == [(PHONE, "有一件事")]
    assert _due(NOON) == 0, "once"


def test_the_same_key_is_one_message_even_from_somebody_who_may_not_read(sender: Sender) -> None:
    first = _post(key="case:1")
    with entered(HEAD.scope):
        again = outbox.post(
            Letter(KIND, "又一次", Urgency.DANGER, key="case:1"),
            to=Recipient("sms", PHONE), community_id=PLACE, at=NOON,
        )  # fmt: skip
        assert Message.objects.count() == 0, "a head leaves messages and reads none"
    assert first == again
    assert _due(NOON) == 1
    assert [e.text for e in sender.got] == ["有一件事"]


def test_negative_control_two_keys_are_two_messages(sender: Sender) -> None:
    assert _post(key="case:1") != _post(key="case:2")
    assert _due(NOON) == 2


def test_nobody_posts_for_another_community(sender: Sender) -> None:
    from django.db.utils import ProgrammingError

    with pytest.raises(ProgrammingError, match="row-level security"), entered(OFFICER.scope):
        outbox.post(Letter(KIND, "别处", Urgency.DANGER), to=Recipient("sms", PHONE), community_id=8, at=NOON)


def test_recipient_and_text_are_sealed_and_the_text_goes_when_it_went(sender: Sender) -> None:
    pk = _post("来一趟")
    row = _message(pk)
    assert outbox_delivery.opened(row) == ("邓明礼", PHONE, "来一趟")
    raw = bytes(row.to_sealed) + bytes(row.text_sealed) + bytes(row.person_index)
    assert PHONE.encode() not in raw
    assert "来一趟".encode() not in raw
    _due(NOON)
    row = _message(pk)
    assert (row.state, bytes(row.text_sealed), row.ended_at) == ("sent", b"", NOON)
    with pytest.raises(IntegrityError, match="an_ended_message_has_no_text"), entered(OFFICER.scope):
        Message.objects.filter(pk=pk).update(text_sealed=b"x")


@pytest.mark.parametrize(
    ("at", "quiet"),
    [
        (datetime(2026, 3, 2, 12, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 2, 13, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 3, 0, 0, tzinfo=UTC), False),
    ],
)
def test_reminders_rest_from_nine_to_eight(at: datetime, quiet: bool) -> None:
    assert outbox_rules.is_quiet(at) is quiet
    assert outbox_rules.may_go(Urgency.DIGEST, at) is not quiet
    assert outbox_rules.may_go(Urgency.DANGER, at)
    assert outbox_rules.may_go(Urgency.ANSWER, at)


def test_at_night_only_danger_and_asked_answers_leave(sender: Sender) -> None:
    _post("明天开会", at=NOON - timedelta(days=1), urgency=Urgency.DIGEST)
    _post("燃气漏了", at=NIGHT)
    _post("登录码", at=NIGHT, urgency=Urgency.ANSWER)
    assert _due(NIGHT) == 2
    assert {e.text for e in sender.got} == {"燃气漏了", "登录码"}
    assert _due(NEXT_NINE) == 1, "negative control: by day it leaves"


def test_a_digest_bundled_by_day_still_rests_at_night(sender: Sender) -> None:
    _post("明天开会", at=NOON - timedelta(days=1), urgency=Urgency.DIGEST)

    def unreachable(_envelope: Envelope) -> None:
        raise NotSent("unreachable")

    sender.then = unreachable
    _due(datetime(2026, 3, 2, 12, 59, tzinfo=UTC))
    sender.then = None
    assert _due(NIGHT) == 0
    assert _due(NEXT_NINE) == 1


def test_one_digest_a_person_a_day(sender: Sender) -> None:
    two = [Recipient("sms", PHONE, "邓明礼", "account:5"), Recipient("email", "a@b.example", "", "account:5")]
    for n, to in enumerate((*two, Recipient("sms", "13800009999", "田永红"))):
        _post(f"第{n}件", at=NOON + timedelta(minutes=n), urgency=Urgency.DIGEST, to=to)
    assert _due(NOON + timedelta(hours=1)) == 0, "not before nine"
    assert _due(NEXT_NINE) == 2
    assert sorted(e.text for e in sender.got) == ["1. 第0件\n2. 第1件", "第2件"]
    _post("晚到的", at=NEXT_NINE - timedelta(minutes=1), urgency=Urgency.DIGEST, to=two[0])
    assert _due(NEXT_NINE + timedelta(hours=2)) == 0, "a second one waits for tomorrow"
    assert _due(NEXT_NINE + timedelta(days=1)) == 1
    assert len(sender.got) == 3


def test_negative_control_a_second_digest_of_the_day_is_refused_by_the_database(sender: Sender) -> None:
    _post(urgency=Urgency.DIGEST)
    _due(NEXT_NINE)
    with entered(OFFICER.scope):
        bundle = Message.objects.get(digest_on__isnull=False)
        with pytest.raises(IntegrityError, match="one_digest_per_person_and_day"), transaction.atomic():
            Message.objects.create(
                community_id=PLACE, kind=KIND, urgency=Urgency.DIGEST, channel="sms", to_sealed=b"x",
                person_index=bytes(bundle.person_index), posted_at=NOON, due_at=NOON,
                digest_on=bundle.digest_on,
            )  # fmt: skip


def test_a_failed_try_comes_back_five_times_and_then_a_person_decides(sender: Sender) -> None:
    def unreachable(_envelope: Envelope) -> None:
        raise NotSent("unreachable")

    sender.then = unreachable
    pk, at = _post(), NOON
    for _try in range(4):
        assert _due(at) == 0
        row = _message(pk)
        assert row.state == "waiting"
        assert _due(row.due_at - timedelta(seconds=1)) == 0
        at = row.due_at
    _due(at)
    assert (_message(pk).state, _message(pk).tries, len(sender.got)) == ("failed", 5, 5)
    with entered(OFFICER.scope):
        [line] = outbox.lines(list(outbox.visible_messages(OFFICER)))
        assert (line.name, line.address, line.may_return) == ("邓＊＊", "138＊＊＊＊＊＊34", True)
        assert "连不上" in str(line.sentence)
        outbox.send_again(by=OFFICER, at=at, message_id=pk)
        assert AuditEntry.objects.get().verb == "send_again"
    sender.then = None
    assert _due(at) == 1
    with entered(OFFICER.scope), pytest.raises(outbox.NotReturnable):
        outbox.send_again(by=OFFICER, at=at, message_id=pk)


def test_a_message_that_nobody_wants_any_more_loses_its_text(sender: Sender) -> None:
    def refused(_envelope: Envelope) -> None:
        raise TimeoutError

    sender.then = refused
    pk = _post()
    _due(NOON)
    assert _message(pk).state == "unsure", "it may have gone: not again by itself"
    assert _due(NOON + timedelta(days=1)) == 0
    with entered(OFFICER.scope):
        outbox.drop_message(by=OFFICER, at=NOON, message_id=pk)
    assert bytes(_message(pk).text_sealed) == b""


def test_an_answer_that_comes_too_late_is_not_sent(sender: Sender) -> None:
    pk = _post("登录码", urgency=Urgency.ANSWER, expires_at=NOON + timedelta(minutes=5))
    assert _due(NOON + timedelta(minutes=5)) == 0
    assert (_message(pk).state, bytes(_message(pk).text_sealed), sender.got) == ("expired", b"", [])


def test_only_the_office_sends_again(sender: Sender) -> None:
    pk = _post()
    with entered(HEAD.scope), pytest.raises(NotAllowed):
        outbox.send_again(by=HEAD, at=NOON, message_id=pk)
    elsewhere = Actor(account_id=3, role="officer", community_id=8, scope=Scope((8,), is_wide=True))
    with entered(elsewhere.scope), pytest.raises(outbox.NotReturnable):
        outbox.send_again(by=elsewhere, at=NOON, message_id=pk)


def test_a_closed_way_is_said_before_anything_is_written() -> None:
    with pytest.raises(outbox.ChannelClosed, match="还没有接邮件"):
        _post(to=Recipient("email", "a@b.example"))


def test_ended_rows_go_after_ninety_days(sender: Sender) -> None:
    _post("老的", at=NOON)
    _due(NOON)
    fresh = _post("在路上的", at=NOON, urgency=Urgency.DIGEST)
    at = NOON + timedelta(days=90)
    assert outbox_delivery.purge(community_id=PLACE, at=at) == 0
    assert outbox_delivery.purge(community_id=PLACE, at=at + timedelta(seconds=1)) == 1
    with entered(OFFICER.scope):
        assert list(Message.objects.values_list("pk", flat=True)) == [fresh], "what has not gone stays"


def test_a_robot_gets_twenty_a_minute(sender: Sender) -> None:
    for n in range(22):
        _post(f"{n}", to=Recipient("wecom", "robot-key"))
    _post("别的群", to=Recipient("wecom", "other-key"))
    assert _due(NOON) == 21
    assert _due(NOON + timedelta(seconds=59)) == 0
    assert _due(NOON + timedelta(seconds=61)) == 2


def test_a_sender_never_runs_inside_a_transaction(sender: Sender) -> None:
    pk = _post()
    with pytest.raises(RuntimeError, match="durable"), entered(OFFICER.scope):
        outbox_delivery.deliver(pk, community_id=PLACE, at=NOON)
    assert sender.got == []


@pytest.mark.parametrize(("length", "parts"), [(0, 1), (70, 1), (71, 2), (134, 2), (135, 3)])
def test_parts_of_a_short_message(length: int, parts: int) -> None:
    assert outbox_rules.sms_parts("字" * length) == parts


def test_a_digest_by_short_message_has_four_parts_at_most() -> None:
    rest = "另有 %(n)s 件，请问社区。"
    few = outbox_rules.digest_text(["一" * 60] * 4, channel="sms", rest=rest)
    assert few.count("\n") == 3
    assert "另有" not in few
    many = outbox_rules.digest_text(["一" * 60] * 10, channel="sms", rest=rest)
    assert many.endswith("另有 6 件，请问社区。")
    assert outbox_rules.sms_parts(many) == 4
    long = outbox_rules.digest_text(["一" * 300, "二"], channel="sms", rest=rest)
    assert long.endswith("…\n另有 1 件，请问社区。")
    assert outbox_rules.sms_parts(long) == 4
    assert outbox_rules.sms_parts(outbox_rules.digest_text(["一" * 300], channel="sms", rest=rest)) == 4
    mail = outbox_rules.digest_text(["一" * 60] * 10, channel="email", rest=rest)
    assert mail.count("\n") == 9


def test_nothing_of_a_message_gets_into_the_log(sender: Sender, caplog: pytest.LogCaptureFixture) -> None:
    def told(envelope: Envelope) -> None:
        raise RuntimeError(f"{envelope.address} {envelope.text}")

    sender.then = told
    _post("来一趟")
    _due(NOON)
    assert [r.levelname for r in caplog.records] == ["WARNING"]
    lines = "".join(JsonFormatter().format(r) for r in caplog.records)
    assert PHONE not in lines
    assert "来一趟" not in lines
    assert PHONE in "".join(logging.Formatter().format(r) for r in caplog.records), "negative control"


def test_a_text_is_cut_between_characters() -> None:
    assert outbox_rules.cut_to_bytes("小家", 6) == "小家"
    cut = outbox_rules.cut_to_bytes("小家" * 400, 2_048)
    assert cut.endswith("…")
    assert len(cut.encode()) <= 2_048
    assert len(cut.encode()) > 2_048 - 3
