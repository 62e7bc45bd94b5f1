"""A store with rice, soap and one last kettle, and neighbours with points (模拟)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from tests import cast
from xiaojia.domains.ledger import actions as ledger
from xiaojia.domains.ledger.tests.stage import Stage, stage
from xiaojia.domains.store import actions, checks
from xiaojia.domains.store.actions import Basket
from xiaojia.domains.store.models import Goods, Redemption
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered

OPENED: Final = cast.TODAY - timedelta(days=10)
SHELF: Final = (("大米（5 斤）", "袋", 25, 40), ("肥皂", "块", 3, 100), ("热水壶", "个", 10, 1))


@dataclass(slots=True)
class Counter:
    """`goods` by name; whoever serves is the clerk, whose scope is no wide one."""

    stage: Stage
    goods: dict[str, Goods] = field(default_factory=dict)

    @property
    def clerk(self) -> Actor:
        """Who stands behind the counter."""
        return self.stage.actor("clerk")

    def basket(self, name: str, goods: str, quantity: int = 1, **more: Any) -> Basket:
        """A member who takes something."""
        more.setdefault("request_id", uuid.uuid4())
        return Basket(self.stage.member(name), self.goods[goods].pk, quantity, **more)

    def redeem(self, name: str, goods: str, quantity: int = 1, **more: Any) -> Redemption:
        """At once, today."""
        return self._serve(actions.redeem_goods, self.basket(name, goods, quantity, **more))

    def reserve(self, name: str, goods: str, quantity: int = 1, **more: Any) -> Redemption:
        """Set aside, today."""
        return self._serve(actions.reserve_goods, self.basket(name, goods, quantity, **more))

    def _serve(self, act: Callable[..., Redemption], basket: Basket) -> Redemption:
        """As a page does: a refusal is caught inside the request, so that what was written down stays."""
        with entered(self.clerk.scope):
            try:
                return act(by=self.clerk, at=cast.NOW, on=cast.TODAY, basket=basket)
            except Refused as error:
                refused = error
        raise refused

    def stock(self, goods: str) -> int:
        """What the shelf says."""
        with self.stage.office():
            return Goods.objects.get(pk=self.goods[goods].pk).stock

    def drift(self) -> list[str]:
        """What `xiaojia verify` would say."""
        with self.stage.office() as officer:
            return checks.findings(officer.community_id)


def counter() -> Counter:
    """Everybody has 30 points; the shelf is as `SHELF` says."""
    made = Counter(stage())
    with made.stage.office() as officer:
        for number, (name, unit, points, pieces) in enumerate(SHELF):
            goods = actions.add_goods(by=officer, at=cast.NOW, on=OPENED, name=name, unit=unit, points=points)
            actions.move_stock(
                by=officer, at=cast.NOW, on=OPENED, goods_id=goods.pk, delta=pieces, reason="received",
                request_id=uuid.UUID(int=number + 1),
            )  # fmt: skip
            made.goods[name.partition("（")[0]] = goods
        for name in made.stage.members:
            ledger.issue_passbook(by=officer, at=cast.NOW, on=cast.TODAY, member_id=made.stage.member(name))
    for name in made.stage.members:
        made.stage.give(name, 30)
    return made
