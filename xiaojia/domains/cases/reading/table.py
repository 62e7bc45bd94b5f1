"""A table of cases from elsewhere: which column means what, and what each row says or leaves in doubt."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from xiaojia.domains.cases.rules import MOST_TEXT, Result, State
from xiaojia.domains.registers.reading.book import unreadable

ROOT: Final = Path(__file__).resolve().parents[4]
COMMAND: Final = [sys.executable, "-m", "xiaojia.domains.cases.reading.table_child"]
SECONDS: Final = 120

HEADINGS: Final[dict[str, tuple[str, ...]]] = {
    "external_id": ("编号", "工单号", "工单编号", "案件编号", "service_request_id", "id"),
    "text": ("内容", "问题描述", "诉求内容", "事项", "描述", "description"),
    "kind": ("类别", "问题类别", "分类", "案件类别", "service_name", "service_code"),
    "reported_at": ("上报时间", "受理时间", "时间", "报的时间", "requested_datetime"),
    "closed_at": ("办结时间", "结案时间", "closed_date"),
    "state": ("状态", "办理状态", "status_description"),
    "result": ("结果", "办理结果", "status_notes"),
    "place": ("地点", "地址", "发生地点", "address"),
    "name": ("反映人", "姓名", "联系人"),
    "phone": ("电话", "联系电话", "手机"),
    "handler": ("承办单位", "处置单位", "办理人", "agency_responsible"),
}
"""Meaning -> headings, folded; the English ones are the columns of Open311 bulk files."""
NEEDED: Final = ("external_id", "text", "kind", "reported_at")
_STATES: Final = {
    State.REPORTED: ("", "未办", "在办", "办理中", "处理中", "open", "受理", "已受理", "已派遣"),
    State.CLOSED: ("办结", "已办结", "结案", "已结案", "完成", "已完成", "closed"),
    State.DECLINED: ("不予受理", "移交", "转办", "已转办"),
    State.WITHDRAWN: ("撤回", "作废", "并案", "已撤回"),
}
_RESULTS: Final = {
    Result.SOLVED: ("", "解决", "已解决", "解决了"),
    Result.PARTLY: ("部分解决", "解决了一部分"),
    Result.EXPLAINED: ("已解释", "解释说明", "未解决", "现在办不到，说清楚了"),
    Result.UNTRUE: ("不属实", "不是那回事"),
}
STATE_OF: Final = {word: state for state, words in _STATES.items() for word in words}
RESULT_OF: Final = {word: result for result, words in _RESULTS.items() for word in words}
_FORMATS: Final = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y年%m月%d日", "%Y年%m月%d日 %H:%M")


@dataclass(frozen=True, slots=True)
class CaseDoubt:
    """What a person has to look at: the row as Excel counts it, the cell (C7), and one sentence."""

    number: int
    cell: str
    sentence: str


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case as a row says it. Moments are aware."""

    number: int
    external_id: str
    text: str
    casekind_id: int
    reported_at: datetime
    closed_at: datetime | None
    state: State
    result: Result | None
    place_text: str
    name: str
    phone: str
    handler: str


def read_table(path: Path) -> list[tuple[int, list[str]]]:
    """Rows of a file, [number as Excel counts, cells]; `Unreadable` says in one sentence why not."""
    with path.open("rb") as file:
        process = subprocess.Popen(
            COMMAND, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT,
            env={"PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"}, start_new_session=True,
            encoding="utf-8",
        )  # fmt: skip
        try:
            said, _nothing = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            raise unreadable("slow") from None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    lines = [json.loads(line) for line in said.split("\n") if line]
    last = lines[-1] if lines else None
    if isinstance(last, dict) and "no" in last:
        raise unreadable(last["no"], **last["facts"])
    if not isinstance(last, dict) or last.get("end") != len(lines) - 1:
        raise unreadable("crash")
    return [(number, cells) for number, cells in lines[:-1]]


def meanings_of(headings: Sequence[str]) -> dict[str, int]:
    """Meaning -> column, by the headings; the first column of a meaning counts."""
    known = {_fold(word): meaning for meaning, words in HEADINGS.items() for word in words}
    found: dict[str, int] = {}
    for index, heading in enumerate(headings):
        meaning = known.get(_fold(heading))
        if meaning is not None:
            found.setdefault(meaning, index)
    return found


