"""`xiaojia plan --dask ADDRESS`: the same work, community by community, on the machines of a Dask cluster."""

from __future__ import annotations

import hashlib
import logging
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from xiaojia.kernel.refusals import Refused

if TYPE_CHECKING:
    from distributed import Client

    from xiaojia.engines.partition import Runner

CONNECT_SECONDS: Final = 4
WORKERS_SECONDS: Final = 3
SOLVERS: Final = ("highspy", "numba", "numpy", "scipy")
"""Packages whose version may change a plan."""


@contextmanager
def runner(address: str) -> Iterator[Runner]:
    """Whatever is given to the runner runs on the cluster at `address`, answers in the order given.

    Raises `Refused` when nobody answers there within seconds, no worker is there, a worker computes by
    other code than ours, or the cluster goes away meanwhile.
    """
    try:
        from distributed import Client
        from distributed.comm import get_address_host_port
    except ImportError as error:
        raise Refused(
            "--dask needs the package distributed; run 'pip install distributed', then again"
        ) from error
    # Its log would tell of every closed connection; what matters is said by one sentence.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        # A client that finds nobody leaves threads behind: whether anybody listens is looked at first.
        host, port = get_address_host_port(address if "://" in address else f"tcp://{address}", strict=True)
        socket.create_connection((host, port), timeout=CONNECT_SECONDS).close()
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise Refused(f"no Dask scheduler answers at {address}; start one, or correct the address") from error
    try:
        _workers(client, address)
        yield lambda function, items: _run(client, address, function, items)
    finally:
        client.close(timeout=WORKERS_SECONDS)


def _workers(client: Client, address: str) -> None:
    """At least one worker, and each computes as we do: else two runs would not give the same bytes."""
    try:
        client.wait_for_workers(1, timeout=WORKERS_SECONDS)
    except TimeoutError as error:
        raise Refused(f"the Dask scheduler at {address} has no worker; start one, then again") from error
    ours = fingerprint()
    for worker, theirs in client.run(fingerprint, on_error="return").items():
        if theirs != ours:
            raise Refused(f"the Dask worker {worker} has no 小家 or another one; install this one there")


def fingerprint() -> str:
    """What a plan depends on besides its input: the engine's text and the versions of its solvers."""
    import xiaojia.engines.partition

    found = hashlib.sha256()
    for path in sorted(Path(xiaojia.engines.partition.__file__).parent.glob("*.py")):
        found.update(path.read_bytes())
    found.update(" ".join(version(name) for name in SOLVERS).encode())
    return found.hexdigest()


def _run(client: Client, address: str, function: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    from distributed import KilledWorker
    from distributed.comm import CommClosedError

    try:
        answers: Any = client.gather(client.map(function, items, pure=False))
    except (OSError, CancelledError, CommClosedError, KilledWorker) as error:
        raise Refused(f"the Dask cluster at {address} was lost meanwhile; nothing was written") from error
    return list(answers)
