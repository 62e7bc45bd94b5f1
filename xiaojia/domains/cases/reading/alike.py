"""What else was said lately that may be the same thing, and why one might think so."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from django.utils.translation import gettext as _

MOST: Final = 3
MUCH_SHARED: Final = 0.45
SHORTEST_WORD: Final = 2
MOST_WORDS: Final = 3
_NO_WORD: Final = re.compile(r"[^一-龥A-Z0-9]+")
_EMPTY: Final = frozenset("的了在有是又个没不和都也还就说这那")


@dataclass(frozen=True, slots=True)
class Other:
    """An open case as this reader looks at it; `key` is handed back."""

    key: object
    text: str
    building_id: int | None
    casekind_id: int
    microgrid_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class Alike:
    """One that may be the same, with reasons in words."""

    key: object
    reasons: tuple[str, ...]


def alike(heard: Other, others: Iterable[Other]) -> list[Alike]:
    """Up to three: the same building, the same kind in one micro-grid, or much the same words."""
    found = [(score, n, like) for n, o in enumerate(others) for score, like in [_look(heard, o)] if like]
    found.sort(key=lambda f: (-f[0], f[1]))
    return [like for _score, _n, like in found[:MOST] if like is not None]


def _look(heard: Other, other: Other) -> tuple[float, Alike | None]:
    is_here = heard.building_id is not None and heard.building_id == other.building_id
    is_near = is_here or bool(heard.microgrid_ids & other.microgrid_ids)
    is_kind = heard.casekind_id == other.casekind_id
    mine, theirs = _pairs(heard.text), _pairs(other.text)
    shared = len(mine & theirs) / max(1, min(len(mine), len(theirs)))
    if not (is_here or (is_near and is_kind) or shared >= MUCH_SHARED):
        return 0, None
    reasons = []
    if is_here:
        reasons.append(_("同一栋"))
    elif is_near:
        reasons.append(_("同一个小家"))
    if is_kind:
        reasons.append(_("同一类"))
    words = shared_words(heard.text, other.text)
    if words:
        reasons.append(_("都说到%(words)s") % {"words": "".join(f"“{w}”" for w in words)})
    return 2 * is_here + is_near + is_kind + 3 * shared, Alike(other.key, tuple(reasons))


def shared_words(one: str, other: str) -> Sequence[str]:
    """Up to three longest stretches of both texts, at least two characters each."""
    mine, theirs = _plain(one), _plain(other)
    found: list[str] = []
    at = 0
    while at < len(mine):
        end = at
        while end < len(mine) and mine[end] != " " and mine[at : end + 1] in theirs:
            end += 1
        word = mine[at:end].strip("".join(_EMPTY))
        if len(word) >= SHORTEST_WORD and word not in found:
            found.append(word)
        at = max(end, at + 1)
    return sorted(found, key=len, reverse=True)[:MOST_WORDS]


def _plain(text: str) -> str:
    return _NO_WORD.sub(" ", "".join(unicodedata.normalize("NFKC", text).upper().split()))


def _pairs(text: str) -> set[str]:
    plain = _plain(text)
    return {p for a, b in pairwise(plain) if " " not in (p := a + b)}
