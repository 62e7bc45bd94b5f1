"""Takes a workbook through the product's own front door, as the officer and the secretary would.

Only actions and queries are called, one transaction each. What was interrupted is taken up where it stopped:
every step looks at what is there before it does anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

from django.db.models import QuerySet

from tools.simulator.parameters import MARK
from xiaojia.domains.microgrids import actions as microgrids
from xiaojia.domains.microgrids import queries as microgrids_queries
from xiaojia.domains.microgrids.models import Partition
from xiaojia.domains.people import actions as people
from xiaojia.domains.people import queries as people_queries
from xiaojia.domains.places import actions as places
from xiaojia.domains.places import queries as places_queries
from xiaojia.domains.registers import actions as registers
from xiaojia.domains.registers import queries as registers_queries
from xiaojia.domains.teams import actions as teams
from xiaojia.domains.teams import queries as teams_queries
from xiaojia.kernel import clock
from xiaojia.kernel.actors import Actor
from xiaojia.kernel.jobs import run_worker, start_work
from xiaojia.kernel.models import Work
from xiaojia.kernel.refusals import Refused
from xiaojia.kernel.tenancy import entered

Say = Callable[[str], None]

REASONS = {
    "cross_compound": (
        "去走过一趟，两个院子门对门，几步路就到；两边的邻居都问过，愿意合在一起。（模拟）",
        "中间只隔一道矮墙，买菜接娃走的是同一条路；院坝会上说好了。（模拟）",
        "人少的这边单独划不够 50 户，隔壁本来就常来往；两边都点了头。（模拟）",
    ),
    "under_50": (
        "算过了，再合就要超过 80 户，或者要过大路；人少些也好照应，先这样。（模拟）",
        "旁边的院子都正好，再挪一个单元别处就不够了；邻居说可以。（模拟）",
    ),
    "floor_over_80": ("一层楼本来就超过 80 户，拆不开，由一位家长带两位帮手。（模拟）",),
    "not_connected": ("中间那栋是学校，没有住户；两头走得通，也一直是一起的。（模拟）",),
}
"""What an officer who knows the stairs writes under an exception, by its code."""

_PEOPLE = {"secretary": "唐国梁", "officer": "秦晓兰"}


@dataclass(frozen=True, slots=True)
class Office:
    """A community with the two people who act in it."""

    community_id: int
    code: str
    secretary: Actor
    officer: Actor


def open_office(*, code: str, name: str) -> Office:
    """The community and its two desks; those that are there already stay."""
    today = clock.today()
    community = places_queries.communities().filter(code=code).first()
    if community is None:
        community = places.add_community(code=code, name=name, on=today, is_simulated=True)
    actors = {}
    for role, person in _PEOPLE.items():
        account_id = account_of(f"sim-{code}-{role}", f"{person}{MARK}")
        tenure = teams.open_desk(
            account_id=account_id, community_id=community.pk, role=role, on=community.valid_from_on
        )
        actors[role] = teams_queries.actor_in(tenure, on=today)
    return Office(community.pk, code, actors["secretary"], actors["officer"])


def account_of(username: str, name: str) -> int:
    """The account of an invented person, made if it is not there."""
    known = people_queries.account_named(username)
    if known is None:
        known = people.add_account(username=username, name=name, password="", is_simulated=True)
    return known.pk


def load_divisions(rows: Sequence[tuple[str, str, str, str]], *, on: date) -> None:
    """The invented city, district, subdistrict and community above it all."""
    places.load_divisions([places.DivisionRow(*row) for row in rows], as_of_on=on)


def bring_register(office: Office, path: Path, *, say: Say, place: str = "") -> None:
    """From the drop to the commit; a register that was on its way already goes on from where it stands."""
    with entered(office.officer.scope):
        ways = list(registers_queries.registers(viewer=office.officer))
    if any(r.state == "committed" for r in ways):
        return
    register_id = next((r.pk for r in ways if r.state not in {"refused", "dropped"}), None)
    if register_id is None:
        say("收下住户表")
        register_id = _receive(office, path)
    steps = {"received": _read, "read": _confirm, "checked": _commit}
    while True:
        with entered(office.officer.scope):
            register = registers_queries.register(register_id, viewer=office.officer)
            work = registers_queries.running_work(register) if register else None
        if register is None or register.state == "refused":
            raise Refused(register.sentence if register else "住户表刚才被收走了；再来一次。")
        if register.state == "committed":
            say(f"收好了：{register.counts['came']:,} 户")
            return
        _finish(work.pk if work else steps[register.state](office, register_id, place, say))


def _receive(office: Office, path: Path) -> UUID:
    with entered(office.officer.scope), path.open("rb") as stream:
        register = registers.receive_register(
            by=office.officer,
            at=clock.now(),
            file_name=path.name,
            stream=iter(lambda: stream.read(65536), b""),
            as_of_on=clock.today(),
        )
    return register.pk


def _read(office: Office, register_id: UUID, _place: str, say: Say) -> UUID:
    say("读表")
    with entered(office.officer.scope):
        return registers.start_reading(by=office.officer, at=clock.now(), register_id=register_id)


def _confirm(office: Office, register_id: UUID, place: str, say: Say) -> UUID:
    """Columns as they were guessed: the officer looks them over and nods."""
    with entered(office.officer.scope):
        register = registers_queries.register(register_id, viewer=office.officer)
        if register is None:
            raise Refused("住户表刚才被收走了；再来一次。")
        columns = registers_queries.columns_of(register)
        refused = "、".join(c.heading for c in columns if c.refused)
        left_out = f"，不收的列：{refused}" if refused else ""
        say(f"认列，核对 {register.counts['rows']:,} 行{left_out}")
        return registers.confirm_meanings(
            by=office.officer,
            at=clock.now(),
            register_id=register_id,
            kind=register.kind,
            meanings={c.index: c.meaning for c in columns if not c.refused},
            place=place,
        )


def _commit(office: Office, register_id: UUID, _place: str, say: Say) -> UUID:
    """Of two rows about one door the first counts; rows of a known door are taken, others left."""
    by, at = office.officer, clock.now()
    with entered(by.scope):
        register = registers_queries.register(register_id, viewer=by)
        if register is None:
            raise Refused("住户表刚才被收走了；再来一次。")
        rows = registers_queries.rows_to_decide(register, viewer=by).filter(
            verdict="doubtful", decision="open"
        )
        say(f"定 {rows.count()} 处疑问")
        doors = set()
        for row in rows.filter(doubts__contains=[{"code": "collision"}]).order_by("row_number"):
            door = tuple(row.values[part] for part in ("compound", "building", "unit", "door"))
            if door not in doors:
                doors.add(door)
                registers.decide_rows(
                    by=by, at=at, register_id=register_id, verdict="doubtful", decision="take", row_id=row.pk
                )
        for decision in ("take", "leave"):
            registers.decide_rows(
                by=by, at=at, register_id=register_id, verdict="doubtful", decision=decision
            )
        say("收进来")
        return registers.start_commit(by=by, at=at, register_id=register_id)


def _finish(work_id: UUID) -> None:
    """Let the worker do what is queued; a work that did not end well says why."""
    run_worker(one_shot=True)
    work = Work.objects.get(pk=work_id)
    if work.state != Work.State.DONE:
        raise Refused(work.sentence or "这一步没有做完；再来一次，会从这里接着做。")


def propose(office: Office, *, say: Say) -> None:
    """Both scenarios, unless a draft or an adopted plan is there."""
    by = office.officer
    with entered(by.scope):
        if _drafts(by).exists() or _is_divided(office):
            return
        say("划两个方案：只在院子里头合，院子之间也合")
        work = start_work("plan", by=by, at=clock.now(), payload={"seed": 1})
    _finish(work.pk)


def _drafts(by: Actor) -> QuerySet[Partition]:
    return microgrids_queries.living_plans(viewer=by).filter(scenario="cross")


def _is_divided(office: Office) -> bool:
    return microgrids_queries.partition_in_force(viewer=office.officer, on=clock.today()) is not None


def approve_and_adopt(office: Office, *, say: Say) -> None:
    """The officer writes a reason under each exception of the cross plan; the secretary adopts it today."""
    by = office.officer
    with entered(by.scope):
        if _is_divided(office):
            return
        partition_id = _drafts(by).values_list("id", flat=True).latest("id")
        waiting = microgrids_queries.open_exceptions(viewer=by).get(partition_id, [])
    say(f"逐条写理由：{len(waiting)} 处例外")
    for index, exception in enumerate(waiting):
        reasons = REASONS[exception.code]
        with entered(by.scope):
            microgrids.approve_exception(
                by=by,
                at=clock.now(),
                exception_id=exception.exception_id,
                reason=reasons[index % len(reasons)],
            )
    say("书记采用，从今天算起")
    with entered(office.secretary.scope):
        microgrids.adopt_partition(
            by=office.secretary, at=clock.now(), partition_id=partition_id, from_on=clock.today()
        )
