"""Which kind a sentence sounds like, by words that anybody can check. It proposes and never decides."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MOST: Final = 3
SHORTEST_NAME: Final = 3
"""Names of kinds that are shorter stand in too many sentences."""

WORDS: Final[dict[str, str]] = {
    "L0101": "着火 起火 冒烟 煤气味 燃气味 漏气 触电 坠楼 跳楼 持刀 昏倒 晕倒 快掉下来 要掉下来 塌了 落水",
    "L0102": "电瓶车充电 充电 飞线 拉电线 私拉 电线裸露 燃气 煤气 软管 插座烧",
    "L0103": "电梯 困在里面 困人",
    "L0201": "漏水 渗水 渗到 渗下来 滴水 水管 停水 没水 下水道 堵了 返水 积水",
    "L0202": "灯不亮 路灯 灯坏 声控灯 停电 没电 跳闸",
    "L0203": "门禁 单元门 防盗门 门锁 进不去",
    "L0204": "健身器材 长椅 栏杆 扶手 井盖 地砖 坏了 松了",
    "L0301": "垃圾 没人清 臭 满了",
    "L0302": "停车 乱停 挡住 挡道 消防通道 占车位 堵路",
    "L0303": "楼道堆 堆东西 堆放 杂物 纸箱 鞋柜",
    "L0304": "吵 噪声 噪音 唱歌 广场舞 装修声 半夜",
    "L0305": "狗 猫 养鸡 鸽子 遛狗",
    "L0401": "物业费 物业 乱收费 保安 保洁",
    "L0402": "投诉 举报",
    "L0501": "邻居吵 邻里 隔壁 楼上楼下 打架",
    "L0502": "家暴 两口子 婆媳 不养老 分家",
    "L0601": "独居 好几天没见 没看到人 生病 老人一个人 敲门没人",
    "L0602": "帮忙 搭把手 陪诊 买药 搬东西",
    "L0701": "搬迁 征收 拆迁 安置房 补偿",
    "L0801": "怎么办 怎么领 问一下 补贴 医保 社保 低保 证明",
    "L0802": "建议 希望 能不能",
}
"""Code of the local range -> words that speak for it."""
DANGER_FIRST: Final = 100


@dataclass(frozen=True, slots=True)
class KindName:
    """A kind as this reader knows it."""

    casekind_id: int
    code: str
    name: str
    is_danger: bool = False


@dataclass(frozen=True, slots=True)
class KindGuess:
    """A kind with the words of the sentence that spoke for it, the longest first."""

    kind: KindName
    reasons: tuple[str, ...]


def kinds_meant(text: str, kinds: Sequence[KindName]) -> list[KindGuess]:
    """Up to three kinds, the likeliest first; none when no word speaks for one. Danger comes first."""
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    found: list[tuple[int, int, KindGuess]] = []
    for place, kind in enumerate(kinds):
        reasons = _reasons(plain, kind)
        if reasons:
            score = sum(len(r) ** 2 for r in reasons) + (DANGER_FIRST if kind.is_danger else 0)
            found.append((-score, place, KindGuess(kind, reasons)))
    return [guess for _score, _place, guess in sorted(found, key=lambda f: f[:2])[:MOST]]


def _reasons(plain: str, kind: KindName) -> tuple[str, ...]:
    words = {w for w in WORDS.get(kind.code, "").split() if w in plain}
    if len(kind.name) >= SHORTEST_NAME and kind.name in plain:
        words.add(kind.name)
    whole = {w for w in words if not any(w != other and w in other for other in words)}
    return tuple(sorted(whole, key=lambda w: (-len(w), plain.find(w))))
