"""Our API: who comes in, what comes out, one answer a key, refusals in words, no fault."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import response_schema_conformance

from tests import cast
from xiaojia.domains.cases import actions
from xiaojia.domains.cases.actions.keys import add_apikey
from xiaojia.domains.cases.api import doors
from xiaojia.domains.cases.api.v1 import api
from xiaojia.domains.cases.models import ApiAnswer, Case, Casekind
from xiaojia.domains.cases.rules import BY_ACTION
from xiaojia.domains.places.models import Building
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.tenancy import entered
from xiaojia.kernel.tests.parallel import at_once
from xiaojia.project.wsgi import application

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
CASES = "/api/v1/cases/"
NOTHING_TO_SAY = {"GET /api/v1/casekinds/"}
"""Operations that take nothing, so that nothing can be wrong."""


@dataclass
class Door:
    """The cast with casekinds; a client a role, one for a program of the desk, one for one that only says."""

    people: cast.Cast
    officer: Actor
    clients: dict[str, Client]
    kinds: dict[str, int]
    keys: dict[str, str]

    def post(self, who: str, path: str = CASES, **said: Any) -> Any:
        return self.send(who, said, path=path)

    def send(self, who: str, said: dict[str, Any], *, path: str = CASES, key: str | None = None) -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        return self.clients[who].post(path, json.dumps(said), "application/json", headers=headers)

    def said(self, code: str = "L0201", **more: Any) -> dict[str, Any]:
        return {"casekind_id": self.kinds[code], "text": "三楼过道在漏水", **more}

    def count(self) -> int:
        with entered(self.officer.scope):
            return Case.objects.count()


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Door:
    monkeypatch.setattr("xiaojia.kernel.clock.now", lambda: NOW)
    people = cast.build()
    officer = people.actor("officer")
    clients = {role: Client() for role in ("officer", "secretary", "head", "cook")}
    for role, client in clients.items():
        client.force_login(people.here.accounts[role])
    clients["stranger"] = Client()
    clients["stranger"].force_login(people.elsewhere.accounts["secretary"])
    clients["nobody"] = Client()
    with entered(officer.scope):
        actions.open_casekinds(by=officer, at=NOW, on=NOW.date())
        kinds = dict(Casekind.objects.values_list("code", "pk"))
        keys = {}
        for name, role in (("desk", "officer"), ("says", "resident")):
            _row, plain = add_apikey(by=people.actor("secretary"), at=NOW, name=name, role=role)
            keys[name], clients[name] = plain, Client(headers={"X-API-Key": plain})
    return Door(people, officer, clients, kinds, keys)


def _problem(answer: Any, status: int) -> str:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json; charset=utf-8"
    body = answer.json()
    assert set(body) == {"type", "title", "status", "detail"}
    assert body["status"] == status
    return str(body["detail"])


@pytest.mark.parametrize("who", ["officer", "desk", "head", "says"])
def test_whoever_may_say_something_gets_a_receipt(door: Door, who: str) -> None:
    answer = door.send(who, door.said("L0501", reporter_name="住户甲", reporter_phone="13800000001"))
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert len(body["receipt_code"]) == 8
    assert body["due_at"] == body["due_original_at"]
    assert "13800000001" not in json.dumps(body)
    with entered(door.officer.scope):
        assert Case.objects.get(pk=body["id"]).source == "api"


def test_the_whole_way_by_a_program_and_a_person(door: Door) -> None:
    made = door.send("desk", door.said()).json()
    path = f"{CASES}{made['id']}/"
    story = door.clients["desk"].get(path).json()
    assert {way["action"] for way in story["may_do"]} == {
        "check_first", "accept", "answer", "decline", "withdraw", "merge", "change_kind", "note",
    }  # fmt: skip
    assert door.post("desk", path + "moves/", action="accept").json()["state"] == 20
    assigned = door.post("desk", path + "moves/", action="assign", handler="区水务公司")
    assert assigned.json()["state"] == 30
    assert door.post("desk", path + "moves/", action="finish", text="修好了").json()["state"] == 50
    own = _problem(door.post("desk", path + "moves/", action="verify", result=1), 409)
    assert "不能自己核实" in own, "a program does not verify its own work"
    assert door.post("officer", path + "moves/", action="verify", result=1).json()["state"] == 60
    story = door.clients["officer"].get(path).json()
    assert [step["action"] for step in story["steps"]] == ["report", "accept", "assign", "finish", "verify"]
    assert story["reporter_count"] == 1


def test_the_offered_steps_are_exactly_those_that_are_taken(door: Door) -> None:
    made = door.send("officer", door.said()).json()
    path = f"{CASES}{made['id']}/"
    offered = {way["action"] for way in door.clients["officer"].get(path).json()["may_do"]}
    for action in set(BY_ACTION) - offered:
        answer = door.post("officer", path + "moves/", action=action, text="一句")
        _problem(answer, 403 if "officer" not in BY_ACTION[action].roles else 409)


def test_one_more_joins(door: Door) -> None:
    made = door.send("officer", door.said()).json()
    path = f"{CASES}{made['id']}/"
    assert door.post("says", path + "reporters/", text="我家也漏", reporter_name="住户乙").status_code == 201
    assert door.clients["officer"].get(path).json()["reporter_count"] == 2


def test_a_program_that_only_says_reads_and_moves_nothing(door: Door) -> None:
    made = door.send("says", door.said()).json()
    path = f"{CASES}{made['id']}/"
    _problem(door.clients["says"].get(path), 403)
    _problem(door.clients["says"].get(CASES), 403)
    _problem(door.post("says", path + "moves/", action="accept"), 403)
    _problem(door.clients["cook"].get(CASES), 403)


def test_others_see_nothing(door: Door) -> None:
    made = door.send("officer", door.said("L0501")).json()
    path = f"{CASES}{made['id']}/"
    _problem(door.clients["stranger"].get(path), 404)
    _problem(door.clients["head"].get(path), 404)
    _problem(door.post("stranger", path + "moves/", action="accept"), 409)
    assert door.clients["stranger"].get(CASES).json()["cases"] == []
    assert len(door.clients["officer"].get(CASES).json()["cases"]) == 1, "negative control"


def test_without_a_name_nobody_comes_in(door: Door) -> None:
    for path in (CASES, "/api/v1/casekinds/", f"{CASES}{uuid4()}/"):
        _problem(door.clients["nobody"].get(path), 401)
    _problem(door.send("nobody", door.said()), 401)
    wrong = Client(headers={"X-API-Key": "xj_wrong"})
    _problem(wrong.get(CASES), 401)


def test_a_session_writes_only_with_the_token_of_the_page(door: Door) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(door.people.here.accounts["officer"])
    body = json.dumps(door.said())
    _problem(strict.post(CASES, body, "application/json"), 403)
    strict.get("/desks/")
    strict.get("/")
    token = strict.cookies["csrftoken"].value
    answer = strict.post(CASES, body, "application/json", headers={"X-CSRFToken": token})
    assert answer.status_code == 201, "negative control"


def test_the_same_key_is_the_same_answer_and_one_case(door: Door) -> None:
    first = door.send("desk", door.said(), key="k-1")
    again = door.send("desk", door.said(), key="k-1")
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert door.count() == 1
    other = door.send("desk", door.said(text="别的事"), key="k-1")
    assert "Idempotency-Key" in _problem(other, 409)
    assert door.count() == 1
    assert door.send("desk", door.said(), key="k-2").status_code == 201
    assert door.send("officer", door.said(), key="k-1").status_code == 201, "keys are each asker's own"
    assert door.count() == 3
    assert door.send("desk", door.said()).status_code == 201
    assert door.count() == 4, "negative control: without a key two are two"


def test_a_refusal_uses_no_key_up(door: Door) -> None:
    _problem(door.send("desk", door.said(text=" "), key="k-1"), 409)
    with entered(door.officer.scope):
        assert not ApiAnswer.objects.exists()
    assert door.send("desk", door.said(), key="k-1").status_code == 201


def test_a_step_is_taken_once_however_often_it_arrives(door: Door) -> None:
    made = door.send("officer", door.said()).json()
    path = f"{CASES}{made['id']}/moves/"
    first, again = (door.send("officer", {"action": "accept"}, path=path, key="s") for _ in range(2))
    assert first.json() == again.json()
    _problem(door.send("officer", {"action": "accept"}, path=path), 409)


@pytest.mark.django_db(transaction=True)
def test_at_one_moment_one_key_is_one_case(door: Door) -> None:
    def send(_number: int) -> Any:
        client = Client(headers={"X-API-Key": door.keys["desk"], "Idempotency-Key": "k-1"})
        return client.post(CASES, json.dumps(door.said()), "application/json")

    answers = at_once(6, send)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert door.count() == 1


@pytest.mark.django_db(transaction=True)
def test_negative_control_without_the_constraint_it_would_be_several(
    door: Door, as_owner: Callable[[], AbstractContextManager[None]]
) -> None:
    """The constraint and the transaction around both are what makes it one."""
    name = "one_answer_per_idempotency_key"
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE cases_apianswer DROP CONSTRAINT {name}")
    try:

        def send(_number: int) -> int:
            client = Client(headers={"X-API-Key": door.keys["desk"], "Idempotency-Key": "k-1"})
            client.raise_request_exception = False
            return client.post(CASES, json.dumps(door.said()), "application/json").status_code

        at_once(6, send)
        assert door.count() > 1
    finally:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE cases_apianswer")
            cursor.execute(
                f"ALTER TABLE cases_apianswer ADD CONSTRAINT {name} UNIQUE (community_id, account_id, key)"
            )


def test_answers_are_forgotten_after_a_week(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    door.send("desk", door.said(), key="k-1")
    later = NOW + timedelta(days=doors.KEPT_DAYS, seconds=1)
    monkeypatch.setattr("xiaojia.kernel.clock.now", lambda: later)
    door.send("desk", door.said(), key="k-2")
    with entered(door.officer.scope):
        assert list(ApiAnswer.objects.values_list("key", flat=True)) == ["k-2"]


def test_a_program_that_sends_too_much_waits(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "WRITES_A_MINUTE", 2)
    for _n in range(2):
        assert door.send("desk", door.said()).status_code == 201
    _problem(door.send("desk", door.said()), 429)
    assert door.send("officer", door.said()).status_code == 201, "a desk is not held up by a program"


def test_a_place_or_a_person_of_elsewhere_is_refused(door: Door) -> None:
    elsewhere = door.people.elsewhere
    with entered(cast.wide(elsewhere.community.pk)):
        foreign = Building.objects.filter(community_id=elsewhere.community.pk)[0].pk
    _problem(door.send("officer", door.said(building_id=foreign)), 409)
    made = door.send("officer", door.said()).json()
    path = f"{CASES}{made['id']}/moves/"
    door.post("officer", path, action="accept")
    stranger = elsewhere.accounts["officer"].pk
    _problem(door.post("officer", path, action="assign", handler_id=stranger, handler="别处的人"), 409)
    mine = door.people.here.accounts["officer"].pk
    assert door.post("officer", path, action="assign", handler_id=mine).json()["state"] == 30


def test_lists_are_narrowed_ordered_and_paged(door: Door) -> None:
    for n in range(27):
        door.send("officer", door.said("L0201" if n % 2 else "L0801"))
    first = door.clients["officer"].get(CASES).json()
    assert (len(first["cases"]), first["has_more"]) == (25, True)
    rest = door.clients["officer"].get(CASES, {"page": 2}).json()
    assert (len(rest["cases"]), rest["has_more"]) == (2, False)
    due = [case["due_at"] for case in first["cases"]]
    assert due == sorted(due)
    asked: dict[str, Any] = {"casekind_id": door.kinds["L0801"], "order": "-due"}
    some = door.clients["officer"].get(CASES, asked).json()["cases"]
    assert {case["casekind"] for case in some} == {"问政策、问办事"}
    assert door.clients["officer"].get(CASES, {"state": "over"}).json()["cases"] == []
    assert door.clients["officer"].get(CASES, {"is_late": "true"}).json()["cases"] == []
    assert door.clients["officer"].get(CASES, {"is_mine": "true"}).json()["cases"] == []


@pytest.mark.django_db(transaction=True)
def test_budgets_of_the_hot_paths_login_and_scope_included(door: Door) -> None:
    def queries(ask: Any) -> int:
        seen: list[str] = []

        def note(execute: Any, sql: str, *rest: Any) -> Any:
            seen.append(sql)
            return execute(sql, *rest)

        with connection.execute_wrapper(note):
            assert ask().status_code in {200, 201}
        return len(seen)

    with entered(door.officer.scope):
        building = Building.objects.filter(community_id=door.officer.community_id)[0].pk
    said = door.said(building_id=building, reporter_name="住户甲", reporter_phone="13800000001")
    assert queries(lambda: door.send("officer", said)) <= 12
    asked: dict[str, Any] = {"casekind_id": door.kinds["L0201"], "order": "-reported"}
    assert queries(lambda: door.clients["officer"].get(CASES, asked)) <= 6


def test_half_characters_and_nul_are_refused_in_words(door: Door) -> None:
    raw = json.dumps(door.said(), ensure_ascii=False).replace("三楼", "\\ud800\\u0000")
    answer = door.clients["desk"].post(CASES, raw, "application/json")
    _problem(answer, 422)


def _ask_anything(door: Door, mode: GenerationMode, *, most: int) -> dict[str, set[int]]:
    """Every operation with what its description allows, or forbids; the statuses that came, by operation.

    Every second time the ids are real ones, so that the questions reach what lies behind them.
    """
    described = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), default=str))
    schema = schemathesis.openapi.from_dict(described)
    schema.app = application
    real = door.send("desk", door.said()).json()["id"]
    statuses: dict[str, set[int]] = {}
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        came = statuses.setdefault(operation.label, set())
        if mode is GenerationMode.NEGATIVE and operation.label in NOTHING_TO_SAY:
            continue
        _ask(door, operation, mode, came, real=real, most=most)
    return statuses


def _ask(door: Door, operation: Any, mode: GenerationMode, came: set[int], *, real: str, most: int) -> None:
    turns = itertools.cycle([True, False])

    @settings(
        max_examples=most, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        if next(turns) and isinstance(case.body, dict) and "casekind_id" in case.body:
            case.body["casekind_id"] = door.kinds["L0201"]
        if case.path_parameters and next(turns):
            case.path_parameters["case_id"] = real
        answer = case.call(headers={"X-API-Key": door.keys["desk"]})
        came.add(answer.status_code)
        case.validate_response(answer, checks=[not_a_server_error, response_schema_conformance])

    ask()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_nothing_that_anybody_sends_is_a_fault(
    door: Door, mode: GenerationMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "WRITES_A_MINUTE", 10**6)
    statuses = _ask_anything(door, mode, most=25)
    assert len(statuses) == 8
    came = set().union(*statuses.values())
    assert max(came) < 500
    if mode is GenerationMode.POSITIVE:
        assert {200, 201, 409} <= came, "the questions reach what they ask for"


@pytest.mark.django_db(transaction=True)
def test_negative_control_a_fault_is_found(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*, viewer: Actor) -> None:
        raise ValueError("broken on purpose")

    monkeypatch.setattr("xiaojia.domains.cases.api.v1.queries.casekinds", broken)
    with pytest.raises((FailureGroup, Failure), match="Server error"):
        _ask_anything(door, GenerationMode.POSITIVE, most=5)
