"""The recovery sheet on paper: one A4 page that needs nothing but a browser, or lines of text."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from xiaojia.project.safekeeping.recovery_sheet import groups, sheet_number

_COLUMNS: Final = 3

_WORDS: Final = (
    "这张纸能打开小家的备份。电脑坏了、丢了，有备份、有这张纸，数据就都回得来；没有这张纸，谁也打不开。",
    "锁进柜子，别和电脑、备份放在一处；不要拍照、不要发到网上。看得到这些数字的人，就看得到备份里的电话。",
    "恢复：在新电脑上装好小家，运行 xiaojia restore 备份文件，照着一组一组抄。"
    "每组最后一位是校验数字，抄错一位，小家会说是哪一组。",
)

_STYLE: Final = """
@page { size: A4; margin: 20mm }
body { font: 16pt/1.5 "Noto Sans CJK SC", "WenQuanYi Micro Hei", "Microsoft YaHei", sans-serif; color: #000;
  max-width: 170mm; margin: 0 auto; padding: 8mm 0 }
h1 { font-size: 30pt; margin: 0; display: flex; justify-content: space-between; border-bottom: 2pt solid }
p { margin: 4mm 0; font-size: 13pt }
ol { display: grid; grid-template-columns: repeat(3, 1fr); gap: 8mm 8mm;
  padding: 0; margin: 8mm 0; list-style: none }
li { display: flex; align-items: baseline; justify-content: space-between; border-bottom: 1px solid #999 }
li span { font-size: 12pt }
li b { font: 700 22pt "DejaVu Sans Mono", Consolas, monospace; white-space: nowrap }
dl { display: flex; gap: 8mm; margin-top: 14mm; font-size: 13pt; justify-content: space-between }
dl div { white-space: nowrap } dt, dd { display: inline; margin: 0 }
dd.line { display: inline-block; width: 32mm; border-bottom: 1px solid }
"""


def as_text(root: bytes, *, at: datetime) -> str:
    """The sheet as lines, three groups a line with their places."""
    lines = [f"小家 恢复单　{sheet_number(root)} 号　{at:%Y-%m-%d} 打印", ""]
    numbered = [f"{place:2d}. {_spaced(group)}" for place, group in enumerate(groups(root), start=1)]
    lines += ["    ".join(numbered[i : i + _COLUMNS]) for i in range(0, len(numbered), _COLUMNS)]
    return "\n".join([*lines, "", *_WORDS])


def as_html(root: bytes, *, at: datetime) -> str:
    """The sheet as a page for A4 paper; nothing is loaded from elsewhere."""
    items = "".join(
        f"<li><span>{place}</span><b>{_spaced(group)}</b></li>"
        for place, group in enumerate(groups(root), start=1)
    )
    words = "".join(f"<p>{text}</p>" for text in _WORDS)
    return (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>恢复单 {sheet_number(root)}</title>'
        f"<style>{_STYLE}</style><h1>小家 恢复单 <small>{sheet_number(root)} 号</small></h1>{words}"
        f"<ol>{items}</ol>"
        f"<dl><div><dt>打印日期 </dt><dd>{at.year}年{at.month}月{at.day}日</dd></div>"
        '<div><dt>保管人 </dt><dd class="line"></dd></div>'
        '<div><dt>放在哪里 </dt><dd class="line"></dd></div></dl></html>'
    )


def _spaced(group: str) -> str:
    return f"{group[:3]} {group[3:]}"
