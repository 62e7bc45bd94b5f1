"""The counter as the clerk uses it: find, give, keep, hand out, take back; the shelf, the day, the sheet."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from xiaojia.domains.ledger.models import Passbook
from xiaojia.domains.store.models import Redemption
from xiaojia.domains.store.tests.counter import Counter
from xiaojia.kernel import clock


def _as(here: Counter, role: str) -> Client:
    client = Client()
    client.force_login(here.stage.here.here.accounts[role])
    return client


def _text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


def _form(here: Counter, page: str, goods: str, do: str, **more: str) -> dict[str, str]:
    found = re.search(r'name="request" value="([^"]+)"', page)
    assert found is not None
    pk = str(here.goods[goods].pk)
    return {"request": found[1], "goods": pk, "quantity": "1", "way": "counter", "do": do, **more}


def test_a_clerk_finds_gives_and_a_second_press_gives_nothing(here: Counter) -> None:
    clerk = _as(here, "clerk")
    assert "住户丙" in _text(clerk, "/store/?q=住户")
    found = clerk.get("/store/?q=住户丁 2栋")
    member = here.stage.member("住户丁")
    assert found.headers["Location"] == f"/store/members/{member}/"
    page = _text(clerk, f"/store/members/{member}/")
    assert "<b>30</b>" in page
    typed = _form(here, page, "肥皂", "take", quantity="2")
    for _press in range(2):
        said = clerk.post(f"/store/members/{member}/", typed, follow=True).content.decode()
        assert "6 分，存折上还能用 24 分" in said
    too_much = {**typed, "quantity": "20"}
    answer = clerk.post(f"/store/members/{member}/", too_much)
    assert answer.status_code == 409
    # Another piece of paper now, and what was typed is still there.
    again = answer.content.decode()
    assert typed["request"] not in again
    assert 'value="20"' in again
    lack = clerk.post(f"/store/members/{member}/", _form(here, again, "大米", "take"))
    assert "只剩 24 分" in lack.content.decode()
    assert here.drift() == []


def test_something_kept_is_found_by_its_code_handed_out_and_taken_back(here: Counter) -> None:
    clerk, member = _as(here, "clerk"), here.stage.member("住户甲")
    path = f"/store/members/{member}/"
    typed = _form(here, _text(clerk, path), "肥皂", "keep", way="delivery")
    assert "送到哪里" in clerk.post(path, typed).content.decode()
    kept = clerk.post(path, {**typed, "note": "1 栋 1-1"}, follow=True)
    assert "领货号" in kept.content.decode()
    with here.stage.office():
        row = Redemption.objects.get()
    assert "送到 1 栋 1-1" in _text(clerk, "/")
    assert clerk.get(f"/store/?q={row.pickup_code}").headers["Location"] == f"/store/redemptions/{row.pk}/"
    for do, words in (("collect", "领走了"), ("return", "退货办好了")):
        said = clerk.post(f"/store/redemptions/{row.pk}/", {"do": do}, follow=True)
        assert words in said.content.decode()
    refused = clerk.post(f"/store/redemptions/{row.pk}/", {"do": "cancel"})
    assert refused.status_code == 409
    assert (here.stock("肥皂"), here.stage.balance("住户甲")) == (100, 30)
    assert here.drift() == []


def test_the_shelf_the_day_and_wishes(here: Counter) -> None:
    clerk, officer, soap = _as(here, "clerk"), _as(here, "officer"), here.goods["肥皂"].pk
    new = {"name": "盐", "unit": "袋", "points": "2"}
    assert "4 号" in clerk.post("/store/shelf/", new, follow=True).content.decode()
    assert clerk.post("/store/shelf/", new).status_code == 409
    path = f"/store/shelf/{soap}/"
    page = _text(clerk, path)
    assert "改标价" not in page
    token = re.search(r'name="request" value="([^"]+)"', page)
    assert token is not None
    for _press in range(2):
        clerk.post(path, {"do": "receive", "request": token[1], "pieces": "5"})
    assert "对上了" in clerk.post(path, {"do": "count", "count-counted": "105"}, follow=True).content.decode()
    price = {"do": "price", "price-points": "4", "price-from_on": clock.today().isoformat()}
    assert clerk.post(path, price).status_code == 403
    assert "提前七天" in officer.post(path, price).content.decode()
    assert "记下了" in clerk.post("/store/wanted/", {"text": "电饭锅"}, follow=True).content.decode()
    answer = {"do": "answer", "text": "电饭锅", "answer": "下周进"}
    assert "有 1 个人问过" in officer.post("/store/wanted/", answer, follow=True).content.decode()
    day = _text(clerk, "/store/day/")
    assert "肥皂" in day
    for words in ("nonsense", "9999-01-01"):
        assert "后一天" not in _text(clerk, f"/store/day/?on={words}")


def test_a_sheet_is_printed_and_typed_back(here: Counter) -> None:
    clerk = _as(here, "clerk")
    assert "3 号 热水壶 10 分" in _text(clerk, "/store/sheet/")
    with here.stage.office():
        number = Passbook.objects.get(member_id=here.stage.member("住户乙")).number
    typed = {"day": clock.today().isoformat(), "sheet": "1", "lines": f"{number} 2 1\n\n{number} 99 1"}
    page = clerk.post("/store/sheet/typed/", typed).content.decode()
    assert "记下 1 行，1 行要再看看" in page
    assert "第 3 行" in page
    assert "先前记过了" in clerk.post("/store/sheet/typed/", typed).content.decode()
    bad = clerk.post("/store/sheet/typed/", {**typed, "lines": "x 2 1"})
    assert (bad.status_code, "第 1 行没看懂" in bad.content.decode()) == (422, True)


@pytest.mark.parametrize("role", ["head", "steward", "volunteer", "cook", "resident", "observer"])
def test_nobody_else_opens_the_counter(here: Counter, role: str) -> None:
    other = _as(here, role)
    member = here.stage.member("住户甲")
    for path in ("", f"members/{member}/", f"shelf/{here.goods['肥皂'].pk}/", "day/", "sheet/", "wanted/"):
        assert other.get(f"/store/{path}").status_code == 403, path
