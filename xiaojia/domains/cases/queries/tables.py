"""Tables of cases that wait: where each lies, and what its dry run found."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings

from xiaojia.domains.cases.access import MAY
from xiaojia.domains.cases.reading.table import CaseDoubt
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor

MOST_DOUBTS: Final = 1000
"""So many are listed; whoever has more mends these first."""
MOST_ROWS: Final = 10
"""So many of the cases that would come are shown."""


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A case that would come: its row, the first words, the address, whether a building was read from it."""

    number: int
    text: str
    place_text: str
    is_placed: bool


@dataclass(frozen=True, slots=True)
class FoundTable:
    """What a dry run said of a table that still waits."""

    name: str
    fresh: int
    known: int
    placed: int
    doubt_count: int
    doubts: list[CaseDoubt]
    rows: list[FoundRow]


def tables_folder(community_id: int) -> Path:
    """Of one community; nobody but this installation's user may look."""
    return Path(settings.XIAOJIA_HOME) / "files" / "cases" / str(int(community_id))


def table_path(community_id: int, file_id: UUID) -> Path:
    """The table as it was sent."""
    return tables_folder(community_id) / str(file_id)


def found_path(community_id: int, file_id: UUID) -> Path:
    """What the dry run found in it."""
    return tables_folder(community_id) / f"{file_id}.json"


def found_table(file_id: UUID, *, viewer: Actor) -> FoundTable | None:
    """What the dry run of a table of the viewer's community found; None when it waits no longer."""
    require(MAY, "import_cases", viewer, viewer.community_id)
    try:
        said = json.loads(found_path(viewer.community_id, file_id).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    doubts = [CaseDoubt(*doubt) for doubt in said.pop("doubts")]
    return FoundTable(doubts=doubts, rows=[FoundRow(*row) for row in said.pop("rows")], **said)
