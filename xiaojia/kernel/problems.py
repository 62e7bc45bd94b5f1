"""A refusal for a program: problem details (RFC 9457), whose `detail` is the sentence a page would show."""

from __future__ import annotations

import json
from http import HTTPStatus

from django.http import HttpResponse


def problem(status: int, detail: str) -> HttpResponse:
    """The answer `status` with its sentence."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    text = json.dumps(body, ensure_ascii=False)
    return HttpResponse(text, content_type="application/problem+json; charset=utf-8", status=status)
