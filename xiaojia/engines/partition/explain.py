"""The reason for each exception, in neighbours' words (Chinese); `name` turns an id into a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from xiaojia.engines.partition._measure import Grid, Join
from xiaojia.engines.partition.problem import Limits

Name = Callable[[str], str]


def plain_name(compound: str) -> str:
    """The compound's own name, without the community before the dash."""
    return compound.partition("-")[2] or compound


def reason(
    code: str, grid: Grid, limits: Limits, certificate: Mapping[str, Any], name: Name = plain_name
) -> str:
    """One sentence for one exception of one micro-grid."""
    least, most, size = limits.least_households, limits.most_households, grid.household_count
    if code == "under_50":
        return f"{size} 户，少 {least - size} 户。{_why_short(certificate, limits)}"
    if code == "over_80":
        return f"{size} 户，多 {size - most} 户；移走一些才合适。"
    if code == "floor_over_80":
        return f"这一层就有 {size} 户，一层楼不拆开，所以多 {size - most} 户。"
    if code == "cross_compound":
        return "".join(_join(j, name) for j in grid.joins) + _why_joined(certificate, name)
    if code == "not_connected":
        return f"这几栋楼不挨着，中间隔着别的小家，或者超过 {limits.max_join_metres} 米。"
    if code == "small_unit_cut":
        return f"把不到 {most + 1} 户的单元拆开了；一个单元的邻居应当在一起。"
    raise ValueError(f"unknown code {code}")


def _join(join: Join, name: Name) -> str:
    first, second = (name(c) for c in join.compounds)
    return f"{first} {join.buildings[0]} 栋和{second} {join.buildings[1]} 栋合在一起，隔 {join.metres} 米。"


def _why_joined(certificate: Mapping[str, Any], name: Name) -> str:
    alone = certificate.get("alone", {})
    if not alone:
        return ""
    listed = "、".join(f"{name(c)}单独分" for c in alone)
    return f"因为{listed}，至少有 {sum(alone.values())} 个小家不够 50 户。"


def _why_short(certificate: Mapping[str, Any], limits: Limits) -> str:
    least, most = limits.least_households, limits.most_households
    if not certificate:
        return f"从旁边移一些过来，满 {least} 户就合适。"
    total, proven = int(certificate["total"]), int(certificate["least_short"])
    here = f"这一片一共 {total} 户，"
    if certificate.get("is_least_missing"):
        return f"{here}不够的可以少到 {proven} 个，可那样缺的户数更多；单元不拆开，这样缺得最少。"
    if proven and certificate["method"] == "totals":
        if total < least:
            return f"{limits.max_join_metres} 米内能合的一共才 {total} 户，怎么分都不够 {least} 户。"
        return f"{here}分成 {total // least + 1} 个就有一个不够，再少一个又超过 {most} 户。"
    if proven and certificate["is_proven"]:
        return f"{here}单元不拆开，所有分法都比过了：至少有 {proven} 个小家不够。"
    if proven:
        return f"{here}至少有 {proven} 个不够；还能不能再少，没有证明，可以试着手工调。"
    return f"{here}试过的分法里这样最好；有没有更好的，没有证明，可以试着手工调。"
