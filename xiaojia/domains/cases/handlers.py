"""To whom a case may be given: the desks, and who serves in its micro-grids today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from xiaojia.domains.cases.models import Case
from xiaojia.domains.cases.rules import may_handle
from xiaojia.domains.teams.access import visible_tenures
from xiaojia.domains.teams.queries import holding_on, roster
from xiaojia.kernel.actors import ROLES, Actor


@dataclass(frozen=True, slots=True)
class Handler:
    """Somebody who may be asked; `key` is what a form sends back."""

    account_id: int
    role: str
    name: str
    microgrid_ids: tuple[int, ...] = ()

    @property
    def key(self) -> str:
        """role:account."""
        return f"{self.role}:{self.account_id}"

    @property
    def word(self) -> str:
        """管家 罗建平."""
        return f"{ROLES[self.role]} {self.name}"


def handlers(case: Case, *, viewer: Actor, on: date) -> list[Handler]:
    """Stewards and heads of the case's micro-grids first, then the desks (four queries)."""
    found: dict[str, Handler] = {}
    for team in roster(viewer=viewer, on=on) if case.microgrid_ids else ():
        pk = team.here.microgrid_id
        for member in (team.steward, team.head):
            if member is None or pk not in case.microgrid_ids:
                continue
            if may_handle(member.role, is_confidential=case.is_confidential):
                found.setdefault(
                    f"{member.role}:{member.account_id}",
                    Handler(member.account_id, member.role, member.name, (pk,)),
                )
    local = sorted(found.values(), key=lambda h: h.role, reverse=True)
    desks = holding_on(visible_tenures(viewer), on).filter(role__in=["officer", "secretary"])
    rows = desks.select_related("account").order_by("role", "id")
    return [*local, *(Handler(t.account_id, t.role, t.account.name) for t in rows)]
