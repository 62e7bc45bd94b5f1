"""What headings mean, what is never read, and the limits of a workbook (P05, P15, decision 0004)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

MOST_BYTES: Final = 30 * 2**20
MOST_ROWS: Final = 100_000
MOST_COLUMNS: Final = 200
MOST_SHEETS: Final = 60

ABANDONED_DAYS: Final = 30
"""A register that nobody touched for so long is put away: its rows hold plain names."""

MOST_PERSONS: Final = 30
"""More than these behind one door is a slip of the pen, or a dormitory: a person looks."""

HOUSEHOLD: Final = "household"
BUILDING: Final = "building"

FROM_BANDS: Final = "分段的题目"
FROM_SHEETS: Final = "表的名字"
FROM_TITLE: Final = "表的题目"
FROM_PLACES: Final[Mapping[str, str]] = {"compound": "", "building": "里的楼栋", "unit": "里的单元"}
"""Headings of the columns that reading adds where only these places name the compound, building or unit."""
_FROM = f"(?:{FROM_BANDS}|{FROM_SHEETS}|{FROM_TITLE})"

MEANINGS: Final[Mapping[str, Any]] = {
    "address": _("完整地址"),
    "compound": _("小区"),
    "building": _("楼栋"),
    "unit": _("单元"),
    "door": _("门号"),
    "floor": _("在几楼"),
    "household_size": _("家里几口人"),
    "contact_name": _("户主或联系人"),
    "contact_phone": _("电话"),
    "resident_name": _("每人一行的姓名"),
    "relation": _("与户主关系"),
    "grid": _("网格"),
    "household_count": _("一栋多少户"),
    "floors": _("一共几层"),
    "doors_per_floor": _("每层几户"),
    "x": _("横坐标（米）"),
    "y": _("纵坐标（米）"),
    "place": _("片区（用来挑选）"),
    "": _("不用"),
}
"""Meaning of a column -> the word a person picks."""

_OWNER = r"(?:户主|业主|房主|产权人|承租人|租户|住户|联系人|家庭|本人|居民|户|主要联系人)?"
_HEADINGS: Final[Sequence[tuple[str, str]]] = (
    (
        "household_count",
        r"(?:总|住|居民|住宅|房屋|本栋|楼栋)?(?:户数|套数)|房屋套数|dwelling_?units|flats|households",
    ),
    ("doors_per_floor", r"(?:每|单)层(?:户|套)数?|层户数|梯户数|doors_?per_?floor"),
    ("floors", r"(?:总|地上|楼栋|建筑)?(?:层数|楼层数)|总楼层|总层高|floors|storeys|max_floor_lvl"),
    ("floor", r"(?:所在|居住|入住)?楼?层|floor|storey"),
    (
        "household_size",
        r"(?:家庭|户内|每户|常住|实际|实住|居住|现住|同住|在住|总|家中)*(?:人口|人数)(?:数|总数|合计)?"
        r"|(?:家庭)?成员(?:人)?数|几口人|人口总数|household_?size|persons",
    ),
    ("relation", r"(?:与|和|同)?(?:户主|业主)(?:的)?关系|(?:家庭|成员)?关系|relation"),
    (
        "contact_phone",
        _OWNER
        + r"(?:联系|手机|移动|固定|常用|座机)*(?:电话|手机|手机号|电话号|方式|座机)(?:号码|号)?[12一二]?"
        r"|tel|phone|mobile",
    ),
    (
        "contact_name",
        r"(?:户主|业主|房主|联系人|主要联系人|产权人|承租人|住户|户主\(联系人\))(?:姓名|名字|名称)?|户主或联系人|owner|contact",
    ),
    (
        "resident_name",
        r"(?:居民|人员|成员|家庭成员|本人|居住人|常住人员|居住人员)?(?:姓名|名字)|家庭成员|resident|name",
    ),
    ("grid", r"(?:所属|所在|官方|综治|责任)?(?:微)?网格(?:名称|编号|号|名|代码)?|grid"),
    (
        "address",
        r"(?:家庭|现|居住|详细|完整|住房|房屋|现居住?|常住|实际居住|现居|小区|标准)*(?:住址|地址|居住地|坐落|座落|位置)|住处|address",
    ),
    (
        "compound",
        r"(?:所在|所属|居住)?(?:小区|院落|院子|楼盘|居住区|苑区|小区院落|小区/院落|院落/小区)(?:名称|名|院落)?|物业小区|小区\(院落\)(?:名称)?"
        rf"|{_FROM}"
        r"|street|estate(?:_zh|_name)?|compound",
    ),
    (
        "building",
        r"(?:所在|所属)?(?:楼栋|栋|幢|楼|栋楼|楼幢|座|栋座|楼号|栋幢)(?:号|名称|编号|数|#|名|号码)?|几栋|号楼|栋/幢"
        rf"|{_FROM}里的楼栋|(?:楼栋|栋|幢|楼)(?:号|、|及|和)*(?:单元)(?:号)?|bl(?:oc)?k(?:_no)?|building",
    ),
    ("unit", rf"{_FROM}里的单元|(?:所在)?单元(?:号|名称|名|门)?|门栋|楼道|梯号|unit"),
    (
        "door",
        r"(?:房间|房屋|门|房|室|户|住宅)(?:号|牌号|牌|室号|间号|号牌|号码)|门牌号码|房号/门牌|室|户室|房屋编号|门号/室号"
        r"|door|room",
    ),
    ("x", r"x|x坐标|横坐标|x_m|x_metres|坐标x"),
    ("y", r"y|y坐标|纵坐标|y_m|y_metres|坐标y"),
    ("place", r"(?:所属|所在)?(?:片区|分区|地块|组团)(?:名称)?|subzone(?:_name)?|district_zh|place"),
)
_HEADING_PATTERNS: Final = tuple((meaning, re.compile(pattern)) for meaning, pattern in _HEADINGS)

_LOOSE_PATTERNS: Final = tuple(
    (meaning, re.compile(pattern))
    for meaning, pattern in (
        ("contact_phone", r"电话|手机|联系(?:方式|号码)"),
        ("household_size", r"人口|人数|成员数|几口人|几个人"),
        ("address", r"地址|住址"),
        ("compound", r"小区|院落|楼盘"),
        ("unit", r"^[^栋幢楼]*单元"),
        ("building", r"(?:楼栋|[栋幢]).*单元|楼栋|[栋幢]|楼号"),
        ("door", r"房[号间屋]|门牌|门号|室号|户号"),
        ("contact_name", r"户主|业主|联系人|住户"),
        ("grid", r"网格"),
    )
)
"""For headings that no pattern names: one of these words inside is a guess that a person confirms."""
_LONGEST_LOOSE: Final = 10
_NO_LOOSE: Final = re.compile(r"\d|[一二三四五六七八九十](?:[栋幢]|单元|号)|^第|[。，；？]|是否")

_UNNEEDED: Final = re.compile(
    r"(?:网格员|网格长|楼栋长|单元长|家长|志愿者|物业|民警|干部|监护人|配偶|子女|紧急联系人).*"
    r"|(?:原|户籍|工作|单位|产权).*|序号?|编号|no\.?|性别|年龄|出生(?:日期|年月|年月日)?|生日|备注|说明|职业|工作单位|单位|学历|文化程度|婚姻(?:状况)?"
    r"|户籍(?:人口|人数|人口数|地|所在地|地址|类型|性质)?|户口.*|籍贯|房屋(?:面积|性质|类型|用途|状态|情况)|(?:建筑)?面积|产权.*|.*(?:时间|日期)"
    r"|是否.*|.*情况|网格员|网格长|楼栋长|单元长|签[字名]|填表人|社区|街道|区县|城市|房屋|人员类别|类别|类型|kind|block_id|town|lat|lon"
    r"|year.*|.*_code|region_zh|blocks|男|女|其他|户主信息|家庭信息|住房信息|房屋信息|人员信息|基本信息|联系信息"
)
"""Headings that people do write and that nothing here needs: they tell a head of a table from data."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A kind of column that is never read: by its heading, or because a cell of it says such a thing."""

    code: str
    heading: re.Pattern[str]
    cell: re.Pattern[str]
    why: Any


