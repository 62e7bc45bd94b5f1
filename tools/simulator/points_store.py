"""The counter of the recognition year: deliveries, prices, all ways out, several tills at the last thing."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from threading import Barrier
from typing import Final

from django.db import connection

from tools.simulator.points_town import YEAR, Town
from xiaojia.domains.ledger import actions as ledger
from xiaojia.domains.ledger import queries as ledger_queries
from xiaojia.domains.store import actions
from xiaojia.domains.store.actions import Basket, Row
from xiaojia.domains.store.models import Goods, Redemption
from xiaojia.domains.store.queries import day as day_of
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered

OPENED_ON: Final = date(YEAR, 1, 5)
CLOSED_ON: Final = date(YEAR + 1, 1, 31)
OPEN_WEEKDAYS: Final = {1, 3, 5}
SHELF: Final = (
    ("肥皂", "块", 3), ("毛巾", "条", 9), ("抽纸", "提", 14), ("鸡蛋（10 个）", "盒", 12), ("雨伞", "把", 25),
    ("洗衣液", "瓶", 32), ("大米（10 斤）", "袋", 40), ("牛奶", "箱", 55), ("食用油", "桶", 68),
    ("保温壶", "个", 90), ("电饭煲", "个", 260),
)  # fmt: skip
LEAST_STOCK, DELIVERED = 6, 20
KEPT, PROXY, DELIVERY = 0.18, 0.10, 0.10
OVER, AGAIN, BACK = 0.04, 0.03, 0.03
PAPER_DAY, RACE_DAY, COUNT_DAY, GIFT_DAY = 13, 17, 27, 21
PRICE_DAYS: Final = (date(YEAR, 3, 2), date(YEAR, 6, 1), date(YEAR, 9, 1))
TILLS: Final = 6
GIFTS_A_MONTH: Final = 6


@dataclass(slots=True)
class Shop:
    """`later`: day -> what becomes of what was kept or taken then."""

    town: Town
    chance: Random
    goods: dict[str, Goods] = field(default_factory=dict)
    prices: dict[str, int] = field(default_factory=dict)
    later: dict[date, list[tuple[str, int]]] = field(default_factory=lambda: defaultdict(list))

    def day(self, on: date) -> None:
        """Everything of one day at the counter; every action is a transaction of its own."""
        if not OPENED_ON <= on <= CLOSED_ON:
            return
        if on == OPENED_ON:
            self._open(on)
        if on in PRICE_DAYS:
            self._change_prices(on)
        for fate, pk in self.later.pop(on, []):
            self._end(fate, pk, on)
        if on.weekday() in OPEN_WEEKDAYS:
            self._fill(on)
            count = round(self.town.plan.redemptions_a_day * self.chance.uniform(0.8, 1.2))
            for _time in range(count):
                self._serve(on)
        monthly = {PAPER_DAY: self._type_sheet, COUNT_DAY: self._count, GIFT_DAY: self._give}
        if self.town.plan.has_races:
            monthly[RACE_DAY] = self._race
        if on.day in monthly:
            monthly[on.day](on)
        self._close(on)

    def _open(self, on: date) -> None:
        by = self.town.officer
        with entered(by.scope):
            for name, unit, points in SHELF:
                self.goods[name] = actions.add_goods(
                    by=by, at=self.town.at(), on=on, name=name, unit=unit, points=points
                )
                self.prices[name] = points
            actions.ask_for(by=by, at=self.town.at(), on=on, text="保温壶")
            actions.answer_wanted(by=by, at=self.town.at(), on=on, text="保温壶", answer="进了（模拟）")

    def _fill(self, on: date) -> None:
        by = self.town.clerks[0]
        with entered(by.scope):
            for goods in Goods.objects.filter(pk__in=[g.pk for g in self.goods.values()]).order_by("pk"):
                if goods.stock < LEAST_STOCK:
                    actions.move_stock(
                        by=by, at=self.town.at(), on=on, goods_id=goods.pk, delta=DELIVERED,
                        reason="received", request_id=uuid.uuid4(),
                    )  # fmt: skip
                    self.town.counts["deliveries"] += 1

    def _change_prices(self, on: date) -> None:
        """Dearer in three days is refused, in a week it is not; cheaper holds at once."""
        by = self.town.officer
        dearer, cheaper = self.chance.sample(sorted(self.goods), 2)
        up, down = self.prices[dearer] + 2, max(1, self.prices[cheaper] - 2)
        plans = ((dearer, up, 3), (dearer, up, 7), (cheaper, down, 0))
        for name, points, days in plans:
            try:
                with entered(by.scope):
                    actions.set_price(
                        by=by, at=self.town.at(), on=on, goods_id=self.goods[name].pk, points=points,
                        from_on=on + timedelta(days=days),
                    )  # fmt: skip
                self.prices[name] = points
                self.town.counts["prices changed"] += 1
            except Refused:
                self.town.counts["dearer prices refused without notice"] += 1

    def _serve(self, on: date) -> None:
        """Somebody comes; the clerk looks what is in the wallet, a few ask for more all the same."""
        town, by = self.town, self.chance.choice(self.town.clerks)
        number = self.chance.choice(sorted(town.members))
        member_id = town.members[number]
        with entered(by.scope):
            wallet = ledger_queries.balance(member_id, viewer=by)
        left = wallet.available if wallet else 0
        if self.chance.random() < OVER:
            name, quantity = "电饭煲", 2
        else:
            within = [name for name, points in self.prices.items() if points + 2 <= left]
            if not within:
                return
            name = self.chance.choice(within[-4:])
            quantity = min(self.chance.choice((1, 1, 1, 2)), left // (self.prices[name] + 2))
        self._take(by, on, self._basket(member_id, name, quantity))

    def _basket(self, member_id: int, name: str, quantity: int) -> Basket:
        lot = self.chance.random()
        way = "proxy" if lot < PROXY else "delivery" if lot < PROXY + DELIVERY else "counter"
        return Basket(
            member_id, self.goods[name].pk, quantity, uuid.UUID(int=self.chance.getrandbits(128)), way,
            "替领的邻居（模拟）" if way == "proxy" else "", "送到家（模拟）" if way == "delivery" else "",
        )  # fmt: skip

    def _take(self, by: Actor, on: date, basket: Basket) -> None:
        town = self.town
        is_kept = self.chance.random() < KEPT
        act = actions.reserve_goods if is_kept else actions.redeem_goods
        row = self._tried(act, by, on, basket)
        if row is None:
            return
        town.counts["redemptions"] += 1
        town.counts["redemptions " + ("kept first" if is_kept else f"by {basket.way}")] += 1
        if self.chance.random() < AGAIN:
            again = self._tried(act, by, on, basket)
            town.counts["retries that made another"] += again is None or again.pk != row.pk
        if is_kept:
            fate = self.chance.choice(("collect", "collect", "collect", "cancel", "leave"))
            self.later[on + timedelta(days=2)].append((fate, row.pk))
        elif self.chance.random() < BACK:
            self.later[on + timedelta(days=self.chance.choice((2, 4, 9)))].append(("return", row.pk))

    def _tried(
        self, act: Callable[..., Redemption], by: Actor, on: date, basket: Basket
    ) -> Redemption | None:
        """A refusal is told and stays written down."""
        with entered(by.scope):
            try:
                return act(by=by, at=self.town.at(), on=on, basket=basket)
            except Refused as refused:
                self.town.counts[f"refused at the counter: {type(refused).__name__}"] += 1
        return None

    def _end(self, fate: str, pk: int, on: date) -> None:
        by, town = self.chance.choice(self.town.clerks), self.town
        try:
            if fate == "collect":
                actions.collect_goods(by=by, at=town.at(), on=on, redemption_id=pk)
            elif fate == "cancel":
                actions.cancel_redemption(by=by, at=town.at(), on=on, redemption_id=pk)
            elif fate == "return":
                actions.take_goods_back(
                    by=by, at=town.at(), on=on, redemption_id=pk, is_whole=self.chance.random() < 0.7
                )
            town.counts[f"then: {fate}"] += 1
        except Refused:
            town.counts[f"then refused: {fate}"] += 1

    def _type_sheet(self, on: date) -> None:
        """A day without network: the sheet is typed the same evening, and once more by mistake."""
        by, cheap = self.town.clerks[1], next(iter(self.goods.values()))
        with entered(by.scope):
            cheap.refresh_from_db()
        numbers = self.chance.sample(sorted(self.town.passbooks), min(4, len(self.town.passbooks)))
        rows = [Row(line, self.town.passbooks[n], cheap.number, 1) for line, n in enumerate(numbers, 1)]
        for is_again in (False, True):
            with entered(by.scope):
                lines = actions.type_sheet(by=by, at=self.town.at(), on=on, day=on, sheet=1, rows=rows)
            for typed in lines:
                if typed.redemption is None:
                    self.town.counts["paper lines refused"] += not is_again
                elif is_again:
                    self.town.counts["paper lines written twice"] += not typed.was_there
                else:
                    self.town.counts["redemptions"] += 1
                    self.town.counts["redemptions on paper"] += 1

    def _count(self, on: date) -> None:
        """By hand: now and then a piece is missing, and one is spoiled."""
        by = self.town.clerks[2]
        with entered(by.scope):
            goods = Goods.objects.get(pk=self.chance.choice(sorted(g.pk for g in self.goods.values())))
            if goods.stock >= 2:
                actions.count_stock(
                    by=by, at=self.town.at(), on=on, goods_id=goods.pk, counted=goods.stock - 1, note="盘点"
                )
                actions.move_stock(
                    by=by, at=self.town.at(), on=on, goods_id=goods.pk, delta=-1, reason="spoiled",
                    request_id=uuid.uuid4(),
                )  # fmt: skip
                self.town.counts["counts by hand"] += 1

    def _give(self, on: date) -> None:
        """Some give points to the mutual-aid fund."""
        by = self.town.clerks[0]
        for number in self.chance.sample(
            sorted(self.town.members), min(GIFTS_A_MONTH, len(self.town.members))
        ):
            try:
                with entered(by.scope):
                    ledger.donate(
                        by=by, at=self.town.at(), on=on, member_id=self.town.members[number], points=2,
                        request_id=uuid.UUID(int=self.chance.getrandbits(128)),
                    )  # fmt: skip
                self.town.counts["gifts"] += 1
            except Refused:
                self.town.counts["gifts refused"] += 1

    def _race(self, on: date) -> None:
        """The last umbrella at six tills at once; then one wallet at six tills, good for a few only."""
        umbrella = self.goods["雨伞"]
        rich = self._with_points(self.prices["雨伞"] + 2, TILLS)
        if len(rich) == TILLS:
            self._leave_pieces(umbrella.pk, 1, on)
            won = self._at_once(on, [self._plain(pk, umbrella.pk) for pk in rich])
            self.town.counts["last things at six tills at once"] += 1
            self.town.counts["last things sold other than once"] += won != 1
        for pk in rich[:1]:
            with entered(self.town.clerks[0].scope):
                wallet = ledger_queries.balance(pk, viewer=self.town.clerks[0])
            left = wallet.available if wallet else 0
            self._leave_pieces(umbrella.pk, 20, on)
            can = left // self.prices["雨伞"]
            won = self._at_once(on, [self._plain(pk, umbrella.pk) for _till in range(TILLS)])
            self.town.counts["wallets at six tills at once"] += 1
            self.town.counts["wallets that paid more than they held"] += won > min(can, TILLS)

    def _with_points(self, points: int, most: int) -> list[int]:
        """Members who have that much, by lot; the clerk looks at one after the other."""
        by, found = self.town.clerks[0], []
        numbers = sorted(self.town.members)
        self.chance.shuffle(numbers)
        with entered(by.scope):
            for number in numbers:
                wallet = ledger_queries.balance(self.town.members[number], viewer=by)
                if wallet is not None and wallet.available >= points:
                    found.append(self.town.members[number])
                if len(found) == most:
                    break
        return found

    def _leave_pieces(self, goods_id: int, pieces: int, on: date) -> None:
        by = self.town.clerks[0]
        with entered(by.scope):
            actions.count_stock(
                by=by, at=self.town.at(), on=on, goods_id=goods_id, counted=pieces, note="盘点（模拟）"
            )

    def _plain(self, member_id: int, goods_id: int) -> Basket:
        return Basket(member_id, goods_id, 1, uuid.UUID(int=self.chance.getrandbits(128)))

    def _at_once(self, on: date, baskets: list[Basket]) -> int:
        """All baskets at one moment, each at a till with its own connection; how many got it."""
        barrier, at, clerks = Barrier(len(baskets)), self.town.at(), self.town.clerks

        def till(place: int) -> int:
            by = clerks[place % len(clerks)]
            try:
                barrier.wait()
                with entered(by.scope):
                    try:
                        actions.redeem_goods(by=by, at=at, on=on, basket=baskets[place])
                    except Refused:
                        return 0
                return 1
            finally:
                connection.close()

        with ThreadPoolExecutor(len(baskets)) as pool:
            won = sum(pool.map(till, range(len(baskets))))
        self.town.counts["redemptions"] += won
        self.town.counts["redemptions at tills at once"] += won
        return won

    def _close(self, on: date) -> None:
        """The page of the day says what lies on the shelf."""
        by = self.town.clerks[0]
        if on.weekday() not in OPEN_WEEKDAYS:
            return
        with entered(by.scope):
            lines = day_of(on, viewer=by).lines
            stock = dict(Goods.objects.filter(community_id=by.community_id).values_list("number", "stock"))
        self.town.counts["day closes"] += 1
        self.town.counts["lines of a day close that differ from the shelf"] += sum(
            stock[line.number] != line.closing for line in lines
        )
