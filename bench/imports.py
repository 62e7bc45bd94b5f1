"""A workbook of 50,000 households from the drop to the commit, and the memory it takes beside 5,000."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from bench._database import django_on_its_own_database
from bench.report import Clock, Report, measured

NAME: Final = "imports"
SIZES: Final = (5_000, 50_000)
MOST_SECONDS: Final = 15.0
MOST_BYTES_A_ROW: Final = 8_000
HEADINGS: Final = ("小区名称", "楼栋", "单元", "房号", "户主", "联系电话", "人口数", "备注")
FAMILY: Final = "赵钱孙李周吴郑王冯陈"
GIVEN: Final = "甲乙丙丁戊己庚辛壬癸"
FULL: Final = SIZES[-1]


def run(report: Report) -> None:
    """Read, dry run and commit into an empty community; then the dry run of the same rows again."""
    home = django_on_its_own_database()
    peaks = {}
    for number, size in enumerate(SIZES):
        path = home / f"register-{size}.xlsx"
        write_workbook(path, size)
        peaks[size] = _import(report, path, size, code=f"9999990020{number:02d}")
    grown = (peaks[FULL] - peaks[SIZES[0]]) * 2**20 / (FULL - SIZES[0])
    report.add(NAME, "memory a further row", figure=grown, unit="bytes", limit=MOST_BYTES_A_ROW)


def write_workbook(path: Path, size: int) -> None:
    """Invented households (模拟), 56 a unit, two units a building, ten buildings a compound."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADINGS)
        for n in range(size):
            unit, door = divmod(n, 56)
            building, unit = divmod(unit, 2)
            compound, building = divmod(building, 10)
            name = FAMILY[n % 10] + GIVEN[n // 10 % 10] + GIVEN[n // 100 % 10]
            place = (f"模拟院{compound + 1}", f"{building + 1}栋", f"{unit + 1}单元")
            sheet.write_row(
                n + 1,
                0,
                (*place, f"{door // 4 + 1}-{door % 4 + 1}", name, f"138{n:08d}", n % 5 + 1, ""),
            )


def _import(report: Report, path: Path, size: int, *, code: str) -> float:
    from xiaojia.domains.registers.models import Register
    from xiaojia.kernel.tenancy import entered

    by = _officer(code)
    with entered(by.scope):
        register_id = _received(by, path)
    with entered(by.scope), _peak() as peak:
        with measured() as reading:
            _act("read_register", by, register_id)
        with measured() as checking:
            _confirm(by, register_id)
            _act("check_register", by, register_id)
        with measured() as committing:
            _act("commit_register", by, register_id)
        counts = Register.objects.get(pk=register_id).counts
    if counts["taken"] != size or counts["came"] != size:
        raise RuntimeError(f"not every row arrived: {counts}")
    clock = Clock(reading.wall_seconds + checking.wall_seconds, reading.cpu_seconds + checking.cpu_seconds)
    _tell(report, f"{size:,} rows: read and dry run", clock, peak)
    _tell(report, f"{size:,} rows: commit", committing, peak)
    with entered(by.scope):
        again = _received(by, path)
    with entered(by.scope), measured() as second:
        _act("read_register", by, again)
        _confirm(by, again)
        _act("check_register", by, again)
    _tell(report, f"{size:,} rows: read and dry run against as many", second, peak)
    return peak["mb"]


def _tell(report: Report, what: str, clock: Clock, peak: dict[str, float]) -> None:
    clock.peak_mb = peak["mb"]
    report.add(NAME, what, clock, figure=clock.wall_seconds, unit="s", limit=MOST_SECONDS)


def _officer(code: str) -> Any:
    from xiaojia.domains.people.actions import add_account
    from xiaojia.domains.places.actions import add_community
    from xiaojia.kernel.actors import Actor

    community = add_community(code=code, name=f"模拟社区 {code}", on=date(2026, 1, 1), is_simulated=True)
    account = add_account(username=f"bench-{code}", name="秦晓兰", password="", is_simulated=True)
    return Actor.for_job(community_id=community.pk, role="officer", account_id=account.pk)


def _received(by: Any, path: Path) -> UUID:
    from xiaojia.domains.registers import actions
    from xiaojia.kernel import clock

    data = path.read_bytes()
    register = actions.receive_register(
        by=by, at=clock.now(), file_name=path.name, stream=[data], as_of_on=clock.today()
    )
    _queue_is_over(register.pk)
    return register.pk


def _confirm(by: Any, register_id: UUID) -> None:
    from xiaojia.domains.registers import actions
    from xiaojia.kernel import clock

    actions.confirm_meanings(by=by, at=clock.now(), register_id=register_id, kind="household", meanings={})
    _queue_is_over(register_id)


def _act(name: str, by: Any, register_id: UUID) -> None:
    from xiaojia.domains.registers import actions
    from xiaojia.kernel import clock
    from xiaojia.kernel.work import SilentProgress

    getattr(actions, name)(by=by, at=clock.now(), register_id=register_id, progress=SilentProgress())


def _queue_is_over(register_id: UUID) -> None:
    """The bench does the work itself; no worker runs."""
    from xiaojia.kernel.models import Work

    Work.objects.filter(payload__register_id=str(register_id)).update(state="done")


@contextmanager
def _peak() -> Iterator[dict[str, float]]:
    """The highest resident memory of this process inside the block (Linux resets it on request)."""
    found: dict[str, float] = {}
    Path("/proc/self/clear_refs").write_text("5")
    yield found
    line = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmHWM"))
    found["mb"] = int(line.split()[1]) / 1024
