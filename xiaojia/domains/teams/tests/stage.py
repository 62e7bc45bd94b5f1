"""The cast with a third account, and short ways to designate; everything is invented (模拟)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Final

from django.db import connection

from tests import cast
from xiaojia.domains.people import actions as people
from xiaojia.domains.teams import actions
from xiaojia.domains.teams.models import Tenure
from xiaojia.kernel.actors import Actor

TODAY: Final = cast.TODAY
NOW: Final = cast.NOW
REASON: Final = "院子里的人都找他帮忙"


def at(on: date) -> datetime:
    """Nine in the morning of that day, Chongqing time."""
    return datetime(on.year, on.month, on.day, 1, 0, tzinfo=UTC)


def account(name: str, username: str) -> int:
    """A new account, simulated."""
    made = people.add_account(username=username, name=name, password="", is_simulated=True)
    return made.pk


def designate(by: Actor, account_id: int, microgrid_id: int, role: str = "head", **more: Any) -> Tenure:
    """A designation with a reason, from TODAY unless said otherwise."""
    terms: dict[str, Any] = {
        "from_on": TODAY,
        "reason": REASON,
        "kind": "resident" if role == "steward" else "",
    }
    now = more.pop("at", NOW)
    return actions.designate(
        by=by,
        at=now,
        terms=actions.Terms(account_id=account_id, microgrid_id=microgrid_id, role=role, **(terms | more)),
    )


def at_once(*steps: Callable[[], object]) -> list[object]:
    """Run steps at the same moment, each on a connection of its own; what each gave, or its exception."""
    barrier = threading.Barrier(len(steps))
    found: list[object] = [None] * len(steps)

    def run(index: int) -> None:
        try:
            barrier.wait(timeout=30)
            found[index] = steps[index]()
        except Exception as error:
            found[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(steps))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return found
