"""Senders against the real thing: an HTTP server, an SMTP server, a folder."""

from __future__ import annotations

import csv
import io
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from xiaojia.kernel.outbox_senders import (
    Envelope,
    Mail,
    NotSent,
    SmsFolder,
    Terminal,
    WecomGroup,
    sender_of,
)
from xiaojia.kernel.tests.listening import Post, Robot, listening

AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def _envelope(*, address: str = "13800001234", text: str = "来一趟") -> Envelope:
    return Envelope("k1", address, text, AT)


@pytest.fixture
def robot() -> Iterator[Robot]:
    with listening(Robot()) as server:
        yield server


@pytest.fixture
def mail_server() -> Iterator[Post]:
    with listening(Post()) as server, override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=server.server_address[1],
    ):  # fmt: skip
        yield server


def test_a_group_gets_one_text(robot: Robot) -> None:
    WecomGroup(robot.url).send(_envelope(address="a b&c", text="小" * 1_000))
    [(path, body)] = robot.got
    assert path == "/cgi-bin/webhook/send?key=a+b%26c"
    assert body["msgtype"] == "text"
    assert body["text"]["content"].endswith("…")
    assert len(body["text"]["content"].encode()) <= 2_048


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((200, {"errcode": 45009}), "busy"),
        ((200, {"errcode": 93000}), "refused"),
        ((404, {}), "refused"),
    ],
)
def test_a_no_of_the_group_is_certain(robot: Robot, answer: tuple[int, dict[str, Any]], code: str) -> None:
    robot.answer = answer
    with pytest.raises(NotSent) as caught:
        WecomGroup(robot.url).send(_envelope())
    assert caught.value.code == code


@pytest.mark.parametrize("answer", [None, (502, {})])
def test_a_lost_answer_leaves_it_open(robot: Robot, answer: Any) -> None:
    robot.answer = answer
    with pytest.raises(OSError) as caught:  # noqa: PT011  # whichever error the network gives, but not NotSent
        WecomGroup(robot.url).send(_envelope())
    assert not isinstance(caught.value, NotSent)
    assert len(robot.got) == 1


def test_nobody_at_the_other_end_is_certain() -> None:
    with listening(Robot()) as gone:
        url = gone.url
    with pytest.raises(NotSent, match="unreachable"):
        WecomGroup(url).send(_envelope())


def test_a_mail_arrives_with_its_key(mail_server: Post) -> None:
    Mail().send(_envelope(address="a@b.example"))
    [mail] = mail_server.got
    assert "Message-ID: <k1@xiaojia.invalid>" in mail
    assert "To: a@b.example" in mail


def test_a_mail_server_may_say_no_or_be_away(mail_server: Post) -> None:
    mail_server.refuses = True
    with pytest.raises(NotSent, match="refused"):
        Mail().send(_envelope(address="a@b.example"))
    assert mail_server.got == []
    with listening(Post()) as gone:
        port = gone.server_address[1]
    with override_settings(EMAIL_PORT=port), pytest.raises(NotSent, match="unreachable"):
        Mail().send(_envelope(address="a@b.example"))


def test_the_folder_gets_one_private_file_a_message(tmp_path: Path) -> None:
    SmsFolder(tmp_path).send(_envelope(text="=1+1 来一趟"))
    [path] = tmp_path.glob("*.csv")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    assert rows == [
        ["编号", "手机号", "内容", "时间"],
        ["k1", "13800001234", "'=1+1 来一趟", "2026-03-02 04:00:00+0000"],
    ]


def test_a_file_that_the_portal_took_does_not_come_back(tmp_path: Path) -> None:
    folder = SmsFolder(tmp_path)
    folder.send(_envelope())
    next(tmp_path.glob("*.csv")).unlink()
    folder.send(_envelope())
    assert list(tmp_path.glob("*.csv")) == []
    folder.forget(["k1"])
    folder.send(_envelope())
    assert len(list(tmp_path.glob("*.csv"))) == 1, "negative control: without its mark it would come again"


def test_a_folder_that_cannot_be_written_has_taken_nothing(tmp_path: Path) -> None:
    in_the_way = tmp_path / "sms"
    in_the_way.write_text("a file, not a folder")
    with pytest.raises(NotSent, match="folder"):
        SmsFolder(in_the_way).send(_envelope())


def test_a_way_is_open_when_its_setting_is_there(tmp_path: Path) -> None:
    with override_settings(XIAOJIA_SMS_FOLDER="", XIAOJIA_DEMO=False, EMAIL_HOST="", XIAOJIA_WECOM_HOST=""):
        assert [sender_of(c) for c in ("sms", "email", "wecom")] == [None, None, None]
    with override_settings(XIAOJIA_SMS_FOLDER="", XIAOJIA_DEMO=True):
        assert isinstance(sender_of("sms"), Terminal)
    with override_settings(XIAOJIA_SMS_FOLDER=str(tmp_path), EMAIL_HOST="h", XIAOJIA_WECOM_HOST="https://h"):
        assert [type(sender_of(c)) for c in ("sms", "email", "wecom")] == [SmsFolder, Mail, WecomGroup]


def test_the_terminal_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().send(_envelope())
    assert capsys.readouterr().out == "[模拟短信] 13800001234  来一趟\n"
