"""What a community can learn casekinds from: its own confirmed cases; what it learnt; where that lies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings

from xiaojia.domains.cases.access import MAY, visible_cases, visible_models
from xiaojia.domains.cases.models import Triagemodel
from xiaojia.domains.cases.public import service_code
from xiaojia.domains.cases.rules import State
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor

FEWEST_RECORDS: Final = 200
FEWEST_A_KIND: Final = 10
FEWEST_KINDS: Final = 3
MOST_RECORDS: Final = 50_000
"""The latest so many; more teach little and take long."""
UNCONFIRMED: Final = (State.REPORTED, State.CHECKING_FIRST, State.WITHDRAWN)
"""Where nobody of the office has said yet that the kind is right, or said that it is no case."""


@dataclass(frozen=True, slots=True)
class Record:
    """A confirmed case: what was said, and the code of its kind."""

    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Ground:
    """How much there is to learn from. A kind counts from FEWEST_A_KIND records on."""

    record_count: int
    kind_count: int

    @property
    def missing_records(self) -> int:
        """How many are missing of kinds that count."""
        return max(0, FEWEST_RECORDS - self.record_count)

    @property
    def missing_kinds(self) -> int:
        """How many more kinds have to be met often enough."""
        return max(0, FEWEST_KINDS - self.kind_count)

    @property
    def is_enough(self) -> bool:
        """Whether learning may begin."""
        return not self.missing_records and not self.missing_kinds


def learnable(*, viewer: Actor) -> Ground:
    """How many confirmed cases there are of kinds met often enough (one query)."""
    rows = visible_cases(viewer).exclude(state__in=UNCONFIRMED)
    keys = rows.values_list("casekind__standard", "casekind__kind", "casekind__code")
    counts = [n for n in Counter(keys.iterator(chunk_size=5000)).values() if n >= FEWEST_A_KIND]
    return Ground(min(sum(counts), MOST_RECORDS), len(counts))


def confirmed_records(*, viewer: Actor) -> list[Record]:
    """The latest confirmed cases of kinds met often enough, in the order of their ids (one query)."""
    require(MAY, "learn_kinds", viewer, viewer.community_id)
    rows = visible_cases(viewer).exclude(state__in=UNCONFIRMED).select_related("casekind")
    latest = rows.only("text", "casekind").order_by("-reported_at", "id")[:MOST_RECORDS]
    found = [(case.pk, Record(case.text, service_code(case.casekind))) for case in latest]
    counts = Counter(record.label for _pk, record in found)
    # Ids are by chance: their order mixes kinds and months, and is the same tomorrow.
    return [r for _pk, r in sorted(found, key=lambda f: f[0]) if counts[r.label] >= FEWEST_A_KIND]


def split_fifth(records: Sequence[Record]) -> tuple[list[Record], list[Record]]:
    """Every fifth record of each kind is held out; the others are learnt from."""
    seen: Counter[str] = Counter()
    learnt: list[Record] = []
    held_out: list[Record] = []
    for record in records:
        seen[record.label] += 1
        (learnt if seen[record.label] % 5 else held_out).append(record)
    return learnt, held_out


def models(*, viewer: Actor) -> list[Triagemodel]:
    """The used one, the one before it, and one that waits for a yes (one query)."""
    require(MAY, "learn_kinds", viewer, viewer.community_id)
    return list(visible_models(viewer).exclude(state=Triagemodel.State.DROPPED))


def models_folder(community_id: int) -> Path:
    """Of one community; its words never leave it."""
    return Path(settings.XIAOJIA_HOME) / "files" / "triage" / str(int(community_id))


def model_path(community_id: int, model_id: UUID) -> Path:
    """One model, whatever its state."""
    return models_folder(community_id) / f"{model_id}.model"


def used_path(community_id: int) -> Path:
    """The one that proposes: a link that is swapped in one step."""
    return models_folder(community_id) / "used.model"
