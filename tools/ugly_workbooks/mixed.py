"""Workbooks that mix every ugliness by dice: words of the head, order, formats, repeats, totals, columns."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from tools.ugly_workbooks.contents import NEVER
from tools.ugly_workbooks.paper import Page, Workbook
from tools.ugly_workbooks.town import Household, households

COUNT = 18
WORDS = {
    "compound": "小区 小区名称 院落名称 所在小区 小区（院落） 楼盘名称 居住小区 小区名",
    "building": "楼栋 栋号 楼号 楼幢号 幢 栋 楼栋号 所在楼栋 栋数 楼栋名称",
    "unit": "单元 单元号 所在单元 单元名称 几单元",
    "door": "房号 门牌号 室号 房间号 门牌 房屋号 户号 门号 房间",
    "name": "户主 户主姓名 姓名 业主姓名 联系人 户主名字 联系人姓名 住户姓名",
    "phone": "电话 联系电话 手机号码 联系方式 手机 电话号码 联系号码 户主电话 手机号",
    "size": "人口 家庭人口 人数 家庭人数 人口数 常住人口 居住人数 家庭总人口 人口数量 家庭成员数 总人数",
}
EXTRAS = {
    "序号": 1,
    "性别": "女",
    "年龄": 56,
    "备注": "门口有花",
    "建筑面积": 88.6,
    "是否租住": "否",
    "文化程度": "初中",
}
PARENTS = {"compound": "住房情况", "building": "住房情况", "unit": "住房情况", "door": "住房情况",
           "name": "户主信息", "phone": "户主信息", "size": "家庭情况"}  # fmt: skip
STYLES: dict[str, list[Callable[[Household], Any]]] = {
    "compound": [lambda h: h.compound, lambda h: f" {h.compound} ", lambda h: f"青禾社区{h.compound}"],
    "building": [
        lambda h: f"{h.building}栋", lambda h: h.building, lambda h: f"{h.building}#",
        lambda h: f"0{h.building}幢",
        lambda h: f"{'零一二'[h.building]}号楼", lambda h: f"第{h.building}栋",
    ],
    "unit": [
        lambda h: f"{h.unit}单元", lambda h: h.unit,
        lambda h: f"{'零一二'[h.unit]}单元", lambda h: float(h.unit),
    ],
    "door": [
        lambda h: h.door, lambda h: f"{h.floor}0{h.number}", lambda h: h.floor * 100 + h.number,
        lambda h: f"{h.floor}—{h.number}",
        lambda h: f"{h.floor}楼{h.number}号", lambda h: f"{h.floor}-0{h.number}室",
    ],
    "name": [lambda h: h.name, lambda h: f"{h.name} "],
    "phone": [lambda h: h.phone, lambda h: int(h.phone),
              lambda h: f"{h.phone[:3]} {h.phone[3:]}", lambda h: f"{h.phone}\n"],
    "size": [lambda h: h.size, lambda h: f"{h.size}人", lambda h: f"{h.size}"],
}  # fmt: skip


def mixed(seed: int) -> Iterator[Workbook]:
    """`COUNT` workbooks, each with its own dice."""
    for number in range(COUNT):
        dice = random.Random(seed * 1000 + number)  # noqa: S311  # invented data, nothing secret
        yield _book(f"{43 + number}_mixed", dice, households(seed + number + 1))


def _book(name: str, dice: random.Random, town: list[Household]) -> Workbook:
    suffix = dice.choice((".xlsx", ".xlsx", ".xls", ".csv"))
    book = Workbook(name, suffix, encoding=dice.choice(("utf-8", "utf-8-sig", "gb18030")))
    page = book.page(dice.choice(("Sheet1", "住户", "台账")))
    columns = [
        *WORDS,
        *dice.sample(list(EXTRAS), dice.randint(1, 4)),
        *dice.sample(list(NEVER), dice.randint(0, 2)),
    ]
    if dice.random() < 0.6:
        dice.shuffle(columns)
    heads = [dice.choice(WORDS[c].split()) if c in WORDS else c for c in columns]
    book.truth.refused = [c for c in columns if c in NEVER]
    book.truth.secrets = [NEVER[c] for c in columns if c in NEVER]
    for line in range(dice.randint(0, 3)):
        page.line(("住户信息登记表（模拟）", "填报日期：2026年3月5日", "")[line])
    _head(page, columns, heads, dice)
    _rows(page, columns, heads, dice, town)
    if suffix != ".csv" and dice.random() < 0.4:
        page.hidden_columns = [dice.randrange(len(columns))]
    return book


def _head(page: Page, columns: list[str], heads: list[str], dice: random.Random) -> None:
    """One row, or two with parents above those that have some."""
    if dice.random() < 0.5:
        page.line(*heads)
        return
    parents = [PARENTS.get(c, "") for c in columns]
    shown = [p if i == 0 or p != parents[i - 1] else "" for i, p in enumerate(parents)]
    number = page.line(
        *(p or (h if c not in PARENTS else "") for p, h, c in zip(shown, heads, columns, strict=True))
    )
    page.line(*(h if c in PARENTS else "" for h, c in zip(heads, columns, strict=True)))
    start = 0
    for i in range(1, len(columns) + 1):
        if i == len(columns) or parents[i] != parents[start]:
            if parents[start] and i - start > 1:
                page.merge(number, start, number, i - 1)
            start = i


def _rows(
    page: Page, columns: list[str], heads: list[str], dice: random.Random, town: list[Household]
) -> None:
    styles = {name: dice.sample(list(options), min(2, len(options))) for name, options in STYLES.items()}
    repeat = dice.choice(("full", "blank", "ditto"))
    has_totals, has_repeats = dice.random() < 0.4, dice.random() < 0.3
    above: Household | None = None
    for i, h in enumerate(town):
        is_new = above is None or (above.compound, above.building) != (h.compound, h.building)
        if is_new and i and has_totals:
            page.skip(*("小计" if c == columns[0] else 31 if c == "size" else "" for c in columns))
        if is_new and i and has_repeats:
            page.skip(*heads)
        texts = {c: dice.choice(styles[c])(h) for c in WORDS}
        if above is not None and repeat != "full":
            mark = "" if repeat == "blank" else dice.choice(("同上", "〃"))
            texts |= dict.fromkeys(_same(above, h), mark)
        above = h
        page.household(h, *(texts[c] if c in texts else EXTRAS.get(c, NEVER.get(c)) for c in columns))


def _same(above: Household, h: Household) -> list[str]:
    """The leading columns in which this household is as the one above."""
    same = []
    for name in ("compound", "building", "unit"):
        if getattr(above, name) != getattr(h, name):
            break
        same.append(name)
    return same
