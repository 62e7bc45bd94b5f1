"""Tills post through HTTP beside pgbench, which says the same statement to the same server in the same run.

Twice: gifts out of two thousand passbooks, and one hot thing on the shelf that every client sells. A thousand
keys take turns, so that none reaches its limit; every answer is looked at, and rows are counted afterwards.
Machines are shared: the parts follow each other closely, in turns, and the middle ratio is judged. The CPU of
server, PostgreSQL and generator is told apart, for all of them live on the same cores.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import resource
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

import psycopg

from bench._database import django_on_its_own_database, owner_url
from bench.report import Report

NAME: Final = "tills"
BOOKS: Final = 2_000
KEYS: Final = 1_000
SECONDS: Final = 6
TURNS: Final = 3
CLIENTS: Final = (8, 16)
LEAST_SHARE: Final = 0.5
MOST_RATE: Final = 6_000
"""No run gets there; a generator without requests left would say so."""
WAYS: Final = {
    "gifts": ("/api/v1/till/donations/", '{{"passbook": "{book:04d}", "points": 1}}'),
    "one hot thing": ("/api/v1/till/redemptions/", '{{"passbook": "{book:04d}", "goods": 1, "quantity": 1}}'),
}
"""Address and body of each way to post."""

_SCRIPT: Final = """\\set till random(0, {tills})
\\set book random(1, {books})
SELECT * FROM {function}(sha256(convert_to('xj_bench_' || :till, 'UTF8')), gen_random_uuid(),
  lpad((:book)::text, 4, '0'), {arguments}, 300, current_date, now());
