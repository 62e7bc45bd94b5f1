"""Train, suggest, explain, keep. A model is plain arrays and words: reading one back runs no code."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float32]

TITLE_WEIGHT: Final = 0.5
PENALTY: Final = 1.5
MOST_SUGGESTIONS: Final = 3
MOST_REASONS: Final = 3
LONGEST_REASON: Final = 8
STANDS_OUT: Final = 0.3
"""Share of the strongest character's gain from which a character belongs to a reason."""
FEWEST_A_LABEL: Final = 5
FOLDS: Final = 5
STEPS: Final = 20
"""Of the table from margin to the share that was right."""
LONGEST: Final = 4_000
"""Characters of a text that are read."""
MOST_BYTES: Final = 400_000_000
FORMAT: Final = 1


class TooFew(ValueError):
    """There are not enough labelled messages to learn from."""


class NotAModel(ValueError):
    """The bytes are no model of this version."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said: a title, which may be empty, and a body."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One label. `confidence` is the share of such answers that were right when held out, 0..1.

    `reasons` are words of the message that spoke for the label, the strongest first.
    """

    label: str
    confidence: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Model:
    """`weights` is label x (grams of all + grams of the title); both blocks share grams and idf.

    `margins` rise; `shares[i]` is the share of held-out answers with a margin of margins[i] that were right.
    """

    labels: tuple[str, ...]
    grams: tuple[str, ...]
    idf: Floats
    weights: Floats
    intercepts: Floats
    margins: Floats
    shares: Floats

    def decide(self, messages: Sequence[Heard]) -> npt.NDArray[np.float64]:
        """One row a message, one column a label: the higher, the better it fits."""
        table = self._features(messages) @ self.weights.T.astype(np.float64)
        return np.asarray(table) + self.intercepts

    def confidence(self, decisions: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """For each row the share of held-out answers this clear that were right."""
        return np.asarray(np.interp(margins_of(decisions), self.margins, self.shares), float)

    def suggest(self, message: Heard, *, least: float = 0.4) -> tuple[Suggestion, ...]:
        """Up to three labels, the best first; none when even the best is right less often than `least`."""
        if not _plain(message.title + message.body):
            return ()
        decisions = self.decide([message])
        first = float(self.confidence(decisions)[0])
        if first < least:
            return ()
        order = np.argsort(-decisions[0], kind="stable")[:MOST_SUGGESTIONS]
        rest = np.exp(decisions[0][order[1:]])
        others = (1 - first) * rest / max(float(np.exp(np.delete(decisions[0], order[0])).sum()), 1e-9)
        confidences = [first, *others.tolist()]
        return tuple(
            Suggestion(self.labels[k], round(c, 3), self._reasons(message, int(k)))
            for k, c in zip(order, confidences, strict=True)
        )

    def to_bytes(self) -> bytes:
        """A zip of arrays and a JSON page."""
        head = {"format": FORMAT, "labels": self.labels, "grams": self.grams}
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("model.json", json.dumps(head, ensure_ascii=False))
            for name in ("idf", "weights", "intercepts", "margins", "shares"):
                array = io.BytesIO()
                np.save(array, getattr(self, name), allow_pickle=False)
                file.writestr(f"{name}.npy", array.getvalue())
        return out.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Model:
        """The model that `to_bytes` wrote; anything else is `NotAModel`."""
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as file:
                if sum(entry.file_size for entry in file.infolist()) > MOST_BYTES:
                    raise NotAModel("too large for a model")
                head = json.loads(file.read("model.json"))
                arrays = {
                    name: np.load(io.BytesIO(file.read(f"{name}.npy")), allow_pickle=False)
                    for name in ("idf", "weights", "intercepts", "margins", "shares")
                }
            model = cls(tuple(head["labels"]), tuple(head["grams"]), **arrays)
        except (zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
            raise NotAModel(str(error)) from error
        if head.get("format") != FORMAT or model.weights.shape != (len(model.labels), 2 * len(model.grams)):
            raise NotAModel("another version, or parts that do not fit together")
        return model

    @cached_property
    def _vectorizer(self) -> Any:
        vectorizer = _new_vectorizer({gram: i for i, gram in enumerate(self.grams)})
        vectorizer.idf_ = self.idf.astype(np.float64)
        return vectorizer

    def _features(self, messages: Sequence[Heard]) -> csr_matrix:
        return _features(self._vectorizer, messages)

    def _reasons(self, message: Heard, label: int) -> tuple[str, ...]:
        """The stretches of the text that spoke most for this label against the best other one."""
        features = self._features([message]).tocoo()
        others = np.delete(self.weights, label, axis=0)
        gains = features.data * (self.weights[label, features.col] - others[:, features.col].max(axis=0))
        by_gram: defaultdict[str, float] = defaultdict(float)
        for column, gain in zip(features.col, gains, strict=True):
            by_gram[self.grams[column % len(self.grams)]] += float(gain)
        return _strongest(f"{_plain(message.title)}\n{_plain(message.body)}", by_gram)


def _strongest(text: str, gain_of: Mapping[str, float]) -> tuple[str, ...]:
    """Each character gains by the grams over it; runs that stand out, each once, the strongest first."""
    gains = np.zeros(len(text))
    for length in (2, 3):
        for i in range(len(text) - length + 1):
            gain = gain_of.get(text[i : i + length], 0.0)
            if gain > 0 and text[i : i + length].isalnum():
                gains[i : i + length] += gain / length
    stands_out = gains > STANDS_OUT * gains.max(initial=0.0)
    runs: dict[str, float] = {}
    start = 0
    for i in range(len(text) + 1):
        if i < len(text) and stands_out[i] and i - start < LONGEST_REASON:
            continue
        if i - start > 1:
            runs[text[start:i]] = max(runs.get(text[start:i], 0.0), float(gains[start:i].sum()))
        start = i if i < len(text) and stands_out[i] else i + 1
    reasons: list[str] = []
    for run in sorted(runs, key=lambda run: (-runs[run], run)):
        if not any(run in kept or kept in run for kept in reasons):
            reasons.append(run)
    return tuple(reasons[:MOST_REASONS])


def train(messages: Sequence[Heard], labels: Sequence[str]) -> Model:
    """Learn from confirmed records; the same records in the same order give the same model.

    Labels with fewer than five records are left out. Margins are calibrated on held-out fifths.
    """
    counts = Counter(labels)
    rows = [i for i, label in enumerate(labels) if counts[label] >= FEWEST_A_LABEL]
    known = [messages[i] for i in rows]
    truth = np.array([labels[i] for i in rows])
    if len(set(truth.tolist())) < 2:
        raise TooFew("two kinds with five records each are needed")
    held_out, right = _held_out(known, truth)
    margins, shares = _calibrated(held_out, right)
    vectorizer, classifier = _fit(known, truth)
    classes = tuple(str(label) for label in classifier.classes_)
    weights, intercepts = classifier.coef_, classifier.intercept_
    if len(classes) == 2:
        weights, intercepts = np.vstack([-weights, weights]), np.concatenate([-intercepts, intercepts])
    return Model(
        labels=classes,
        grams=tuple(sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.__getitem__)),
        idf=vectorizer.idf_.astype(np.float32),
        weights=weights.astype(np.float32),
        intercepts=intercepts.astype(np.float32),
        margins=margins,
        shares=shares,
    )


def margins_of(decisions: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """How far the best label of each row stands before the second."""
    ordered = np.sort(decisions, axis=1)
    return np.asarray(ordered[:, -1] - ordered[:, -2], float)


def _plain(text: str) -> str:
    return "".join(text.split()).lower()[:LONGEST]


def _new_vectorizer(vocabulary: dict[str, int] | None = None, fewest: int = 1) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        analyzer="char", ngram_range=(1, 3), sublinear_tf=True, min_df=fewest, vocabulary=vocabulary
    )


def _features(vectorizer: Any, messages: Sequence[Heard]) -> csr_matrix:
    from scipy.sparse import hstack

    whole = vectorizer.transform([f"{_plain(m.title)}\n{_plain(m.body)}" for m in messages])
    titles = vectorizer.transform([_plain(m.title) for m in messages])
    return hstack([whole, TITLE_WEIGHT * titles]).tocsr()


def _fit(messages: Sequence[Heard], truth: npt.NDArray[np.str_]) -> tuple[Any, Any]:
    from sklearn.svm import LinearSVC

    vectorizer = _new_vectorizer(fewest=2 if len(messages) >= 500 else 1)
    vectorizer.fit([f"{_plain(m.title)}\n{_plain(m.body)}" for m in messages])
    classifier = LinearSVC(C=PENALTY, random_state=1)
    return vectorizer, classifier.fit(_features(vectorizer, messages), truth)


def _held_out(
    messages: Sequence[Heard], truth: npt.NDArray[np.str_]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Margin of every message when it was not learnt from, and whether the best label was right."""
    from sklearn.model_selection import StratifiedKFold

    margins, right = np.zeros(len(truth)), np.zeros(len(truth), bool)
    for learnt, asked in StratifiedKFold(FOLDS).split(truth, truth):
        vectorizer, classifier = _fit([messages[i] for i in learnt], truth[learnt])
        decisions = classifier.decision_function(_features(vectorizer, [messages[i] for i in asked]))
        if decisions.ndim == 1:
            decisions = np.column_stack([-decisions, decisions])
        margins[asked] = margins_of(decisions)
        right[asked] = classifier.classes_[decisions.argmax(axis=1)] == truth[asked]
    return margins, right


def _calibrated(margins: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """From margin to the share that was right: rising, in steps of about equal size."""
    from sklearn.isotonic import IsotonicRegression

    rising = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(margins, right.astype(float))
    points = np.unique(np.quantile(margins, np.linspace(0, 1, STEPS + 1)))
    return points.astype(np.float32), rising.predict(points).astype(np.float32)
