"""P10: after the years of its purpose what was said is gone, exactly as listed, and cases still add up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.sharing import Once
from xiaojia.domains.cases import actions, jobs
from xiaojia.domains.cases.checks import findings
from xiaojia.domains.cases.lines import line_of
from xiaojia.domains.cases.models import Case, Casestep, Reporter
from xiaojia.domains.cases.queries.retention import forgettable
from xiaojia.domains.cases.tests.stage import DONE, MONDAY, Stage, build
from xiaojia.kernel.models import AuditEntry

LATER = MONDAY + timedelta(days=3 * 366 + 2)


@pytest.fixture
def stage(once: Once) -> Iterator[Stage]:
    here = once(build)
    with here.inside():
        yield here


def _told(stage: Stage, **more: Any) -> Case:
    who: dict[str, Any] = {"reporter_name": "住户甲", "reporter_phone": "13800000001"}
    return stage.dispatched(place_text="三楼", **who, **more)


def test_after_the_years_words_go_and_what_was_done_stays(stage: Stage) -> None:
    old = stage.closed(_told(stage), MONDAY + timedelta(hours=3))
    gone = stage.move(_told(stage), "withdraw", MONDAY + timedelta(hours=3))
    still_open = _told(stage)
    young = stage.closed(_told(stage, at=MONDAY + timedelta(days=9)), MONDAY + timedelta(days=10))
    steps = {s.pk: (s.action, s.at, s.to_state) for s in Casestep.objects.filter(case__in=[old, gone])}
    day_before = MONDAY + timedelta(days=3 * 366)
    assert forgettable(viewer=stage.officer, at=day_before) == [], "negative control: not a day too early"
    listed = forgettable(viewer=stage.officer, at=LATER)
    assert set(listed) == {old.pk, gone.pk}
    assert set(actions.forget_cases(by=stage.officer, at=LATER)) == set(listed), "exactly what was listed"
    for case in Case.objects.filter(pk__in=listed).select_related("casekind", "building"):
        assert (case.text, case.place_text, case.due_at is None) == ("", "", False)
        assert "保存期" in line_of(case, at=LATER).title
    kept = Casestep.objects.filter(case__in=listed)
    assert {s.pk: (s.action, s.at, s.to_state) for s in kept} == steps
    assert not kept.exclude(text="").exists()
    for said in Reporter.objects.filter(case__in=listed):
        assert (said.name, bytes(said.phone_sealed), bytes(said.phone_index)) == ("", b"", b"")
    for case in (still_open, young):
        case.refresh_from_db()
        assert case.text, "negative control: what is open or young keeps its words"
    assert Casestep.objects.filter(case=young, text=DONE).exists()
    assert findings(stage.community_id) == []
    assert AuditEntry.objects.get(verb="forget_cases").object_count == 2
    assert actions.forget_cases(by=stage.officer, at=LATER) == [], "a second night finds nothing"


@pytest.mark.django_db(transaction=True)
def test_the_night_does_it_for_every_community(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = build()
    with stage.inside():
        old = stage.closed(_told(stage), MONDAY + timedelta(hours=3))
    monkeypatch.setattr("xiaojia.kernel.clock.now", lambda: LATER)
    jobs.forget_cases()
    with stage.inside():
        assert Case.objects.get(pk=old.pk).text == ""
