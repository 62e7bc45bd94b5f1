"""Every Chinese message of the product has its English, with the same holes to fill."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from tools.words import CATALOGUE, msgids

_HOLE: Final = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
_CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")
KEPT_CHINESE: Final = re.compile("“[^”]*”|小家|同上")
"""What stays Chinese in an English sentence: quoted examples of what to type, and our own name."""

Message = str | tuple[str, ...]


def _catalogue() -> Catalog:
    with CATALOGUE.open("rb") as stream:
        return read_po(stream, locale="en")


def _forms(message: str | Iterable[str] | None) -> tuple[str, ...]:
    return (message,) if isinstance(message, str) else tuple(message or ("",))


def _untranslated(messages: Iterable[Message], catalogue: Catalog) -> list[str]:
    missing = []
    for message in messages:
        found = catalogue.get(_forms(message)[0]) if message else None
        if message and (found is None or not all(_forms(found.string))):
            missing.append(_forms(message)[0])
    return sorted(set(missing))


def test_every_message_has_its_english() -> None:
    missing = _untranslated(msgids(), _catalogue())
    assert missing == [], "make words, then write the English in " + CATALOGUE.name


def test_the_catalogue_can_be_compiled() -> None:
    assert not _catalogue().fuzzy, "pybabel leaves a fuzzy catalogue aside, and English pages stay Chinese"


def test_negative_control_a_new_message_would_be_missing() -> None:
    assert _untranslated(["今天", "从来没有人说过这句话"], _catalogue()) == ["从来没有人说过这句话"]


def test_english_fills_the_same_holes_and_is_english() -> None:
    wrong = []
    for message in _catalogue():
        if not message.id:
            continue
        holes = set(_HOLE.findall(_forms(message.id)[0]))
        for form in _forms(message.string):
            if set(_HOLE.findall(form)) != holes or _CHINESE.search(KEPT_CHINESE.sub("", form)):
                wrong.append(form)
    assert wrong == []


def test_negative_control_a_lost_hole_is_seen() -> None:
    assert set(_HOLE.findall("%(n)s 户")) != set(_HOLE.findall("households"))
    assert _CHINESE.search(KEPT_CHINESE.sub("", "3 户 households"))
