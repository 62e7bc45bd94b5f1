"""Each ruler measures: a bad page is found, a good one passes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.looking import Told, audit, axe_findings, press_until, printed_pages, set_look, words

GOOD = """<!doctype html><html lang="zh-Hans"><title>好</title><style>
body{font-size:18px;margin:0}
a.b,button{display:inline-block;min-height:44px;min-width:44px;font-size:16px}
html.large a.b,html.large button{min-height:60px;min-width:60px;font-size:20px} .large body{font-size:22px}
:focus{outline:3px solid #000}</style><body><main><h1>今天</h1>
<p>一句话，<a href="#x">一个链接</a>在里面。</p>
<a class="b" href="#y">去看</a> <button class="btn">移过去</button></main>"""


@pytest.fixture
def blank(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 390, "height": 900})
    Told.listen(page)
    yield page
    page.close()


def test_a_good_page_passes_every_ruler(blank: Page, axe: str) -> None:
    blank.set_content(GOOD)
    assert audit(blank) == []
    assert words(blank) == []
    assert axe_findings(blank, axe) == []
    assert Told.by(blank) == []
    assert press_until(blank, "Tab", "button") == 3
    set_look(blank, width=1280, text_size="large")
    assert audit(blank, text_size="large") == []
    assert printed_pages(blank) == 1


@pytest.mark.parametrize(
    ("bad", "finding"),
    [
        ("<div style='width:500px;height:9px'></div>", "scrolls sideways"),
        ("<p style='font-size:14px'>小字</p>", "14.0 px letters"),
        ("<svg width=50 viewBox='0 0 100 100'><text y=50 font-size=20>小</text></svg>", "10.0 px letters"),
        ("<button style='min-height:0;height:30px'>小按钮</button>", "30 px high target"),
        ("<button style='min-width:0;width:20px'>小</button>", "20 px wide target"),
        ("<label><input type=checkbox style='width:44px'>是</label>", "px high target"),
        ("<p style='width:60px;overflow:hidden;white-space:nowrap'>这一句话被切掉了一半</p>", "text is cut"),
        ("<div style='width:60px;overflow-x:auto'><p style='width:200px'>表</p></div>", "slides inside"),
        ("<p style='letter-spacing:2px'>散开</p>", "spaced letters"),
        ("<p style='text-align:justify'>拉开</p>", "justified"),
        ("<p style='font-style:italic'>斜</p>", "italics"),
        ("<a class='b btn-main' href=#>一</a><a class='b btn-main' href=#>二</a>", "2 red buttons"),
    ],
)  # fmt: skip
def test_a_bad_page_is_found(blank: Page, bad: str, finding: str) -> None:
    blank.set_content(GOOD.replace("</main>", f"{bad}</main>"))
    assert any(finding in line for line in audit(blank)), audit(blank)


def test_a_map_may_slide(blank: Page) -> None:
    slide = "<div style='width:60px;overflow-x:auto'><svg class=map width=300 height=9></svg></div>"
    blank.set_content(GOOD.replace("</main>", f"{slide}</main>"))
    assert audit(blank) == []


def test_small_main_text_is_found(blank: Page) -> None:
    blank.set_content(GOOD.replace("font-size:18px", "font-size:16px"))
    assert "main text is too small" in audit(blank)


def test_bad_words_and_axe_findings_are_found(blank: Page, axe: str) -> None:
    blank.set_content(
        GOOD.replace("</main>", "<p>提交成功！</p><input style='height:44px;width:90px'></main>")
    )
    assert words(blank) == ["提交成功", "！"]
    assert any(line.startswith("label (critical)") for line in axe_findings(blank, axe))


def test_a_complaint_of_the_browser_is_told_once(blank: Page) -> None:
    blank.set_content(GOOD)
    blank.evaluate("console.error('弹出')")
    assert Told.by(blank) == ["弹出"]
    assert Told.by(blank) == []


def test_an_invisible_focus_is_found(blank: Page) -> None:
    blank.set_content(GOOD.replace("outline:3px solid #000", "outline:none"))
    with pytest.raises(AssertionError, match="cannot be seen"):
        press_until(blank, "Tab", "button")


def test_a_second_sheet_is_counted(blank: Page) -> None:
    blank.set_content(GOOD.replace("</main>", "<div style='break-before:page'>第二张</div></main>"))
    assert printed_pages(blank) == 2
