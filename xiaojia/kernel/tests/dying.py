"""A process that delivers one message and stands still at a chosen point, so that a test can kill it there.

    python -m xiaojia.kernel.tests.dying MESSAGE COMMUNITY POINT

Points: `claimed` before the sender, `drafted` and `marked` inside the SMS folder, `given` after the sender.
It says "here" on stdout when it stands.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID


def _stand_still(*_args: Any, **_words: Any) -> Any:
    print("here", flush=True)
    time.sleep(600)


def main(message_id: str, community_id: str, point: str) -> None:
    """Deliver, but stop at `point`."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "xiaojia.project.settings"
    import django

    django.setup()
    from xiaojia.kernel import clock, outbox_delivery
    from xiaojia.kernel.outbox_senders import SmsFolder, WecomGroup

    if point == "drafted":
        Path.touch = _stand_still  # type: ignore[method-assign]  # this process dies here
    if point == "marked":
        Path.rename = _stand_still  # type: ignore[method-assign]  # this process dies here
    for sender in (SmsFolder, WecomGroup):
        sender.send = _stopped(sender.send, point)  # type: ignore[method-assign]  # this process dies here
    outbox_delivery.deliver(UUID(message_id), community_id=int(community_id), at=clock.now())


def _stopped(send: Callable[..., None], point: str) -> Callable[..., None]:
    def stopped(*args: Any) -> None:
        if point == "claimed":
            _stand_still()
        send(*args)
        if point == "given":
            _stand_still()

    return stopped


if __name__ == "__main__":
    main(*sys.argv[1:])
