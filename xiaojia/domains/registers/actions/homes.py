"""One household as the rows of a workbook name it, while it is held against what stands."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from xiaojia.domains.registers.models import Registerrow
from xiaojia.domains.registers.queries import Door
from xiaojia.domains.registers.reading import Doubt

V = Registerrow.Verdict


@dataclass(slots=True)
class Home:
    """One household (or, of buildings, one unit) as the rows of a workbook name it."""

    row_id: int
    number: int
    values: dict[str, Any]
    doubts: list[dict[str, str]] = field(default_factory=list)
    member_ids: list[int] = field(default_factory=list)
    verdict: str = V.UNCHECKED
    changes: list[list[str]] = field(default_factory=list)
    household_id: int | None = None

    @property
    def door(self) -> Door:
        """How the workbook names it."""
        v = self.values
        return v["compound"], v["building"], v["unit"], v["door"]

    @property
    def is_placed(self) -> bool:
        """Whether it is known which door this is, so that somebody can take it in spite of a doubt."""
        return bool(self.values["building"] and (self.values["door"] or self.values["dwellings"]))


def doubt_of(code: str, sentence: str) -> dict[str, str]:
    """A doubt about a whole row, as it is stored."""
    return asdict(Doubt(code, "", sentence))