def understand_cases(
    rows: Sequence[tuple[int, list[str]]], *, kinds: Mapping[str, int], at: datetime
) -> Iterator[CaseRow | CaseDoubt]:
    """Each row below the headings as a case, or as all its doubts. `kinds`: folded name or code -> id."""
    if not rows:
        raise unreadable("empty")
    columns = meanings_of(rows[0][1])
    missing = [HEADINGS[meaning][0] for meaning in NEEDED if meaning not in columns]
    if missing:
        yield CaseDoubt(rows[0][0], "", _("表头里没有这几列：%(what)s。") % {"what": "、".join(missing)})
        return
    seen: set[str] = set()
    for number, cells in rows[1:]:
        reader = _Row(number, cells, columns)
        case = reader.case(kinds, at)
        if case is not None and case.external_id in seen:
            reader.doubt("external_id", _("这个编号上面已经有了；同一件事只留一行。"))
        if reader.doubts or case is None:
            yield from reader.doubts
        else:
            seen.add(case.external_id)
            yield case


class _Row:
    """Reads one row and collects what is doubtful."""

    def __init__(self, number: int, cells: Sequence[str], columns: Mapping[str, int]) -> None:
        self._number, self._cells, self._columns = number, cells, columns
        self.doubts: list[CaseDoubt] = []

    def doubt(self, meaning: str, sentence: str) -> None:
        column = self._columns.get(meaning)
        cell = f"{letters(column)}{self._number}" if column is not None else ""
        self.doubts.append(CaseDoubt(self._number, cell, sentence))

    def case(self, kinds: Mapping[str, int], at: datetime) -> CaseRow | None:
        external_id, text = self._said("external_id"), self._said("text")
        if not external_id or len(external_id) > 60:
            self.doubt("external_id", _("没有编号，或者编号太长；有了编号，再来一次才不会记成两件。"))
        if not text or len(text) > MOST_TEXT:
            self.doubt("text", _("没有写是什么事，或者写得太长（最多 %(most)d 字）。") % {"most": MOST_TEXT})
        kind = kinds.get(_fold(self._said("kind")))
        if kind is None:
            self.doubt("kind", _("没有“%(kind)s”这一类。") % {"kind": self._said("kind")[:20]})
        state, result = self._state()
        reported_at, closed_at = self._moments(state, at)
        if self.doubts or kind is None or reported_at is None or state is None:
            return None
        return CaseRow(
            self._number, external_id, text, kind, reported_at, closed_at, state, result,
            self._said("place")[:120], self._said("name")[:40], self._said("phone")[:30],
            self._said("handler")[:60],
        )  # fmt: skip

    def _state(self) -> tuple[State | None, Result | None]:
        state = STATE_OF.get(self._said("state").lower())
        if state is None:
            self.doubt("state", _("看不懂这个状态：“%(word)s”。") % {"word": self._said("state")[:20]})
        if state is not State.CLOSED:
            return state, None
        result = RESULT_OF.get(self._said("result"))
        if result is None:
            self.doubt("result", _("看不懂这个结果：“%(word)s”。") % {"word": self._said("result")[:20]})
        return state, result

    def _moments(self, state: State | None, at: datetime) -> tuple[datetime | None, datetime | None]:
        reported_at = read_moment(self._said("reported_at"))
        closed_at = read_moment(self._said("closed_at")) if self._said("closed_at") else None
        if reported_at is None or reported_at > at:
            self.doubt("reported_at", _("看不懂这个时间，或者它还没有到。"))
            return None, None
        if state is State.REPORTED:
            if closed_at is not None:
                self.doubt("closed_at", _("还没办结的事不能有办结时间；改状态，或者删掉时间。"))
            return reported_at, None
        if closed_at is None or not reported_at <= closed_at <= at:
            self.doubt("closed_at", _("有结果的事要写办结时间，不早于上报，也不晚于今天。"))
        return reported_at, closed_at

    def _said(self, meaning: str) -> str:
        column = self._columns.get(meaning)
        text = self._cells[column] if column is not None and column < len(self._cells) else ""
        return text.replace("\x00", "").strip()


def read_moment(text: str) -> datetime | None:
    """A moment as offices write it, in local time where no offset stands."""
    plain = unicodedata.normalize("NFKC", text).strip().replace("/", "-").replace(".", "-")
    if "T" in plain:
        with suppress(ValueError):
            moment = datetime.fromisoformat(text.strip())
            return moment if moment.tzinfo else timezone.make_aware(moment)
        return None
    for pattern in _FORMATS:
        with suppress(ValueError):
            naive = datetime.strptime(plain.removesuffix("-0"), pattern)  # noqa: DTZ007  # made aware below
            if naive.year < 2010:
                return None
            return timezone.make_aware(naive)
    return None


def kinds_by_word(kinds: Iterable[tuple[int, str, str, str]]) -> dict[str, int]:
    """(id, kind, code, name), ours first -> what a cell may say: the name, or the code."""
    found: dict[str, int] = {}
    for pk, kind, code, name in kinds:
        words = (name, code) if kind == "local" else (name, f"{kind[0].upper()}{code}")
        for word in words:
            found.setdefault(_fold(word), pk)
    return found


def letters(column: int) -> str:
    """0 -> A, 26 -> AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def _fold(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).lower()
