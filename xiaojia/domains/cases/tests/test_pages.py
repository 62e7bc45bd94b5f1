"""Pages of cases: the box, lists, steps, slips and orders, and what each role may open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client

from tests import cast
from tests.sharing import Once
from xiaojia.domains.cases import actions
from xiaojia.domains.cases.actions import Move, Report
from xiaojia.domains.cases.models import Case, Casekind, Reporter
from xiaojia.domains.cases.rules import State
from xiaojia.domains.people.models import Viewlog
from xiaojia.domains.places.models import Building
from xiaojia.domains.receipts.models import Receipt
from xiaojia.kernel.models import AuditEntry
from xiaojia.kernel.tenancy import entered

NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)  # Monday, 10:00 in the office
ClientOf = Callable[[str], Client]


@pytest.fixture
def people(once: Once, monkeypatch: pytest.MonkeyPatch) -> cast.Cast:
    monkeypatch.setattr("xiaojia.kernel.clock.now", lambda: NOW)
    return once(_with_kinds)


def _with_kinds() -> cast.Cast:
    made = cast.build()
    officer = made.actor("officer")
    with entered(officer.scope):
        actions.open_casekinds(by=officer, at=NOW, on=NOW.date())
    return made


@pytest.fixture
def client_of(people: cast.Cast) -> ClientOf:
    def client_of(role: str) -> Client:
        client = Client()
        account = people.elsewhere.accounts["secretary"] if role == "stranger" else people.here.accounts[role]
        client.force_login(account)
        return client

    return client_of


class Behind:
    """What stands in the database, seen in a wide scope; and cases made there."""

    def __init__(self, people: cast.Cast) -> None:
        self._people = people
        self.scope = cast.wide(people.here.community.pk)

    def kind(self, code: str) -> int:
        with entered(self.scope):
            return Casekind.objects.get(code=code, community_id=self._people.here.community.pk).pk

    def cases(self) -> list[Case]:
        with entered(self.scope):
            return list(Case.objects.select_related("casekind", "building").order_by("changed_at", "id"))

    def building(self) -> Building:
        with entered(self.scope):
            return Building.objects.select_related("compound").order_by("pk")[0]

    def report(self, code: str = "L0201", **more: object) -> Case:
        officer = self._people.actor("officer")
        report = Report(self.kind(code), str(more.pop("text", "三楼过道在漏水")), **more)  # type: ignore[arg-type]
        with entered(officer.scope):
            return actions.report_case(by=officer, at=NOW, report=report)

    def move(self, case: Case, action: str, **more: object) -> None:
        officer = self._people.actor("officer")
        with entered(officer.scope):
            step = Move(action, **{"text": "去看过了", **more})  # type: ignore[arg-type]
            actions.move_case(by=officer, at=NOW, case_id=case.pk, move=step)


@pytest.fixture
def behind(people: cast.Cast) -> Behind:
    return Behind(people)


def test_the_box_proposes_and_keeps_what_the_officer_says(client_of: ClientOf, behind: Behind) -> None:
    officer = client_of("officer")
    label = behind.building().compound.name + behind.building().name + "栋"
    typed = {"text": f"{label}楼梯间有人给电瓶车充电", "client_id": str(uuid4())}
    page = officer.post("/cases/new/", {**typed, "does": "look"}).content.decode()
    assert "看着像这样，您说了算" in page
    assert "“电瓶车充电”" in page
    assert behind.cases() == [], "looking keeps nothing"
    chosen = {"casekind": behind.kind("L0302"), "building": behind.building().pk, "does": "keep"}
    answer = officer.post("/cases/new/", {**typed, **chosen})
    (case,) = behind.cases()
    assert (answer.status_code, answer["Location"]) == (302, f"/cases/{case.pk}/")
    assert (case.casekind.code, case.building_id) == ("L0302", behind.building().pk)


def test_a_double_submit_is_one_case_and_two_texts_are_two(client_of: ClientOf, behind: Behind) -> None:
    officer = client_of("officer")
    typed = {"text": "灯不亮", "casekind": behind.kind("L0202"), "client_id": str(uuid4()), "does": "keep"}
    for _time in range(2):
        assert officer.post("/cases/new/", typed).status_code == 302
    assert len(behind.cases()) == 1
    officer.post("/cases/new/", {**typed, "client_id": str(uuid4())})
    assert len(behind.cases()) == 2, "negative control: another submission is another case"


def test_without_a_kind_nothing_is_kept_and_nothing_typed_is_lost(
    client_of: ClientOf, behind: Behind
) -> None:
    page = client_of("officer").post("/cases/new/", {"text": "昨天来过一趟", "does": "keep"})
    assert page.status_code == 422
    assert "昨天来过一趟" in page.content.decode()
    assert "选一类；拿不准就选“其他”。" in page.content.decode()
    assert behind.cases() == []


def test_danger_stands_first(client_of: ClientOf) -> None:
    page = client_of("officer").post("/cases/new/", {"text": "厨房着火了", "does": "look"}).content.decode()
    assert page.index("tel:119") < page.index("看着像这样")
    calm = client_of("officer").post("/cases/new/", {"text": "路灯不亮", "does": "look"}).content.decode()
    assert "tel:119" not in calm, "negative control"


def test_one_who_met_it_too_joins_and_keeps_both_receipts(client_of: ClientOf, behind: Behind) -> None:
    case = behind.report(building_id=behind.building().pk)
    officer = client_of("officer")
    page = officer.post(
        "/cases/new/", {"text": "过道漏水，滴到二楼", "building": behind.building().pk, "does": "look"}
    ).content.decode()
    assert case.receipt_code[:4] in page
    joined = {"text": "二楼也在滴水", "join": str(case.pk), "does": "keep", "reporter_name": "住户乙"}
    assert officer.post("/cases/new/", joined)["Location"] == f"/cases/{case.pk}/"
    assert len(behind.cases()) == 1
    with entered(behind.scope):
        assert Reporter.objects.filter(case=case).count() == 2


def test_html_emoji_and_long_text_are_shown_as_typed(client_of: ClientOf, behind: Behind) -> None:
    officer, text = client_of("officer"), "<script>alert(1)</script>😀" + "漏" * 3_900
    kept = {"text": text, "casekind": behind.kind("L0201"), "place_text": "<b>三楼</b>", "does": "keep"}
    page = officer.post("/cases/new/", kept, follow=True).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "😀" in page
    too_long = officer.post("/cases/new/", {**kept, "text": "漏" * 4_001})
    assert too_long.status_code == 422
    assert len(behind.cases()) == 1


def test_the_list_filters_and_opens_a_receipt(client_of: ClientOf, behind: Behind) -> None:
    leak, lamp = behind.report(), behind.report("L0202", text="楼道灯不亮")
    officer = client_of("officer")
    both = officer.get("/cases/").content.decode()
    assert "三楼过道在漏水" in both
    assert "楼道灯不亮" in both
    only = officer.get("/cases/", {"kind": behind.kind("L0202")}).content.decode()
    assert "楼道灯不亮" in only
    assert "三楼过道在漏水" not in only
    spelled = f"{leak.receipt_code[:4]} {leak.receipt_code[4:]}"
    by_code = officer.get("/cases/", {"place": spelled}).content.decode()
    assert str(leak.pk) in by_code
    assert str(lamp.pk) not in by_code
    assert "没有这样的事。" in officer.get("/cases/", {"late": 1}).content.decode()


def test_a_refused_step_says_why_and_keeps_what_was_typed(client_of: ClientOf, behind: Behind) -> None:
    case = behind.report()
    behind.move(case, "accept")
    behind.move(case, "assign", handler="秦晓兰", handler_id=1)
    behind.move(case, "finish")
    answer = client_of("officer").post(f"/cases/{case.pk}/verify/", {"result": 1, "text": "我自己看过"})
    assert answer.status_code == 409
    assert "办的人不能自己核实" in answer.content.decode()
    assert "我自己看过" in answer.content.decode()
    done = client_of("secretary").post(f"/cases/{case.pk}/verify/", {"result": 1, "text": "看过了"})
    assert done.status_code == 302, "negative control: somebody else may"
    assert behind.cases()[0].state == State.CLOSED


def test_the_head_gets_a_case_does_it_and_the_buttons_follow(
    client_of: ClientOf, behind: Behind, people: cast.Cast
) -> None:
    case = behind.report(household_id=people.here.household_ids[0])
    officer, head = client_of("officer"), client_of("head")
    officer.post(f"/cases/{case.pk}/accept/")
    who = f"head:{people.here.accounts['head'].pk}"
    page = officer.get(f"/cases/{case.pk}/assign/").content.decode()
    assert who in page
    assert officer.post(f"/cases/{case.pk}/assign/", {"who": who}).status_code == 302
    assert "我来办" in head.get(f"/cases/{case.pk}/").content.decode()
    assert head.post(f"/cases/{case.pk}/start/").status_code == 302
    assert head.post(f"/cases/{case.pk}/finish/", {"text": "请人修好了"}).status_code == 302
    assert behind.cases()[0].state == State.VERIFYING
    assert client_of("stranger").get(f"/cases/{case.pk}/").status_code == 404


def test_who_said_it_is_masked_until_opened_and_opening_leaves_a_note(
    client_of: ClientOf, behind: Behind, people: cast.Cast
) -> None:
    home = people.here.household_ids[0]
    case = behind.report(household_id=home, reporter_name="王大明", reporter_phone="13800001234")
    page = client_of("officer").get(f"/cases/{case.pk}/").content.decode()
    assert "王＊＊" in page
    assert "13800001234" not in page
    opened = AuditEntry.objects.filter(verb="open_reporters")
    with entered(behind.scope):
        assert not opened.exists()
    whole = client_of("officer").get(f"/cases/{case.pk}/reporters/").content.decode()
    assert "13800001234" in whole
    with entered(behind.scope):
        assert opened.count() == 1
        assert Viewlog.objects.get(reason="case").household_ids == [home]
    refused = client_of("head").get(f"/cases/{case.pk}/reporters/")
    assert refused.status_code == 403, "not in the head's hands"
    assert "13800001234" not in refused.content.decode()


def test_a_head_reports_in_three_fields_and_a_quarrel_leaves_their_sight(
    client_of: ClientOf, behind: Behind
) -> None:
    head, building = client_of("head"), behind.building()
    said = {"text": "单元门坏了", "building": building.pk, "client_id": str(uuid4())}
    assert head.post("/cases/new/", said).status_code == 302
    (case,) = behind.cases()
    assert (case.casekind.code, case.building_id) == ("L0203", building.pk)
    quarrel = {"text": "楼上楼下打架，还说要动刀", "building": building.pk, "client_id": str(uuid4())}
    assert head.post("/cases/new/", quarrel)["Location"] == "/cases/"
    private = next(c for c in behind.cases() if c.is_confidential)
    assert head.get(f"/cases/{private.pk}/").status_code == 404
    assert "打架" not in head.get("/cases/").content.decode()
    assert client_of("officer").get(f"/cases/{private.pk}/").status_code == 200


def test_twenty_slips_come_in_one_go_with_the_day_they_were_said(client_of: ClientOf, behind: Behind) -> None:
    officer = client_of("officer")
    pasted = "\n".join(f"2月27日 楼道灯不亮 第{n}回 王婆婆 1380000{n:04d}" for n in range(20))
    page = officer.post("/cases/slips/", {"pasted": pasted, "does": "look"})
    forms = page.context["forms"]
    assert len(forms) == 20
    typed = {"count": "20", "does": "keep"}
    for form in forms:
        typed |= {f"{form.prefix}-{k}": str(v) for k, v in form.initial.items() if v is not None}
    typed["s3-skip"] = "on"
    assert "都收下了" in officer.post("/cases/slips/", typed).content.decode()
    cases = behind.cases()
    assert len(cases) == 19
    assert {c.reported_at.date().isoformat() for c in cases} == {"2026-02-27"}
    assert {c.source for c in cases} == {"slip"}
    officer.post("/cases/slips/", typed)
    assert len(behind.cases()) == 19, "the same page sent twice brings nothing new"


def test_an_order_keeps_the_limit_of_its_sender_and_comes_once(client_of: ClientOf, behind: Behind) -> None:
    officer = client_of("officer")
    pasted = "工单编号：CQ1\n联系电话：13800001234\n诉求内容：楼道堆放杂物\n办理时限：3个工作日\n来源：电话"
    page = officer.post("/cases/order/", {"pasted": pasted, "does": "look"})
    assert "来源:电话" in page.content.decode(), "what was not understood is named"
    typed = {k: str(v) for k, v in page.context["form"].initial.items() if v is not None} | {"does": "keep"}
    for _time in range(2):
        assert officer.post("/cases/order/", typed).status_code == 302
        typed["client_id"] = str(uuid4())
    (case,) = behind.cases()
    assert case.sender_limit == "CQ1 3个工作日"
    assert case.due_at == datetime(2026, 3, 5, 10, tzinfo=UTC)
    unread = officer.post("/cases/order/", {**typed, "number": "CQ2", "sender_limit": "尽快"})
    assert unread.status_code == 409
    assert len(behind.cases()) == 1


def test_a_new_limit_holds_for_what_comes_later(client_of: ClientOf, behind: Behind) -> None:
    officer, kind, before = client_of("officer"), behind.kind("L0201"), behind.report()
    assert officer.post(f"/cases/kinds/{kind}/", {"amount": 1, "unit": "working_day"}).status_code == 302
    after = behind.report()
    assert before.due_at - after.due_at > timedelta(days=3)
    assert client_of("head").get("/cases/kinds/").status_code == 403


def test_the_wall_says_what_came_of_it_without_names_texts_or_quarrels(
    client_of: ClientOf, behind: Behind
) -> None:
    case = behind.report(text="王婆婆家门口漏水", building_id=behind.building().pk, reporter_name="王大明")
    behind.report("L0501", text="两家吵架")
    page = client_of("officer").get("/cases/board/").content.decode()
    assert case.casekind.name in page
    for private in ("王婆婆", "王大明", "邻里纠纷", "两家吵架"):
        assert private not in page


def test_a_merged_case_keeps_its_receipt_and_can_be_divided_again(
    client_of: ClientOf, behind: Behind
) -> None:
    first, second = behind.report(), behind.report(text="二楼滴水")
    officer = client_of("officer")
    wrong = officer.post(f"/cases/{second.pk}/merge/", {"code": "12345678", "text": ""})
    assert wrong.status_code in {409, 422}
    assert officer.post(f"/cases/{second.pk}/merge/", {"code": first.receipt_code}).status_code == 302
    assert Receipt.objects.filter(subject_id=second.pk).exists()
    assert officer.post(f"/cases/{second.pk}/unmerge/").status_code == 302
    assert {c.state for c in behind.cases()} == {State.REPORTED}


def test_receipts_speak_the_language_of_the_place(behind: Behind) -> None:
    from django.utils.translation import override

    with override("en"):
        case = behind.report()
        behind.move(case, "accept")
    receipt = Receipt.objects.get(subject_id=case.pk)
    assert [line[1] for line in receipt.timeline] == ["刚报上来", "受理了"]
