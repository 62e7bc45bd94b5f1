"""Listens to the live stream as a browser does: `with listening(port, ticket) as ears: ears.events`."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import quote


@dataclass(slots=True)
class Ears:
    """What one stream said: its status, and (event, data) in order."""

    status: int = 0
    events: list[tuple[str, str]] = field(default_factory=list)
    has_ended: bool = False

    def data_of(self, event: str) -> list[str]:
        """The data of every event of that name."""
        return [data for name, data in self.events if name == event]


@contextmanager
def listening(port: int, ticket: str) -> Iterator[Ears]:
    """One stream, read by a thread until the end of the block."""
    ears = Ears()
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    path = f"/live/?ticket={quote(ticket)}"
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    thread = threading.Thread(target=_read, args=(connection, ears), daemon=True)
    thread.start()
    try:
        yield ears
    finally:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        thread.join()
        connection.close()


def _read(connection: socket.socket, ears: Ears) -> None:
    name = ""
    with suppress(OSError), connection.makefile("r", encoding="utf-8", newline="\n") as lines:
        for line in lines:
            text = line.strip()
            if text.startswith("HTTP/1.1 "):
                ears.status = int(text.split()[1])
            elif text.startswith("event: "):
                name = text.removeprefix("event: ")
            elif text.startswith("data:") and name:
                ears.events.append((name, text.removeprefix("data:").strip()))
                name = ""
    ears.has_ended = True
