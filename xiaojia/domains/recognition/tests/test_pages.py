from __future__ import annotations

import re

from django.test import Client

from xiaojia.domains.recognition import actions
from xiaojia.domains.recognition.models import Month
from xiaojia.domains.recognition.tests.stage import OPENED, Circle

PAGES = ("/recognition/", "/recognition/mine/", "/recognition/mine/sums/", "/recognition/awards/", "/points/")


def _seen(here: Circle, month: Month) -> dict[str, str]:
    """Every page that the office and a head can open about an open month, without what changes by itself."""
    found = {}
    own = f"/recognition/months/{month.pk}/"
    for role in ("secretary", "officer", "head"):
        client = Client()
        client.force_login(here.here.here.accounts[role])
        for path in (*PAGES, own, own + "typing/", own + "typing/?number=3", own + "slips/", own + "thanks/"):
            answer = client.get(path)
            text = answer.content.decode() if answer.status_code == 200 else str(answer.status_code)
            found[f"{role} {path.replace(str(month.pk), 'one')}"] = re.sub(
                r'nonce="[^"]*"|csrf[^>]*>|[0-9a-f-]{36}', "", text
            )
    return found


def test_no_page_tells_before_the_close_what_was_ticked(here: Circle) -> None:
    """Everybody ticks the lowest level, then everybody the highest: no page looks different (16, no leak)."""
    pages = []
    for level in (1, 5):
        month = here.open(seed=5)
        here.fill(month, lambda _rater, _ratee, level=level: level)  # type: ignore[misc]  # bound early
        pages.append(_seen(here, month))
        with here.office() as officer:
            actions.cancel_month(by=officer, at=OPENED, month_id=month.pk, reason="再来一回")
            Month.objects.filter(pk=month.pk).update(month_on="2020-01-01")
    first, second = pages
    for path, text in first.items():
        if path.endswith(" /recognition/"):
            continue  # it lists the cancelled month of the first round
        assert text == second[path], path


def test_negative_control_a_slip_that_is_missing_does_show(here: Circle) -> None:
    month = here.open(seed=5)
    here.fill(month)
    before = _seen(here, month)
    with here.office():
        month.ballots.filter(number=3).update(returned_at=None)
    after = _seen(here, month)
    assert {path for path in before if before[path] != after[path]}
