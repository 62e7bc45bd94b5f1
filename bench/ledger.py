"""Posting through HTTP against pgbench with the same statements in the same run; a million entries, flat.

The statements of one request are taken from Django itself and written down for pgbench, which runs them on
the same server with as many clients. Machines are shared: ratios are judged, one after the other in one run.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from uuid import uuid4

import psycopg

from bench._database import django_on_its_own_database, owner_url
from bench.report import Report, measured

NAME: Final = "ledger"
WALLETS: Final = 2_000
SMALL: Final = 20_000
LARGE: Final = 1_000_000
SECONDS: Final = 6
CLIENTS: Final = (8, 16)
ROUNDS: Final = 30
LEAST_SHARE: Final = 0.5
MOST_VERIFY_SECONDS: Final = 20.0
MOST_TIMES_SMALL: Final = 2.0
MOST_QUERIES: Final = 6


def run(report: Report) -> None:
    """Small, large, verify, then the tills."""
    django_on_its_own_database()
    stage = _Stage()
    medians = {}
    for size in (SMALL, LARGE):
        stage.load(size)
        medians[size] = {what: _median(ask) for what, ask in stage.asks().items()}
    for what, ask in stage.asks().items():
        times = medians[LARGE][what] / medians[SMALL][what]
        report.add(NAME, f"{what}, queries", figure=stage.queries(ask), unit="queries", limit=MOST_QUERIES)
        report.add(
            NAME, f"{what}, {LARGE:,} against {SMALL:,} entries", wall_seconds=medians[LARGE][what],
            figure=times, unit="x", limit=MOST_TIMES_SMALL,
        )  # fmt: skip
    with measured() as clock:
        found = stage.verified()
    note = "" if not found else f"{len(found)} findings: {found[0]}"
    report.add(
        NAME, f"verify of {LARGE:,} entries", clock, figure=clock.wall_seconds, unit="s",
        limit=MOST_VERIFY_SECONDS, note=note,
    )  # fmt: skip
    _tills(report, stage)


def _tills(report: Report, stage: _Stage) -> None:
    from xiaojia.project.processes.tree import free_port, web

    port = free_port(8870, "127.0.0.1")
    with tempfile.TemporaryDirectory() as static:
        child = web(port, "127.0.0.1", dict(os.environ), Path(static))
        child.start()
        try:
            script = stage.script()
            _wait_for(port)
            _http(stage, port, 4, 2)
            for clients in CLIENTS:
                ours = _http(stage, port, clients, SECONDS)
                theirs = _pgbench(script, clients, SECONDS)
                told = f"{ours:.0f} against {theirs:.0f} a second"
                report.add(
                    NAME, f"posting through HTTP, {clients} clients", figure=ours / theirs,
                    unit="of pgbench", limit=LEAST_SHARE, is_at_least=True, note=told,
                )  # fmt: skip
        finally:
            child.stop()
            child.wait(time.monotonic() + 5)


def _wait_for(port: int) -> None:
    """Until the server answers."""
    for _try in range(600):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise RuntimeError("the server does not answer")


def _http(stage: _Stage, port: int, clients: int, seconds: int) -> float:
    """Posts a second that were answered 200, by so many clients in two processes of their own."""
    sessions = stage.sessions(clients)
    words = json.dumps({"port": port, "seconds": seconds, "first": stage.first, "count": WALLETS})
    halves = [s for s in (sessions[::2], sessions[1::2]) if s]
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.ledger", words, *half], stdout=subprocess.PIPE, text=True
        )
        for half in halves
    ]
    return sum(int(child.communicate()[0]) for child in children) / seconds


def _pgbench(script: str, clients: int, seconds: int) -> float:
    """Transactions a second of the script."""
    from xiaojia.project.processes.postgres import binaries

    with tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="utf-8") as file:
        file.write(script)
        file.flush()
        command = [
            str(binaries() / "pgbench"), "-n", "-c", str(clients), "-j", "2", "-T", str(seconds),
            "-f", file.name, os.environ["DATABASE_URL"],
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if done.returncode or not found:
        raise RuntimeError(done.stderr[-2000:])
    return float(found[1])


def _median(ask: Callable[[], Any]) -> float:
    ask()
    times = []
    for _round in range(ROUNDS):
        began = time.perf_counter()
        ask()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


class _Stage:
    """An officer, two thousand members with wallets, and as many entries as asked for."""

    def __init__(self) -> None:
        from tests import cast
        from xiaojia.domains.ledger import actions
        from xiaojia.domains.ledger.models import Account, Member
        from xiaojia.kernel.tenancy import entered

        people = cast.build()
        self.officer, self.account = people.actor("officer"), people.here.accounts["officer"]
        community = self.officer.community_id
        with entered(self.officer.scope):
            actions.open_rules(by=self.officer, at=cast.NOW, on=cast.TODAY)
        with psycopg.connect(owner_url()) as connection:
            connection.execute(
                "INSERT INTO ledger_member (community_id, microgrid_ids, category, name, sort_key, joined_on,"
                " is_hidden, joined_by_id) SELECT %s, '{}', 'volunteer', '住户' || k, k::text, '2024-01-01',"
                " false, 1 FROM generate_series(1, %s) k",
                [community, WALLETS],
            )
            connection.execute(
                "INSERT INTO ledger_account (community_id, kind, member_id, balance, held)"
                " SELECT community_id, 'person', id, 0, 0 FROM ledger_member ORDER BY id"
            )
        with entered(self.officer.scope):
            self.first = Member.objects.order_by("pk")[0].pk
            self.offset = Account.objects.get(member_id=self.first).pk - self.first
            self.issuer = Account.objects.get(kind="issuer").pk
        self.loaded = 0

    def load(self, size: int) -> None:
        """Awards of one point in turn, over two years, two entries each; as owner."""
        wallet = f"{self.first + self.offset} + k %% {WALLETS}"
        with psycopg.connect(owner_url(), autocommit=True) as connection:
            connection.execute(
                "INSERT INTO ledger_transaction (id, community_id, account_id, kind, points, source_type,"  # noqa: S608  # numbers
                " source_id, request_id, body_hash, happened_on, created_at, actor_id, reason, refusal)"
                f" OVERRIDING SYSTEM VALUE SELECT k + 1, %s, {wallet}, 'award', 1, 'bench', k::text,"
                " gen_random_uuid(), '', now()::date - (720 - k / 700)::int,"
                " now() - make_interval(days => (720 - k / 700)::int), 1, '', ''"
                f" FROM generate_series({self.loaded}::bigint, {size // 2 - 1}) k",
                [self.officer.community_id],
            )
            connection.execute(
                "INSERT INTO ledger_entry (community_id, transaction_id, account_id, amount, balance_after)"  # noqa: S608  # numbers
                f" SELECT %s, k + 1, CASE side WHEN 1 THEN {wallet} ELSE {self.issuer} END, side,"
                f" CASE side WHEN 1 THEN k / {WALLETS} + 1 END"
                f" FROM generate_series({self.loaded}::bigint, {size // 2 - 1}) k,"
                " (VALUES (1), (-1)) s(side)",
                [self.officer.community_id],
            )
            connection.execute(
                "UPDATE ledger_account a SET balance = e.total FROM (SELECT account_id, sum(amount) AS total"
                " FROM ledger_entry GROUP BY account_id) e"
                " WHERE e.account_id = a.id AND a.balance IS NOT NULL"
            )
            connection.execute(
                "SELECT setval(pg_get_serial_sequence('ledger_transaction', 'id'),"
                " (SELECT max(id) FROM ledger_transaction))"
            )
            connection.execute("VACUUM ANALYZE")
        self.loaded = size // 2

    def asks(self) -> dict[str, Callable[[], Any]]:
        """Balance and slip of one member, as the office reads them, scope included."""
        from xiaojia.domains.ledger import queries
        from xiaojia.kernel import clock
        from xiaojia.kernel.tenancy import enter

        def inside(ask: Callable[[], Any]) -> Callable[[], Any]:
            from django.db import transaction

            def asked() -> Any:
                with transaction.atomic():
                    enter(self.officer.scope)
                    return ask()

            return asked

        member, on = self.first + 7, clock.today()
        return {
            "balance": inside(lambda: queries.balance(member, viewer=self.officer)),
            "slip": inside(lambda: queries.slip(member, on, viewer=self.officer)),
        }

    def queries(self, ask: Callable[[], Any]) -> int:
        """Statements of one ask."""
        return len(_statements(ask))

    def verified(self) -> list[str]:
        """What verify finds in the ledger."""
        from xiaojia.domains.ledger import checks
        from xiaojia.kernel.tenancy import entered

        with entered(self.officer.scope):
            return checks.findings(self.officer.community_id)

    def sessions(self, count: int) -> list[str]:
        """Session keys of so many browsers of the officer."""
        from django.test import Client

        keys = []
        for _number in range(count):
            client = Client(SERVER_NAME="localhost")
            client.force_login(self.account)
            keys.append(client.cookies["sessionid"].value)
        return keys

    def script(self) -> str:
        """What one request asks of PostgreSQL, for pgbench: random wallets, new requests."""
        from django.db import connection
        from django.test import Client

        client, request = Client(SERVER_NAME="localhost"), str(uuid4())
        client.force_login(self.account)
        member = self.first + 1234  # a number that nothing else in the statements is
        path, typed = f"/points/members/{member}/donate/", {"points": 1, "request_id": request}

        def ask() -> None:
            answer = client.post(path, typed, headers={"accept": "application/json"})
            if answer.status_code != 200:
                raise RuntimeError(answer.content)

        said = _statements(ask)
        connection.ensure_connection()
        cursor = psycopg.ClientCursor(connection.connection)
        lines = [f"\\set member random({self.first}, {self.first + WALLETS - 1})"]
        lines += [f"\\set account :member + {self.offset}", "BEGIN;"]
        for sql, parameters in said:
            text = " ".join(cursor.mogrify(sql, parameters).split())
            text = text.replace(f"'{request}'::uuid", "gen_random_uuid()").replace(
                f"'{request}'", "gen_random_uuid()::text"
            )
            text = re.sub(rf"\b{member}\b", ":member", text)
            lines.append(re.sub(rf"\b{member + self.offset}\b", ":account", text) + ";")
        return "\n".join([*lines, "COMMIT;"]) + "\n"


def _statements(ask: Callable[[], Any]) -> list[tuple[str, Any]]:
    from django.db import connection

    seen: list[tuple[str, Any]] = []

    def note(execute: Callable[..., Any], sql: str, parameters: Any, *rest: Any) -> Any:
        seen.append((sql, parameters))
        return execute(sql, parameters, *rest)

    with connection.execute_wrapper(note):
        ask()
    return seen


def _client(port: int, session: str, until: float, first: int, count: int) -> int:
    """One till: posts one after the other until its time is over; how many came off."""
    token = "b" * 32
    headers = {
        "Cookie": f"sessionid={session}; csrftoken={token}", "X-CSRFToken": token,
        "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json",
    }  # fmt: skip
    connection, done, number = http.client.HTTPConnection("127.0.0.1", port), 0, hash(session)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while time.monotonic() < until:
        number = (number * 1103515245 + 12345) % 2**31
        body = urlencode({"points": 1, "request_id": uuid4()})
        connection.request("POST", f"/points/members/{first + number % count}/donate/", body, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {text[:300]!r}")
        done += 1
    return done


def _clients(words: str, sessions: list[str]) -> int:
    from concurrent.futures import ThreadPoolExecutor

    told = json.loads(words)
    until = time.monotonic() + told["seconds"]
    with ThreadPoolExecutor(len(sessions)) as pool:
        counts = pool.map(lambda s: _client(told["port"], s, until, told["first"], told["count"]), sessions)
        return sum(counts)


if __name__ == "__main__":
    print(_clients(sys.argv[1], sys.argv[2:]))
