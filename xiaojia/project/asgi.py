"""The live streams and nothing else: one connection that listens, many browsers that hear (decision 0093).

`/live/?ticket=...` answers with server-sent events: `changed` carries a case's id, `again` says that
something may have been missed. No table is read here; PostgreSQL is asked for its notices only.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xiaojia.project.settings")

import psycopg

from xiaojia.kernel.live import CHANNEL, Ticket, hears, read_notice, read_ticket

HEARTBEAT_SECONDS: Final = 15
MOST_WAITING: Final = 64
"""Events that wait for a slow browser; then one `again` stands for all of them."""
MOST_LISTENERS: Final = 2_000
AGAIN: Final = b"event: again\ndata: \n\n"

Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]


class Listeners:
    """Browsers with their tickets, and the one connection that tells them."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._waiting: dict[asyncio.Queue[bytes], Ticket] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Listen from now on; a PostgreSQL that is not there yet is tried again."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._listen_for_ever())

    def stop(self) -> None:
        """Listen no longer."""
        if self._task is not None:
            self._task.cancel()

    def add(self, ticket: Ticket) -> asyncio.Queue[bytes] | None:
        """A queue of events for one browser; None when there are too many."""
        if len(self._waiting) >= MOST_LISTENERS:
            return None
        queue: asyncio.Queue[bytes] = asyncio.Queue(MOST_WAITING)
        self._waiting[queue] = ticket
        return queue

    def remove(self, queue: asyncio.Queue[bytes]) -> None:
        """This browser is gone."""
        self._waiting.pop(queue, None)

    def tell(self, payload: str) -> None:
        """Pass a notice on to those who may hear it."""
        notice = read_notice(payload)
        if notice is None:
            return
        event = f"event: changed\ndata: {notice.case_id}\n\n".encode()
        for queue, ticket in self._waiting.items():
            if hears(ticket, notice):
                _put(queue, event)

    async def _listen_for_ever(self) -> None:
        patience, is_first = 0.1, True
        while True:
            with suppress(psycopg.Error, OSError):
                connection = await psycopg.AsyncConnection.connect(
                    self._url, autocommit=True, connect_timeout=5
                )
                async with connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    if not is_first:
                        for queue in self._waiting:
                            _put(queue, AGAIN)
                    patience, is_first = 0.1, False
                    async for notify in connection.notifies():
                        self.tell(notify.payload)
            await asyncio.sleep(patience)
            patience = min(2.0, patience * 2)


def _put(queue: asyncio.Queue[bytes], event: bytes) -> None:
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
        event = AGAIN
    queue.put_nowait(event)


LISTENERS: Final = Listeners(os.environ.get("DATABASE_URL", ""))


async def application(scope: Event, receive: Receive, send: Send) -> None:
    """ASGI: the lifespan listens, `/live/` streams, everything else is not here."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    if scope["type"] != "http":
        return
    asked = parse_qs(scope.get("query_string", b"").decode("ascii", "replace"))
    ticket = read_ticket(asked.get("ticket", [""])[0], at=datetime.now(UTC))
    if scope["path"] != "/live/" or scope["method"] != "GET":
        await _answer(send, 404)
    elif ticket is None:
        await _answer(send, 403)
    else:
        LISTENERS.start()
        queue = LISTENERS.add(ticket)
        if queue is None:
            await _answer(send, 503)
            return
        try:
            await _stream(receive, send, queue, ticket)
        finally:
            LISTENERS.remove(queue)


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            LISTENERS.start()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            LISTENERS.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def _answer(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": b""})


# The ticket, not a cookie, says who listens, so any page may open the stream that holds one.
_HEADERS: Final = [(b"access-control-allow-origin", b"*"), (b"cache-control", b"no-store")]


async def _stream(receive: Receive, send: Send, queue: asyncio.Queue[bytes], ticket: Ticket) -> None:
    headers = [*_HEADERS, (b"content-type", b"text/event-stream"), (b"x-accel-buffering", b"no")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b": open\n\n", "more_body": True})
    gone = asyncio.ensure_future(_gone(receive))
    try:
        while (left := ticket.until - time.time()) > 0 and not gone.done():
            event = b": still here\n\n"
            with suppress(TimeoutError):
                event = await asyncio.wait_for(queue.get(), min(left, HEARTBEAT_SECONDS))
            await send({"type": "http.response.body", "body": event, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
