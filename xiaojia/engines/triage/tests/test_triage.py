"""Suggestions explain themselves, abstain, survive being stored, and are judged on sentences never learnt."""

from __future__ import annotations

import io
import zipfile
from functools import lru_cache

import numpy as np
import pytest

from xiaojia.engines.triage import Heard, Model, NotAModel, TooFew, evaluate, train
from xiaojia.engines.triage.tests.said import said


def _without(turn: int) -> tuple[list[tuple[Heard, str]], list[tuple[Heard, str]]]:
    """Learnt and asked: of every kind one whole sentence pattern is never learnt, in any of its forms."""
    rows = list(said())
    learnt = [row for i, row in enumerate(rows) if i // 8 % 5 != turn]
    return learnt, [row for i, row in enumerate(rows) if i // 8 % 5 == turn]


@lru_cache(maxsize=1)
def model() -> Model:
    """Learnt from everything."""
    messages, labels = zip(*said(), strict=True)
    return train(messages, labels)


def test_there_are_enough_sentences_all_different() -> None:
    rows = list(said())
    assert len(rows) == len({heard.body for heard, _kind in rows}) == 320


def test_sentences_never_learnt_are_understood_well_above_chance() -> None:
    scores = []
    for turn in range(5):
        learnt, asked = _without(turn)
        here = train(*map(list, zip(*learnt, strict=True)))
        scores.append(evaluate(here, *map(list, zip(*asked, strict=True))).macro_f1)
    print("macro-F1 of unseen sentence patterns:", [round(s, 3) for s in scores])
    assert np.mean(scores) > 0.6, "chance is 0.125"


def test_negative_control_shuffled_labels_teach_nothing() -> None:
    learnt, asked = _without(0)
    messages, labels = map(list, zip(*learnt, strict=True))
    shuffled = [labels[i] for i in np.random.default_rng(1).permutation(len(labels))]
    confused = train(messages, shuffled)
    assert evaluate(confused, *map(list, zip(*asked, strict=True))).macro_f1 < 0.35


def test_a_suggestion_names_words_of_the_message() -> None:
    message = Heard("", "三栋二单元水管爆了，一直在漏水")
    first, *others = model().suggest(message)
    assert first.label == "leak"
    assert first.reasons
    assert all(reason in message.body for reason in first.reasons)
    assert len(others) == 2
    assert first.confidence >= max(o.confidence for o in others)
    assert first.confidence + sum(o.confidence for o in others) <= 1.01


def test_it_abstains_when_it_does_not_know() -> None:
    assert model().suggest(Heard("", "")) == ()
    assert model().suggest(Heard("", " \n ")) == ()
    assert model().suggest(Heard("", "三栋二单元在漏水"), least=1.01) == ()
    assert model().suggest(Heard("", "xyzzy plugh"), least=0.9) == ()


def test_hostile_text_is_only_text() -> None:
    for text in ("<script>alert(1)</script>", "😀" * 500, "漏水" * 100_000, "\x00\ud7ff", "'; DROP TABLE"):
        suggestions = model().suggest(Heard(text, text))
        assert all(0 <= s.confidence <= 1 for s in suggestions)


def test_the_same_records_give_the_same_bytes_and_bytes_give_the_same_answers() -> None:
    messages, labels = zip(*said(), strict=True)
    data = model().to_bytes()
    again = Model.from_bytes(data)
    assert np.array_equal(train(messages, labels).decide(messages), model().decide(messages))
    assert np.allclose(again.decide(messages), model().decide(messages))
    assert again.suggest(messages[3]) == model().suggest(messages[3])


def _packed(**changed: bytes) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(model().to_bytes())) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, changed.get(name.replace(".", "_"), old.read(name)))
    return out.getvalue()


def test_what_is_no_model_is_refused_and_runs_no_code() -> None:
    pickled = io.BytesIO()
    np.save(pickled, np.array([print], dtype=object), allow_pickle=True)
    for data in (
        b"",
        b"PK\x03\x04",
        _packed(model_json=b"{}"),
        _packed(model_json=b'{"format": 9, "labels": [], "grams": []}'),
        _packed(weights_npy=pickled.getvalue()),
        _packed(weights_npy=b"\x93NUMPY"),
    ):
        with pytest.raises(NotAModel):
            Model.from_bytes(data)
    assert Model.from_bytes(_packed()).labels == model().labels, "the packing itself is sound"


def test_too_few_records_are_refused_and_rare_labels_left_out() -> None:
    rows = list(said())[:12]
    with pytest.raises(TooFew):
        train(*map(list, zip(*rows, strict=True)))
    rows = [*list(said())[:80], (Heard("", "只说过一次"), "rare")]
    assert set(train(*map(list, zip(*rows, strict=True))).labels) == {"leak", "light"}


def test_two_labels_are_enough() -> None:
    rows = list(said())[:80]
    small = train(*map(list, zip(*rows, strict=True)))
    assert small.suggest(Heard("", "水管漏水了"))[0].label == "leak"
    assert small.suggest(Heard("", "路灯不亮"))[0].label == "light"


def test_confidence_rises_with_the_margin() -> None:
    messages, _labels = zip(*said(), strict=True)
    decisions = model().decide(messages)
    ordered = np.sort(decisions, axis=1)
    margin, confidence = ordered[:, -1] - ordered[:, -2], model().confidence(decisions)
    assert (np.diff(confidence[np.argsort(margin)]) >= -1e-9).all()
