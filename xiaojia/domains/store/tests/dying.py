"""A counter that redeems one piece and stands still before or after its commit: a test kills it there.

    python -m xiaojia.domains.store.tests.dying COMMUNITY ACCOUNT MEMBER GOODS REQUEST POINT

It says "here" on stdout when it stands.
"""

from __future__ import annotations

import os
import sys
import time
from uuid import UUID

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xiaojia.project.settings")


def main(words: list[str]) -> None:
    import django

    django.setup()
    from django.db import transaction

    from tests import cast
    from xiaojia.domains.store import actions
    from xiaojia.domains.store.actions import Basket
    from xiaojia.kernel.actors import Actor, Scope
    from xiaojia.kernel.tenancy import entered

    community, account, member, goods = (int(word) for word in words[:4])
    by = Actor(account_id=account, role="clerk", community_id=community, scope=Scope((community,)))
    basket = Basket(member, goods, 1, UUID(words[4]))
    with transaction.atomic():
        with entered(by.scope):
            actions.redeem_goods(by=by, at=cast.NOW, on=cast.TODAY, basket=basket)
        if words[5] == "inside":
            _wait()
    _wait()


def _wait() -> None:
    print("here", flush=True)
    time.sleep(600)


if __name__ == "__main__":
    main(sys.argv[1:])
