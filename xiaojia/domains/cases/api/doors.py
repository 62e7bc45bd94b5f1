"""Who may come in by our API, how a refusal is written, and how one key gets one answer."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import APIKeyCookie, APIKeyHeader

from xiaojia.domains.cases.actions.keys import use_key
from xiaojia.domains.cases.models import ApiAnswer
from xiaojia.kernel import clock
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.limits import is_spent
from xiaojia.kernel.problems import problem
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import enter
from xiaojia.kernel.together import insert_together

KEPT_DAYS: Final = 7
WRITES_A_MINUTE: Final = 300
A_MINUTE: Final = 60
_KEY: Final = re.compile(r"[!-~]{1,80}")


class ByKey(APIKeyHeader):
    """Another program, by its key in `X-API-Key`: the scope of its community, the role of the key."""

    param_name = "X-API-Key"

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        """Enter the scope of the key inside the transaction of the request."""
        actor = use_key(key or "", on=clock.today())
        if actor is not None:
            enter(actor.scope)
            request.actor = actor  # type: ignore[attr-defined]  # read through kernel.requests
        return actor


class ByDesk(APIKeyCookie):
    """Somebody who is signed in, in the session of the browser; writing wants the CSRF token as pages do."""

    param_name = settings.SESSION_COOKIE_NAME

    def _get_key(self, request: HttpRequest) -> str | None:
        if getattr(request, "actor", None) is None:
            return None
        return super()._get_key(request)

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        """The actor that the middleware found."""
        actor: Actor | None = getattr(request, "actor", None)
        return actor


class TooMany(Refused):
    """A program that asks more than its share."""

    status = 429


class OtherBody(Refused):
    """An idempotency key that was used for something else."""


def once(
    request: HttpRequest, *, by: Actor, at: datetime, do: Callable[[], Mapping[str, Any]]
) -> dict[str, Any]:
    """Do it, or give the answer that this idempotency key got before; both in one transaction.

    Of two requests at once with one key the second waits for the first, and then gets its answer.
    """
    if by.account_id < 0 and is_spent(f"api:{by.account_id}", most=WRITES_A_MINUTE, seconds=A_MINUTE, at=at):
        raise TooMany(_("这一分钟里送来得太多，没有收；过一分钟再送。"))
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return dict(do())
    if not _KEY.fullmatch(key):
        raise HttpError(422, "Idempotency-Key: 1 to 80 visible ASCII characters")
    digest = hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.body).digest()
    with transaction.atomic():
        answer = ApiAnswer(
            community_id=by.community_id, account_id=by.account_id, key=key, digest=digest, made_at=at
        )
        mine = ApiAnswer.objects.filter(community_id=by.community_id, account_id=by.account_id)
        mine.filter(made_at__lt=at - timedelta(days=KEPT_DAYS)).delete()
        if all(insert_together(answer)):
            body: dict[str, Any] = json.loads(json.dumps(dict(do()), cls=DjangoJSONEncoder))
            mine.filter(key=key).update(body=body)
            return body
        known = mine.get(key=key)
    if bytes(known.digest) != digest:
        raise OtherBody(_("没有再做，因为这个 Idempotency-Key 已经用在另一件事上；换一个新的再送。"))
    return dict(known.body)


def with_problems(api: NinjaAPI) -> NinjaAPI:
    """Every error of this API is one of RFC 9457; what is left is the page of a fault."""

    @api.exception_handler(Refused)
    def refused(request: HttpRequest, error: Refused) -> HttpResponse:
        return problem(error.status, error.sentence)

    @api.exception_handler(AuthenticationError)
    def stranger(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
        return problem(401, _("先登录，或者带上 X-API-Key。"))

    @api.exception_handler(ValidationError)
    def unreadable(request: HttpRequest, error: ValidationError) -> HttpResponse:
        lines = (f"{'.'.join(str(p) for p in e['loc'][1:])}: {e['msg']}" for e in error.errors)
        return problem(422, "; ".join(lines)[:1000])

    @api.exception_handler(HttpError)
    def said(request: HttpRequest, error: HttpError) -> HttpResponse:
        return problem(error.status_code, str(error))

    @api.exception_handler(Http404)
    def nothing(request: HttpRequest, _error: Http404) -> HttpResponse:
        return problem(404, _("没有找到，或者不在您看得到的范围里。"))

    return api
