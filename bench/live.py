"""The live desk: 200 browsers listen, cases change, and each change reaches all of them."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import time
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

import psycopg

from bench._database import django_on_its_own_database
from bench.report import Report

NAME: Final = "live"
LISTENERS: Final = 200
NOTICES: Final = 50
GAP_SECONDS: Final = 0.05
MOST_P99_MS: Final = 300.0


def run(report: Report) -> None:
    """Notices one after the other; every arrival is timed from just before its commit."""
    django_on_its_own_database()
    from xiaojia.kernel.actors import Scope
    from xiaojia.kernel.live import ticket_for
    from xiaojia.project.processes.tree import free_port, live

    port = free_port(8850, "127.0.0.1")
    child = live(port, "127.0.0.1", dict(os.environ))
    child.start()
    try:
        ticket = quote(ticket_for(Scope((1,), is_wide=True), at=datetime.now(UTC)))
        times = asyncio.run(_measure(port, ticket))
    finally:
        child.stop()
        child.wait(time.monotonic() + 5)
    cuts = statistics.quantiles(times, n=100)
    told = f"{len(times)} of {LISTENERS * NOTICES} arrived"
    report.add(NAME, f"{LISTENERS} listeners, p50, {told}", figure=1000 * cuts[49], unit="ms")
    report.add(NAME, f"{LISTENERS} listeners, p99", figure=1000 * cuts[98], unit="ms", limit=MOST_P99_MS)


async def _measure(port: int, ticket: str) -> list[float]:
    sent: dict[str, float] = {}
    times: list[float] = []
    streams = [await _open(port, ticket) for _number in range(LISTENERS)]
    readers = [asyncio.create_task(_read(stream, sent, times)) for stream, _writer in streams]
    await asyncio.sleep(1)
    url = os.environ["DATABASE_URL"]
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        for number in range(NOTICES):
            name = f"n{number}"
            body = json.dumps({"id": name, "c": 1, "m": [], "s": False})
            sent[name] = time.perf_counter()
            await connection.execute("SELECT pg_notify('xiaojia_live', %s)", [body])
            await asyncio.sleep(GAP_SECONDS)
    await asyncio.sleep(2)
    for reader in readers:
        reader.cancel()
    for _stream, writer in streams:
        writer.close()
    return times


async def _open(port: int, ticket: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    for _try in range(100):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            break
        except OSError:
            await asyncio.sleep(0.1)
    writer.write(f"GET /live/?ticket={ticket} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    await reader.readuntil(b": open\n\n")
    return reader, writer


async def _read(reader: asyncio.StreamReader, sent: dict[str, float], times: list[float]) -> None:
    while line := await reader.readline():
        if line.startswith(b"data: n"):
            times.append(time.perf_counter() - sent[line.decode().strip().removeprefix("data: ")])
