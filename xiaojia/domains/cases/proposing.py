"""What a sentence seems to be: kind, place, deadline, likeness. Shown with reasons; a person decides."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings

from xiaojia.domains.cases import queries
from xiaojia.domains.cases.actions.clocks import calendar_for, first_due
from xiaojia.domains.cases.lines import Line, line_of
from xiaojia.domains.cases.models import Case, Casekind
from xiaojia.domains.cases.public import service_code
from xiaojia.domains.cases.queries.buildings import buildings_of
from xiaojia.domains.cases.queries.learning import used_path
from xiaojia.domains.cases.reading import (
    Alike,
    BuildingPlace,
    KindGuess,
    KindName,
    Other,
    PlaceGuess,
    alike,
    kinds_meant,
    place_meant,
)
from xiaojia.domains.microgrids.queries.places import microgrid_ids_at
from xiaojia.kernel import clock
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused

if TYPE_CHECKING:
    from xiaojia.engines.triage import Model

__all__ = ["Chosen", "Ground", "LikeIt", "Proposal", "buildings_of", "ground", "guess", "propose"]

logger = logging.getLogger(__name__)
MODEL_FILE: Final = "triage.model"
"""In XIAOJIA_HOME/files; made by `xiaojia triage train ... --out`. Without it simple word rules propose."""


@dataclass(frozen=True, slots=True)
class LikeIt:
    """An open case that may be the same, with the reasons in words."""

    line: Line
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the box shows beside a sentence."""

    kinds: Sequence[KindGuess]
    place: PlaceGuess
    like: Sequence[LikeIt] = ()
    due_at: datetime | None = None
    kind: Casekind | None = None
    late_sentence: str = ""

    @property
    def is_danger(self) -> bool:
        """Whether the first thing to do is to call for help."""
        return any(g.kind.is_danger for g in self.kinds) or bool(self.kind and self.kind.is_danger)


@dataclass(slots=True)
class Ground:
    """What proposals stand on, read once for one sentence or twenty (three queries)."""

    kinds: Sequence[Casekind]
    buildings: Sequence[BuildingPlace]
    lately: Sequence[Case]
    names: Sequence[KindName] = field(init=False)

    def __post_init__(self) -> None:
        self.names = [KindName(k.pk, k.code, k.name, k.is_danger) for k in self.kinds]


def ground(*, viewer: Actor, at: datetime) -> Ground:
    """Kinds, buildings and what was said lately."""
    return Ground(
        list(queries.casekinds(viewer=viewer)),
        buildings_of(viewer),
        queries.said_lately(viewer=viewer, at=at),
    )


def guess(text: str, on: Ground) -> tuple[Sequence[KindGuess], PlaceGuess]:
    """Kind and place of one sentence, by the trained model if there is one, else by word rules."""
    kinds = _by_model(text, on.kinds) or kinds_meant(text, on.names)
    return kinds, place_meant(text, on.buildings, queries.lately_by_building(on.lately))


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody already said of it, and what therefore stands."""

    casekind_id: int | None = None
    building_id: int | None = None
    place_text: str = ""


def propose(text: str, *, viewer: Actor, at: datetime, on: Ground, chosen: Chosen) -> Proposal:
    """Everything beside the box. A kind or a place that somebody already chose stands (two queries)."""
    kinds, place = guess(text, on)
    if chosen.place_text:
        place = place_meant(chosen.place_text, on.buildings, queries.lately_by_building(on.lately))
    first = chosen.casekind_id or (kinds[0].kind.casekind_id if kinds else None)
    kind = next((k for k in on.kinds if k.pk == first), None)
    due_at, sentence = None, ""
    if kind is not None:
        try:
            due_at = first_due(calendar_for(viewer, at), kind.limit, at)
        except Refused as missing:
            sentence = missing.sentence
    building_id = place.building.building_id if place.building else chosen.building_id
    if building_id is None and place.candidates:
        building_id = place.candidates[0].building_id
    near = microgrid_ids_at(viewer=viewer, on=clock.today(at), building_id=building_id)
    heard = Other(None, text, building_id, kind.pk if kind else 0, frozenset(near))
    return Proposal(kinds, place, _like(heard, on.lately, at), due_at, kind, sentence)


def _like(heard: Other, lately: Sequence[Case], at: datetime) -> list[LikeIt]:
    cases = {c.pk: c for c in lately}
    others = [Other(c.pk, c.text, c.building_id, c.casekind_id, frozenset(c.microgrid_ids)) for c in lately]
    likely: list[Alike] = alike(heard, others)
    return [LikeIt(line_of(cases[a.key], at=at), a.reasons) for a in likely]  # type: ignore[index]  # our keys


def _by_model(text: str, kinds: Sequence[Casekind]) -> list[KindGuess]:
    """By what the community learnt from its own cases, else by the installation's model; none: no guess."""
    if not kinds:
        return []
    installed = Path(settings.XIAOJIA_HOME) / "files" / MODEL_FILE
    path = next((p for p in (used_path(kinds[0].community_id), installed) if p.is_file()), None)
    if path is None:
        return []
    from xiaojia.engines.triage import Heard

    model = _model(path, path.stat().st_mtime_ns)
    if model is None:
        return []
    known: dict[str, KindName] = {}
    for kind in kinds:
        name = KindName(kind.pk, kind.code, kind.name, kind.is_danger)
        known |= {kind.name: name, kind.code: name}
    # Codes that say which list they are of win over bare numbers, which two national lists share.
    known |= {service_code(k): KindName(k.pk, k.code, k.name, k.is_danger) for k in kinds}
    suggestions = model.suggest(Heard("", text))
    return [KindGuess(known[s.label], s.reasons) for s in suggestions if s.label in known]


@lru_cache(maxsize=4)
def _model(path: Path, _changed: int) -> Model | None:
    from xiaojia.engines.triage import Model, NotAModel

    try:
        return Model.from_bytes(path.read_bytes())
    except NotAModel:
        logger.warning("the file of the triage model is no model of this version: word rules propose")
        return None
