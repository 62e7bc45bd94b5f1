"""What of a case everybody may read: which kinds are services, their codes, and how a text is cleaned."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final, Protocol

NEVER_PUBLIC: Final = frozenset({"dispute", "care", "relocation", "hazard"})
"""Groups that are no public service, whatever a row says."""

GROUP_WORDS: Final = {
    "danger": "人身安全",
    "repair": "报修",
    "small": "环境秩序",
    "property": "物业",
    "complaint": "投诉",
    "question": "咨询建议",
    "street": "街面",
    "other": "其他",
}
PLACED: Final = frozenset({"repair", "small", "street"})
"""Groups of things that stand somewhere; the others speak of people or of a home, and have no coordinates."""
PLACE_DECIMALS: Final = 3
"""About a hundred metres (decision 0098)."""
_LONG_NUMBER: Final = re.compile(r"\d(?:[\s\-.]?\d){6,}[Xx]?")
_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_DOOR: Final = re.compile(r"\d+\s*(?:室|号房|[-—]\s*\d+(?:\s*[-—]\s*\d+)*)")


class KindFacts(Protocol):
    """What decides whether a kind is a service."""

    standard: str
    kind: str
    code: str
    name: str
    group: str
    is_public: bool
    is_confidential: bool


def is_service(kind: KindFacts) -> bool:
    """Whether a case of this kind is published."""
    return kind.is_public and not kind.is_confidential and kind.group not in NEVER_PUBLIC


def service_code(kind: KindFacts) -> str:
    """One word for (standard, kind, code): ours as they are, national ones with M or C before the number."""
    return kind.code if kind.kind == "local" else f"{kind.kind[0].upper()}{kind.code}"


def service_row(kind: KindFacts) -> dict[str, Any]:
    """A service as it is published, and the key by which a request finds the kind again."""
    return {
        "service_code": service_code(kind),
        "service_name": kind.name,
        "group": GROUP_WORDS.get(kind.group, GROUP_WORDS["other"]),
        "key": [kind.standard, kind.kind, kind.code],
    }


def public_text(text: str) -> str:
    """A text that its sender knows to become public, without phones, numbers of papers, mail and doors."""
    folded = unicodedata.normalize("NFKC", text)
    for pattern in (_MAIL, _LONG_NUMBER, _DOOR):
        folded = pattern.sub("…", folded)
    return folded


def public_place(
    place: tuple[float, float] | None, *, group: str, is_at_a_door: bool
) -> tuple[float | None, float | None]:
    """Latitude and longitude (WGS84) as everybody may read them: rounded, and never those of a door."""
    if place is None or is_at_a_door or group not in PLACED:
        return None, None
    return round(place[0], PLACE_DECIMALS), round(place[1], PLACE_DECIMALS)
