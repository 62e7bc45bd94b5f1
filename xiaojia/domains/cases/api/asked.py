"""What an Open311 request says, read strictly: whatever is wrong has a number and a sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from xiaojia.domains.cases.access import living_casekinds
from xiaojia.domains.cases.actions.reporting import Report
from xiaojia.domains.cases.models import PublicService
from xiaojia.domains.cases.queries.published import PublicWanted, public_service, public_services
from xiaojia.domains.cases.rules import MOST_TEXT
from xiaojia.domains.places.queries import building_in
from xiaojia.kernel.actors import Actor

LONGEST: Final = timedelta(days=90)
MOST: Final = 1000
A_PAGE: Final = 100
SPOT: Final = "spot"
MOST_SPOT: Final = 60
MOST_WORDS: Final = 100
LAST_YEAR: Final = 2199
MOST_LINK: Final = 500
_LINK: Final = re.compile(rf"https?://[!-~]{{1,{MOST_LINK - 8}}}")
_UNKEEPABLE: Final = re.compile("[\x00\ud800-\udfff]")
_ATTRIBUTE: Final = re.compile(r"attribute\[(.*)\](?:\[\])?")
_BROKEN_OFFSET: Final = re.compile(r" (\d\d:?\d\d)$")

Said = Mapping[str, str]


class Wrong(Exception):
    """An answer in the words of the specification: 404 unknown, 403 key, 400 all else."""

    def __init__(self, status: int, description: str) -> None:
        super().__init__(description)
        self.status = status


def said_in(request: HttpRequest) -> dict[str, str]:
    """Address and form as one; what no database can keep is refused."""
    said = {**request.GET.dict(), **request.POST.dict()}
    for name, text in said.items():
        if _UNKEEPABLE.search(f"{name}{text}"):
            raise Wrong(400, f"'{_UNKEEPABLE.sub('', str(name))[:20]}' is not text")
    return {str(name): str(text) for name, text in said.items()}


def jurisdiction(said: Said) -> PublicService:
    """The community that is meant; it may go unnamed where only one has opened its service."""
    code = said.get("jurisdiction_id", "").strip()
    service = public_service(code)
    if service is None and code:
        raise Wrong(404, f"jurisdiction_id '{code[:20]}' was not found")
    if service is None and not public_services().exists():
        raise Wrong(404, "no community has opened its public service")
    if service is None:
        raise Wrong(400, "jurisdiction_id was not provided")
    return service


def row_of(service: PublicService, code: str) -> dict[str, Any]:
    """The published row of a service code."""
    found: dict[str, Any] | None = next((r for r in service.services if r["service_code"] == code), None)
    if found is None:
        raise Wrong(404, f"service_code '{code[:20]}' was not found")
    return found


def identity(text: str) -> UUID | None:
    """The id of a request, None for what cannot be one."""
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def told(at: datetime | None) -> str | None:
    """W3C date with offset, whole seconds."""
    return timezone.localtime(at).isoformat(timespec="seconds") if at else None


def wanted(said: Said, at: datetime) -> PublicWanted:
    """The filter of a list: by ids, or the last 90 days (or a span of at most 90), 1000 at most."""
    number, size = _paging(said)
    if "service_request_id" in said:
        words = said["service_request_id"].split(",")
        if len(words) > MOST_WORDS:
            raise Wrong(400, f"at most {MOST_WORDS} ids of service_request_id in one request")
        ids = [case_id for word in words if (case_id := identity(word))]
        return PublicWanted(case_ids=ids, first=number * size, most=size)
    since, until = _span(said, at)
    status = said.get("status", "")
    states = {word.strip() for word in status.split(",") if word.strip()}
    if states - {"open", "closed"}:
        raise Wrong(400, "status is open or closed")
    codes = [code.strip() for code in said.get("service_code", "").split(",") if code.strip()]
    return PublicWanted(
        service_codes=codes[:MOST_WORDS],
        since=since,
        until=until,
        is_closed=None if len(states) != 1 else states == {"closed"},
        first=number * size,
        most=size,
    )


def _paging(said: Said) -> tuple[int, int]:
    is_paged = "page" in said or "page_size" in said
    number = _whole(said, "page", 1, 1_000_000)
    size = _whole(said, "page_size", A_PAGE if is_paged else MOST, MOST)
    return number - 1, size


def _whole(said: Said, name: str, default: int, most: int) -> int:
    text = said.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= most):
        raise Wrong(400, f"{name} is a number from 1 to {most}")
    return int(text)


def _span(said: Said, at: datetime) -> tuple[datetime, datetime]:
    since, until = _moment(said, "start_date"), _moment(said, "end_date")
    if since is None:
        return (until or at) - LONGEST, until or at
    until = until or min(at, since + LONGEST)
    if until - since > LONGEST:
        raise Wrong(400, "start_date and end_date may be 90 days apart at most")
    return since, until


def _moment(said: Said, name: str) -> datetime | None:
    text = said.get(name, "").strip()
    if not text:
        return None
    try:
        # A plus that nobody escaped has become a space.
        moment = parse_datetime(_BROKEN_OFFSET.sub(r"+\1", text))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not 1970 <= moment.year <= LAST_YEAR:
        raise Wrong(400, f"{name} is a date with offset, as 2026-03-02T10:00:00+08:00")
    return moment


def report(said: Said, service: PublicService, by: Actor) -> Report:
    """A report from a form; the caller stands in the scope of `by`."""
    code = said.get("service_code", "").strip()
    if not code:
        raise Wrong(400, "service_code was not provided")
    standard, kind, number = row_of(service, code)["key"]
    casekind = living_casekinds(by).filter(standard=standard, kind=kind, code=number).first()
    if casekind is None or not casekind.is_public:
        raise Wrong(404, f"service_code '{code[:20]}' was not found")
    description = said.get("description", "").strip()
    if len(description) > MOST_TEXT:
        raise Wrong(400, f"description has at most {MOST_TEXT} characters")
    place = _place(said)
    building_id = _building(said, by)
    address = said.get("address_string", "").strip()
    if place is None and building_id is None and not address:
        raise Wrong(400, "lat with long, or address_string, or address_id is needed")
    spot = _spot(said)
    coordinates = f"{place[0]:.6f}, {place[1]:.6f}" if place and not address else ""
    name = f"{said.get('last_name', '')}{said.get('first_name', '')}".strip()
    return Report(
        casekind_id=casekind.pk,
        text=description or casekind.name,
        place_text=" ".join(word for word in (address, coordinates, spot) if word)[:120],
        building_id=building_id,
        reporter_name=name[:40],
        reporter_phone=said.get("phone", "").strip()[:30],
        source="open311",
        place=place,
        media_url=_link(said),
    )


def _link(said: Said) -> str:
    """An address of a picture: kept as words, for nobody fetches what a stranger names."""
    text = said.get("media_url", "").strip()
    if text and not _LINK.fullmatch(text):
        raise Wrong(400, f"media_url is an http or https address of at most {MOST_LINK} characters")
    return text


def _place(said: Said) -> tuple[float, float] | None:
    texts = said.get("lat", "").strip(), said.get("long", "").strip()
    if not any(texts):
        return None
    try:
        lat, long = float(texts[0]), float(texts[1])
    except ValueError:
        raise Wrong(400, "lat and long are two numbers of WGS84") from None
    if not (-90 <= lat <= 90 and -180 <= long <= 180):
        raise Wrong(400, "lat and long are two numbers of WGS84")
    return lat, long


def _building(said: Said, by: Actor) -> int | None:
    text = said.get("address_id", "").strip()
    if not text:
        return None
    is_number = text.isascii() and text.isdigit() and len(text) <= 18
    building = building_in(int(text), viewer=by) if is_number else None
    if building is None:
        raise Wrong(400, "address_id is not an address of this jurisdiction")
    return building.pk


def _spot(said: Said) -> str:
    for name in said:
        match = _ATTRIBUTE.fullmatch(name)
        if match and match[1] != SPOT:
            raise Wrong(400, f"attribute '{match[1][:20]}' does not belong to this service")
    return said.get(f"attribute[{SPOT}]", "").strip()[:MOST_SPOT]