def _refusal(code: str, heading: str, cell: str, why: Any) -> Refusal:
    return Refusal(code, re.compile(heading), re.compile(cell), why)


_PEOPLES: Final = "汉壮满回苗维彝藏蒙侗瑶白哈黎傣畲羌"
REFUSALS: Final[Sequence[Refusal]] = (
    _refusal("petition", r"信访|上访|缠访|非访", r"信访|上访|缠访|闹访|进京访|非访", _("小家不存“信访”")),
    _refusal(
        "faith",
        r"宗教|信仰|教派|信教|教徒|邪教",
        r"信教|教徒|基督教|天主教|伊斯兰教|信佛|佛教|法轮功|邪教|宗教",
        _("小家不存“宗教信仰”"),
    ),
    _refusal(
        "ethnicity",
        r"民族(?!路|街|村|巷)|族别",
        rf"(?:^|[，、,;；\s])(?:[{_PEOPLES}]|土家|维吾尔|朝鲜|蒙古|布依|仡佬|哈萨克)族(?:$|[，、,;；\s])|少数民族",
        _("小家不存“民族”"),
    ),
    _refusal(
        "offender",
        r"刑满|刑释|释放|矫正|吸毒|戒毒|涉毒|前科|服刑|犯罪|两劳",
        r"刑满|刑释|社区矫正|矫正人员|吸毒|戒毒|涉毒|前科|服刑|劳改|劳教",
        _("小家不存“刑释、矫正、戒毒”"),
    ),
    _refusal(
        "mental",
        r"精神(?!文明)|肇事肇祸|心理",
        r"精神(?:病|障碍|残疾|异常|分裂|失常)|肇事肇祸|抑郁症|躁狂",
        _("小家不存“精神疾病”"),
    ),
    _refusal(
        "keyperson",
        r"重点(?:人|对象|户|关注|管控)|特殊人群|五类人员|管控|稳控|维稳|涉稳|关注人员|人员标签",
        r"重点(?:人员|人群|人口|对象|户|关注|管控)|管控对象|稳控|涉稳|维稳",
        _("小家不存“重点人员”"),
    ),
    _refusal(
        "identity",
        r"身份证|证件号|证件类型|公民身份|身份号码|护照|社保(?:卡)?号|id_?card|id_?no",
        r"(?<!\d)[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx](?![\dA-Za-z])",
        _("小家不存身份证号"),
    ),
    _refusal(
        "party",
        r"政治面貌|党员|党派|入党|党组织",
        r"^(?:中共)?(?:预备)?党员$|^共青团员$|^民主党派$",
        _("住户表用不着政治面貌"),
    ),
    _refusal(
        "health",
        r"残疾|疾病|病史|患病|慢病|慢性病|健康|怀孕|孕产|失能",
        r"残疾|艾滋|癌|肝炎|尿毒症|瘫痪|失能|透析",
        _("住户表用不着健康情况"),
    ),
    _refusal(
        "money",
        r"低保|收入|银行|账号|卡号|工资|贫困|特困|困难户|五保",
        r"低保|特困|贫困户|五保户",
        _("住户表用不着家里的收入和困难"),
    ),
)
"""P15, decision 0004, and what the minimum register (P05) leaves out because it is sensitive."""

