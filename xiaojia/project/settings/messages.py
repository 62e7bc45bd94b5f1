"""Ways out for messages. Each is off until its setting is there:

`XIAOJIA_SMS_FOLDER` a folder that the office's SMS portal empties · `XIAOJIA_SMTP_URL` a mail server
(`smtp://NAME:PASSWORD@HOST:PORT`, `smtps://` for TLS from the start, `?from=ADDRESS`) ·
`XIAOJIA_WECOM_HOST` the address of 企业微信 for group robots (`https://qyapi.weixin.qq.com`).
"""

from __future__ import annotations

import os
from urllib.parse import parse_qs, unquote, urlsplit

XIAOJIA_SMS_FOLDER = os.environ.get("XIAOJIA_SMS_FOLDER", "")
XIAOJIA_WECOM_HOST = os.environ.get("XIAOJIA_WECOM_HOST", "").rstrip("/")
if XIAOJIA_WECOM_HOST and urlsplit(XIAOJIA_WECOM_HOST).scheme not in {"http", "https"}:
    raise ValueError("XIAOJIA_WECOM_HOST begins with https:// (or http:// for a test)")

_SMTP = urlsplit(os.environ.get("XIAOJIA_SMTP_URL", ""))
EMAIL_HOST = _SMTP.hostname or ""
EMAIL_PORT = _SMTP.port or (465 if _SMTP.scheme == "smtps" else 587)
EMAIL_HOST_USER = unquote(_SMTP.username or "")
EMAIL_HOST_PASSWORD = unquote(_SMTP.password or "")
EMAIL_USE_SSL = _SMTP.scheme == "smtps"
EMAIL_USE_TLS = _SMTP.scheme == "smtp" and bool(_SMTP.password)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = parse_qs(_SMTP.query).get("from", [EMAIL_HOST_USER or "xiaojia@localhost"])[0]
