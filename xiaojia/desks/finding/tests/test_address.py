"""Which doors an address means."""

from __future__ import annotations

import pytest

from xiaojia.desks.finding.address import doors_meant
from xiaojia.domains.microgrids.rules import UnitRow


def _unit(unit_id: int, compound: str, building: str, unit: str) -> UnitRow:
    return UnitRow(unit_id, unit_id // 10, 1, compound, "", building, unit, 6, 2, 0.0, 0.0, False, 12)


UNITS = [
    _unit(11, "刘家院子", "1", "1"),
    _unit(12, "刘家院子", "1", "2"),
    _unit(21, "刘家院子", "12", "1"),
    _unit(31, "老粮站院", "1", ""),
    _unit(41, "18号院", "1", "1"),
    _unit(51, "和平路", "5A", "1"),
]


@pytest.mark.parametrize(
    ("text", "unit_ids", "door"),
    [
        ("刘家院子1栋2单元3-1", [12], "3-1"),
        ("刘家院子 1-2-3-1", [12], "3-1"),
        ("刘家院子１栋２单元３－１", [12], "3-1"),
        ("刘家院子1幢2单元301", [12], "301"),
        ("刘家院子1栋", [11, 12], ""),
        ("刘家院子 12 栋", [21], ""),
        ("刘家", [11, 12, 21], ""),
        ("刘家院子", [11, 12, 21], ""),
        ("老粮站院1栋2-2", [31], "2-2"),
        ("18号院1栋1单元2-1", [41], "2-1"),
        ("和平路5a栋1单元", [51], ""),
        ("1-2-3-1", [12], "3-1"),
        ("刘家院子9栋", [], ""),
        ("刘家辉", [], ""),
        ("张三", [], ""),
        ("", [], ""),
    ],
)
def test_what_an_address_means(text: str, unit_ids: list[int], door: str) -> None:
    found, wanted = doors_meant(text, UNITS)
    assert ([u.unit_id for u in found], wanted if found else "") == (unit_ids, door)