_ANY_TELLING_CELL: Final = re.compile("|".join(f"(?:{r.cell.pattern})" for r in REFUSALS))
PLACE_WORDS: Final = frozenset({"faith", "ethnicity", "health"})
"""Codes whose words also name places (民族路, 残联宿舍): they are not struck from an address."""
REASONS: Final[Mapping[str, Any]] = {refusal.code: refusal.why for refusal in REFUSALS}

_SPACE = re.compile(r"[\s\u200b-\u200f\ufeff*＊:：]+")
_ASIDE = re.compile(r"[(\[【〔].*?[)\]】〕]")
_ORDINAL = re.compile(r"^\d{1,2}[.、)](?=\D)")


def heading_key(heading: str) -> str:
    """A heading without spaces, width, stars and asides: `户 主＊（必填）` is `户主`."""
    folded = _SPACE.sub("", unicodedata.normalize("NFKC", heading)).casefold()
    return _ORDINAL.sub("", _ASIDE.sub("", folded)) or folded


def meaning_of(heading: str) -> str:
    """The meaning that a heading alone suggests; of `户主信息/姓名` the last part speaks first."""
    parts = [heading_key(part) for part in heading.split("/")]
    for part in (heading_key(heading), *reversed(parts)):
        for meaning, pattern in _HEADING_PATTERNS:
            if pattern.fullmatch(part):
                return meaning
        if _UNNEEDED.fullmatch(part):
            return ""
        if part in parts and (loose := _loose_meaning_of(part)):
            return loose
    return ""


def _loose_meaning_of(key: str) -> str:
    if len(key) > _LONGEST_LOOSE or _NO_LOOSE.search(key):
        return ""
    return next((meaning for meaning, pattern in _LOOSE_PATTERNS if pattern.search(key)), "")


def refusal_of(heading: str) -> str:
    """Code of the reason for which a column with this heading is never read, or ''."""
    key = heading_key(heading)
    return next((r.code for r in REFUSALS if r.heading.search(key)), "")


def refusal_of_cell(text: str) -> str:
    """Code of the reason for which this cell must not be kept, or ''."""
    if len(text) < 2 or _ANY_TELLING_CELL.search(text) is None:
        return ""
    return next(r.code for r in REFUSALS if r.cell.search(text))


def is_heading(text: str) -> bool:
    """Whether this cell reads like the head of a column rather than like data."""
    key = heading_key(text)
    if not key or len(key) > 24:
        return False
    known = any(pattern.fullmatch(key) for _m, pattern in _HEADING_PATTERNS)
    if known or _UNNEEDED.fullmatch(key) is not None or _loose_meaning_of(key):
        return True
    return bool(refusal_of(text)) and len(key) <= 12
