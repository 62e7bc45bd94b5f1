"""Pages of teams: what each role may open, what they say, and how many questions a roster asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests import cast
from tests.sharing import Once
from xiaojia.domains.people.actions import give_consent
from xiaojia.domains.people.models import Account, Resident, Viewlog
from xiaojia.domains.teams import actions, queries
from xiaojia.domains.teams.models import Designation, Tenure
from xiaojia.domains.teams.tests import stage
from xiaojia.domains.teams.tests.stage import NOW, TODAY
from xiaojia.kernel.tenancy import entered

ClientOf = Callable[[str], Client]


@pytest.fixture
def people(once: Once, monkeypatch: pytest.MonkeyPatch) -> cast.Cast:
    monkeypatch.setattr("xiaojia.kernel.clock.now", lambda: NOW)
    return once(_settled)


def _settled() -> cast.Cast:
    made = cast.build()
    secretary = made.actor("secretary")
    with entered(secretary.scope):
        actions.settle_seats(by=secretary, at=NOW)
    return made


@pytest.fixture
def client_of(people: cast.Cast) -> ClientOf:
    def client_of(role: str) -> Client:
        client = Client()
        account = people.elsewhere.accounts["secretary"] if role == "stranger" else people.here.accounts[role]
        client.force_login(account)
        return client

    return client_of


def test_the_office_sees_who_holds_what_and_since_when_a_seat_is_empty(client_of: ClientOf) -> None:
    page = client_of("secretary").get("/teams/").content.decode()
    assert "2 个小家，2 个有家长" in page
    assert "1 个位子空着，1 个过了 15 天" in page
    assert "第 61 天" in page
    assert "请管家" in page
    assert "请管家" not in client_of("officer").get("/teams/").content.decode(), (
        "designating is the secretary's"
    )


def test_a_head_sees_the_own_team_and_nobody_else_s(people: cast.Cast, client_of: ClientOf) -> None:
    own, other = (g.pk for g in people.here.microgrids)
    head = client_of("head")
    assert head.get("/teams/").headers["Location"] == f"/teams/{own}/"
    page = head.get(f"/teams/{own}/").content.decode()
    assert "罗建平" in page
    assert "田永红" not in page
    for path in (
        f"/teams/{other}/", f"/teams/{other}/handover/", f"/teams/{other}/door-cards/",
        f"/teams/tenures/{people.neighbour.pk}/",
    ):  # fmt: skip
        assert head.get(path).status_code == 404, path
    for path in ("/teams/roster/", "/teams/wall/", "/teams/pages/", f"/teams/{own}/designate/head/"):
        assert head.get(path).status_code == 403, path


def test_a_stranger_finds_nothing_of_ours(people: cast.Cast, client_of: ClientOf) -> None:
    stranger, own = client_of("stranger"), people.here.microgrids[0].pk
    tenure = people.here.tenures["head"].pk
    for path in (f"/teams/{own}/", f"/teams/{own}/handover/", f"/teams/tenures/{tenure}/"):
        assert stranger.get(path).status_code == 404, path
    assert stranger.post(f"/teams/tenures/{tenure}/end/", {"on": "2026-03-03"}).status_code == 404
    assert "田永红" not in stranger.get("/teams/roster/").content.decode()
    assert "邓明礼" in client_of("secretary").get(f"/teams/{own}/").content.decode(), "negative control"


def test_a_roster_of_a_past_day_asks_three_questions(
    people: cast.Cast, client_of: ClientOf, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    secretary = people.actor("secretary")
    with entered(secretary.scope):
        actions.end_tenure(
            by=secretary, at=NOW, tenure_id=people.neighbour.pk, on=TODAY - timedelta(days=5), reason="moved"
        )
        with django_assert_max_num_queries(3):
            teams = queries.roster(viewer=secretary, on=TODAY - timedelta(days=6))
        assert teams[1].head is not None
    page = client_of("officer").get("/teams/roster/?on=2026-02-24").content.decode()
    assert "田永红" in page
    page = client_of("officer").get("/teams/roster/?on=2026-02-25").content.decode()
    assert "田永红" not in page
    assert "空缺第 1 天" in page
    answer = client_of("officer").get("/teams/roster/?on=昨天")
    assert answer.status_code == 422


def test_who_looks_after_an_address(people: cast.Cast, client_of: ClientOf) -> None:
    secretary = people.actor("secretary")
    with entered(secretary.scope):
        actions.give_listing(
            by=secretary, at=NOW, account_id=people.here.accounts["head"].pk, phone="023-0000 0107"
        )
    page = client_of("officer").get("/teams/who/", {"q": "刘家院子1栋"}).content.decode()
    assert "邓明礼" in page
    assert "023-0000 0107" in page
    assert "罗建平" in page
    assert "蒲小燕" in page
    assert "田永红" not in page
    assert "没找到这个地址" in client_of("officer").get("/teams/who/", {"q": "刘家院子9栋"}).content.decode()
    assert "田永红" not in client_of("head").get("/teams/who/", {"q": "刘家院子2栋"}).content.decode()


def _form(**more: object) -> dict[str, object]:
    return {"who": "new", "from_on": "2026-03-02", "reason": stage.REASON, "name": "", "kind": ""} | more


def test_the_secretary_designates_somebody_new_a_resident_or_an_account(
    people: cast.Cast, client_of: ClientOf
) -> None:
    secretary, client, grid = people.actor("secretary"), client_of("secretary"), people.here.microgrids[1].pk
    with entered(secretary.scope):
        Tenure.objects.filter(pk=people.neighbour.pk).update(until_on=TODAY)
        resident = Resident.objects.get(name="住户5")
    url = f"/teams/{grid}/designate"
    page = client.get(f"{url}/head/?q=住户5 刘家院子2栋").content.decode()
    assert f"resident:{resident.pk}" in page
    assert "刘家院子 2 栋" in page
    assert f"resident:{resident.pk}" not in client.get(f"{url}/head/?q=住户5 老粮站院").content.decode()
    assert client.post(f"{url}/head/", _form(who=f"resident:{resident.pk}")).status_code == 302
    more = _form(
        name="简素芬", kind="company", phone="138 0000 0107", username="he", password="一句好记的话 2026"
    )
    assert client.post(f"{url}/steward/", more).status_code == 302
    helper = people.here.accounts["volunteer"].pk
    assert client.post(f"{url}/volunteer/", _form(who=f"account:{helper}", reason="")).status_code == 302
    with entered(secretary.scope):
        team = queries.team_of(grid, viewer=secretary, on=TODAY)
        assert team is not None
        assert [m.name for m in team.members] == ["住户5", "简素芬", "蒲小燕"]
        assert (team.steward and team.steward.phone) == "13800000107"
        assert not team.vacancies
        assert Viewlog.objects.filter(screen="designate").count() == 1
    assert Account.objects.get(username="he").check_password("一句好记的话 2026")
    assert not Account.objects.get(name="住户5").has_usable_password()


def test_a_refused_designation_keeps_what_was_typed_and_makes_no_account(
    people: cast.Cast, client_of: ClientOf
) -> None:
    client, url = client_of("secretary"), f"/teams/{people.here.microgrids[0].pk}/designate/head/"
    answer = client.post(url, _form(name="简素芬", document_number="七号"))
    assert answer.status_code == 409
    assert "这个位子有人" in answer.content.decode()
    assert 'value="七号"' in answer.content.decode()
    assert not Account.objects.filter(name="简素芬").exists()
    answer = client.post(url, _form(reason="", name=""))
    assert answer.status_code == 422
    assert "写上这位的姓名" in answer.content.decode()
    foreign = people.elsewhere.accounts["head"].pk
    answer = client.post(url, _form(who=f"account:{foreign}"))
    assert answer.status_code == 409
    assert "没找到选的这位" in answer.content.decode()
    assert client_of("officer").post(url, _form(name="简素芬")).status_code == 403


def test_an_end_is_written_and_thanked(people: cast.Cast, client_of: ClientOf) -> None:
    client, tenure = client_of("secretary"), people.here.tenures["steward"].pk
    answer = client.post(f"/teams/tenures/{tenure}/end/", {"on": "2026-03-02", "reason": "illness"})
    assert answer.status_code == 302
    page = client_of("head").get(answer.headers["Location"]).content.decode()
    assert "谢谢为 1 号小家的邻居出力" in page
    assert "身体" not in page, "the reason stays in the office"
    assert "第 1 天" in page


def test_the_handover_pack_is_made_with_a_head_s_eyes(people: cast.Cast, client_of: ClientOf) -> None:
    secretary, grid = people.actor("secretary"), people.here.microgrids[0].pk
    with entered(secretary.scope):
        resident = Resident.objects.get(name="住户0")
        give_consent(by=secretary, at=NOW, resident_id=resident.pk, purpose="contact_card")
        actions.end_tenure(
            by=secretary, at=NOW, tenure_id=people.here.tenures["head"].pk, on=TODAY, reason="term_over"
        )
    page = client_of("secretary").get(f"/teams/{grid}/handover/").content.decode()
    assert "住户0" in page
    assert page.count("住＊＊") == 3, "no name without a yes, not even for the secretary's printer"
    assert "邓明礼" in page, "who was before"
    assert "1 户同意您看姓名和电话" in page
    assert "住户5" not in page
    with entered(secretary.scope):
        seen = Viewlog.objects.get(screen="handover")
        assert seen.household_ids == people.here.household_ids[:4]


def test_a_party_tick_is_the_person_s_own_word(people: cast.Cast, client_of: ClientOf) -> None:
    secretary, grid = people.actor("secretary"), people.here.microgrids[1].pk
    with entered(secretary.scope):
        made = stage.designate(secretary, stage.account("简素芬", "qh-he"), grid, "volunteer")
    url = f"/teams/tenures/{made.pk}/party/"
    assert client_of("secretary").post(url, {"says": "yes"}).status_code == 302
    with entered(secretary.scope):
        assert Designation.objects.get(tenure=made).party_said_at == NOW
    client_of("secretary").post(url, {"says": "no"})
    with entered(secretary.scope):
        assert Designation.objects.get(tenure=made).party_said_at is None
    assert client_of("officer").post(url, {"says": "yes"}).status_code == 403


def test_a_date_to_come_is_answered_too(people: cast.Cast) -> None:
    secretary = people.actor("secretary")
    with entered(secretary.scope):
        assert [t.unanswered for t in queries.roster(viewer=secretary, on=date(2027, 1, 1))] == [[], []]
