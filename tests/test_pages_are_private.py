"""Headers, cookies, errors and logs: what leaves the process, and what never does."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from tests import cast
from xiaojia.domains.places.models import Community
from xiaojia.kernel.refusals import Refused
from xiaojia.project import health
from xiaojia.project.settings.logs import LOGGING, JsonFormatter

pytestmark = pytest.mark.django_db(transaction=True)

ALLOWED_COOKIES = {"sessionid", "csrftoken", "django_language", "text_size"}
TYPED = "住户甲 13800001234"


def _mark() -> Community:
    return Community.objects.create(
        code="999999009999", name="记号", is_simulated=True, valid_from_on=cast.TODAY
    )


def refusing(_request: HttpRequest) -> HttpResponse:
    _mark()
    raise Refused("现在交不了，因为还没核对；先核对。")


def broken(_request: HttpRequest) -> HttpResponse:
    _mark()
    raise ValueError(TYPED)


def fine(request: HttpRequest) -> HttpResponse:
    _mark()
    actor: Any = getattr(request, "actor", None)
    from xiaojia.domains.people.models import Household

    return HttpResponse(f"{actor and actor.role} {Household.objects.count()}")


urlpatterns = [
    path("", fine, name="home"),
    path("sign-in/", fine, name="sign_in"),
    path("text-size/", fine, name="text_size"),
    path("language/", fine, name="language"),
    path("keys/", fine, name="keyboard"),
    path("find/", fine, name="find"),
    path("sign-out/", fine, name="sign_out"),
    path("desks/", fine, name="desks"),
    path("demo/", fine, name="demo_personas"),
    path("refusing/", refusing),
    path("broken/", broken),
    path("fine/", fine),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
]
handler500 = health.fault
handler404 = health.not_found

only_these_pages = override_settings(
    ROOT_URLCONF=__name__,
    STORAGES={"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}},
)


@pytest.fixture
def client() -> Iterator[Client]:
    with only_these_pages:
        yield Client(raise_request_exception=False)


def test_the_policy_stands_on_every_answer(client: Client) -> None:
    for address in ("/fine/", "/nowhere/", "/broken/", "/healthz"):
        answer = client.get(address)
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "base-uri 'none'" in policy
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "same-origin"
        assert "geolocation=()" in answer["Permissions-Policy"]
        assert answer["Cache-Control"] == "no-store"
        assert "Strict-Transport-Security" not in answer, "plain http on an office PC"


def test_https_is_promised_only_behind_https(client: Client) -> None:
    with override_settings(
        SECURE_HSTS_SECONDS=31536000, SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https")
    ):
        again = Client(raise_request_exception=False)
        assert "Strict-Transport-Security" in again.get("/fine/", headers={"x-forwarded-proto": "https"})


def test_a_refusal_is_its_sentence_and_rolls_back(client: Client) -> None:
    answer = client.get("/refusing/")
    assert answer.status_code == 409
    assert "现在交不了，因为还没核对；先核对。" in answer.content.decode()
    assert not Community.objects.exists()


def test_negative_control_a_page_that_works_keeps_its_row(client: Client) -> None:
    assert client.get("/fine/").status_code == 200
    assert Community.objects.count() == 1


def test_a_fault_is_a_page_with_the_number_that_stands_in_the_log(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.get("/broken/?wer=13800001234")
    page = answer.content.decode()
    assert answer.status_code == 500
    assert "小家的毛病" in page
    assert "Traceback" not in page
    assert TYPED not in page
    assert not Community.objects.exists()
    [record] = [r for r in caplog.records if hasattr(r, "request_id")]
    assert record.request_id in page
    lines = [JsonFormatter().format(r) for r in caplog.records]
    assert all(TYPED not in line and "13800001234" not in line for line in lines)
    assert any("ValueError" in line and "broken" in line for line in lines)
    assert any(TYPED in logging.Formatter().format(r) for r in caplog.records), "negative control"


def test_no_page_is_a_page(client: Client) -> None:
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert "没有这一页" in answer.content.decode()


def test_logs_keep_the_words_and_drop_what_was_typed() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    log = logging.Logger("xiaojia.test")
    log.addHandler(handler)
    log.warning("somebody typed %s", TYPED, extra={"request_id": "ab12", "name_typed": TYPED})
    line = json.loads(stream.getvalue())
    assert line["message"] == "somebody typed %s"
    assert line["request_id"] == "ab12"
    assert TYPED not in stream.getvalue()
    assert LOGGING["formatters"]["json"]["()"] == "xiaojia.project.settings.logs.JsonFormatter"  # type: ignore[index]  # a plain dict


def test_the_scope_of_a_request_is_the_tenure_of_today(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = cast.build()
    Community.objects.filter(code="999999009999").delete()
    monkeypatch.setattr("xiaojia.kernel.clock.today", lambda at=None: cast.TODAY)
    for role, count in (("secretary", 8), ("head", 4), ("cook", 0)):
        browser = Client(raise_request_exception=False)
        browser.force_login(people.here.accounts[role])
        assert browser.get("/fine/").content.decode() == f"{role} {count}"
        Community.objects.filter(code="999999009999").delete()
    assert client.get("/fine/").content.decode() == "None 0", "nobody sees nothing"


def test_only_four_cookies(client: Client) -> None:
    people = cast.build()
    browser = Client()
    browser.force_login(people.here.accounts["secretary"])
    browser.get("/fine/")
    assert set(browser.cookies) <= ALLOWED_COOKIES
    assert "sessionid" in browser.cookies


def test_health_needs_no_database_and_readiness_does(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get("/healthz").json() == {"alive": True}
    assert client.get("/readyz").json() == {"ready": True}
    from django.db import OperationalError

    def gone(*_args: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.cursor", gone)
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
