"""Pages from draft to history: what a person is told, and what stays typed."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.busy import Busy, busy
from tests.sharing import Once
from xiaojia.domains.microgrids.models import Partition, PlanException
from xiaojia.domains.places.models import Building
from xiaojia.kernel import clock
from xiaojia.kernel.tenancy import entered


@pytest.fixture
def stage(once: Once) -> Busy:
    return once(busy)


def _client(stage: Busy, role: str) -> Client:
    client = Client()
    client.force_login(stage.accounts[role])
    return client


def test_from_reasons_to_an_adopted_plan_that_history_knows(stage: Busy) -> None:
    client = _client(stage, "secretary")
    pk = stage.ids["other_partition_id"]
    today = clock.today().isoformat()
    assert "没写理由" in client.get(f"/microgrids/plans/{pk}/adopt/").content.decode()
    assert client.post(f"/microgrids/plans/{pk}/adopt/", {"from_on": today}).status_code == 409
    with entered(stage.place.secretary.scope):
        waiting = list(PlanException.objects.filter(partition_id=pk).values_list("pk", flat=True))
    assert waiting
    for exception in waiting:
        typed = {"exception": exception, "reason": "只隔一道门，两边都点了头"}
        assert client.post(f"/microgrids/plans/{pk}/exceptions/", typed).status_code == 302
    assert client.post(f"/microgrids/plans/{pk}/adopt/", {"from_on": "昨天"}).status_code == 422
    done = client.post(f"/microgrids/plans/{pk}/adopt/", {"from_on": today}, follow=True)
    assert "采用了" in done.content.decode()
    with entered(stage.place.secretary.scope):
        assert Partition.objects.get(pk=pk).state == "adopted"
    history = client.get("/microgrids/history/", {"on": today, "q": "1 栋"}).content.decode()
    assert "刘家院子 1 栋" in history
    assert "刘家院子 2 栋" not in history


def test_a_reason_too_short_is_refused_and_stays_typed(stage: Busy) -> None:
    pk = stage.ids["other_partition_id"]
    with entered(stage.place.secretary.scope):
        exception = PlanException.objects.filter(partition_id=pk)[0].pk
    answer = _client(stage, "officer").post(
        f"/microgrids/plans/{pk}/exceptions/", {"exception": exception, "reason": "行"}
    )
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "理由还没写清楚" in page
    assert ">行</textarea>" in page


def test_an_officer_prepares_and_does_not_adopt(stage: Busy) -> None:
    pk = stage.ids["other_partition_id"]
    page = _client(stage, "officer").get(f"/microgrids/plans/{pk}/adopt/").content.decode()
    assert "采用要书记来定" in page
    assert "from_on" not in page


def test_a_building_is_put_elsewhere_by_metres(stage: Busy) -> None:
    with entered(stage.place.secretary.scope):
        building = Building.objects.filter(x_metres__isnull=False).order_by("pk")[0]
    client = _client(stage, "officer")
    typed = {"building": building.pk, "east": "12.5", "north": "-3"}
    assert client.post("/microgrids/sketch/", typed).status_code == 302
    assert client.post("/microgrids/sketch/", {**typed, "east": "远"}).status_code == 422
    with entered(stage.place.secretary.scope):
        moved = Building.objects.get(pk=building.pk)
    assert building.x_metres is not None
    assert building.y_metres is not None
    assert (moved.x_metres, moved.y_metres) == (building.x_metres + 12.5, building.y_metres - 3)


def test_a_stranger_finds_neither_plan_nor_paper(stage: Busy) -> None:
    pk = stage.ids["other_partition_id"]
    client = _client(stage, "stranger")
    for path in ("", "exceptions/", "adopt/", "print/", "plan.xlsx"):
        assert client.get(f"/microgrids/plans/{pk}/{path}").status_code == 404, path
    assert _client(stage, "officer").get(f"/microgrids/plans/{pk}/print/").status_code == 200
