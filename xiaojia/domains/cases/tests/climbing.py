"""A process that climbs the ladder and stands still at a chosen point, so that a test can kill it there.

    python -m xiaojia.domains.cases.tests.climbing COMMUNITY MOMENT POINT

Points: `written` in the transaction of the second rung, `told` after the first one was committed. It says
"here" on stdout when it stands.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import datetime
from typing import Any


def main(community_id: str, moment: str, point: str) -> None:
    """Climb, but stop at `point`."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "xiaojia.project.settings"
    import django

    django.setup()
    from xiaojia.domains.cases import jobs
    from xiaojia.domains.cases.actions import climbing
    from xiaojia.kernel import audit

    told: list[bool] = []
    tell_rung, record = climbing.tell_rung, audit.record

    def telling(**words: Any) -> bool:
        if told and point == "told":
            _stand_still()
        told.append(tell_rung(**words))
        return told[-1]

    def recording(**words: Any) -> Any:
        if told and point == "written":
            _stand_still()
        return record(**words)

    climbing.tell_rung = telling
    audit.record = recording
    jobs.climb(int(community_id), at=datetime.fromisoformat(moment))


def _stand_still() -> None:
    print("here", flush=True)
    time.sleep(600)


if __name__ == "__main__":
    main(*sys.argv[1:])
