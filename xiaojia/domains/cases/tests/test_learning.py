"""Learning kinds from one's own confirmed cases: enough first, a fifth held out, a yes, and nobody else's."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.sharing import Once
from tools.simulator.said import SAID
from xiaojia.domains.cases import proposing
from xiaojia.domains.cases.actions.learning import (
    TooFewCases,
    learn,
    start_learning,
    stop_using_model,
    use_model,
)
from xiaojia.domains.cases.models import Case, Casekind, Triagemodel
from xiaojia.domains.cases.queries import learning
from xiaojia.domains.cases.queries.learning import confirmed_records, split_fifth, used_path
from xiaojia.domains.cases.rules import State
from xiaojia.domains.cases.tests.stage import MONDAY, Stage, build
from xiaojia.kernel.models import Work
from xiaojia.kernel.refusals import NotAllowed, Refused
from xiaojia.kernel.tenancy import entered
from xiaojia.kernel.work import SilentProgress

COMMITS = pytest.mark.django_db(transaction=True)
OURS = {"L0201": "渗了又渗", "L0301": "臭气熏天", "L0302": "堵得死死的", "L0801": "怎么个办法"}
"""Words that the word rules do not know: what is only learnt here."""
PAGE = reverse("cases:learning")


@pytest.fixture
def stage(once: Once, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Stage:
    settings.XIAOJIA_HOME = tmp_path
    monkeypatch.setattr("xiaojia.kernel.clock.now", lambda: MONDAY)
    return once(build)


def _confirmed(stage: Stage, count: int, *, state: State = State.CLOSED) -> None:
    """So many records of each of four kinds, as the office would have left them."""
    chance = random.Random(1)  # noqa: S311  # a story
    at = MONDAY - timedelta(days=1)
    with stage.inside():
        for code, word in OURS.items():
            kind = Casekind.objects.get(code=code, community_id=stage.community_id)
            Case.objects.bulk_create(
                Case(
                    community_id=stage.community_id, casekind=kind, state=state,
                    text=f"{chance.choice('一二三四五六')}楼{word}，{chance.choice(SAID[code])}",
                    result=1 if state is State.CLOSED else None, source="box", reported_at=at,
                    due_original_at=at, due_at=at, changed_at=at,
                )
                for _n in range(count)
            )  # fmt: skip


def _learnt(stage: Stage) -> Triagemodel:
    with stage.inside():
        return learn(by=stage.officer, at=MONDAY, progress=SilentProgress())


def _guesses(stage: Stage, text: str) -> list[str]:
    with stage.inside():
        kinds, _place = proposing.guess(text, proposing.ground(viewer=stage.officer, at=MONDAY))
    return [g.kind.code for g in kinds]


def _client(stage: Stage, role: str = "officer") -> Client:
    client = Client()
    client.force_login(stage.cast.here.accounts[role])
    return client


def test_it_says_how_much_is_missing_and_counts_only_what_was_confirmed(stage: Stage) -> None:
    _confirmed(stage, 49)
    _confirmed(stage, 60, state=State.REPORTED)
    assert "还差 4 件" in _client(stage).get(PAGE).text, "196 of 200; what nobody looked at does not count"
    with stage.inside(), pytest.raises(TooFewCases, match="还差 4 件"):
        start_learning(by=stage.officer, at=MONDAY)
    with stage.inside(), pytest.raises(TooFewCases):
        learn(by=stage.officer, at=MONDAY, progress=SilentProgress())
    _confirmed(stage, 1)
    answer = _client(stage).post(PAGE)
    assert Work.objects.get(pk=answer["Location"].split("/")[2]).kind == "cases_learn"
    assert _client(stage).post(PAGE).status_code == 409, "one at a time"


def test_a_held_out_fifth_is_never_learnt_from(stage: Stage) -> None:
    _confirmed(stage, 52)
    with stage.inside():
        records = confirmed_records(viewer=stage.officer)
        learnt, held_out = split_fifth(records)
    assert (len(learnt), len(held_out)) == (168, 40)
    assert {r.label for r in held_out} == set(OURS), "of each kind"
    assert sorted([*learnt, *held_out], key=str) == sorted(records, key=str)


@COMMITS
def test_nothing_proposes_before_the_yes_and_the_one_before_is_kept(stage: Stage) -> None:
    _confirmed(stage, 52)
    said = "五楼渗了又渗"
    assert _guesses(stage, said) != ["L0201"]
    before = _guesses(stage, said)
    first = _learnt(stage)
    assert (first.state, first.held_out_count, first.record_count) == ("candidate", 40, 208)
    assert 0.9 < first.macro_f1 <= 1
    assert first.word_accuracy < first.accuracy
    assert sum(count for _name, count, _right in first.kinds) == 40
    assert _guesses(stage, said) == before, "negative control: a candidate says nothing"
    client = _client(stage)
    assert "等您点头" in client.get(PAGE).text
    assert client.post(reverse("cases:use_model", args=[first.pk])).status_code == 302
    assert _guesses(stage, said)[0] == "L0201"
    second = _learnt(stage)
    third = _learnt(stage)
    with stage.inside():
        assert Triagemodel.objects.get(pk=second.pk).state == "dropped", "one waits at a time"
        use_model(by=stage.secretary, at=MONDAY, model_id=third.pk)
    with stage.inside(), pytest.raises(Refused):
        use_model(by=stage.secretary, at=MONDAY, model_id=second.pk)
    assert "以前用过的" in client.get(PAGE).text
    with stage.inside():
        use_model(by=stage.officer, at=MONDAY, model_id=first.pk)
        states = dict(Triagemodel.objects.values_list("pk", "state"))
    assert states == {first.pk: "used", second.pk: "dropped", third.pk: "previous"}
    folder = used_path(stage.community_id).parent
    assert {p.stem for p in folder.iterdir()} == {"used", str(first.pk), str(third.pk)}
    assert all(p.stat().st_mode & 0o077 == 0 for p in folder.iterdir())
    client.post(reverse("cases:stop_model"))
    assert _guesses(stage, said) == before
    with stage.inside(), pytest.raises(Refused):
        stop_using_model(by=stage.officer, at=MONDAY)


@COMMITS
def test_it_is_of_one_community_and_of_desks(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "FEWEST_RECORDS", 40)
    _confirmed(stage, 12)
    mine = _learnt(stage)
    stranger = stage.cast.actor("stranger")
    with entered(stranger.scope):
        assert not Triagemodel.objects.exists(), "the fence of the database"
        with pytest.raises(Refused):
            use_model(by=stranger, at=MONDAY, model_id=mine.pk)
        with pytest.raises(TooFewCases):
            start_learning(by=stranger, at=MONDAY)
    with stage.inside():
        use_model(by=stage.officer, at=MONDAY, model_id=mine.pk)
    assert not used_path(stranger.community_id).exists()
    with stage.inside(), pytest.raises(NotAllowed):
        start_learning(by=stage.cast.actor("head"), at=MONDAY)
    assert _client(stage, "head").get(PAGE).status_code == 403
