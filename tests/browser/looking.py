"""What a person would see at a glance, measured: width, letters, targets, words, and what axe says."""

from __future__ import annotations

import io
import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar, Final
from weakref import WeakKeyDictionary

from playwright.sync_api import ConsoleMessage, Page
from pypdf import PdfReader

ROOT: Final = Path(__file__).resolve().parents[2]
CHROMIUM: Final = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
FLAGS: Final = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

Look = tuple[int, str]
"""A width in px and a text size."""
PICTURES: Final = "XIAOJIA_SCREENSHOTS"
WIDTHS: Final = (320, 390, 640, 1280)
BASE_PX: Final = {"standard": 18, "large": 22, "xlarge": 30}
TAP_PX: Final = {"standard": 44, "large": 60, "xlarge": 60}
SMALLEST_PX: Final = 15
"""Interface 14: no text below 15 px at 标准; other sizes in proportion."""

BANNED: Final = re.compile(
    "提交成功|系统|用户|工单|闭环|赋能|处置|对象|重点人员|非法输入|操作失败|暂无数据|！|置信度"
)
"""Interface 8: words that no page says."""

_MEASURE: Final = Path(__file__).with_name("measure.js").read_text(encoding="utf-8")


def built_assets() -> Path:
    """What esbuild left."""
    return ROOT / "xiaojia" / "assets" / "built"


def axe_source() -> str:
    """axe-core of the locked packages."""
    return (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


class Told:
    """What the browser complained about: refused scripts and styles, errors of our own scripts."""

    _of: ClassVar[WeakKeyDictionary[Page, list[str]]] = WeakKeyDictionary()

    @classmethod
    def listen(cls, page: Page) -> None:
        """Keep every complaint of this page."""
        lines = cls._of[page] = []

        def on_console(message: ConsoleMessage) -> None:
            # A refused page is a 4xx by design, and chromium says so for the document itself.
            if message.type == "error" and "Failed to load resource" not in message.text:
                lines.append(message.text)

        page.on("console", on_console)
        page.on("pageerror", lambda error: lines.append(str(error)))

    @classmethod
    def by(cls, page: Page) -> list[str]:
        """The complaints so far; they are told once."""
        lines = list(cls._of[page])
        cls._of[page].clear()
        return lines


def audit(page: Page, *, text_size: str = "standard", main_buttons: int = 1) -> list[str]:
    """Everything of interface 14 that a ruler can measure on the page as it stands, one line a finding."""
    found: list[list[str]] = page.evaluate(_MEASURE, [{**_limits(text_size, main_buttons), "size": ""}])
    return found[0]


def audit_looks(page: Page, looks: Iterable[Look], name: str = "") -> list[str]:
    """The same at every width and text size: `320 standard: ...`; the page is left at 1280 standard.

    A width is laid out once for all its text sizes. With `name` every look is a picture too (see `shot`).
    """
    found: list[str] = []
    by_width: dict[int, list[str]] = {}
    for width, text_size in looks:
        by_width.setdefault(width, []).append(text_size)
    for width, sizes in by_width.items():
        page.set_viewport_size({"width": width, "height": 900})
        measured = page.evaluate(_MEASURE, [{**_limits(size), "size": size} for size in sizes])
        for size, lines in zip(sizes, measured, strict=True):
            found += [f"{width} {size}: {line}" for line in lines]
            if name and PICTURES in os.environ:
                set_look(page, width=width, text_size=size)
                shot(page, f"{name}-{width}-{size}")
    set_look(page, width=1280, text_size="standard")
    return found


def _limits(text_size: str, main_buttons: int = 1) -> dict[str, float]:
    base = BASE_PX[text_size]
    return {
        "base": base, "smallest": SMALLEST_PX * base / 18, "tap": TAP_PX[text_size], "buttons": main_buttons
    }  # fmt: skip


def words(page: Page) -> list[str]:
    """Banned words on the page."""
    return sorted(set(BANNED.findall(page.evaluate("document.body.innerText"))))


def axe_findings(page: Page, axe: str) -> list[str]:
    """Serious and critical violations by axe-core, one line each."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe)
    found: list[str] = page.evaluate(_AXE)
    return found


_AXE: Final = """async () => {
  // To preload would fetch every stylesheet once more, for rules about films and turned screens only.
  const run = await axe.run(document, {resultTypes: ["violations"], preload: false, selectors: false});
  return run.violations.filter((v) => ["serious", "critical"].includes(v.impact))
    .map((v) => `${v.id} (${v.impact}): ${v.nodes[0].html.slice(0, 160)}`);
}"""


def set_look(page: Page, *, width: int, text_size: str) -> None:
    """The page at another width and text size, without asking the server again."""
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate(
        "size => { document.documentElement.classList.remove('large', 'xlarge');"
        " if (size != 'standard') document.documentElement.classList.add(size); }",
        text_size,
    )


def printed_pages(page: Page) -> int:
    """Sheets of paper this page needs."""
    return len(PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages)


def press_until(page: Page, key: str, selector: str, *, most: int = 80) -> int:
    """Press a key until something that matches has the focus; every stop on the way must show it.

    Returns how many presses; raises AssertionError when it is never reached.
    """
    page.bring_to_front()
    page.wait_for_function("document.hasFocus()")  # a key before that goes nowhere on a busy machine
    for pressed in range(1, most + 1):
        page.keyboard.press(key)
        state = page.evaluate(_FOCUS, selector)
        assert state["isVisible"], f"the focus cannot be seen on {state['html']}"
        if state["isThere"]:
            return pressed
    raise AssertionError(f"{selector} is not reached by {most} times {key}")


_FOCUS: Final = """selector => {
  const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
  const ring = (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== 'none';
  const isVisible = e === document.body || (ring && r.width > 0 && r.height > 0);
  return {isThere: e.matches(selector), isVisible, html: e.outerHTML.slice(0, 120)};
}"""


def shot(page: Page, name: str) -> None:
    """A picture for a person to look at, only when XIAOJIA_SCREENSHOTS names a folder."""
    folder = os.environ.get(PICTURES)
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
