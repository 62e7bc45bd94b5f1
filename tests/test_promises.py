"""Promises about the schema: every personal field has a purpose, and some things cannot be stored at all."""

from __future__ import annotations

import re

from django.apps import apps
from django.db import models

from xiaojia.domains.cases.public import GROUP_WORDS, NEVER_PUBLIC, PLACED, public_place
from xiaojia.kernel.consent import PURPOSES

PERSONAL_TABLES = {"people_household", "people_resident"}
PLAIN_FIELDS = {
    "id", "community", "community_id", "household", "unit", "floor", "door_source", "as_of_on", "since_on",
    "until_on", "is_contact",
}  # fmt: skip
"""Fields that say nothing about a person by themselves: keys, dates of knowledge, flags."""

BANNED = re.compile(
    r"petition|religio|ethnic|faith|criminal|mental|key_?person|blacklist|penalt|rank|score|gps|face_|camera"
    r"|latitude|longitude|streak|check_?in|online_time"
)


PLACES_OF_THINGS = {
    "cases_publiccase.latitude": "about where a lamp is (100 m), of no door and no person (decision 0098)",
    "cases_publiccase.longitude": "the same",
}
"""Columns that look like a track and are none: column -> why."""


def _our_models() -> list[type[models.Model]]:
    return [m for m in apps.get_models() if m.__module__.startswith("xiaojia.")]


def test_every_personal_field_has_a_purpose_with_a_legal_basis() -> None:
    """P01."""
    seen = set()
    for model in _our_models():
        declared: dict[str, str] = getattr(model, "personal", {})
        if model._meta.db_table in PERSONAL_TABLES:
            seen.add(model._meta.db_table)
            fields = {f.name for f in model._meta.concrete_fields}
            assert fields - PLAIN_FIELDS == set(declared), model
        for purpose in declared.values():
            assert str(PURPOSES[purpose].legal_basis)
    assert seen == PERSONAL_TABLES


def _offending(names: list[str]) -> list[str]:
    return [name for name in names if BANNED.search(name)]


def test_no_column_for_what_must_not_be_stored() -> None:
    """P12-P15, P22, P25: no penalty, rank, score, petitioner, faith, track or use statistics."""
    names = [f"{m._meta.db_table}.{f.name}" for m in _our_models() for f in m._meta.concrete_fields]
    assert len(names) > 50
    assert _offending(names) == sorted(PLACES_OF_THINGS)


def test_a_published_place_is_coarse_and_never_that_of_a_home() -> None:
    sent = (29.56348, 106.55156)
    assert public_place(sent, group="street", is_at_a_door=False) == (29.563, 106.552)
    assert public_place(sent, group="street", is_at_a_door=True) == (None, None)
    homes = (set(GROUP_WORDS) | NEVER_PUBLIC) - PLACED
    assert {"question", "complaint", "dispute", "care", "hazard"} <= homes
    assert {public_place(sent, group=group, is_at_a_door=False) for group in homes} == {(None, None)}


def test_negative_control_the_walk_would_find_such_a_column() -> None:
    assert _offending(["people_resident.religion"]) == ["people_resident.religion"]
    assert _offending(["teams_tenure.rank"]) == ["teams_tenure.rank"]
