"""Real servers on 127.0.0.1 for senders to talk to: a group robot's HTTP, and enough of SMTP for one mail."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

S = TypeVar("S", bound=socketserver.BaseServer)


class Robot(ThreadingHTTPServer):
    """`got` is what came in: (path, body). `answer` is (status, body), or None to hang up without one."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _RobotHandler)
        self.got: list[tuple[str, Any]] = []
        self.answer: tuple[int, dict[str, Any]] | None = (200, {"errcode": 0, "errmsg": "ok"})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _RobotHandler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Robot)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.got.append((self.path, json.loads(body)))
        if server.answer is None:
            self.close_connection = True
            return
        status, answer = server.answer
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_args: Any) -> None:
        """Nothing."""


class Post(socketserver.ThreadingTCPServer):
    """`got` are the mails that came in, whole; with `refuses` nobody is known here."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _PostHandler)
        self.got: list[str] = []
        self.refuses = False


class _PostHandler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server = self.server
        assert isinstance(server, Post)
        self._say("220 here")
        while line := self.rfile.readline().decode().strip():
            word = line.split(" ")[0].upper()
            if word == "QUIT":
                self._say("221 bye")
                return
            if word == "RCPT" and server.refuses:
                self._say("550 nobody of that name")
            elif word == "DATA":
                self._say("354 go on")
                lines = iter(self.rfile.readline, b".\r\n")
                server.got.append(b"".join(lines).decode())
                self._say("250 taken")
            else:
                self._say("250 fine")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def listening(server: S) -> Iterator[S]:
    """Serve in a thread until the end of the block."""
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
