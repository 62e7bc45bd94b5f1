"""A case reported and a list of 25, against a bare view on the same tables, at 100,000 cases and a million.

Everything is asked through the API as a signed-in officer: session, account, tenure and scope are counted.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable
from typing import Any, Final
from uuid import uuid4

import psycopg

from bench._database import django_on_its_own_database, owner_url
from bench.report import Report

NAME: Final = "cases"
SIZES: Final = (100_000, 1_000_000)
WHOLE: Final = "XIAOJIA_BENCH_MILLION"
"""Set to 1 to load the million too: it takes a few minutes."""
ROUNDS: Final = 40
MOST_TIMES_BARE: Final = 4.0
MOST_MS: Final = 300.0
PATH: Final = "/api/v1/cases/"


def run(report: Report) -> None:
    """Load, then ask everything in turn, interleaved; the same again for the larger table."""
    django_on_its_own_database()
    from django.core.cache import cache

    cache.clear()
    stage = _Stage()
    for size in SIZES if os.environ.get(WHOLE) == "1" else SIZES[:1]:
        stage.load(size)
        _measure(report, stage, size)


def _measure(report: Report, stage: _Stage, size: int) -> None:
    asks = stage.asks()
    counts = {what: _queries(ask) for what, ask in asks.items()}
    cpu: dict[str, list[float]] = {what: [] for what in asks}
    wall: dict[str, list[float]] = {what: [] for what in asks}
    for _round in range(ROUNDS):
        for what, ask in asks.items():
            began, began_cpu = time.perf_counter(), time.process_time()
            ask()
            cpu[what].append(time.process_time() - began_cpu)
            wall[what].append(time.perf_counter() - began)
    median = {what: statistics.median(times) for what, times in cpu.items()}
    for what in ("report", "list of 25, filter and order"):
        bare = median[f"bare {what}"]
        report.add(
            NAME, f"{size:,}: {what}", cpu_seconds=median[what], figure=median[what] / bare, unit="x bare",
            limit=MOST_TIMES_BARE,
        )  # fmt: skip
        most = 12 if what == "report" else 6
        report.add(NAME, f"{size:,}: {what}", figure=counts[what], unit="queries", limit=most)
        late = sorted(wall[what])[int(0.95 * ROUNDS)] * 1000
        report.add(NAME, f"{size:,}: {what}, p95", figure=late, unit="ms", limit=MOST_MS)


class _Stage:
    """One community with an officer, a building and casekinds; and as many cases as asked for."""

    def __init__(self) -> None:
        from tests import cast
        from xiaojia.domains.cases import actions
        from xiaojia.domains.cases.models import Casekind
        from xiaojia.domains.places.models import Building
        from xiaojia.domains.places.queries import community
        from xiaojia.kernel import clock
        from xiaojia.kernel.tenancy import entered

        people = cast.build()
        self.officer = people.actor("officer")
        self.account = people.here.accounts["officer"]
        self.community = community(self.officer.community_id)
        self.now = clock.now()
        with entered(self.officer.scope):
            actions.open_casekinds(by=self.officer, at=self.now, on=clock.today())
            self.kinds = dict(Casekind.objects.values_list("code", "pk"))
            self.building = Building.objects.filter(community_id=self.officer.community_id)[0].pk
            report = actions.Report(self.kinds["L0201"], "三楼过道在漏水（模拟）", building_id=self.building)
            self.first = actions.report_case(by=self.officer, at=self.now, report=report)
        self.loaded = 1

    def load(self, size: int) -> None:
        """Copies of the first case over two years, one in twelve open, with step and receipt; as owner."""
        from xiaojia.domains.cases.models import Case, Casestep
        from xiaojia.domains.receipts.models import Receipt

        age = "make_interval(secs => (k::bigint * 7919 %% 63072000)::float)"
        state = "CASE WHEN k %% 12 = 0 THEN 10 ELSE 60 END"
        ident = "md5('bench' || k)::uuid"
        kinds = list(self.kinds.values())
        changed = {
            "id": ident, "state": state, "result": "CASE WHEN k %% 12 = 0 THEN NULL ELSE 1 END",
            "casekind_id": f"(ARRAY{kinds})[1 + k %% {len(kinds)}]", "client_id": "NULL",
            "receipt_code": "lpad(k::text, 8, 'x')",
            **{c: f"{c} - {age}" for c in ("reported_at", "due_at", "due_original_at", "changed_at")},
        }  # fmt: skip
        steps = {"case_id": ident, "at": f"at - {age}"}
        codes = {"subject_id": ident, "code": "lpad(k::text, 8, 'x')"}
        with psycopg.connect(owner_url()) as connection:
            for model, new, belongs in (
                (Case, changed, "id = %s"),
                (Casestep, steps, "case_id = %s"),
                (Receipt, codes, "subject_id = %s"),
            ):
                columns = [
                    str(f.column)
                    for f in model._meta.local_concrete_fields
                    if f.column != "id" or "id" in new
                ]
                values = ", ".join(new.get(c, f'"{c}"') for c in columns)
                names = ", ".join(f'"{c}"' for c in columns)
                connection.execute(
                    f"INSERT INTO {model._meta.db_table} ({names}) SELECT {values} FROM"  # noqa: S608  # ours
                    f" {model._meta.db_table}, generate_series({self.loaded}, {size - 1}) k WHERE {belongs}",
                    [self.first.pk],
                )
            connection.commit()
            connection.autocommit = True
            connection.execute("VACUUM ANALYZE")
        self.loaded = size

    def asks(self) -> dict[str, Callable[[], Any]]:
        """What is measured, ours beside bare ones."""
        from django.test import Client

        client = Client(SERVER_NAME="localhost")
        client.force_login(self.account)
        said = {
            "casekind_id": self.kinds["L0201"], "text": "三楼漏水（模拟）", "building_id": self.building,
            "reporter_name": "住户甲", "reporter_phone": "13800000001",
        }  # fmt: skip
        body = json.dumps(said)

        def report() -> Any:
            answer = client.post(PATH, body, "application/json")
            if answer.status_code != 201:
                raise RuntimeError(answer.content)

        def listed() -> Any:
            wanted: dict[str, Any] = {
                "state": "over",
                "order": "-reported",
                "casekind_id": self.kinds["L0202"],
            }
            answer = client.get(PATH, wanted)
            if answer.status_code != 200 or len(answer.json()["cases"]) != 25:
                raise RuntimeError(answer.content)

        return {
            "report": report,
            "list of 25, filter and order": listed,
            "bare report": self._bare_report,
            "bare list of 25, filter and order": self._bare_list,
        }

    def _bare_report(self) -> Any:
        """What Django alone needs to keep the same rows: no login, no check, no clock, no receipt code."""
        from django.http import JsonResponse

        from xiaojia.domains.cases.models import Case, Casestep, Reporter
        from xiaojia.domains.receipts.models import Receipt
        from xiaojia.kernel.models import AuditEntry
        from xiaojia.kernel.tenancy import entered

        with entered(self.officer.scope):
            case = Case.objects.create(
                community_id=self.community.pk, casekind_id=self.kinds["L0201"], text="漏水", source="bare",
                building_id=self.building, state=10, reported_at=self.now, due_original_at=self.now,
                due_at=self.now, changed_at=self.now,
            )  # fmt: skip
            Reporter.objects.create(
                id=uuid4(), community_id=self.community.pk, case=case, said_in_case=case, said_at=self.now
            )
            Casestep.objects.create(
                community_id=self.community.pk, case=case, at=self.now, account_id=1, role="officer",
                action="report", to_state=10,
            )  # fmt: skip
            Receipt.objects.create(
                community_id=self.community.pk, code=uuid4().hex[:8], kind="case", subject_id=case.pk,
                word="", issued_at=self.now, changed_at=self.now,
            )  # fmt: skip
            AuditEntry.objects.create(
                community_id=self.community.pk, at=self.now, account_id=1, role="officer",
                verb="report_case", kind="case", object_count=1, object_hash=b"", detail_hash=b"",
            )  # fmt: skip
        return JsonResponse({"id": case.pk})

    def _bare_list(self) -> Any:
        """The same 25 rows by one query and one JSON answer."""
        from django.http import JsonResponse

        from xiaojia.domains.cases.models import Case
        from xiaojia.kernel.tenancy import entered

        with entered(self.officer.scope):
            rows = Case.objects.filter(state__in=[60, 70, 80], casekind_id=self.kinds["L0202"])
            found = list(rows.select_related("casekind").order_by("-reported_at", "id")[:25])
            plain = [
                {"id": c.pk, "text": c.text, "kind": c.casekind.name, "state": c.state, "due_at": c.due_at}
                for c in found
            ]
            return JsonResponse({"cases": plain})


def _queries(ask: Callable[[], Any]) -> int:
    from django.db import connection

    seen: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        ask()
    return len(seen)
