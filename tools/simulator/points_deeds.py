"""What is done and seen in the recognition year: rosters, deeds with witnesses, calling back, corrections."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from tools.simulator.points_town import YEAR, Town
from xiaojia.domains.ledger import actions, queries
from xiaojia.domains.ledger.actions import Done, Roster, SecondPerson
from xiaojia.domains.ledger.models import Deed, Transaction
from xiaojia.domains.ledger.rules import RuleText
from xiaojia.kernel.refusals import Refused

MONDAY, TUESDAY, SATURDAY, SUNDAY = 0, 1, 5, 6
TRUTH: Final = 3.2
"""Of the middle member: shares below are theirs."""

WEEKLY: Final = {SATURDAY: ("yardtalk", 0.28, None), TUESDAY: ("class_attended", 0.16, None),
                 SUNDAY: ("cleanup", 0.20, Decimal(2))}  # fmt: skip
SHIFT_SHARE: Final = 0.016
WITNESSED_A_DAY: Final = 0.022
"""Deeds a member and day that are written down one by one."""

CODES: Final = ("visit", "visit", "visit", "rescue", "hazard", "cleanup", "wish", "issue_adopted")
LATE, TWICE, FORBIDDEN = 0.03, 0.04, 0.03
"""Shares written down weeks later, by two people, and first with a witness who may not be one."""
REFUSED, NEVER_SEEN, SEEN_LATER = 0.02, 0.01, 0.08
QUIET_YEAR_SHARE: Final = 0.3
"""How much of all that is done in the months before the year."""

CALLBACK_DAY, SETTLING_DAY = 8, 9
UNTRUE: Final = 0.02
BUDGET_YUAN: Final = 30_000
GUARD_ON: Final = date(YEAR, 6, 10)
NEW_RULE: Final = RuleText("walk_home", "送放学的娃娃过马路", 2, proof="witness")


@dataclass(slots=True)
class Good:
    """Deeds of the year; `waiting`: day -> deeds that are seen only then, by number of the earner."""

    town: Town
    chance: Random
    waiting: dict[date, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    grids: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def day(self, on: date) -> None:
        """Everything of one day, inside the office's scope."""
        self._budget(on)
        share = 1.0 if on.year == YEAR else QUIET_YEAR_SHARE if on.year < YEAR else 0.0
        if share:
            self._rosters(on, share)
            self._one_by_one(on, share)
        for number, pk in self.waiting.pop(on, []):
            self._see(number, pk)
        if on.day == CALLBACK_DAY and on >= date(YEAR, 2, 1):
            self._call_back(on)
        if on.day == SETTLING_DAY:
            self._settle(on)

    def _rosters(self, on: date, share: float) -> None:
        occasions: list[tuple[str, float, Decimal | None]] = [("canteen_shift", SHIFT_SHARE, None)]
        if on.weekday() in WEEKLY:
            occasions.append(WEEKLY[on.weekday()])
        here = self.town.here(on)
        for code, often, hours in occasions:
            there = [
                self.town.members[n]
                for n in here
                if self.chance.random() < share * often * self.town.people.truths[n] / TRUTH
            ]
            if there:
                roster = Roster("simulated", f"{on} {code}", code, on, hours)
                actions.attend_roster(
                    by=self.town.officer, at=self.town.at(), roster=roster, member_ids=there
                )
                self.town.counts["deeds on rosters"] += len(there)

    def _one_by_one(self, on: date, share: float) -> None:
        here = self.town.here(on)
        for number in here:
            often = share * WITNESSED_A_DAY * self.town.people.truths[number] / TRUTH
            if self.chance.random() < often:
                self._write_down(number, on)

    def _write_down(self, number: int, on: date) -> None:
        town, chance = self.town, self.chance
        day = on - timedelta(days=chance.randrange(10, 40)) if chance.random() < LATE else on
        code = chance.choice(CODES)
        hours = Decimal(chance.choice(("1", "1.5", "2"))) if code == "cleanup" else None
        done = Done(town.members[number], code, max(day, town.joined[number]), hours)
        try:
            deed = actions.record_deed(by=town.officer, at=town.at(), on=on, done=done)
            if chance.random() < TWICE:
                actions.record_deed(by=town.second, at=town.at(), on=on, done=done)
                town.counts["deeds written by two"] += 1
        except Refused:
            town.counts["deeds refused when written"] += 1
            return
        town.counts["deeds one by one"] += 1
        lot = chance.random()
        if lot < REFUSED and deed.state == Deed.State.RECORDED:
            actions.refuse_deed(
                by=town.second, at=town.at(), deed_id=deed.pk, reason="那天没有这件事（模拟）"
            )
        elif lot < REFUSED + SEEN_LATER:
            self.waiting[on + timedelta(days=2)].append((number, deed.pk))
        elif lot < 1 - NEVER_SEEN:
            self._see(number, deed.pk)

    def _see(self, number: int, deed_id: int) -> None:
        """A neighbour saw it; some first name a witness who may not be one."""
        if self.chance.random() < FORBIDDEN:
            self_or_kin = self.town.people.homes[number]
            if self_or_kin not in self.town.members:
                self_or_kin = number
            self._confirm(deed_id, self_or_kin, "witnesses refused: self or kin")
        for witness in self._neighbours(number):
            if self._confirm(deed_id, witness, "witnesses refused: too often"):
                return

    def _confirm(self, deed_id: int, witness: int, refusal: str) -> bool:
        town = self.town
        try:
            actions.confirm_deed(
                by=town.second, at=town.at(), deed_id=deed_id, witness_id=town.members[witness]
            )
        except SecondPerson:
            town.counts[refusal] += 1
            return False
        except Refused:
            pass
        return True

    def _neighbours(self, number: int) -> list[int]:
        """Three others of the same micro-grid who joined, none of them kin."""
        people = self.town.people
        if not self.grids:
            for other, grid in people.microgrids.items():
                self.grids[grid].append(other)
        home = people.homes[number]
        near = [
            n for n in self.grids[people.microgrids[number]]
            if n in self.town.members and n not in self.town.left and people.homes[n] not in {number, home}
            and n not in {number, home}
        ]  # fmt: skip
        return self.chance.sample(near, min(3, len(near)))

    def _call_back(self, on: date) -> None:
        town, month = self.town, (on.replace(day=1) - timedelta(days=1)).replace(day=1)
        drawn = actions.draw_callbacks(by=town.secretary, at=town.at(), month=month, seed=f"{month}")
        for pk in drawn:
            is_true = self.chance.random() >= UNTRUE
            actions.call_back(by=town.secretary, at=town.at(), deed_id=pk, is_true=is_true)
        town.counts["deeds called back"] += len(drawn)
        awards = Transaction.objects.filter(kind="award", source_type="deed", happened_on__gte=month)
        wrong = awards.exclude(reversals__isnull=False).exclude(corrections__isnull=False).first()
        if wrong is not None:
            actions.ask_correction(
                by=town.officer, at=town.at(), transaction_id=wrong.pk, reason="写成别人了（模拟）"
            )

    def _settle(self, on: date) -> None:
        """Somebody else than who asked decides; four in five are agreed."""
        town = self.town
        for row in queries.open_corrections(viewer=town.secretary):
            by = town.second if row.asked_by_id == town.officer.account_id else town.officer
            agreed = self.chance.random() < 0.8
            actions.reverse_award(by=by, at=town.at(), on=on, correction_id=row.pk, is_agreed=agreed)
            town.counts["corrections agreed" if agreed else "corrections refused"] += 1

    def _budget(self, on: date) -> None:
        """More is approved before it is used up; once it is exactly used up, and no rule may begin."""
        town = self.town
        if on == GUARD_ON:
            self._try_new_rule(on)
        elif on.weekday() == MONDAY:
            told = queries.budget(viewer=town.secretary)
            if told.budget_yuan is None or told.worth_yuan > 0.6 * told.budget_yuan:
                self._approve(told.worth_yuan + BUDGET_YUAN)

    def _approve(self, yuan: int) -> None:
        actions.change_budget(by=self.town.secretary, at=self.town.at(), budget_yuan=yuan)
        self.town.counts["budgets approved"] += 1

    def _try_new_rule(self, on: date) -> None:
        town = self.town
        told = queries.budget(viewer=town.secretary)
        self._approve(told.worth_yuan)
        try:
            actions.change_rule(by=town.officer, at=town.at(), on=on, rule=NEW_RULE)
        except Refused:
            town.counts["new rules refused by the budget"] += 1
        self._approve(told.worth_yuan + BUDGET_YUAN)
        actions.change_rule(by=town.officer, at=town.at(), on=on, rule=NEW_RULE)
        town.counts["new rules begun"] += 1
