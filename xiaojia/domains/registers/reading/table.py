"""Finds the table in a sheet: its head of one or two rows, its data, and the rows that are neither.

Runs in the child: everything here is plain texts, and refused columns end here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from xiaojia.domains.registers.rules import (
    PLACE_WORDS,
    is_heading,
    meaning_of,
    refusal_of,
    refusal_of_cell,
)

_DEEPEST_HEAD = 40
_TOTAL = re.compile(
    r"(?P<before>.{0,12}?)(?:合计|小计|总计|共计|累计|汇总)[:：]?(?:[\d.]+.{0,4}|[（(]?[户人].{0,6})?"
)
_TOTAL_OF = re.compile(r"(?:本页|本表|本栋|全部|.*(?:[栋幢座层页]|单元|小区|院子|社区|网格))?")
_LONG_NUMBER = re.compile(r"\d{5}")
_DIGIT = re.compile(r"\d")
_TOTAL_WORDS = ("计", "汇总")
_NOTE = re.compile(
    r"(?:备?注|说明|填表(?:人|说明|日期)|制表人?|审核人?|单位(?:盖章)?)[:：（(].*|以上.*|以下.*"
)
_FOOT = re.compile(
    r"(?:审核|制表|填表|填报|打印|复核|负责|经办|报送|统计|盖章|签字)[一-龥]{0,4}(?:[:：].*)?"
    r"|\d{4}[-年/.]\d{1,2}[-月/.]\d{1,2}日?(?: [\d:]+)?|第 ?\d+ ?页.*"
    r"|[-—~\s]*以(?:下|上)[^\d]{0,6}[-—~\s]*"
)
_EXAMPLE = re.compile(r"[（(【]?(?:填写|填表)?(?:例如?|示例|样例|范例|举例|例子)[）)】]?[:：]?")
_COLUMN_NUMBER = re.compile(r"[（(]?\d{1,2}[）)]?|[甲乙丙丁戊己庚辛]")
_NUMBER = re.compile(r"\d+")
_DOOR = re.compile(r"附?[\d\-－—]+(?:[号室户]|号房)?")
_ASIDE = re.compile(r"[（(【\[][^（(【\[）)】\]]*[）)】\]]")

Rectangle = tuple[tuple[int, int], tuple[int, int]]


@dataclass(slots=True)
class Sheet:
    """A sheet as texts from A1 on. Hidden indexes count from 0. A later piece of a sheet is not its first."""

    name: str
    rows: list[list[str]]
    merged: Sequence[Rectangle] = ()
    hidden_columns: frozenset[int] = frozenset()
    hidden_rows: frozenset[int] = frozenset()
    is_visible: bool = True
    formulas: int = 0
    is_first: bool = True


@dataclass(slots=True)
class Table:
    """The table of one sheet. `refused` holds a reason code per column, '' where it was read."""

    sheet: Sheet
    headings: list[str]
    indexes: list[int]
    refused: list[str] = field(default_factory=list)
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    skipped: list[tuple[int, str, str]] = field(default_factory=list)
    struck: list[tuple[int, str, str]] = field(default_factory=list)
    title: str = ""

    def add_column(self, heading: str, texts: Sequence[str]) -> None:
        """One more column on the right, which the sheet itself does not have."""
        self.headings.append(heading)
        self.indexes.append(max(self.indexes) + 1)
        self.refused.append("")
        for (_number, cells), text in zip(self.rows, texts, strict=True):
            cells.append(text)


def find_table(sheet: Sheet) -> Table | None:
    """The table of this sheet, or None when no row reads like a head."""
    head = find_head(sheet)
    if head is None:
        return None
    first, last, headings = head
    _fill_merged_down(sheet, last + 1)
    indexes = _used_columns(sheet, headings, last + 1)
    table = Table(sheet, [headings[i] if i < len(headings) else "" for i in indexes], indexes)
    table.title = " ".join(dict.fromkeys(cell for row in sheet.rows[:first] for cell in row if cell))
    if not sheet.is_first:
        table.skipped += [(number, "heading", "") for number in range(first + 1, last + 2)]
    _sort_rows(table, last + 1)
    _refuse_columns(table)
    return table


def find_head(sheet: Sheet) -> tuple[int, int, list[str]] | None:
    """First and last row of the head, and its headings: the best one row or two rows near the top."""
    best: tuple[int, int, list[str]] | None = None
    best_score = 1
    start = next((i for i, row in enumerate(sheet.rows) if any(row)), 0)
    rows = sheet.rows[: start + _DEEPEST_HEAD]
    for i, row in enumerate(rows):
        single = _recognised(row)
        if single > best_score:
            best, best_score = (i, i, list(row)), single
        if i + 1 < len(rows):
            below = rows[i + 1]
            double = _joined(row, below, sheet.merged, i)
            score = _recognised_pair(row, below, double)
            if score > max(best_score, single, _recognised(below)):
                best, best_score = (i, i + 1, double), score
    return best


def _recognised(row: Sequence[str]) -> int:
    """How much this row reads like a head; 0 where the row is data that happens to say 户主 and 男."""
    count = sum(is_heading(cell) for cell in row)
    if any(_LONG_NUMBER.search(cell) for cell in row):
        return 0
    is_head = count > 2 or (count > 1 and count * 2 >= sum(bool(cell) for cell in row))
    return sum(_worth(cell) for cell in row) if is_head else 0


def _worth(cell: str) -> int:
    """A heading with a meaning says more than one that is also the parent of others (户主信息)."""
    return is_heading(cell) and 1 + bool(meaning_of(cell) or refusal_of(cell))


def _recognised_pair(above: Sequence[str], below: Sequence[str], double: Sequence[str]) -> int:
    """Headings of a head of two rows: a lower cell counts by itself, an upper one where nothing is below."""
    score = 0
    for i, heading in enumerate(double):
        lower = below[i] if i < len(below) else ""
        upper = above[i] if i < len(above) else ""
        if lower and lower != upper:
            score += _worth(lower)
        elif heading:
            score += _worth(upper)
    has_lower = any(is_heading(cell) for cell in below)
    return score if has_lower else 0


def _joined(above: list[str], below: list[str], merged: Sequence[Rectangle], row: int) -> list[str]:
    """Headings of two rows as `parent/child`; a merged parent stands above each of its children."""
    parents = list(above) + [""] * (len(below) - len(above))
    for (top, left), (bottom, right) in merged:
        if top <= row <= bottom and left < len(parents):
            for i in range(left, min(right + 1, len(parents))):
                parents[i] = parents[left]
    for i in range(1, len(parents)):
        if not parents[i] and i < len(below) and below[i] and not is_heading(parents[i - 1]):
            parents[i] = parents[i - 1]
    children = list(below) + [""] * (len(parents) - len(below))
    return [
        parent if not child or child == parent else f"{parent}/{child}" if parent else child
        for parent, child in zip(parents, children, strict=True)
    ]


def _fill_merged_down(sheet: Sheet, start: int) -> None:
    """A cell merged over several rows speaks for each of them. Rows merged across stay one cell: a band."""
    for (top, left), (bottom, right) in sheet.merged:
        if bottom <= top or top < start or left != right:
            continue
        for i in range(top + 1, min(bottom + 1, len(sheet.rows))):
            row = sheet.rows[i]
            if left < len(row) and not row[left]:
                row[left] = sheet.rows[top][left]


def _used_columns(sheet: Sheet, headings: Sequence[str], start: int) -> list[int]:
    used = {i for i, heading in enumerate(headings) if heading}
    for row in sheet.rows[start:]:
        used.update(i for i, cell in enumerate(row) if cell)
    return sorted(used)


def _sort_rows(table: Table, start: int) -> None:
    """Each row with text becomes a data row or a skipped row with its reason; none vanishes."""
    lowest = [heading.rpartition("/")[2] or heading for heading in table.headings]
    for number, row in enumerate(table.sheet.rows[start:], start=start + 1):
        cells = [row[i] if i < len(row) else "" for i in table.indexes]
        filled = [cell for cell in cells if cell]
        if not filled:
            continue
        reason = "" if table.rows else _below_head(filled, len(cells))
        reason = reason or _no_data(cells, filled, lowest)
        if reason:
            text = " ".join(dict.fromkeys(filled))
            table.skipped.append((number, reason, "" if refusal_of_cell(text) else text[:30]))
        else:
            table.rows.append((number, cells))


def _below_head(filled: Sequence[str], width: int) -> str:
    """Rows between the head and the first household: numbers of columns, units in brackets, an example."""
    if _EXAMPLE.fullmatch(filled[0]):
        return "example"
    if len(filled) >= 3 and all(_ASIDE.fullmatch(cell) for cell in filled):
        return "heading"
    if len(filled) < 3 or len(filled) * 3 < width * 2 or not all(map(_COLUMN_NUMBER.fullmatch, filled)):
        return ""
    numbers = [int(found.group()) for cell in filled if (found := _NUMBER.search(cell))]
    return "heading" if numbers == list(range(1, len(numbers) + 1)) else ""


def _no_data(cells: Sequence[str], filled: Sequence[str], headings: Sequence[str]) -> str:
    if _is_head_again(cells, filled, headings):
        return "heading"
    if any(_is_total(cell, is_sparse=len(filled) * 5 <= len(cells) * 3) for cell in filled[:4]):
        return "total"
    if _NOTE.fullmatch(filled[0]) and len(filled) <= 3:
        return "note"
    if all(_FOOT.fullmatch(cell) for cell in filled):
        return "note"
    if len(set(filled)) == 1 and len(cells) > 2 and _DOOR.fullmatch(filled[0]) is None:
        return "band"
    return ""


def _is_head_again(cells: Sequence[str], filled: Sequence[str], headings: Sequence[str]) -> bool:
    same = sum(bool(cell) and cell == heading for cell, heading in zip(cells, headings, strict=True))
    if same >= 2 and same * 2 > len(filled):
        return True
    if len(filled) < 3 or _DIGIT.search("".join(filled)):
        return False
    return sum(is_heading(cell) for cell in filled) * 5 >= len(filled) * 4


def _is_total(cell: str, *, is_sparse: bool) -> bool:
    """合 计, 3栋小计, 共计：120户. A full row in which somebody is called 张小计 is none."""
    squeezed = "".join(cell.split())
    if not any(word in squeezed for word in _TOTAL_WORDS):
        return False
    found = _TOTAL.fullmatch(squeezed)
    return found is not None and (is_sparse or _TOTAL_OF.fullmatch(found["before"]) is not None)


def _refuse_columns(table: Table) -> None:
    """P15: by heading; by a single telling cell where the column is not needed; else strike the words."""
    table.refused = [refusal_of(heading) for heading in table.headings]
    for i, heading in enumerate(table.headings):
        if table.refused[i]:
            continue
        telling = Counter(code for _n, cells in table.rows if (code := refusal_of_cell(cells[i])))
        if not telling:
            continue
        if not meaning_of(heading):
            table.refused[i] = telling.most_common(1)[0][0]
        else:
            _strike(table, i)
    if any(table.refused):
        keep = [i for i, code in enumerate(table.refused) if not code]
        table.rows = [(number, [cells[i] for i in keep]) for number, cells in table.rows]


def _strike(table: Table, column: int) -> None:
    """Takes the refused words out of a needed cell: 张三（刑满） keeps its name, and 民族路 its road."""
    is_place = meaning_of(table.headings[column]) in {"address", "compound", "building", "grid", "place"}
    for number, cells in table.rows:
        code = refusal_of_cell(cells[column])
        if not code or (is_place and code in PLACE_WORDS):
            continue
        rest = _ASIDE.sub(lambda m: "" if refusal_of_cell(m.group()[1:-1]) else m.group(), cells[column])
        cells[column] = "" if refusal_of_cell(rest) else rest.strip()
        table.struck.append((number, table.headings[column], code))