"""
SCRIPTS: Final = {
    "gifts": _SCRIPT.format(function="store_till_donate", arguments="1", tills=KEYS - 1, books=BOOKS),
    "one hot thing": _SCRIPT.format(
        function="store_till_redeem", arguments="1, 1", tills=KEYS - 1, books=BOOKS
    ),
}


def run(report: Report) -> None:
    """Both ways at 8 and 16 clients, in turns with pgbench."""
    from xiaojia.project.processes.tree import free_port, web

    home = django_on_its_own_database()
    stage = _Stage()
    port = free_port(8880, "127.0.0.1")
    with tempfile.TemporaryDirectory() as static:
        child = web(port, "127.0.0.1", dict(os.environ), Path(static))
        child.start()
        try:
            _wait_for(port)
            if child.process is None:
                raise RuntimeError("the server has no process")
            trees = {"server": child.process.pid, "PostgreSQL": _postmaster(home)}
            for way in WAYS:
                _http(way, port, 4, 1)
                # Tables that are known to be empty are planned to be read whole, by whoever asked before
                # they grew; a new house knows nothing of them, an old one has rows. Both sides plan alike.
                stage.analyze()
                for clients in CLIENTS:
                    _judge(report, stage, way, port, clients, trees)
        finally:
            child.stop()
            child.wait(time.monotonic() + 5)


def _judge(report: Report, stage: _Stage, way: str, port: int, clients: int, trees: dict[str, int]) -> None:
    """Ours, theirs, ours, theirs: the middle of the ratios."""
    turns: list[tuple[_Run, _Run]] = []
    for _turn in range(TURNS):
        pair = []
        for is_ours in (True, False):
            before, began = stage.count(), _cpu(trees)
            run = _http(way, port, clients, SECONDS) if is_ours else _pgbench(way, clients, SECONDS)
            time.sleep(0.5)  # until the postmaster has counted what pgbench's backends spent
            for name, value in _cpu(trees).items():
                run.cpu_seconds[name] = value - began[name]
            if stage.count() - before != run.count:
                raise RuntimeError("the answers and the ledger tell different stories")
            pair.append(run)
        turns.append((pair[0], pair[1]))
    rates = ", ".join(f"{ours.rate:.0f}/{theirs.rate:.0f}" for ours, theirs in turns)
    spent = [_spent([turn[side] for turn in turns]) for side in (0, 1)]
    report.add(
        NAME, f"{way}, {clients} clients", unit="of pgbench", limit=LEAST_SHARE, is_at_least=True,
        figure=statistics.median(ours.rate / theirs.rate for ours, theirs in turns),
        note=f"a second {rates}; CPU-ms each: ours {spent[0]}, theirs {spent[1]};"
        f" load {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores",
    )  # fmt: skip


def _spent(runs: list[_Run]) -> str:
    """CPU-ms for each post, by whoever spent it; the server does nothing while pgbench asks."""
    count, names = sum(run.count for run in runs), runs[0].cpu_seconds
    each = {name: 1000 * sum(run.cpu_seconds[name] for run in runs) / count for name in names}
    return " ".join(f"{name} {value:.2f}" for name, value in each.items() if value >= 0.005)


@dataclass(frozen=True, slots=True)
class _Run:
    """Posts that came off, in how many seconds, and the CPU seconds of each who took part."""

    count: int
    seconds: float
    cpu_seconds: dict[str, float]

    @property
    def rate(self) -> float:
        """Posts a second."""
        return self.count / self.seconds


def _http(way: str, port: int, clients: int, seconds: float) -> _Run:
    """Posts by so many clients, asked by one process of its own."""
    command = [sys.executable, "-m", "bench.tills", json.dumps([way, port, clients, seconds])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    count, lasted, cpu_seconds = json.loads(done.stdout)
    return _Run(count, lasted, {"generator": cpu_seconds})


def _pgbench(way: str, clients: int, seconds: int) -> _Run:
    """The same statement by pgbench, prepared, over the same socket as the server's."""
    from xiaojia.project.processes.postgres import binaries

    with tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="utf-8") as file:
        file.write(SCRIPTS[way])
        file.flush()
        command = [
            str(binaries() / "pgbench"), "-n", "-M", "prepared", "-c", str(clients), "-j", "2",
            "-T", str(seconds), "-f", file.name, os.environ["DATABASE_URL"],
        ]  # fmt: skip
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    rate = re.search(r"tps = ([\d.]+)", done.stdout)
    count = re.search(r"transactions actually processed: (\d+)", done.stdout)
    if done.returncode or not rate or not count:
        raise RuntimeError(done.stderr[-2000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return _Run(int(count[1]), int(count[1]) / float(rate[1]), {"pgbench": spent})


def _wait_for(port: int) -> None:
    """Until the server answers."""
    for _try in range(600):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                if b" 200 " in connection.recv(200):
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the server does not answer")


def _postmaster(home: Path) -> int:
    found = next(home.rglob("postmaster.pid"))
    return int(found.read_text().splitlines()[0])


def _cpu(trees: dict[str, int]) -> dict[str, float]:
    """CPU seconds of each tree of processes up to now, those that ended included."""
    parents, ticks = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(folder.name)] = int(words[1])
            ticks[int(folder.name)] = sum(int(word) for word in words[11:15])
    roots = {pid: name for name, pid in trees.items()}
    found = dict.fromkeys(trees, 0.0)
    for pid, spent in ticks.items():
        above = pid
        while above and above not in roots:
            above = parents.get(above, 0)
        if above:
            found[roots[above]] += spent / os.sysconf("SC_CLK_TCK")
    return found


class _Stage:
    """Two thousand passbooks with a lot in them, one thing that never runs out, a thousand tills."""

    def __init__(self) -> None:
        from tests import cast
        from xiaojia.domains.ledger import actions as ledger
        from xiaojia.domains.ledger.actions.posting import open_account
        from xiaojia.domains.store import actions
        from xiaojia.kernel.tenancy import entered

        people = cast.build()
        officer = people.actor("officer")
        with entered(officer.scope):
            ledger.open_rules(by=officer, at=cast.NOW, on=cast.TODAY)
            for kind in ("issuer", "fund", "store"):
                open_account(officer.community_id, kind)
            goods = actions.add_goods(
                by=officer, at=cast.NOW, on=cast.TODAY, name="鸡蛋（模拟）", unit="个", points=1
            )
            actions.move_stock(
                by=officer, at=cast.NOW, on=cast.TODAY, goods_id=goods.pk, delta=10_000_000,
                reason="received", request_id=uuid4(),
            )  # fmt: skip
        self._fill(officer.community_id)

    @staticmethod
    def _fill(community: int) -> None:
        with psycopg.connect(owner_url()) as connection:
            connection.execute(
                "INSERT INTO ledger_member (community_id, microgrid_ids, category, name, sort_key, joined_on,"
                " is_hidden, joined_by_id) SELECT %s, '{}', 'volunteer', '住户' || k, k::text, '2024-01-01',"
                " false, 1 FROM generate_series(1, %s) k",
                [community, BOOKS],
            )
            connection.execute(
                "INSERT INTO ledger_account (community_id, kind, member_id, balance, held)"
                " SELECT community_id, 'person', id, 1000000, 0 FROM ledger_member ORDER BY id"
            )
            connection.execute(
                "INSERT INTO ledger_passbook (community_id, member_id, number, issued_on)"
                " SELECT community_id, id, lpad(row_number() OVER (ORDER BY id)::text, 4, '0'), '2024-01-01'"
                " FROM ledger_member"
            )
            rows = [(community, f"{n}", hashlib.sha256(_key(n)).digest()) for n in range(KEYS)]
            connection.cursor().executemany(
                "INSERT INTO cases_apikey (community_id, name, role, digest, made_at, made_by_id)"
                " VALUES (%s, %s, 'clerk', %s, now(), 1)",
                rows,
            )

    @staticmethod
    def analyze() -> None:
        """What autovacuum does within a minute."""
        with psycopg.connect(owner_url(), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")

    @staticmethod
    def count() -> int:
        """Transactions that moved points, whoever asked for them."""
        sql = "SELECT count(*) FROM ledger_transaction WHERE refusal = ''"
        with psycopg.connect(owner_url()) as connection:
            found = connection.execute(sql).fetchone()
        return int(found[0]) if found else 0


def _key(number: int) -> bytes:
    return f"xj_bench_{number}".encode()


def _request(way: str, number: int) -> bytes:
    """The `number`-th request; a multiplier walks keys and passbooks in no order."""
    address, body = WAYS[way]
    chance = number * 2654435761 % 2**32
    text, key = body.format(book=chance % BOOKS + 1), _key(chance // 7 % KEYS).decode()
    return (
        f"POST {address} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\nIdempotency-Key: {uuid4()}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n{text}"
    ).encode()


def _generate(way: str, port: int, clients: int, seconds: float) -> tuple[int, float, float]:
    """Each client asks, waits for its answer and asks again, until the time is over; all in one process."""
    selector, count, waiting = selectors.DefaultSelector(), 0, clients
    tills = [socket.create_connection(("127.0.0.1", port)) for _number in range(clients)]
    start = int.from_bytes(os.urandom(3), "big")
    # Written beforehand, for making a request costs more than sending it.
    requests = (_request(way, start + number) for number in range(int(MOST_RATE * seconds)))
    ready_made = iter(list(requests))
    before, began = time.process_time(), time.monotonic()
    until = began + seconds
    for till in tills:
        till.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(till, selectors.EVENT_READ, till)
        till.sendall(next(ready_made))
    while waiting:
        for ready, _events in selector.select(10):
            till = ready.data
            answer = till.recv(65536)
            if not answer.endswith(b"}"):
                answer += till.recv(65536)  # head and body may come apart
            if not answer.startswith(b"HTTP/1.1 201 ") or not answer.endswith(b"}"):
                raise RuntimeError(answer.decode(errors="replace")[-500:])
            count += 1
            if time.monotonic() < until:
                till.sendall(next(ready_made))
            else:
                waiting -= 1
                selector.unregister(till)
                till.close()
    return count, time.monotonic() - began, time.process_time() - before


if __name__ == "__main__":
    print(json.dumps(_generate(*json.loads(sys.argv[1]))))
