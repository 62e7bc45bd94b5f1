"""Plain decisions: numbers and times of codes, one-time passwords (RFC 6238), words for devices."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import re
import secrets
import struct
import urllib.parse
from datetime import timedelta
from typing import Final

from django.utils.translation import gettext as _

CODE_MINUTES: Final = 5
CODE_TRIES: Final = 5
CODE_LIFE: Final = timedelta(minutes=CODE_MINUTES)
WINDOW_SECONDS: Final = 15 * 60
DAY_SECONDS: Final = 24 * 3600
CODES_A_WINDOW: Final = 3
CODES_A_DAY: Final = 10
CODES_OF_AN_ADDRESS: Final = 20
PASSWORDS_A_WINDOW: Final = 8
PASSWORDS_OF_AN_ADDRESS: Final = 60
SECOND_STEPS_A_WINDOW: Final = 5
"""How often within a quarter of an hour (a day): per number, per name, per address, per account."""

STEP_SECONDS: Final = 30
RECOVERY_CODES: Final = 10
_DIGITS: Final = re.compile(r"[\s-]+")


def new_code() -> str:
    """Six digits, each as likely as any."""
    return f"{secrets.randbelow(1_000_000):06d}"


def new_recovery_codes() -> list[str]:
    """Ten codes of eight digits: digits alone are read aloud and typed without a doubt."""
    return [f"{secrets.randbelow(100_000_000):08d}" for _n in range(RECOVERY_CODES)]


def digits_of(typed: str) -> str:
    """What was typed, without spaces and dashes; full-width digits become plain ones."""
    return "".join(str(int(c)) if c.isdecimal() else c for c in _DIGITS.sub("", typed))


def is_mobile(phone: str) -> bool:
    """A mobile number of the mainland: eleven digits that begin with 1."""
    return re.fullmatch(r"1[3-9][0-9]{9}", phone) is not None


def new_secret() -> str:
    """160 random bits in base32, as authenticator apps take them."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def one_time_password(secret: str, counter: int) -> str:
    """The six digits of one half minute (RFC 4226 with SHA-1, which is what every app speaks)."""
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", counter), hashlib.sha1).digest()
    start = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def matching_counter(secret: str, typed: str, *, seconds: float, after: int) -> int | None:
    """The half minute whose code this is: now, the one before or the next, but later than `after`."""
    now = int(seconds) // STEP_SECONDS
    found = None
    for counter in (now - 1, now, now + 1):
        if hmac.compare_digest(one_time_password(secret, counter), typed) and counter > after:
            found = counter
    return found


def enrolment_address(secret: str, *, username: str) -> str:
    """The `otpauth://` address that an app reads from the QR picture."""
    label = urllib.parse.quote(f"小家:{username}")
    words = urllib.parse.urlencode({"secret": secret, "issuer": "小家"})
    return f"otpauth://totp/{label}?{words}"


def device_of(user_agent: str) -> str:
    """The browser and the machine in words that their owner recognises."""
    machines = (
        ("Android", _("安卓手机")),
        ("iPhone", _("苹果手机")),
        ("iPad", _("苹果平板")),
        ("OpenHarmony", _("鸿蒙手机")),
        ("Windows", _("Windows 电脑")),
        ("Macintosh", _("苹果电脑")),
        ("Linux", _("Linux 或麒麟电脑")),
    )
    browsers = (
        ("MicroMessenger", _("微信")),
        ("Edg", "Edge"),
        ("Firefox", _("火狐")),
        ("QQBrowser", _("QQ 浏览器")),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    )
    machine = next((word for mark, word in machines if mark in user_agent), _("没认出来的设备"))
    browser = next((word for mark, word in browsers if mark in user_agent), "")
    return f"{machine}，{browser}" if browser else machine


def place_of(address: str) -> str:
    """Where a request came from, as much as helps to recognise it and no more."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return _("不知道的地方")
    if parsed.is_loopback:
        return _("小家所在的这台电脑")
    beginning = ".".join(address.split(".")[:2]) + ".＊.＊" if parsed.version == 4 else f"{address[:4]}:＊"
    if parsed.is_private:
        return _("办公室的网络（%(beginning)s）") % {"beginning": beginning}
    return _("外面的网络（%(beginning)s）") % {"beginning": beginning}


def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 network that one IPv6 line has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False))
