"""Heads and stewards stop, fall ill, move away and are found again, by lot, through the product's actions."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from tools.simulator.front_door import Office
from tools.simulator.parameters import SEAT_PHONE_HEAD
from tools.simulator.world import invented_name
from xiaojia.domains.teams import actions as teams
from xiaojia.domains.teams import queries as teams_queries
from xiaojia.domains.teams.access import visible_tenures
from xiaojia.domains.teams.actions import Newcomer, SeatTaken, Terms, TooMuchForOne
from xiaojia.domains.teams.models import Tenure
from xiaojia.domains.teams.queries import VacancyView, holding_on
from xiaojia.domains.teams.rules import KINDS
from xiaojia.kernel import clock
from xiaojia.kernel.tenancy import entered

FILLED_AFTER: Final = ((0.80, 2, 13), (0.92, 14, 16), (1.0, 17, 45))
"""Share of vacancies, cumulated, and within how many days (from, to) somebody is found."""
ACTING_DAYS: Final = 75
KNOWN_SHARE: Final = 0.4
"""How often somebody who serves already takes the seat: a volunteer, a steward of the compound, a head."""
LISTED_SHARE: Final = 0.8
"""How many say yes to the door card at once."""
_REASON: Final = "院坝会上大家推的，敲得开门，说话也有人听。（模拟）"


@dataclass(slots=True)
class Service:
    """`counts`: how often each thing happened, refusals that the product owes included."""

    office: Office
    chance: random.Random
    counts: Counter[str] = field(default_factory=Counter)
    _due: dict[int, date] = field(default_factory=dict)

    def somebody_stops(self, at: datetime, role: str, reason: str) -> None:
        """One of the present heads or stewards ends today; whoever is ill is stood in for from today."""
        tenure = self._one(at, role)
        if tenure is None:
            return
        with entered(self.office.secretary.scope):
            teams.end_tenure(
                by=self.office.secretary, at=at, tenure_id=tenure.pk, on=clock.today(at), reason=reason
            )
        self.counts[f"{role} {reason}"] += 1
        if reason == "illness":
            self._designate(
                at, tenure.microgrid_id or 0, role, kind=tenure.kind, is_acting=True,
                until_on=clock.today(at) + timedelta(days=ACTING_DAYS),
            )  # fmt: skip
            self.counts[f"acting {role}"] += 1

    def somebody_hands_over(self, at: datetime) -> None:
        """A head's term is over in a month, and the next one is designated from that day: no gap."""
        tenure = self._one(at, "head")
        if tenure is None:
            return
        on = clock.today(at) + timedelta(days=30)
        with entered(self.office.secretary.scope):
            teams.end_tenure(by=self.office.secretary, at=at, tenure_id=tenure.pk, on=on, reason="term_over")
        self._designate(at, tenure.microgrid_id or 0, "head", from_on=on)
        self.counts["head handed over"] += 1

    def somebody_tries_too_much(self, at: datetime) -> None:
        """What must be refused: a second head for a seat, a second micro-grid for a head."""
        one, other = self._one(at, "head"), self._one(at, "head")
        if one is None or other is None or one.pk == other.pk:
            return
        grids = (one.microgrid_id or 0, other.microgrid_id or 0)
        for account_id in (None, other.account_id):
            try:
                self._designate(at, grids[0], "head", account_id=account_id)
            except SeatTaken:
                self.counts["second head refused"] += 1
            else:
                self.counts["SECOND HEAD TAKEN"] += 1

    def fill(self, at: datetime) -> None:
        """Look at the vacancies of the day; each gets somebody after as many days as the lot says."""
        by, on = self.office.secretary, clock.today(at)
        with entered(by.scope):
            vacancies = teams_queries.vacancies(viewer=by, on=on)
        for vacancy in vacancies:
            due = self._due.setdefault(vacancy.vacancy_id, self._drawn(vacancy))
            if on >= due:
                self._found(at, vacancy)

    def _drawn(self, vacancy: VacancyView) -> date:
        lot = self.chance.random()
        low, high = next((low, high) for share, low, high in FILLED_AFTER if lot <= share)
        return vacancy.opened_on + timedelta(days=self.chance.randint(low, high))

    def _found(self, at: datetime, vacancy: VacancyView) -> None:
        """Somebody new, or somebody who serves already as far as the rules let them."""
        known = self._known(at, vacancy) if self.chance.random() < KNOWN_SHARE else None
        kind = self.chance.choice(list(KINDS)) if vacancy.role == "steward" else ""
        moves = vacancy.role == "head" and known is not None
        try:
            self._designate(at, vacancy.microgrid_id, vacancy.role, kind=kind, account_id=known, moves=moves)
        except TooMuchForOne:
            self.counts["fourth micro-grid or another compound refused"] += 1
            self._designate(at, vacancy.microgrid_id, vacancy.role, kind=kind)
        self.counts[f"{vacancy.role} found"] += 1

    def _known(self, at: datetime, vacancy: VacancyView) -> int | None:
        """An account that serves: for a head's seat a volunteer there or a head, else any steward."""
        roles = ("steward",) if vacancy.role == "steward" else ("volunteer", "head")
        role = self.chance.choice(roles)
        place = vacancy.microgrid_id if role == "volunteer" else None
        tenure = self._one(at, role, microgrid_id=place)
        return tenure.account_id if tenure else None

    def _one(self, at: datetime, role: str, *, microgrid_id: int | None = None) -> Tenure | None:
        """Somebody by lot who holds that role today without an end."""
        by = self.office.secretary
        with entered(by.scope):
            rows = holding_on(visible_tenures(by).filter(role=role, until_on__isnull=True), clock.today(at))
            if microgrid_id is not None:
                rows = rows.filter(microgrid_id=microgrid_id)
            found = list(rows.order_by("pk"))
        return self.chance.choice(found) if found else None

    def _designate(self, at: datetime, microgrid_id: int, role: str, **more: Any) -> None:
        """Let somebody take a seat: an account (`account_id`) or, without one, somebody new; from today."""
        account_id, on = more.pop("account_id", None), clock.today(at)
        newcomer = Newcomer(invented_name(self.chance), is_simulated=True) if account_id is None else None
        terms = Terms(
            account_id or 0, microgrid_id, role, more.pop("from_on", on), _REASON,
            document_number="青禾〔模拟〕年中" if role == "head" else "", **more,
        )  # fmt: skip
        is_listed = newcomer is not None and terms.from_on == on and self.chance.random() < LISTED_SHARE
        phone = f"{SEAT_PHONE_HEAD}{self.chance.randrange(10_000):04d}"
        with entered(self.office.secretary.scope):
            teams.take_in(
                by=self.office.secretary, at=at, terms=terms, newcomer=newcomer,
                phone=phone if is_listed else "",
            )  # fmt: skip
