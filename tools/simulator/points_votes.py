"""Slips, closes, quarters, the year and its appeals in the recognition year."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Final
from uuid import UUID

from tools.simulator.points_town import YEAR, Town
from xiaojia.domains.ledger import actions as ledger
from xiaojia.domains.ledger.actions import Done
from xiaojia.domains.recognition import actions, queries
from xiaojia.domains.recognition.actions.slips import TypedApart
from xiaojia.domains.recognition.models import Ballot, Month, State
from xiaojia.domains.recognition.rules import OPEN_DAYS, Answers
from xiaojia.domains.workdays import actions as workdays
from xiaojia.engines.clocks.calendar import MORNING_AND_AFTERNOON
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered

OPENING_DAY, QUARTER_DAY = 24, 20
TABLE_ON: Final = date(YEAR, 11, 25)
STORIES_ON: Final = date(YEAR + 1, 1, 25)
YEAR_ON: Final = date(YEAR + 1, 2, 5)
MISTYPED, EXCHANGED, THANKED = 0.02, 0.03, 0.03
APPEALS_A_MONTH: Final = 2
ANSWERED_AFTER_DAYS: Final = 5
STORY: Final = "楼道里的灯坏了总是他先看到，哪家要搭把手，喊一声就来。（模拟）"


@dataclass(slots=True)
class Votes:
    """`coming`: day -> slips that come back on it; `appeals`: day -> appeals that are answered on it."""

    town: Town
    chance: Random
    coming: dict[date, list[tuple[Ballot, Answers]]] = field(default_factory=lambda: defaultdict(list))
    appeals: dict[date, list[tuple[UUID, int, bool]]] = field(default_factory=lambda: defaultdict(list))
    seen: set[UUID] = field(default_factory=set)

    def office_day(self, on: date) -> None:
        """What the office does, inside its scope: open, type, look after a close, close quarters and year."""
        town = self.town
        if on == TABLE_ON:
            self._write_next_year()
        if on.day == OPENING_DAY and on.year == YEAR:
            self._open(on)
        for ballot, answers in self.coming.get(on, []):
            if self._number(ballot) not in town.own:
                self._type(ballot, answers)
        if on.day == QUARTER_DAY and on.month in {1, 4, 7, 10} and date(YEAR, 4, 1) < on:
            before = on - timedelta(days=60)
            for _twice in range(2):
                actions.close_quarter(
                    by=town.officer, at=town.at(), year=YEAR, number=(before.month + 2) // 3
                )
        if on == STORIES_ON:
            self._tell_stories()
        if on == YEAR_ON:
            self._close_year()

    def _write_next_year(self) -> None:
        """The days off of the next year are announced in autumn; here it is only its first day."""
        workdays.change_workyear(
            by=self.town.secretary, at=self.town.at(), year=YEAR + 1, days_off=[date(YEAR + 1, 1, 1)],
            make_up_days=[], hours=MORNING_AND_AFTERNOON,
        )  # fmt: skip

    def own_day(self, on: date) -> None:
        """What people do on their own phones, each in their own scope; then the answers to appeals."""
        for ballot, answers in self.coming.pop(on, []):
            actor = self.town.own.get(self._number(ballot))
            if actor is not None:
                self._hand_in(actor, ballot, answers)
        with entered(self.town.officer.scope):
            fresh = Month.objects.filter(state=State.CLOSED).exclude(pk__in=self.seen)
            closed = list(fresh.order_by("month_on"))
        for month in closed:
            self._after_close(month, on)
        for appeal_id, number, is_right in self.appeals.pop(on, []):
            self._answer(appeal_id, number, is_right, on)

    def _number(self, ballot: Ballot) -> int:
        return self.town.number_of(ballot.member_id)

    def _open(self, on: date) -> None:
        town = self.town
        month = actions.open_month(
            by=town.officer, at=town.at(), month_on=on, seed=1000 * town.people.seed + on.month
        )
        for ballot in Ballot.objects.filter(month=month).select_related("month").order_by("number"):
            rater = self._number(ballot)
            if not town.people.comes(on.month, rater):
                continue
            ratees = [town.number_of(pk) for pk in ballot.asked_ids]
            levels = tuple(town.people.level(on.month, rater, ratee) for ratee in ratees)
            town.answers |= {
                (on.month, rater, ratee): level for ratee, level in zip(ratees, levels, strict=True)
            }
            thanks_to = 0 if ratees and self.chance.random() < THANKED else None
            answers = Answers(levels, thanks_to, "谢谢你帮我提米上楼（模拟）" if thanks_to == 0 else "")
            day = on + timedelta(days=self.chance.randint(1, OPEN_DAYS))
            self.coming[day].append((ballot, answers))
        town.counts["months opened"] += 1

    def _type(self, ballot: Ballot, answers: Answers) -> None:
        """Two people of the office type it; now and then their typings differ, and both begin anew."""
        town = self.town
        typings = [answers, answers]
        if answers.levels and self.chance.random() < MISTYPED:
            wrong = Answers((5 if answers.levels[0] != 5 else 4, *answers.levels[1:]))
            typings = [answers, wrong, answers, answers]
        for place, typed in enumerate(typings):
            by = (town.officer, town.second)[place % 2]
            try:
                actions.type_slip(by=by, at=town.at(), ballot_id=ballot.pk, answers=typed)
            except TypedApart:
                town.counts["slips typed apart"] += 1
        town.counts["slips on paper"] += 1

    def _hand_in(self, actor: Actor, ballot: Ballot, answers: Answers) -> None:
        """On one's own phone; some change their mind and exchange it."""
        with entered(actor.scope):
            if answers.levels and self.chance.random() < EXCHANGED:
                first = Answers(tuple(None for _level in answers.levels))
                actions.hand_in_ballot(by=actor, at=self.town.at(), ballot_id=ballot.pk, answers=first)
                self.town.counts["slips exchanged"] += 1
            actions.hand_in_ballot(by=actor, at=self.town.at(), ballot_id=ballot.pk, answers=answers)
        self.town.counts["slips on a phone"] += 1

    def _after_close(self, month: Month, on: date) -> None:
        """Pressed again it stays as it is; thanks are read; some say that their value is wrong."""
        town = self.town
        self.seen.add(month.pk)
        with entered(town.officer.scope):
            again = actions.close_month(by=town.officer, at=town.at(), month_id=month.pk)
            town.counts["closes that changed when pressed again"] += again.closed_at != month.closed_at
            for thanks_id, _name, _text in queries.waiting_thanks(month.pk, viewer=town.officer):
                actions.screen_thanks(
                    by=town.officer, at=town.at(), thanks_id=thanks_id, is_shown=self.chance.random() < 0.95
                )
        town.counts["months closed"] += 1
        everybody = sorted(set(town.own) & set(town.here(on)))
        for number in self.chance.sample(everybody, min(APPEALS_A_MONTH, len(everybody))):
            self._file(number, on, is_right=self.chance.random() < 0.5, month_id=month.pk)

    def _file(self, number: int, on: date, *, is_right: bool, month_id: UUID) -> None:
        town = self.town
        with entered(town.own[number].scope):
            row = actions.file_appeal(
                by=town.own[number], at=town.at(), text="那个月我帮过厨，没有算（模拟）", month_id=month_id
            )
        self.appeals[on + timedelta(days=ANSWERED_AFTER_DAYS)].append((row.pk, number, is_right))
        town.counts["appeals filed"] += 1

    def _answer(self, appeal_id: UUID, number: int, is_right: bool, on: date) -> None:
        """Two open the envelopes, what they count is what was ticked; if a deed is missing it is written."""
        town = self.town
        with entered(town.officer.scope):
            actions.ask_unsealing(by=town.officer, at=town.at(), appeal_id=appeal_id)
            try:
                actions.agree_unsealing(by=town.officer, at=town.at(), appeal_id=appeal_id)
            except Refused:
                town.counts["envelopes that one alone could not open"] += 1
            opened = actions.agree_unsealing(by=town.second, at=town.at(), appeal_id=appeal_id)
            ticked = [
                level or 0
                for (month, _rater, ratee), level in town.answers.items()
                if ratee == number and month == opened.appeal.month.month_on.month  # type: ignore[union-attr]  # of a month
            ]
            told = {level: n for level, n in (opened.counts or {}).items() if n}
            said = {str(level): ticked.count(level) for level in set(ticked)}
            town.counts["openings that count otherwise than was ticked"] += told != said
            outcome = "mended" if is_right else "stands"
            if is_right:
                self._write_missing_deed(number, on)
            actions.answer_appeal(
                by=town.secretary, at=town.at(), appeal_id=appeal_id, outcome=outcome,
                answer="查了签到表和票，一起看过（模拟）",
            )  # fmt: skip
        town.counts[f"appeals: {outcome}"] += 1

    def _write_missing_deed(self, number: int, on: date) -> None:
        town = self.town
        if number in town.left:
            return
        day = max(on - timedelta(days=20), town.joined[number])
        done = Done(town.members[number], "rescue", day)
        deed = ledger.record_deed(by=town.officer, at=town.at(), on=on, done=done)
        ledger.confirm_deed(by=town.second, at=town.at(), deed_id=deed.pk)

    def _tell_stories(self) -> None:
        """Neighbours tell of those who really help, and not of those who have points."""
        town = self.town
        for number in town.here(STORIES_ON):
            if town.people.truths[number] + self.chance.gauss(0, 0.6) > 3.4:
                actions.tell_story(
                    by=town.officer, at=town.at(), year=YEAR, member_id=town.members[number], text=STORY
                )
                town.counts["stories told"] += 1

    def _close_year(self) -> None:
        town = self.town
        grids = sorted(set(town.people.microgrids.values()))
        base = town.community_id * 100_000
        hours = {base + grid: 80 + 10 * (grid % 7) for grid in grids}
        for _twice in range(2):
            appraisal = actions.close_year(by=town.secretary, at=town.at(), year=YEAR, hours_offered=hours)
        number = next(iter(sorted(set(town.own) & set(town.here(YEAR_ON)))), None)
        if number is None:
            return
        with entered(town.own[number].scope):
            appeal = actions.file_appeal(
                by=town.own[number], at=town.at(), text="我的年评少了一季（模拟）", appraisal_id=appraisal.pk
            )
        try:
            self._stands(appeal.pk, town.secretary)
        except Refused:
            town.counts["appeals that whoever closed could not answer"] += 1
        self._stands(appeal.pk, town.officer)

    def _stands(self, appeal_id: UUID, by: Actor) -> None:
        actions.answer_appeal(
            by=by, at=self.town.at(), appeal_id=appeal_id, outcome="stands",
            answer="四季都在，一起算过（模拟）",
        )  # fmt: skip
