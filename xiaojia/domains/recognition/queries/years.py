"""The list of awards: names in pinyin order with what neighbours tell, and no figure (P13)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Max

from xiaojia.domains.ledger.rules import CATEGORIES
from xiaojia.domains.recognition.access import MAY, opened, visible_stories
from xiaojia.domains.recognition.models import Appraisal, Yearvalue
from xiaojia.kernel.access import require
from xiaojia.kernel.actors import Actor


@dataclass(frozen=True, slots=True)
class Awarded:
    """One line of the list."""

    category: object
    name: str
    story: str


def awards(year: int, *, viewer: Actor) -> list[tuple[object, list[Awarded]]]:
    """(category, its awarded in pinyin order); whoever left the membership stands in none (one query)."""
    require(MAY, "see_awards", viewer, viewer.community_id)
    with opened(viewer):
        rows = list(
            Yearvalue.objects.filter(
                community_id=viewer.community_id, appraisal__year=year, is_awarded=True,
                member__is_hidden=False,
            )
            .order_by("member__sort_key", "member_id")
            .values_list("category", "member__name", "story")
        )  # fmt: skip
    return [
        (word, [Awarded(word, name, story) for code, name, story in rows if code == category])
        for category, word in CATEGORIES.items()
        if any(code == category for code, _name, _story in rows)
    ]


def year_shown(*, viewer: Actor) -> int | None:
    """The newest year that was appraised (one query)."""
    require(MAY, "see_awards", viewer, viewer.community_id)
    with opened(viewer):
        found = Appraisal.objects.filter(community_id=viewer.community_id).aggregate(Max("year"))
    year = found["year__max"]
    return int(year) if year is not None else None


def stories_of(year: int, *, viewer: Actor) -> dict[int, str]:
    """Member id -> what neighbours tell of that year (one query)."""
    rows = visible_stories(viewer).filter(year=year)
    return dict(rows.values_list("member_id", "text"))
