"""Learning casekinds from a community's own confirmed cases: measured first, used after a person's yes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from xiaojia.domains.cases.access import MAY, living_casekinds, visible_models
from xiaojia.domains.cases.models import Triagemodel
from xiaojia.domains.cases.public import service_code
from xiaojia.domains.cases.queries.learning import (
    Ground,
    Record,
    confirmed_records,
    learnable,
    model_path,
    split_fifth,
    used_path,
)
from xiaojia.domains.cases.reading import KindName, kinds_meant
from xiaojia.kernel import audit, jobs
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.models import Work
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.work import Progress

if TYPE_CHECKING:
    from xiaojia.engines.triage import Heard, Model

KIND: Final = "cases_learn"
S = Triagemodel.State


class TooFewCases(Refused):
    """There is not enough to learn from yet."""


def missing_sentence(ground: Ground) -> str:
    """How much is missing, in one sentence; empty when there is enough."""
    if ground.missing_records:
        return _("还学不了，因为办过、类别定了的事还差 %(n)d 件；多办一阵再来。") % {
            "n": ground.missing_records
        }
    if ground.missing_kinds:
        return _("还学不了，因为办过十件以上的类别还差 %(n)d 种；多办一阵再来。") % {
            "n": ground.missing_kinds
        }
    return ""


@transaction.atomic
def start_learning(*, by: Actor, at: datetime) -> Work:
    """Queue the learning; refused with what is missing, or while it already runs."""
    require(MAY, "learn_kinds", by, by.community_id)
    sentence = missing_sentence(learnable(viewer=by))
    if sentence:
        raise TooFewCases(sentence)
    running = Work.objects.filter(community_id=by.community_id, kind=KIND, state__in=["queued", "running"])
    if running.exists():
        raise Refused(_("现在不用再学一遍，因为正在学；等它学完再看。"))
    return jobs.start_work(KIND, by=by, at=at, payload={})


def learn(*, by: Actor, at: datetime, progress: Progress) -> Triagemodel:
    """Learn from four fifths, measure on the fifth that was held out, and keep both as a candidate.

    The word rules answer the same fifth, so that whoever decides sees whether anything is gained.
    """
    require(MAY, "learn_kinds", by, by.community_id)
    progress.say(str(_("看办过的事")), 0, 3)
    sentence = missing_sentence(learnable(viewer=by))
    if sentence:
        raise TooFewCases(sentence)
    learnt, held_out = split_fifth(confirmed_records(viewer=by))
    progress.say(str(_("一件一件学")), 1, 3)
    from xiaojia.engines.triage import evaluate, train

    model = train(_heard(learnt), [record.label for record in learnt])
    progress.say(str(_("拿没学过的事考一考")), 2, 3)
    measured = evaluate(model, _heard(held_out), [record.label for record in held_out])
    names = {service_code(kind): kind for kind in living_casekinds(by)}
    plain = [KindName(k.pk, service_code(k), k.name, k.is_danger) for k in names.values()]
    row = Triagemodel(
        id=uuid4(),
        community_id=by.community_id,
        record_count=len(learnt) + len(held_out),
        held_out_count=len(held_out),
        macro_f1=measured.macro_f1,
        accuracy=measured.accuracy,
        word_accuracy=_word_accuracy(held_out, plain),
        kinds=_by_kind(model, held_out, {code: kind.name for code, kind in names.items()}),
        made_at=at,
        made_by_id=by.account_id,
    )
    _write(row, model.to_bytes())
    _drop(visible_models(by).filter(state=S.CANDIDATE))
    row.save(force_insert=True)
    audit.record(by=by, at=at, verb="learn_kinds", kind="triagemodel", ids=[row.pk])
    return row


def _heard(records: Sequence[Record]) -> list[Heard]:
    from xiaojia.engines.triage import Heard

    return [Heard("", record.text) for record in records]


def _word_accuracy(records: Sequence[Record], names: Sequence[KindName]) -> float:
    right = 0
    for record in records:
        meant = kinds_meant(record.text, names)
        right += bool(meant) and meant[0].kind.code == record.label
    return right / max(1, len(records))


def _by_kind(model: Model, records: Sequence[Record], names: dict[str, str]) -> list[list[object]]:
    """[name, held out, right] of each kind, the most frequent first."""
    decisions = model.decide(_heard(records))
    found = [model.labels[best] for best in decisions.argmax(axis=1)]
    asked = Counter(record.label for record in records)
    right = Counter(r.label for r, label in zip(records, found, strict=True) if r.label == label)
    return [[names.get(code, code), count, right[code]] for code, count in asked.most_common()]


@transaction.atomic
def use_model(*, by: Actor, at: datetime, model_id: UUID) -> Triagemodel:
    """From now on the box proposes by this one; the one before it is kept, what was before that goes."""
    require(MAY, "learn_kinds", by, by.community_id)
    rows = list(visible_models(by).select_for_update().exclude(state=S.DROPPED))
    chosen = next((row for row in rows if row.pk == model_id and row.state != S.USED), None)
    path = model_path(by.community_id, model_id)
    if chosen is None or not path.is_file():
        raise Refused(_("没有换，因为这一个已经在用，或者不在了；看一眼现在用的是哪个。"))
    used = next((row for row in rows if row.state == S.USED), None)
    others = [row.pk for row in rows if row.state == S.PREVIOUS and row.pk != model_id]
    if used is not None:
        _drop(visible_models(by).filter(pk__in=others))
        used.state = S.PREVIOUS
        used.save(update_fields=["state"])
    chosen.state = S.USED
    chosen.save(update_fields=["state"])
    audit.record(by=by, at=at, verb="use_model", kind="triagemodel", ids=[chosen.pk])
    transaction.on_commit(lambda: _link(by.community_id, model_id))
    return chosen


@transaction.atomic
def stop_using_model(*, by: Actor, at: datetime) -> None:
    """Back to the word rules; what was used is kept as the one before."""
    require(MAY, "learn_kinds", by, by.community_id)
    used = visible_models(by).select_for_update().filter(state=S.USED).first()
    if used is None:
        raise Refused(_("没有停，因为现在就是照词猜的。"))
    _drop(visible_models(by).filter(state=S.PREVIOUS))
    used.state = S.PREVIOUS
    used.save(update_fields=["state"])
    audit.record(by=by, at=at, verb="stop_using_model", kind="triagemodel", ids=[used.pk])
    transaction.on_commit(lambda: used_path(by.community_id).unlink(missing_ok=True))


def _drop(rows: Iterable[Triagemodel]) -> None:
    """Rows stay as a record of what was measured; their files go when that is committed."""
    for row in rows:
        row.state = S.DROPPED
        row.save(update_fields=["state"])
        transaction.on_commit(partial(model_path(row.community_id, row.pk).unlink, missing_ok=True))


def _write(row: Triagemodel, data: bytes) -> None:
    path = model_path(row.community_id, row.pk)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def _link(community_id: int, model_id: UUID) -> None:
    """Whole or not at all, and a backup finds plain bytes: a copy beside, then swapped."""
    target = used_path(community_id)
    draft = target.with_name(f".{uuid4().hex}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(model_path(community_id, model_id).read_bytes())
    draft.replace(target)
