"""The ugly corpus: at least 98 % of cells right, no row lost in silence, every planted doubt listed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tools.ugly_workbooks.__main__ import write_all
from tools.ugly_workbooks.scoring import Score, score, table
from xiaojia.domains.registers.reading import Book, Understood, read_book, understand

Reading = tuple[Book, list[Understood], dict[str, Any]]
SEED = 20261124


def _read(path: Path) -> Reading:
    book = read_book(path)
    truth = json.loads(path.with_suffix(".truth.json").read_text(encoding="utf-8"))
    return book, list(understand(book.columns, book.rows, kind=book.kind)), truth


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return [path for path, _book in write_all(tmp_path_factory.mktemp("ugly"), seed=SEED)]


@pytest.fixture(scope="module")
def readings(corpus: list[Path]) -> dict[str, Reading]:
    return {path.name: _read(path) for path in corpus}


def test_the_corpus_is_read(readings: dict[str, Reading]) -> None:
    marks = {name: score(*reading) for name, reading in readings.items()}
    print(table(marks))
    assert len(marks) >= 120
    assert {Path(name).suffix for name in marks} == {".xlsx", ".xls", ".csv"}
    assert {name: m.faults for name, m in marks.items() if m.faults} == {}
    total, right = sum(m.cells for m in marks.values()), sum(m.right for m in marks.values())
    assert sum(m.planted for m in marks.values()) > 80
    assert right >= 0.98 * total, [wrong for m in marks.values() for wrong in m.wrong]


def test_every_doubt_is_one_sentence_that_names_its_row(readings: dict[str, Reading]) -> None:
    doubts = [(row, doubt) for _b, rows, _t in readings.values() for row in rows for doubt in row.doubts]
    assert len(doubts) > 80
    for row, doubt in doubts:
        assert doubt.sentence.startswith(f"第 {row.row.number} 行")
        assert doubt.sentence.endswith("。")


def _wrong_cell(rows: list[Understood]) -> list[Understood]:
    return [replace(rows[0], door="99-9"), *rows[1:]]


def _lost_row(rows: list[Understood]) -> list[Understood]:
    return rows[1:]


def _silent(rows: list[Understood]) -> list[Understood]:
    return [replace(row, doubts=()) for row in rows]


def _swapped(rows: list[Understood]) -> list[Understood]:
    return [replace(row, building=row.unit, unit=row.building + "x") for row in rows]


@pytest.mark.parametrize(
    ("spoil", "fails"),
    [
        (list, lambda m: not m.faults and m.right == m.cells),
        (_wrong_cell, lambda m: len(m.wrong) == 1),
        (_lost_row, lambda m: len(m.lost) == 1),
        (_silent, lambda m: len(m.missed_doubts) == m.planted > 0),
        (_swapped, lambda m: m.right < 0.98 * m.cells),
    ],
)
def test_negative_control_a_wrong_reading_loses_marks(
    readings: dict[str, Reading],
    spoil: Callable[[list[Understood]], list[Understood]],
    fails: Callable[[Score], bool],
) -> None:
    book, rows, truth = readings["31_missing.xlsx"]
    assert fails(score(book, spoil(rows), truth))


def test_negative_control_a_refused_column_that_is_read_loses_marks(readings: dict[str, Reading]) -> None:
    book, rows, truth = readings["33_never_read.xlsx"]
    columns = tuple(replace(column, refused="") for column in book.columns)
    told = [replace(row, cells=(*row.cells, "土家族")) for row in book.rows]
    marks = score(replace(book, columns=columns, rows=told), rows, truth)
    assert marks.wrong_columns
    assert marks.leaks == ["土家族"]


def test_what_was_never_read_is_said(readings: dict[str, Reading]) -> None:
    book = readings["33_never_read.xlsx"][0]
    assert [c.refused for c in book.columns if c.heading == "重点人员类别"] == ["小家不存“重点人员”"]
    assert all(len(row.cells) == len([c for c in book.columns if not c.refused]) for row in book.rows)


def test_the_same_seed_gives_the_same_truth(corpus: list[Path], tmp_path: Path) -> None:
    def truths(paths: list[Path]) -> list[str]:
        return [path.with_suffix(".truth.json").read_text(encoding="utf-8") for path in paths]

    def written(folder: str, seed: int) -> list[Path]:
        return [path for path, _book in write_all(tmp_path / folder, seed=seed)]

    first = truths(corpus)
    assert first == truths(written("again", SEED))
    assert first != truths(written("other", SEED + 1))
    assert all("模拟" in text for text in first)
