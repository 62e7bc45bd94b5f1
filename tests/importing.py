"""A workbook on its way into a running installation, as a person beside the tree would bring it.

`python -m tests.importing bring CODE ROWS` prints the id of a checked register, `take ID CODE` begins its
commit, `half CODE` plays the bad hand of the negative control. All names are invented (模拟).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import date
from uuid import UUID

from xiaojia.kernel.actors import Actor
from xiaojia.project.cli import prepared

PATIENCE_SECONDS = 60
FAMILY, GIVEN = "赵钱孙李周吴郑王冯陈", "甲乙丙丁戊己庚辛壬癸"


def a_table(rows: int) -> bytes:
    """So many households, 40 a building."""
    lines = ["小区,楼栋,单元,房号,户主,电话,人口"]
    for n in range(rows):
        building, door = divmod(n, 40)
        name = FAMILY[n % 10] + GIVEN[n // 10 % 10] + GIVEN[n // 100 % 10]
        lines.append(f"新院,{building + 1},1,{door // 4 + 1}-{door % 4 + 1},{name},138{n:08d},2")
    return "\n".join(lines).encode()


def officer_of(code: str) -> Actor:
    """The officer of a community, both made when they are not there yet."""
    from xiaojia.domains.people.actions import add_account
    from xiaojia.domains.people.queries import account_named
    from xiaojia.domains.places.actions import add_community
    from xiaojia.domains.places.queries import communities

    community = communities().filter(code=code).first()
    if community is None:
        community = add_community(code=code, name="模拟社区", on=date(2026, 1, 1), is_simulated=True)
    account = account_named(f"officer-{code}")
    if account is None:
        account = add_account(username=f"officer-{code}", name="秦晓兰", password="", is_simulated=True)
    return Actor.for_job(community_id=community.pk, role="officer", account_id=account.pk)


def bring(code: str, rows: str) -> None:
    """Drop the workbook and confirm its columns; the tree's own worker does the long parts."""
    from xiaojia.domains.registers import actions
    from xiaojia.kernel import clock
    from xiaojia.kernel.tenancy import entered

    by = officer_of(code)
    with entered(by.scope):
        register = actions.receive_register(
            by=by, at=clock.now(), file_name="模拟.csv", stream=[a_table(int(rows))], as_of_on=clock.today()
        )
    _until(by, register.pk, "read")
    with entered(by.scope):
        actions.confirm_meanings(
            by=by, at=clock.now(), register_id=register.pk, kind="household", meanings={}
        )
    _until(by, register.pk, "checked")
    print(register.pk)


def take(register_id: str, code: str) -> None:
    """Begin the commit."""
    from xiaojia.domains.registers import actions
    from xiaojia.kernel import clock
    from xiaojia.kernel.tenancy import entered

    by = officer_of(code)
    with entered(by.scope):
        print(actions.start_commit(by=by, at=clock.now(), register_id=UUID(register_id)))


def half(code: str) -> None:
    """A commit in two pieces: its first piece alone."""
    from xiaojia.domains.people.actions import HouseholdRow, settle_households
    from xiaojia.domains.places.actions import PlaceRow, lay_places
    from xiaojia.kernel import clock
    from xiaojia.kernel.tenancy import entered

    by = officer_of(code)
    with entered(by.scope):
        [unit_id] = lay_places(by=by, at=clock.now(), rows=[PlaceRow("新院", "1", "1")])
        rows = [HouseholdRow(unit_id=unit_id, door=f"{n}-1") for n in range(1, 5)]
        settle_households(by=by, at=clock.now(), as_of_on=clock.today(), rows=rows)


def _until(by: Actor, register_id: UUID, state: str) -> None:
    """Wait until no work is left on a register and it stands where it should."""
    from xiaojia.domains.registers import queries
    from xiaojia.kernel.tenancy import entered

    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with entered(by.scope):
            register = queries.register(register_id, viewer=by)
            if register and register.state == state and queries.running_work(register) is None:
                return
        time.sleep(0.1)
    raise TimeoutError(f"the register did not become {state}")


VERBS: dict[str, Callable[..., None]] = {"bring": bring, "take": take, "half": half}

if __name__ == "__main__":
    with prepared():
        VERBS[sys.argv[1]](*sys.argv[2:])
