"""`xiaojia plan` from the console: what it reads, what it refuses and by which words, what it writes."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Sequence
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.running import xiaojia

HEAD = "compound,building,x,y,unit,floors,doors_per_floor,households"
ROWS = (
    "甲-东院,1,0,0,1,6,10,60",
    "甲-东院,1,0,0,2,6,3,15",
    "甲-东院,2,30,0,,10,10,100",
    "甲-西院,1,60,0,,4,5,20",
    "乙-南院,7,0,5,,6,10,58",
)
KEYS = ["in_range", "over", "under", "exceptions", "cross", "split", "cost", "bound", "gap"]
KEYS += ["effort", "seconds"]


def plan(folder: Path, content: str | bytes, *more: str) -> CompletedProcess[str]:
    """Write the input and divide it."""
    data = content.encode() if isinstance(content, str) else content
    (folder / "in.csv").write_bytes(data)
    out, report = str(folder / "plan.csv"), str(folder / "report.json")
    return xiaojia(folder, "plan", str(folder / "in.csv"), "--out", out, "--report", report, *more)


def table(*rows: str, head: str = HEAD) -> str:
    return "\n".join((head, *rows)) + "\n"


def test_the_files_are_as_the_interface_says(tmp_path: Path) -> None:
    done = plan(tmp_path, table(*ROWS))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    raw = (tmp_path / "plan.csv").read_bytes()
    assert raw.startswith(b"microgrid,compound,building,unit,floor_from,floor_to,households\n")
    written = list(csv.DictReader(raw.decode().splitlines()))
    assert sum(int(r["households"]) for r in written) == 253
    report = json.loads((tmp_path / "report.json").read_text())
    assert list(report) == KEYS
    assert (report["in_range"], report["over"], report["under"], report["cross"]) == (4, 0, 0, 1)
    assert [list(e) for e in report["exceptions"]] == [["microgrid", "code", "reason", "certificate"]]
    assert report["exceptions"][0]["code"] == "cross_compound"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.csv", "plan.csv", "report.json"]


def outcome(folder: Path) -> tuple[bytes, dict[str, object]]:
    """The plan's bytes, and the report without the one value that runs differ in."""
    report = json.loads((folder / "report.json").read_text())
    assert report.pop("seconds") >= 0
    return (folder / "plan.csv").read_bytes(), report


def test_the_same_bytes_with_a_bom_with_crlf_in_another_process_count_and_hash_seed(tmp_path: Path) -> None:
    content = table(*ROWS)
    plan(tmp_path, content)
    expected = outcome(tmp_path)
    for data, more in (
        (b"\xef\xbb\xbf" + content.replace("\n", "\r\n").encode(), ()),
        (content, ("--processes", "2")),
        ("\n\n".join((content, "")), ()),
    ):
        (tmp_path / "plan.csv").unlink()
        done = plan(tmp_path, data, *more)
        assert done.returncode == 0, done.stderr
        assert outcome(tmp_path) == expected
    other = plan(tmp_path, table(*ROWS[1:]))
    assert other.returncode == 0
    assert outcome(tmp_path) != expected


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (table(*ROWS, head=HEAD.replace("floors,", "")), ["row 1", "column floors is missing"]),
        (table(ROWS[0], "甲-东院,9,30,0,,ten,10,100"), ["row 3", "column floors", "'ten'"]),
        (table(ROWS[0], "甲-东院,9,30,0,,10,10,9.5"), ["row 3", "column households", "'9.5'", "whole"]),
        (table(ROWS[0], "", "甲-东院,9,nan,0,,10,10,9"), ["row 4", "column x", "'nan'"]),
        (table(ROWS[0], "甲-东院,9,30,0,,10"), ["row 3", "column doors_per_floor is missing", "too short"]),
        (table(ROWS[0], ROWS[1], ROWS[0]), ["row 4", "stands twice"]),
        (table("甲-东院,9,30,0,,10,10,0"), ["row 2", "households must be 1 or more"]),
        (table(), ["no row below the headings"]),
        ("", ["row 1", "column compound is missing"]),
        (b"compound,\xff\xfe", ["not UTF-8 (byte 10)"]),
        (table('甲,"1'), ["save it as CSV"]),
    ],
)
def test_what_cannot_be_read_is_named_by_row_and_column(
    tmp_path: Path, content: str | bytes, words: Sequence[str]
) -> None:
    (tmp_path / "plan.csv").write_text("old")
    done = plan(tmp_path, content)
    assert (done.returncode, done.stdout) == (2, "")
    assert all(word in done.stderr for word in ["in.csv", *words]), done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert (tmp_path / "plan.csv").read_text() == "old"


def test_a_quoted_cell_with_a_line_separator_is_one_cell(tmp_path: Path) -> None:
    done = plan(tmp_path, table('"甲\u2028院",1,0,0,,6,10,60'))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("target", ["--out", "--report"])
def test_what_cannot_be_written_leaves_the_old_files(tmp_path: Path, target: str) -> None:
    (tmp_path / "plan.csv").write_text("old plan")
    (tmp_path / "report.json").write_text("old report")
    for bad in (tmp_path / "missing" / "x", tmp_path / "folder"):
        (tmp_path / "folder").mkdir(exist_ok=True)
        done = plan(tmp_path, table(*ROWS), target, str(bad))
        assert done.returncode == 2
        assert f"{bad}: cannot be written" in done.stderr
        assert (tmp_path / "plan.csv").read_text() == "old plan"
        assert (tmp_path / "report.json").read_text() == "old report"
        assert not list(tmp_path.glob("**/*.part"))


def test_a_missing_input_and_one_name_for_two_files_are_refused(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone.csv")
    done = xiaojia(tmp_path, "plan", gone, "--out", f"{gone}.out", "--report", f"{gone}.json")
    assert (done.returncode, "cannot be read" in done.stderr) == (2, True)
    done = plan(tmp_path, table(*ROWS), "--out", os.fspath(tmp_path / "in.csv"))
    assert (done.returncode, "same file" in done.stderr) == (2, True)
    assert (tmp_path / "in.csv").read_text() == table(*ROWS)


def test_inside_never_joins_and_tells_what_is_short(tmp_path: Path) -> None:
    plan(tmp_path, table(*ROWS), "--inside")
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["cross"], report["under"]) == (0, 1)
    (short,) = (e for e in report["exceptions"] if e["code"] == "under_50")
    assert short["certificate"]["is_proven"] is True
    assert short["reason"].startswith("20 户，少 30 户。")
