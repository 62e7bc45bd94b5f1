"""Who may see and set tenures."""

from __future__ import annotations

from typing import Final

from xiaojia.kernel.access import Rule, roles

MAY: Final[dict[str, Rule]] = {
    "see_teams": roles("secretary", "officer", "head", "steward", "volunteer"),
    "begin_tenure": roles("secretary"),
}
