"""The kinds that a community begins with: our local range, and the street matters of the national list.

National codes are loaded as not yet checked (未核对) against the official text of GB/T 47678.5-2026. Limits
are defaults of chapter 4.6 and belong to each community from then on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from xiaojia.engines.clocks import Limit, Unit

NATIONAL: Final = "GB/T 47678.5-2026"
LOCAL: Final = "local"

DANGER: Final = Limit(30, Unit.MINUTE)
URGENT: Final = Limit(24, Unit.HOUR)
QUESTION: Final = Limit(1, Unit.WORKING_DAY)
SMALL: Final = Limit(3, Unit.WORKING_DAY)
REPAIR: Final = Limit(5, Unit.WORKING_DAY)
COMPLAINT: Final = Limit(10, Unit.WORKING_DAY)
COMPLEX: Final = Limit(15, Unit.WORKING_DAY)


@dataclass(frozen=True, slots=True)
class KindRow:
    """One kind as it is loaded."""

    standard: str
    kind: str
    code: str
    name: str
    group: str
    limit: Limit
    national_code: str = ""
    is_public: bool = True
    is_confidential: bool = False
    is_danger: bool = False


def _local(code: str, name: str, group: str, limit: Limit, national_code: str = "") -> KindRow:
    is_confidential = group in {"dispute", "care"}
    return KindRow(
        LOCAL, "local", code, name, group, limit, national_code,
        is_public=not is_confidential and group not in {"relocation", "hazard"},
        is_confidential=is_confidential,
        is_danger=limit is DANGER,
    )  # fmt: skip


_LOCAL_KINDS: Final = (
    _local("L0101", "有人身危险", "danger", DANGER),
    _local("L0102", "家里的隐患（燃气、用电）", "hazard", URGENT),
    _local("L0103", "电梯坏了、困人", "repair", URGENT),
    _local("L0201", "漏水、堵水、停水", "repair", REPAIR),
    _local("L0202", "灯不亮、停电", "repair", REPAIR),
    _local("L0203", "门禁、单元门坏了", "repair", REPAIR),
    _local("L0204", "公共设施坏了", "repair", REPAIR),
    _local("L0301", "垃圾没人清", "small", SMALL, "06010"),
    _local("L0302", "乱停车、占通道", "small", SMALL, "09012"),
    _local("L0303", "楼道堆东西", "small", SMALL, "06036"),
    _local("L0304", "吵闹、噪声", "small", SMALL, "06028"),
    _local("L0305", "养狗养猫养鸡", "small", SMALL, "06038"),
    _local("L0401", "物业收费、服务不好", "property", COMPLAINT),
    _local("L0402", "要投诉别的", "complaint", COMPLAINT),
    _local("L0501", "邻里纠纷", "dispute", COMPLAINT),
    _local("L0502", "家里的纠纷", "dispute", COMPLAINT),
    _local("L0601", "担心一位老人或者病人", "care", URGENT),
    _local("L0602", "想请人搭把手", "care", SMALL),
    _local("L0701", "搬迁、征收的事", "relocation", COMPLEX),
    _local("L0801", "问政策、问办事", "question", QUESTION),
    _local("L0802", "提个建议", "question", COMPLAINT),
    _local("L0901", "其他", "other", COMPLEX),
)

_NATIONAL_MATTERS: Final = {
    "06": (
        "001私搭乱建 002店面无证装修 003违章接坡 004外立面污损 005阳台屋顶脏乱 006擅挂彩旗 007沿街晾挂 "
        "008擅架管线 009空调低挂 010暴露垃圾 011积存垃圾渣土 012道路不洁 013道路破损 014道路遗撒 "
        "015沙河滩不洁 016标线不清 017绿地脏乱 018绿化弃料 019非装饰性吊挂 020焚烧垃圾树叶 021病虫害 "
        "022非法伐树 023堤岸破损 024水域秩序 025水域不洁 026河道污染 027油烟污染 028噪声扰民 "
        "029露天烧烤 030乱排污水 032非正规填埋 033乱弃医废 034废弃车辆 035废弃家具设备 036乱堆杂物 "
        "037动物尸体 038擅养家禽家畜 039违章道口 040私设地锁 041垃圾未分类 042垃圾满溢 043遮阳篷破损 "
        "044节庆装饰破损 045占绿毁绿 046占用河道 047公园秩序 048边坡破损 049台阶破损 050路缘石缺损 "
        "051盲道缺损 052无障碍坡道破损"
    ),
    "07": (
        "001非法小广告 002街头散发 003违规户外广告 004语言文字不规范 006违规牌匾 007违规标语 "
        "008公益宣传品缺损"
    ),
    "08": (
        "001施工扰民 002占道 003无证掘路 004扬尘 005废弃料 006物料乱堆 007围挡 008道路未硬化 "
        "009出入口破损 010场光地净 011渣土车未密闭 012车轮夹带 013高空悬吊 014预埋件裸露 015公示牌污损 "
        "016无证建设"
    ),
    "09": (
        "001无照游商 002早夜市 003流浪乞讨 004废品收购 005店外经营 006占道经营 008非法出版物 "
        "009机动车乱停 010非机动车乱停 011共享单车 012占用消防通道 013临街屠宰 014畜力车 015无证餐饮 "
        "016违规停车场 017占用桥下 018履带车上路 019占用无障碍通道 020农贸市场 021占道洗车 022占道促销"
    ),
    "10": "001道路积雪结冰 002架空线缆脱落",
}
"""Major class -> its matters, each three digits and a name."""


def _national() -> tuple[KindRow, ...]:
    return tuple(
        KindRow(NATIONAL, "matter", major + item[:3], item[3:], "street", REPAIR)
        for major, items in _NATIONAL_MATTERS.items()
        for item in items.split()
    )


KINDS: Final = _LOCAL_KINDS + _national()
"""In the order in which pages list them."""
