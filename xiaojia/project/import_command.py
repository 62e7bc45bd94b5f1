"""`xiaojia cases FILE CODE`: a table of cases from elsewhere, every doubt by row and cell, all or nothing."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path


def run(words: Sequence[str]) -> int:
    """Dry run, and with --take the taking over; exit code 1 while something is in doubt."""
    options = _parser().parse_args(words)
    from xiaojia.project.cli import prepared

    with prepared():
        return bring(options.file, options.code, is_taken=options.take)


def bring(file: Path, code: str, *, is_taken: bool) -> int:
    """The same inside a running Django."""
    from xiaojia.domains.cases.actions.importing import check_import, import_cases
    from xiaojia.domains.places.queries import communities
    from xiaojia.kernel import clock
    from xiaojia.kernel.actors import Actor
    from xiaojia.kernel.refusals import Refused
    from xiaojia.kernel.tenancy import entered
    from xiaojia.kernel.work import SilentProgress

    community = communities().filter(code=code).first()
    if community is None:
        raise Refused(f"什么都没有收，因为代码“{code}”还没有社区；先用 community add 建社区，再来。")
    by, at = Actor.for_job(community_id=community.pk, role="officer", account_id=0), clock.now()
    with entered(by.scope):
        checked = check_import(by=by, at=at, path=file)
        for doubt in checked.doubts:
            print(f"第 {doubt.number} 行 {doubt.cell}\t{doubt.sentence}")
        print(f"新 {len(checked.fresh)} 件，已有 {checked.known_count} 件，看不懂 {len(checked.doubts)} 处。")
        if checked.doubts:
            return 1
        if is_taken:
            import_cases(by=by, at=at, path=file, progress=SilentProgress())
            print("收好了。")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="xiaojia cases", description=__doc__)
    parser.add_argument("file", type=Path, help="CSV or workbook: 编号, 内容, 类别, 上报时间 and more")
    parser.add_argument("code", help="12-digit code of the community")
    parser.add_argument("--take", action="store_true", help="take it over if nothing is in doubt")
    return parser
