"""Open311 GeoReport v2, as frozen: everybody reads published copies, programs with a key report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from xiaojia.domains.cases.actions.keys import use_key
from xiaojia.domains.cases.actions.photographing import send_photo
from xiaojia.domains.cases.actions.reporting import report_case
from xiaojia.domains.cases.api import asked
from xiaojia.domains.cases.api.asked import Wrong
from xiaojia.domains.cases.api.written import TYPES, written
from xiaojia.domains.cases.models import PublicCase, PublicService
from xiaojia.domains.cases.photos.child import MOST_BYTES
from xiaojia.domains.cases.photos.developing import developed
from xiaojia.domains.cases.queries.published import PublicWanted, public_cases, public_services
from xiaojia.domains.receipts.queries import timelines_of
from xiaojia.kernel import clock
from xiaojia.kernel.limits import is_spent
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.requests import address_of
from xiaojia.kernel.tenancy import entered

CHANGESET: Final = "2026-11-01T00:00:00+08:00"
SPECIFICATION: Final = "http://wiki.open311.org/GeoReport_v2"
REPORTS_A_MINUTE: Final = 60
READS_A_MINUTE: Final = 120
A_MINUTE: Final = 60
MOST_MEDIA: Final = 3
MOST_SENT: Final = MOST_BYTES * MOST_MEDIA + 2**20

View = Callable[..., HttpResponse]


def open311(*methods: str) -> Callable[[View], View]:
    """What all calls share: errors as lists of {code, description}, in the form that was asked for."""

    def decorate(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def answer(request: HttpRequest, form: str, **more: str) -> HttpResponse:
            if form not in TYPES:
                return _error("xml", 404, f"there is no format '{form}': xml or json")
            try:
                if request.method not in methods:
                    raise Wrong(400, f"this resource answers {' and '.join(methods)} only")
                _limit(request)
                return view(request, form, **more)
            except Wrong as wrong:
                return _error(form, wrong.status, str(wrong))
            except Refused as refused:
                return _error(form, 400, refused.sentence)

        return answer

    return decorate


def _limit(request: HttpRequest) -> None:
    """What one network address reads in a minute, and how much is sent, before a byte of it is read."""
    if request.method == "POST":
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if not announced.isdigit() or int(announced) > MOST_SENT:
            raise Wrong(400, f"a report with its photos has at most {MOST_SENT >> 20} MB")
    elif is_spent(
        f"open311 read {address_of(request)}", most=READS_A_MINUTE, seconds=A_MINUTE, at=clock.now()
    ):
        raise Wrong(400, f"more than {READS_A_MINUTE} readings in a minute: wait, then ask again")


def _error(form: str, status: int, description: str) -> HttpResponse:
    return written(form, "errors", [{"code": status, "description": description}], status=status)


@open311("GET", "HEAD")
def discovery(request: HttpRequest, form: str) -> HttpResponse:
    """Where the service is, whom to ask, how to get a key."""
    contacts = "; ".join(f"{row.name} {row.code}: {row.contact}" for row in public_services())
    root = settings.XIAOJIA_PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")
    found = {
        "changeset": CHANGESET,
        "contact": contacts or "no community has opened its public service",
        "key_service": "the committee of the community named in contact gives keys on request",
        "endpoints": [
            {
                "specification": SPECIFICATION,
                "url": f"{root}/open311/v2",
                "changeset": CHANGESET,
                "type": "production",
                "formats": ["text/xml", "application/json"],
            }
        ],
    }
    return written(form, "discovery", found)


@open311("GET", "HEAD")
def services(request: HttpRequest, form: str) -> HttpResponse:
    """What can be reported."""
    service = asked.jurisdiction(asked.said_in(request))
    return written(form, "services", [_service(row) for row in service.services])


@open311("GET", "HEAD")
def definition(request: HttpRequest, form: str, service_code: str) -> HttpResponse:
    """The questions of one service: all have the same one, and nobody has to answer it."""
    asked.row_of(asked.jurisdiction(asked.said_in(request)), service_code)
    spot = {
        "variable": True,
        "code": asked.SPOT,
        "datatype": "text",
        "required": False,
        "datatype_description": "at most 60 characters",
        "order": 1,
        "description": "在哪一处：哪一层、哪个出入口（不用写门牌号）",
        "values": [],
    }
    return written(form, "service_definition", {"service_code": service_code, "attributes": [spot]})


@open311("GET", "HEAD", "POST")
def requests(request: HttpRequest, form: str) -> HttpResponse:
    """The list for everybody, or a report by a program with a key."""
    if request.method == "POST":
        return _report(request, form)
    said = asked.said_in(request)
    service = asked.jurisdiction(said)
    wanted = asked.wanted(said, clock.now())
    return _listed(request, form, public_cases(wanted, community_id=service.community_id))


@open311("GET", "HEAD")
def one_request(request: HttpRequest, form: str, request_id: str) -> HttpResponse:
    """One published case."""
    service = asked.jurisdiction(asked.said_in(request))
    return _listed(request, form, [_found(service, request_id)])


@open311("GET", "HEAD")
def token(request: HttpRequest, form: str, token: str) -> HttpResponse:
    """Every report gets its id at once, so that its token is that id."""
    found = _found(asked.jurisdiction(asked.said_in(request)), token)
    return written(form, "service_requests", [{"service_request_id": str(found.pk), "token": str(found.pk)}])


def _found(service: PublicService, request_id: str) -> PublicCase:
    case_id = asked.identity(request_id)
    wanted = PublicWanted(case_ids=[case_id] if case_id else [])
    found = public_cases(wanted, community_id=service.community_id)
    if not found:
        raise Wrong(404, f"there is no public request '{request_id}'")
    return found[0]


def _report(request: HttpRequest, form: str) -> HttpResponse:
    at = clock.now()
    said = asked.said_in(request)
    by = use_key(said.get("api_key", ""), on=clock.today(at))
    if by is None:
        raise Wrong(403, "api_key is missing or not valid")
    service = asked.jurisdiction(said)
    if service.community_id != by.community_id:
        raise Wrong(403, "this api_key belongs to another jurisdiction")
    if is_spent(f"open311:{by.account_id}", most=REPORTS_A_MINUTE, seconds=A_MINUTE, at=at):
        raise Wrong(400, f"more than {REPORTS_A_MINUTE} reports in a minute: wait, then send again")
    files = request.FILES.getlist("media")
    if len(files) > MOST_MEDIA:
        raise Wrong(400, f"at most {MOST_MEDIA} photos in the field media")
    with entered(by.scope):
        report = asked.report(said, service, by)
        # A photo that cannot be kept refuses the whole report: nobody is told that it arrived.
        photos = [developed(file.read()) for file in files]
        case = report_case(by=by, at=at, report=report)
        for photo in photos:
            send_photo(by=by, at=at, case_id=case.pk, photo=photo)
    sent: dict[str, Any] = {
        "service_request_id": str(case.pk),
        "service_notice": "text, place and dates become public; numbers and doors are taken out",
        "account_id": None,
    }
    return written(form, "service_requests", [sent])


def _service(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "service_code": row["service_code"],
        "service_name": row["service_name"],
        "description": row["service_name"],
        "metadata": True,
        "type": "realtime",
        "keywords": row["service_name"].replace("、", ",").replace("，", ","),
        "group": row["group"],
    }


def _listed(request: HttpRequest, form: str, cases: list[PublicCase]) -> HttpResponse:
    notes: dict[UUID, list[list[str]]] | None = None
    if request.GET.get("extensions") == "true":
        notes = timelines_of("case", [case.pk for case in cases])
    return written(form, "service_requests", [_case(case, notes) for case in cases])


def _case(case: PublicCase, notes: dict[UUID, list[list[str]]] | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "service_request_id": str(case.pk),
        "status": "closed" if case.is_closed else "open",
        "status_notes": case.word,
        "service_name": case.service_name,
        "service_code": case.service_code,
        "description": case.description or case.service_name,
        "agency_responsible": case.agency,
        "service_notice": None,
        "requested_datetime": asked.told(case.requested_at),
        "updated_datetime": asked.told(case.changed_at),
        "expected_datetime": asked.told(case.expected_at),
        "address": case.address or None,
        "address_id": case.address_id or None,
        "zipcode": None,
        "lat": case.latitude,
        "long": case.longitude,
        "media_url": None,
    }
    if notes is not None:
        found["notes"] = [
            {"datetime": asked.told(datetime.fromisoformat(at)), "type": "status", "description": sentence}
            for at, sentence in notes.get(case.pk, [])
        ]
    return found
