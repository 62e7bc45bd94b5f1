"""The parent's side: runs the child on one file, and turns what it says into a `Book` or one sentence."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaojia.domains.registers.reading.guessing import guess_kind, guess_meanings
from xiaojia.domains.registers.reading.values import Book, Column, RawRow, Skipped, Unreadable
from xiaojia.domains.registers.rules import REASONS, heading_key
from xiaojia.kernel.strangers import kill, started

_COMMAND = [sys.executable, "-m", "xiaojia.domains.registers.reading.child"]
_SECONDS = 120
_SAMPLE = 60

_REFUSAL = gettext_lazy("这个文件没有读，因为%(why)s")
_WHYS: Mapping[str, Any] = {
    "big": gettext_lazy("它超过 %(megabytes)d MB；删掉图片和没用的表，再来一次。"),
    "bomb": gettext_lazy("解开以后大得不像一张表；在 Excel 里打开，另存一份再来。"),
    "macro": gettext_lazy("里面带宏；在 Excel 里另存为 .xlsx（不带宏）再来。"),
    "links": gettext_lazy("里面连着别的文件；在 Excel 的“数据－编辑链接”里断开链接，存好再来。"),
    "dde": gettext_lazy("里面有会调用别的程序的公式；把那些格子改成普通文字再来。"),
    "password": gettext_lazy("它加了密码；打开以后去掉密码，存好再来。"),
    "type": gettext_lazy("它不是 Excel 表也不是 CSV；用 Excel 或 WPS 打开，另存为 .xlsx 再来。"),
    "binary": gettext_lazy("它是 .xlsb 格式；在 Excel 里另存为 .xlsx 再来。"),
    "ods": gettext_lazy("它是 .ods 格式；另存为 .xlsx 再来。"),
    "rows": gettext_lazy("它超过 %(most)d 行，一个社区没有这么多户；只留住户表再来。"),
    "columns": gettext_lazy("它超过 %(most)d 列；只留住户要用的几列再来。"),
    "sheets": gettext_lazy("它超过 %(most)d 张表；只留住户表再来。"),
    "sparse": gettext_lazy("最远的一格在 %(cell)s，表大得摊不开；删掉远处的格子再来。"),
    "broken": gettext_lazy("它坏了或没有存完；用 Excel 或 WPS 打开看看，另存一份再来。"),
    "headless": gettext_lazy("找不到表头；在第一行写上小区、楼栋、房号、户主这样的字再来。"),
    "empty": gettext_lazy("里面是空的；看看是不是拿错了文件。"),
    "slow": gettext_lazy("读了两分钟还没读完；只留住户表，另存一份再来。"),
    "crash": gettext_lazy("它大得读不动；只留住户表，另存一份再来。"),
}
_SKIPPED: Mapping[str, Any] = {
    "heading": gettext_lazy("又是一行表头"),
    "total": gettext_lazy("合计行，不是一户：%(text)s"),
    "example": gettext_lazy("填写的例子，不是一户"),
    "note": gettext_lazy("说明文字，不是一户：%(text)s"),
    "band": gettext_lazy("只有一句话，不是一户：%(text)s"),
}

Meanings = Callable[[str], Mapping[str, str]] | Mapping[str, Mapping[str, str]]


def unreadable(code: str, **facts: object) -> Unreadable:
    """The refusal of a file, as one sentence."""
    return Unreadable(str(_REFUSAL) % {"why": str(_WHYS[code]) % facts}, code)


def read_book(path: Path, *, meanings_for: Meanings | None = None) -> Book:
    """Read a stranger's workbook in a child with limits; `Unreadable` says in one sentence why not.

    `meanings_for` gives what the headings of this hash meant last time: heading -> meaning.
    """
    with path.open("rb") as file, _child(file) as lines:
        head = _next(lines)
        rows = []
        names = head["sheets"]
        line = _next(lines)
        while isinstance(line, list):
            rows.append(RawRow(names[line[0]], line[1], tuple(line[2])))
            line = _next(lines)
        if line.get("end") != len(rows):
            raise unreadable("crash")
    return _book(head, rows, meanings_for or {})


def _next(lines: Iterator[str]) -> Any:
    text = next(lines, "")
    if not text.endswith("\n"):
        raise unreadable("crash")
    value = json.loads(text)
    if isinstance(value, dict) and "no" in value:
        raise unreadable(value["no"], **value["facts"])
    return value


@contextmanager
def _child(file: IO[bytes]) -> Iterator[Iterator[str]]:
    """Lines of a child that gets the file and nothing else: no settings, no secrets, a session of its own."""
    process = started(_COMMAND, stdin=file)
    is_late = threading.Event()

    def stop() -> None:
        is_late.set()
        kill(process)

    timer = threading.Timer(_SECONDS, stop)
    timer.start()
    try:
        assert process.stdout is not None  # noqa: S101  # PIPE above
        yield iter(io.TextIOWrapper(process.stdout, encoding="utf-8"))
    except Unreadable:
        if is_late.is_set():
            raise unreadable("slow") from None
        raise
    finally:
        timer.cancel()
        kill(process)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _book(head: Mapping[str, Any], rows: list[RawRow], meanings_for: Meanings) -> Book:
    headings: list[str] = head["headings"]
    key = hashlib.sha256("|".join(heading_key(h) for h in headings).encode()).hexdigest()
    remembered = meanings_for(key) if callable(meanings_for) else meanings_for.get(key, {})
    kept = [heading for heading, code in zip(headings, head["refused"], strict=True) if not code]
    guesses = iter(guess_meanings(kept, [row.cells for row in rows[:_SAMPLE]], remembered))
    columns = tuple(
        Column(
            index,
            heading,
            "" if code else next(guesses),
            is_hidden,
            str(REASONS[code]) if code else "",
        )
        for index, heading, code, is_hidden in zip(
            head["indexes"], headings, head["refused"], head["hidden"], strict=True
        )
    )
    skipped = tuple(
        Skipped(number, str(_SKIPPED[why]) % {"text": text}) for number, why, text in head["skipped"]
    )
    kind = guess_kind(column.meaning for column in columns)
    return Book(kind, _sheet_name(head["sheets"]), key, columns, rows, skipped, tuple(_notes(head)))


def _notes(head: Mapping[str, Any]) -> Iterator[str]:
    if head["others"]:
        names = [_part_name(name, number) for name, number in head["others"]]
        yield _("没有读这几张表：%(names)s。") % {"names": "、".join(names)}
    if any(head["hidden"]):
        names = [h for h, is_hidden in zip(head["headings"], head["hidden"], strict=True) if is_hidden]
        yield _("表里藏起来的列也看了：%(names)s。") % {"names": "、".join(names)}
    if head["hidden_rows"]:
        yield _("表里藏起来的 %(count)d 行也读了：%(rows)s。") % {
            "count": len(head["hidden_rows"]),
            "rows": _numbers(head["hidden_rows"]),
        }
    if head["formulas"]:
        yield _("有 %(count)d 格是公式，读的是表里上次算好的数。") % {"count": head["formulas"]}
    struck: dict[tuple[str, str], list[int]] = {}
    for number, heading, code in head["struck"]:
        struck.setdefault((heading, code), []).append(number)
    for (heading, code), numbers in struck.items():
        yield _("“%(column)s”里有的话没有读进来，因为%(why)s：第 %(rows)s 行。") % {
            "column": heading,
            "why": REASONS[code],
            "rows": _numbers(numbers),
        }


def _part_name(name: str, number: int) -> str:
    """A sheet, or the part of one that begins in a row."""
    if not number:
        return name
    words = {"name": name, "row": number}
    return _("%(name)s第 %(row)d 行起的那张") % words


def _sheet_name(names: list[str]) -> str:
    names = list(dict.fromkeys(names))
    if len(names) == 1:
        return names[0]
    return _("%(name)s 等 %(count)d 张表") % {"name": names[0], "count": len(names)}


def _numbers(numbers: list[int]) -> str:
    shown = "、".join(str(n) for n in numbers[:10])
    return shown if len(numbers) <= 10 else _("%(shown)s 等") % {"shown": shown}
