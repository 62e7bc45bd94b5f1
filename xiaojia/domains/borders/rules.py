"""Limits and words of changes of borders."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy

STATES: Final = {
    "planned": gettext_lazy("等对方书记点头"),
    "agreed": gettext_lazy("两边都说好了"),
    "done": gettext_lazy("办完了"),
    "cancelled": gettext_lazy("不办了"),
}
LIVING: Final = ("planned", "agreed")
"""States in which a compound waits to go and cannot wait a second time."""

LEAST_REASON_LETTERS: Final = 4
MOST_AHEAD_DAYS: Final = 366
