"""A till that redeems 10 points and stands still before or after its commit: a test kills it there.

    python -m xiaojia.domains.ledger.tests.dying COMMUNITY WALLET REQUEST POINT

It says "here" on stdout when it stands.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, date, datetime
from uuid import UUID


def main(community: str, wallet: str, request: str, point: str) -> None:
    """Redeem; stop `inside` the transaction or `after` it."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "xiaojia.project.settings"
    import django

    django.setup()
    from xiaojia.domains.ledger.actions import Posting, redeem
    from xiaojia.kernel.actors import Actor
    from xiaojia.kernel.tenancy import entered

    by = Actor.for_job(community_id=int(community), role="officer", account_id=0)
    posting = Posting("redeem", int(wallet), 10, "goods", "one", date(2026, 3, 2), UUID(request))
    with entered(by.scope):
        redeem(by=by, at=datetime(2026, 3, 2, tzinfo=UTC), posting=posting)
        if point == "inside":
            _stand_still()
    _stand_still()


def _stand_still() -> None:
    print("here", flush=True)
    time.sleep(600)


if __name__ == "__main__":
    main(*sys.argv[1:])
