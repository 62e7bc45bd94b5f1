"""Open311 GeoReport v2: every answer against the field lists of the frozen specification, XML and JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils.translation import override

from tests import cast
from xiaojia.domains.cases import actions
from xiaojia.domains.cases.actions import Move, Report
from xiaojia.domains.cases.actions.keys import add_apikey, end_apikey
from xiaojia.domains.cases.actions.publishing import close_public_service, open_public_service
from xiaojia.domains.cases.api.open311 import REPORTS_A_MINUTE
from xiaojia.domains.cases.models import Apikey, Case, Casekind, PublicCase, Reporter
from xiaojia.domains.places.models import Building
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.tenancy import entered

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
CODE, OTHER = "999999001001", "999999001002"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
W3C = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")
PHONE = "13800000001"

DISCOVERY = {"changeset", "contact", "key_service", "endpoints"}
ENDPOINT = {"specification", "url", "changeset", "type", "formats"}
SERVICE = {"service_code", "service_name", "description", "metadata", "type", "keywords", "group"}
ATTRIBUTE = {
    "variable", "code", "datatype", "required", "datatype_description", "order", "description", "values",
}  # fmt: skip
REQUEST = {
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description",
    "agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime",
    "address", "address_id", "zipcode", "lat", "long", "media_url",
}  # fmt: skip
CREATED = {"service_request_id", "service_notice", "account_id"}
ERROR = {"code", "description"}


@dataclass
class Town:
    """The cast with an open public service here, none elsewhere, and a key."""

    officer: Actor
    secretary: Actor
    stranger: Actor
    key: str
    client: Client

    def get(self, path: str, form: str = "json", **words: object) -> Any:
        words.setdefault("jurisdiction_id", CODE)
        answer = self.client.get(f"/open311/v2/{path}.{form}", {k: str(v) for k, v in words.items() if v})
        return self.read(answer, form)

    def post(self, form: str = "json", **words: object) -> Any:
        said: dict[str, object] = {
            "jurisdiction_id": CODE, "service_code": "L0202", "description": "楼道灯不亮",
            "address_string": "刘家院子 1 栋", "api_key": self.key,
        } | words  # fmt: skip
        answer = self.client.post(f"/open311/v2/requests.{form}", {k: v for k, v in said.items() if v})
        return self.read(answer, form)

    @staticmethod
    def read(answer: Any, form: str) -> Any:
        kind = {"json": "application/json", "xml": "text/xml"}[form]
        assert answer["Content-Type"] == f"{kind}; charset=utf-8"
        if form == "json":
            return answer.status_code, json.loads(answer.content)
        return answer.status_code, ElementTree.fromstring(answer.content)  # noqa: S314  # our own answer

    def case(self, code: str = "L0201", **more: Any) -> Case:
        with entered(self.officer.scope):
            kind = Casekind.objects.get(code=code, community_id=self.officer.community_id)
            report = Report(
                kind.pk, more.pop("text", f"张三家漏水，电话{PHONE}"), reporter_name="张三",
                reporter_phone=PHONE, **{"place_text": "2单元301", **more},
            )  # fmt: skip
            return actions.report_case(by=self.officer, at=NOW, report=report)

    def move(self, case: Case, action: str, **more: Any) -> None:
        with entered(self.officer.scope):
            move = Move(action, text="写一句", **more)
            actions.move_case(by=self.officer, at=NOW + timedelta(hours=1), case_id=case.pk, move=move)


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    monkeypatch.setattr("xiaojia.kernel.clock.now", lambda: NOW + timedelta(hours=2))
    people = cast.build()
    officer, stranger = people.actor("officer"), people.actor("stranger")
    for by in (officer, stranger):
        with entered(by.scope):
            actions.open_casekinds(by=by, at=NOW, on=NOW.date())
    with entered(officer.scope):
        open_public_service(by=people.actor("secretary"), at=NOW, contact="023-00000000")
        _row, key = add_apikey(by=people.actor("secretary"), at=NOW, name="区级平台（模拟）")
    with transaction.atomic():
        yield Town(officer, people.actor("secretary"), stranger, key, Client())


def test_discovery_has_the_fields_of_the_specification(town: Town) -> None:
    status, found = town.get("discovery")
    assert status == 200
    assert set(found) == DISCOVERY
    assert set(found["endpoints"][0]) == ENDPOINT
    assert found["endpoints"][0]["url"].endswith("/open311/v2")
    assert W3C.fullmatch(found["changeset"])
    assert CODE in found["contact"]
    assert OTHER not in found["contact"], "elsewhere nobody opened anything"
    _status, tree = town.get("discovery", "xml")
    assert tree.tag == "discovery"
    assert [e.text for e in tree.findall("endpoints/endpoint/formats/format")] == [
        "text/xml",
        "application/json",
    ]


def test_services_are_the_public_kinds_and_no_others(town: Town) -> None:
    status, found = town.get("services")
    assert status == 200
    assert all(set(row) == SERVICE for row in found)
    codes = {row["service_code"] for row in found}
    assert {"L0201", "M06001"} <= codes
    assert len(codes) == len(found)
    assert not codes & {"L0102", "L0501", "L0502", "L0601", "L0602", "L0701"}, "dispute, care, relocation"
    _status, tree = town.get("services", "xml")
    assert (tree.tag, {child.tag for child in tree}) == ("services", {"service"})
    assert {inner.tag for inner in tree[0]} == SERVICE
    assert tree[0].findtext("metadata") == "true"


def test_the_definition_of_a_service(town: Town) -> None:
    status, found = town.get("services/L0201")
    assert status == 200
    assert set(found) == {"service_code", "attributes"}
    assert all(set(row) == ATTRIBUTE for row in found["attributes"])
    _status, tree = town.get("services/L0201", "xml")
    assert tree.tag == "service_definition"
    assert {inner.tag for inner in tree.findall("attributes/attribute")[0]} == ATTRIBUTE
    assert town.get("services/L0501")[0] == town.get("services/nothing")[0] == 404


@pytest.mark.parametrize("form", ["json", "xml"])
def test_a_report_comes_in_and_can_be_read(town: Town, form: str) -> None:
    status, made = town.post(
        form, **{"attribute[spot]": "三楼过道", "first_name": "三", "last_name": "张", "phone": PHONE},
        email="a@example.org", lat="29.5", long="106.5",
    )  # fmt: skip
    assert status == 200
    if form == "json":
        assert set(made[0]) == CREATED
        request_id = made[0]["service_request_id"]
    else:
        assert made.tag == "service_requests"
        assert {inner.tag for inner in made[0]} == CREATED
        request_id = made[0].findtext("service_request_id")
    with entered(town.officer.scope):
        case = Case.objects.get(pk=request_id)
        assert (case.source, case.place_text) == ("open311", "刘家院子 1 栋 三楼过道")
        assert Reporter.objects.get(case=case).name == "张三"
    status, [found] = town.get(f"requests/{request_id}")
    assert status == 200
    assert set(found) == REQUEST
    assert (found["description"], found["lat"], found["long"]) == ("楼道灯不亮", 29.5, 106.5)
    assert found["status"] == "open"
    for name in ("requested_datetime", "updated_datetime", "expected_datetime"):
        assert W3C.fullmatch(found[name])
    status, [token] = town.get(f"tokens/{request_id}")
    assert (status, token) == (200, {"service_request_id": request_id, "token": request_id})
    status, tree = town.get(f"requests/{request_id}", "xml")
    assert tree.tag == "service_requests"
    assert {inner.tag for inner in tree.find("request") or ()} == REQUEST


def test_neither_phone_nor_name_nor_text_of_a_resident_is_published(town: Town) -> None:
    case = town.case()
    status, found = town.get(f"requests/{case.pk}")
    assert status == 200
    text = json.dumps(found, ensure_ascii=False)
    assert found[0]["description"] == "漏水、堵水、停水"
    for secret in (PHONE, "张三", "301", case.receipt_code):
        assert secret not in text
    _status, made = town.post(description=f"找张三 {PHONE}，a.b@example.org，2-3-401 室")
    [shown] = town.get(f"requests/{made[0]['service_request_id']}")[1]
    for secret in (PHONE, "example.org", "401"):
        assert secret not in shown["description"]


@pytest.mark.parametrize("code", ["L0501", "L0601", "L0701", "L0102"])
def test_confidential_kinds_are_no_public_requests(town: Town, code: str) -> None:
    case = town.case(code)
    assert town.get(f"requests/{case.pk}")[0] == 404
    assert town.get("requests")[1] == []
    assert town.post(service_code=code)[0] == 404


def test_a_change_of_kind_takes_a_request_out_of_sight_and_back(town: Town) -> None:
    case = town.case()
    with entered(town.officer.scope):
        dispute = Casekind.objects.get(code="L0501", community_id=town.officer.community_id).pk
        lamp = Casekind.objects.get(code="L0202", community_id=town.officer.community_id).pk
    town.move(case, "change_kind", casekind_id=dispute)
    assert town.get(f"requests/{case.pk}")[0] == 404
    town.move(case, "change_kind", casekind_id=lamp)
    assert town.get(f"requests/{case.pk}")[1][0]["service_code"] == "L0202"


def test_status_follows_the_case_and_notes_tell_the_way(town: Town) -> None:
    case = town.case()
    town.move(case, "answer", result=1)
    [found] = town.get(f"requests/{case.pk}", extensions="true")[1]
    assert (found["status"], found["expected_datetime"]) == ("closed", None)
    assert set(found) == REQUEST | {"notes"}
    assert [set(note) for note in found["notes"]] == [{"datetime", "type", "description"}] * 2
    assert found["notes"][1]["description"] == "解决了"
    assert town.get("requests", status="open")[1] == []
    assert len(town.get("requests", status="closed")[1]) == 1
    assert len(town.get("requests", status="open,closed")[1]) == 1


def test_the_public_copy_speaks_the_language_of_the_place(town: Town) -> None:
    with override("en"):
        case = town.case()
        town.move(case, "accept")
    assert town.get(f"requests/{case.pk}")[1][0]["status_notes"] == "受理了"


def test_lists_are_filtered_and_paged(town: Town) -> None:
    cases = [town.case(code) for code in ("L0201", "L0202", "L0203")]
    assert len(town.get("requests")[1]) == 3
    assert len(town.get("requests", service_code="L0201,L0202")[1]) == 2
    ids = f"{cases[0].pk},{uuid4()},nonsense"
    [only] = town.get("requests", service_request_id=ids, status="closed")[1]
    assert only["service_request_id"] == str(cases[0].pk), "ids override everything else"
    pages = [town.get("requests", page=n, page_size=2)[1] for n in (1, 2, 3)]
    assert [len(page) for page in pages] == [2, 1, 0]
    assert len({row["service_request_id"] for page in pages for row in page}) == 3


def test_without_dates_it_is_the_last_ninety_days(town: Town) -> None:
    case = town.case()
    with entered(town.officer.scope):
        PublicCase.objects.filter(pk=case.pk).update(requested_at=NOW - timedelta(days=91))
    assert town.get("requests")[1] == []
    start = (NOW - timedelta(days=92)).isoformat()
    assert len(town.get("requests", start_date=start)[1]) == 1
    unescaped = {"jurisdiction_id": CODE, "start_date": start}
    path = "/open311/v2/requests.json?" + "&".join(f"{k}={v}" for k, v in unescaped.items())
    assert len(town.client.get(path).json()) == 1, "a plus that nobody escaped is a plus"


@pytest.mark.parametrize(
    ("path", "words", "status"),
    [
        ("requests", {"start_date": "2026-01-01T00:00:00+08:00", "end_date": "2026-05-01T00:00:00Z"}, 400),
        ("requests", {"start_date": "2026-01-01T00:00:00"}, 400),
        ("requests", {"start_date": "0001-01-01T00:00:00+23:59"}, 400),
        ("requests", {"end_date": "yesterday"}, 400),
        ("requests", {"status": "maybe"}, 400),
        ("requests", {"page": "0"}, 400),
        ("requests", {"page_size": "1001"}, 400),
        ("requests", {"page": "x"}, 400),
        ("requests", {"service_code": "a\x00b"}, 400),
        ("requests", {"jurisdiction_id": "nowhere"}, 404),
        ("requests", {"jurisdiction_id": OTHER}, 404),
        ("services", {"jurisdiction_id": OTHER}, 404),
        ("requests/nothing", {}, 404),
        (f"requests/{UNKNOWN}", {}, 404),
        (f"tokens/{UNKNOWN}", {}, 404),
    ],
)
def test_errors_are_lists_of_code_and_description(
    town: Town, path: str, words: dict[str, str], status: int
) -> None:
    found_status, found = town.get(path, **words)
    assert found_status == status
    assert set(found[0]) == ERROR
    assert found[0]["code"] == status
    found_status, tree = town.get(path, "xml", **words)
    assert (found_status, tree.tag, tree[0].tag) == (status, "errors", "error")
    assert {inner.tag for inner in tree[0]} == ERROR


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ({"api_key": ""}, 403),
        ({"api_key": "xj_wrong"}, 403),
        ({"jurisdiction_id": OTHER}, 404),
        ({"service_code": ""}, 400),
        ({"service_code": "L9999"}, 404),
        ({"address_string": ""}, 400),
        ({"lat": "91", "long": "0"}, 400),
        ({"lat": "29.5"}, 400),
        ({"lat": "nan", "long": "nan"}, 400),
        ({"address_id": "999999999999"}, 400),
        ({"description": "长" * 4001}, 400),
        ({"description": "零\x00"}, 400),
        ({"attribute[colour]": "red"}, 400),
    ],
)
def test_a_report_that_cannot_be_taken_says_why(town: Town, words: dict[str, str], status: int) -> None:
    found_status, found = town.post(**words)
    assert (found_status, found[0]["code"]) == (status, status)
    assert set(found[0]) == ERROR
    with entered(town.officer.scope):
        assert not Case.objects.exists()


def test_an_address_of_another_community_is_none(town: Town) -> None:
    with entered(town.stranger.scope):
        foreign = Building.objects.filter(community_id=town.stranger.community_id)[0].pk
    with entered(town.officer.scope):
        ours = Building.objects.filter(community_id=town.officer.community_id)[0]
    assert town.post(address_id=str(foreign))[0] == 400
    status, made = town.post(address_id=str(ours.pk), address_string="")
    assert status == 200
    [shown] = town.get(f"requests/{made[0]['service_request_id']}")[1]
    assert shown["address_id"] == str(ours.pk)
    assert ours.name in shown["address"]


def test_a_key_is_kept_as_a_hash_and_ends_at_once(town: Town) -> None:
    row = Apikey.objects.get()
    assert town.key.encode() not in bytes(row.digest)
    assert town.post()[0] == 200, "negative control"
    with entered(town.officer.scope):
        end_apikey(by=town.secretary, at=NOW, name=row.name)
    assert town.post()[0] == 403


def test_a_key_of_elsewhere_does_not_report_here(town: Town) -> None:
    with entered(town.stranger.scope):
        _row, key = add_apikey(by=town.stranger, at=NOW, name="别处")
    assert town.post(api_key=key)[0] == 403


def test_reports_by_one_key_are_limited(town: Town) -> None:
    for _n in range(REPORTS_A_MINUTE):
        town.client.post("/open311/v2/requests.json", {"api_key": town.key, "jurisdiction_id": CODE})
    status, found = town.post()
    assert status == 400
    assert "minute" in found[0]["description"]


def test_what_is_closed_again_is_out_of_sight(town: Town) -> None:
    case = town.case()
    assert town.get(f"requests/{case.pk}")[0] == 200
    with entered(town.officer.scope):
        close_public_service(by=town.secretary, at=NOW)
    assert town.get("requests")[0] == 404
    with entered(town.officer.scope):
        open_public_service(by=town.secretary, at=NOW, contact="再开")
    assert town.get(f"requests/{case.pk}")[0] == 200, "cases of before are published when it opens"


def test_only_one_open_community_may_go_unnamed(town: Town) -> None:
    assert town.get("services", jurisdiction_id="")[0] == 200
    with entered(town.stranger.scope):
        open_public_service(by=town.stranger, at=NOW, contact="临溪")
    assert town.get("services", jurisdiction_id="")[0] == 400
    for by in (town.secretary, town.stranger):
        with entered(by.scope):
            close_public_service(by=by, at=NOW)
    assert town.get("services", jurisdiction_id="")[0] == 404, "there is nothing to name"


def test_reading_touches_published_copies_only(town: Town) -> None:
    town.case()
    seen: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        assert len(town.get("requests", extensions="true")[1]) == 1
    tables = {t for sql in seen for t in re.findall(r'(?:FROM|JOIN) "(\w+)"', sql)}
    assert tables == {"cases_publicservice", "cases_publiccase", "receipts_receipt"}


def test_wild_text_stays_well_formed_xml(town: Town) -> None:
    wild = "<b>&\"'\x0b\x1f]]>😀\ufffe" + "字" * 3000
    _status, made = town.post(description=wild)
    assert town.client.get("/open311/v2/services.yaml").status_code == 404
    assert town.client.delete("/open311/v2/requests.json").status_code == 400
    _status, tree = town.get(f"requests/{made[0]['service_request_id']}", "xml")
    assert (tree[0].findtext("description") or "").startswith("<b>&\"'")
