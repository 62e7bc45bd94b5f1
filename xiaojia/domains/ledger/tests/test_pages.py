"""Pages of points as people use them: record, confirm, read the slip, correct by two, print."""

from __future__ import annotations

import re

from django.test import Client

from xiaojia.domains.ledger.models import Correction, Deed, Member, Transaction
from xiaojia.domains.ledger.tests.stage import Stage
from xiaojia.kernel import clock


def _as(here: Stage, role: str) -> Client:
    client = Client()
    client.force_login(here.here.here.accounts[role])
    return client


def _text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


def test_a_volunteer_records_the_head_confirms_and_the_slip_adds_up(here: Stage) -> None:
    volunteer, head, member = _as(here, "volunteer"), _as(here, "head"), here.member("volunteer")
    today = clock.today()
    typed = {"member": member, "rule": "cleanup", "done_on": today.isoformat(), "hours": "1.5", "note": ""}
    said = volunteer.post("/points/record/", typed, follow=True).content.decode()
    assert "等另一位看见的人来认" in said
    page = _text(head, "/points/")
    assert "打扫公共地方" in page
    with here.office():
        deed = Deed.objects.get()
    assert volunteer.get(f"/points/deeds/{deed.pk}/").status_code == 403
    answer = head.post(f"/points/deeds/{deed.pk}/", {"do": "confirm", "witness": ""}, follow=True)
    assert "认了，记 4 分" in answer.content.decode()
    slip = _text(volunteer, f"/points/members/{member}/{today.year}/{today.month}/")
    assert "3 分 × 1.5 小时 = 4.5，零头不算，4 分" in slip
    assert "<b>4</b>" in slip
    assert "这一笔记错了" not in slip
    assert _text(_as(here, "officer"), f"/points/members/{member}/{today.year}/{today.month}/").count(
        "这一笔记错了"
    )


def test_the_passbook_is_ones_own_and_the_offices(here: Stage) -> None:
    here.give("volunteer", 7)
    path = f"/points/members/{here.member('volunteer')}/"
    for role, status in (
        ("volunteer", 200),
        ("officer", 200),
        ("clerk", 200),
        ("head", 403),
        ("steward", 403),
    ):
        page = _text(_as(here, role), path, status)
        assert ("<b>7</b>" in page) == (status == 200), role
    today = clock.today()
    slip = f"{path}{today.year}/{today.month}/"
    for role, status in (("volunteer", 200), ("officer", 200), ("clerk", 403), ("head", 403)):
        _text(_as(here, role), slip, status)
    assert "<b>7</b>" in _text(_as(here, "volunteer"), "/points/mine/")
    assert "<b>0</b>" in _text(_as(here, "head"), "/points/mine/")
    stranger = Client()
    stranger.force_login(here.here.elsewhere.accounts["secretary"])
    _text(stranger, path, 404)


def test_one_joins_and_leaves_by_oneself(here: Stage) -> None:
    clerk = _as(here, "clerk")
    assert "您还没有加入" in _text(clerk, "/points/mine/")
    assert "您加入了" in clerk.post("/points/mine/join/", follow=True).content.decode()
    with here.office():
        member = Member.objects.get(account=here.here.here.accounts["clerk"])
    said = clerk.post(f"/points/members/{member.pk}/leave/", follow=True).content.decode()
    assert "退出了" in said
    head = _as(here, "head")
    assert head.post(f"/points/members/{here.member('住户丁')}/leave/").status_code in (403, 409), "elsewhere"
    joined = head.post("/points/members/join/", {"name": "住户戊", "category": "volunteer"}, follow=True)
    assert "住户戊加入了" in joined.content.decode()
    assert "住户戊" in _text(head, "/points/members/?q=住户戊")


def test_a_correction_takes_two(here: Stage) -> None:
    here.give("volunteer", 7)
    officer, secretary = _as(here, "officer"), _as(here, "secretary")
    with here.office():
        award = Transaction.objects.get()
    said = officer.post(f"/points/awards/{award.pk}/", {"reason": "记到别人头上了"}, follow=True)
    assert "等另一位同事来定" in said.content.decode()
    with here.office():
        correction = Correction.objects.get()
    assert officer.post(f"/points/corrections/{correction.pk}/", {"says": "yes"}).status_code == 403
    said = secretary.post(f"/points/corrections/{correction.pk}/", {"says": "yes"}, follow=True)
    assert "更正了" in said.content.decode()
    assert here.balance("volunteer") == 0


def test_points_given_to_the_fund_are_given_once(here: Stage) -> None:
    here.give("volunteer", 7)
    volunteer, path = _as(here, "volunteer"), f"/points/members/{here.member('volunteer')}/"
    match = re.search(r'name="request_id" value="([0-9a-f-]+)"', _text(volunteer, path))
    assert match is not None
    typed = {"points": 5, "request_id": match[1]}
    for _press in range(2):
        assert "还剩 2 分" in volunteer.post(f"{path}donate/", typed, follow=True).content.decode()
    plain = volunteer.post(f"{path}donate/", typed, headers={"accept": "application/json"})
    assert plain.json()["balance"] == 2
    more = typed | {"request_id": "00000000-0000-0000-0000-000000000009"}
    assert "只剩 2 分" in volunteer.post(f"{path}donate/", more, follow=True).content.decode()
    assert here.balance("volunteer") == 2


def test_rules_are_read_by_all_and_changed_by_the_office(here: Stage) -> None:
    for role in ("head", "volunteer", "resident"):
        page = _text(_as(here, role), "/points/rules/")
        assert "参加坝坝会" in page
        assert "加一条" not in page
    officer = _as(here, "officer")
    typed = {
        "text": "扣分的事", "points": 1, "per": "once", "proof": "witness",
        "valid_from_on": clock.today().isoformat(), "do": "keep",
    }  # fmt: skip
    refused = officer.post("/points/rules/new/", typed)
    assert refused.status_code == 409
    assert "扣分的事" in refused.content.decode(), "nothing typed is lost"
    said = officer.post("/points/rules/new/", typed | {"text": "给花坛浇水"}, follow=True).content.decode()
    assert "给花坛浇水" in said
    assert _as(here, "head").get("/points/rules/new/").status_code == 403


def test_no_page_ranks_people(here: Stage) -> None:
    """P13: members stand in pinyin order whatever they have, and no list shows two people's points."""
    here.give("住户丁", 50)
    here.give("住户甲", 10)
    page = _text(_as(here, "officer"), "/points/members/")
    names = re.findall(r"住户[甲乙丙丁]", page)
    assert names == sorted(names, key=["住户丙", "住户丁", "住户甲", "住户乙"].index) != []
    assert "50" not in re.sub(r"/\d+/", "", page)
