"""A community with kinds, for tests of what time does to cases. Reports and moves go through the actions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests import cast
from xiaojia.domains.cases import actions
from xiaojia.domains.cases.actions import Move, Report
from xiaojia.domains.cases.models import Case, Casekind
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.tenancy import entered

MONDAY = datetime(2026, 3, 2, 2, tzinfo=UTC)  # 10:00 in the office
DONE = "做了该做的，现在好了"


@dataclass
class Stage:
    """The cast of one community, and shortcuts that carry no rule of their own."""

    cast: cast.Cast
    officer: Actor
    secretary: Actor

    @property
    def community_id(self) -> int:
        return self.officer.community_id

    @contextmanager
    def inside(self) -> Iterator[None]:
        with entered(self.officer.scope):
            yield

    def report(self, code: str = "L0201", at: datetime = MONDAY, **more: Any) -> Case:
        kind = Casekind.objects.get(code=code, community_id=self.community_id, valid_until_on__isnull=True).pk
        report = Report(kind, more.pop("text", "三楼过道在漏水（模拟）"), **more)
        return actions.report_case(by=self.officer, at=at, report=report)

    def move(self, case: Case, action: str, at: datetime, by: Actor | None = None, **more: Any) -> Case:
        more.setdefault("text", DONE)
        return actions.move_case(by=by or self.officer, at=at, case_id=case.pk, move=Move(action, **more))

    def dispatched(self, code: str = "L0201", at: datetime = MONDAY, role: str = "head", **more: Any) -> Case:
        case = self.report(code, at, **more)
        self.move(case, "accept", at)
        who = self.cast.actor(role)
        return self.move(
            case, "assign", at, handler=role, handler_id=who.account_id, handler_role=who.role,
            microgrid_ids=who.scope.microgrid_ids,
        )  # fmt: skip

    def closed(self, case: Case, at: datetime, result: int = 1, by: Actor | None = None) -> Case:
        """Finished by `by` (else the officer) and verified by the other desk."""
        by = by or self.officer
        other = self.secretary if by is self.officer else self.officer
        self.move(case, "finish", at - timedelta(minutes=1), by=by)
        return self.move(case, "verify", at, by=other, result=result)


def build() -> Stage:
    """Committed or not, as the calling test's transaction is."""
    people = cast.build()
    stage = Stage(people, people.actor("officer"), people.actor("secretary"))
    with stage.inside():
        actions.open_casekinds(by=stage.officer, at=MONDAY, on=MONDAY.date())
    return stage
