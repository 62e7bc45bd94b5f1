"""Ways out of the house: terminal, e-mail, a 企业微信 group, a folder for the office's SMS portal.

A sender gets an envelope with a key that stays the same when the same message is handed over again. One that
`deduplicates` makes of two handings-over with one key a single message; the others cannot, and what that
means after a crash stands in `outbox_delivery`. A sender is open when its setting is there; which is all that
choosing one takes.
"""

from __future__ import annotations

import csv
import io
import json
import os
import smtplib
import socket
import sys
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Final, Protocol

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from xiaojia.kernel.outbox_rules import WECOM_MOST_BYTES, cut_to_bytes
from xiaojia.kernel.sheets import neutral

CHANNELS: Final = ("sms", "email", "wecom")
SECONDS_TO_WAIT: Final = 10


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a sender gets. `address` is a phone, an e-mail address or the key of a group's robot."""

    key: str
    address: str
    text: str
    at: datetime


class NotSent(Exception):
    """It is certain that nothing went out; `code` is one of `outbox.FAILURES`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Sender(Protocol):
    """`send` returns when the message is handed over, raises NotSent when it certainly is not; any other
    exception leaves it open whether the message went."""

    deduplicates: ClassVar[bool]

    def send(self, envelope: Envelope) -> None: ...


class Terminal:
    """Prints to the terminal of whoever serves a simulated community. Real people never come here."""

    deduplicates: ClassVar[bool] = False

    def send(self, envelope: Envelope) -> None:
        """One line on stdout."""
        print(f"[模拟短信] {envelope.address}  {envelope.text}", file=sys.stdout, flush=True)


class Mail:
    """Django's e-mail backend. The Message-ID is the key, but mail servers deliver a repeated one twice."""

    deduplicates: ClassVar[bool] = False

    def send(self, envelope: Envelope) -> None:
        """One mail; a server that says no, or is not there, has not taken it."""
        mail = EmailMessage(
            subject=_("小家的消息"),
            body=envelope.text,
            to=[envelope.address],
            headers={"Message-ID": f"<{envelope.key}@xiaojia.invalid>"},
        )
        try:
            mail.send()
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
            raise NotSent("refused") from error
        except (ConnectionRefusedError, socket.gaierror) as error:
            raise NotSent("unreachable") from error


class WecomGroup:
    """The robot of a 企业微信 group: 20 messages a minute, 2,048 bytes each, no key against repetition."""

    deduplicates: ClassVar[bool] = False

    def __init__(self, host: str) -> None:
        self._host = host

    def send(self, envelope: Envelope) -> None:
        """POST one text; `errcode` other than 0 means that nobody saw it."""
        query = urllib.parse.urlencode({"key": envelope.address})
        body = {"msgtype": "text", "text": {"content": cut_to_bytes(envelope.text, WECOM_MOST_BYTES)}}
        request = urllib.request.Request(  # noqa: S310  # the operator's own setting, http or https by its check
            f"{self._host}/cgi-bin/webhook/send?{query}",
            data=json.dumps(body, ensure_ascii=False).encode(),
            headers={"Content-Type": "application/json; charset=utf-8"},
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS_TO_WAIT) as answer:  # noqa: S310  # see above
                told = json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                if error.code < 500:
                    raise NotSent("refused") from error
            raise
        except urllib.error.URLError as error:
            if isinstance(error.reason, ConnectionRefusedError | socket.gaierror):
                raise NotSent("unreachable") from error
            raise
        if told.get("errcode") == 45009:
            raise NotSent("busy")
        if told.get("errcode") != 0:
            raise NotSent("refused")


class SmsFolder:
    """One CSV file a message in a folder that the office's SMS modem or portal empties.

    A file appears whole, by a rename. Before it, an empty mark with the key is made; afterwards the draft is
    gone. So a handing-over that was cut off is known: a mark with its draft still waits for the rename, a
    mark without one is done, even when the portal has taken the file away meanwhile.
    """

    deduplicates: ClassVar[bool] = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, envelope: Envelope) -> None:
        """Let the file appear, once for one key; a folder that cannot be written has taken nothing."""
        draft = self._folder / ".drafts" / envelope.key
        mark = self._folder / ".given" / envelope.key
        try:
            for folder in (draft.parent, mark.parent):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not mark.exists():
                self._write(draft, envelope)
                mark.touch(mode=0o600)
                _settle_on_disk(mark.parent)
            elif not draft.exists():
                return
            draft.rename(self._folder / f"{envelope.key}.csv")
            _settle_on_disk(self._folder)
        except OSError as error:
            raise NotSent("folder") from error

    def forget(self, keys: list[str]) -> None:
        """Drop the marks of messages whose rows are gone."""
        for key in keys:
            (self._folder / ".given" / key).unlink(missing_ok=True)

    def _write(self, draft: Path, envelope: Envelope) -> None:
        text = io.StringIO()
        lines = csv.writer(text)
        lines.writerow(["编号", "手机号", "内容", "时间"])
        lines.writerow(
            [envelope.key, envelope.address, neutral(envelope.text), f"{envelope.at:%Y-%m-%d %H:%M:%S%z}"]
        )
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
        with os.fdopen(handle, "w", encoding="utf-8-sig", newline="") as stream:
            stream.write(text.getvalue())
            stream.flush()
            os.fsync(stream.fileno())


def _settle_on_disk(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sender_of(channel: str) -> Sender | None:
    """The open sender of a channel, None while nothing is connected to it."""
    if channel == "sms" and settings.XIAOJIA_SMS_FOLDER:
        return SmsFolder(Path(settings.XIAOJIA_SMS_FOLDER))
    if channel == "sms" and settings.XIAOJIA_DEMO:
        return Terminal()
    if channel == "email" and settings.EMAIL_HOST:
        return Mail()
    if channel == "wecom" and settings.XIAOJIA_WECOM_HOST:
        return WecomGroup(settings.XIAOJIA_WECOM_HOST)
    return None
