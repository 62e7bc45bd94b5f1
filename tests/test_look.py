"""The look is what docs/design-system.md says: contrast figures, classes, icons, and nothing inline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parent.parent
ASSETS: Final = ROOT / "xiaojia" / "assets"
LARGEST_STYLESHEET_BYTES: Final = 40_000
TEXT: Final = 4.5
EDGE: Final = 3.0

_ROW = re.compile(r"^\| `(--[\w-]+)` \| (#[0-9A-F]{6}) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|", re.MULTILINE)
_TOKEN = re.compile(r"(--[\w-]+):\s*(#[0-9A-Fa-f]{6})")
_CLASS = re.compile(r'\bclass="([^"]*)"')
_TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
_ICON = re.compile(r"""{%\s*icon\s+["']([\w-]+)["']""")
_INLINE = re.compile(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:", re.IGNORECASE)
_TOO_NEW = re.compile(r":has\(|@layer|oklch|color-mix|@container|&")


def _tokens() -> dict[str, str]:
    return dict(_TOKEN.findall((ASSETS / "css" / "tokens.css").read_text(encoding="utf-8")))


def _luminance(hex_colour: str) -> float:
    parts = [int(hex_colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG 2."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _wrong_figures(doc: str, tokens: dict[str, str]) -> list[str]:
    rows = _ROW.findall(doc)
    assert len(rows) == 9
    wrong = []
    for name, hex_colour, *figures in rows:
        if tokens.get(name, "").upper() != hex_colour:
            wrong.append(f"{name} is {tokens.get(name)}")
        for ground, figure in zip(("--paper", "--wall", "--tint"), figures, strict=True):
            found = contrast(tokens[name], tokens[ground])
            if abs(found - float(figure)) > 0.006:
                wrong.append(f"{name} on {ground}: {found:.2f}")
            if found < (EDGE if name == "--control" else TEXT):
                wrong.append(f"{name} on {ground} is too faint")
    return wrong


def test_the_contrast_figures_of_the_page_are_those_of_the_tokens() -> None:
    doc = (ROOT / "docs" / "design-system.md").read_text(encoding="utf-8")
    assert _wrong_figures(doc, _tokens()) == []


def test_negative_control_a_paler_ink_is_found() -> None:
    doc = (ROOT / "docs" / "design-system.md").read_text(encoding="utf-8")
    wrong = _wrong_figures(doc, _tokens() | {"--ink-3": "#9A9288"})
    assert "--ink-3 is #9A9288" in wrong
    assert "--ink-3 on --paper is too faint" in wrong


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("#FFFFFF", "--verm"), ("#FFFFFF", "--verm-deep"), ("--verm-deep", "--verm-tint"),
        ("--done", "--done-tint"), ("--wait", "--wait-tint"), ("--link", "--link-tint"), ("--ink", "--focus"),
    ],
)  # fmt: skip
def test_words_on_coloured_grounds_can_be_read(text: str, ground: str) -> None:
    tokens = _tokens()
    assert contrast(tokens.get(text, text), tokens[ground]) >= TEXT


def _templates() -> Iterator[Path]:
    yield from sorted(p for p in (ROOT / "xiaojia").rglob("*.html") if "templates" in p.parts)


def _stylesheet() -> str:
    """Every style, without comments."""
    texts = (p.read_text(encoding="utf-8") for p in sorted((ASSETS / "css").glob("*.css")))
    return re.sub(r"/\*.*?\*/", "", "".join(texts), flags=re.DOTALL)


def _styled() -> set[str]:
    return set(re.findall(r"\.([a-zA-Z_][\w-]*)", _stylesheet()))


def _classes(template: str) -> set[str]:
    """Classes that a template writes out; what a variable makes of one (`size-{{ value }}`) is left aside."""
    found: set[str] = set()
    for value in _CLASS.findall(template):
        plain = re.sub(r"\S*{{.*?}}\S*", " ", value)
        found |= set(_TAG.sub(" ", plain).split())
    return found


def test_every_class_of_a_template_has_a_style() -> None:
    styled, used = _styled(), 0
    missing = {}
    for path in _templates():
        classes = _classes(path.read_text(encoding="utf-8"))
        used += len(classes)
        if unknown := classes - styled - HOOKS:
            missing[str(path.relative_to(ROOT))] = sorted(unknown)
    assert missing == {}
    assert used > 100


HOOKS: Final[set[str]] = set()
"""Classes that only a script looks for."""


def test_negative_control_a_class_without_a_style_is_found() -> None:
    template = '<p class="small {% if a %}invented-here{% endif %} size-{{ n }}">'
    assert _classes(template) == {"small", "invented-here"}
    assert "invented-here" not in _styled()


def test_every_icon_is_in_the_sprite() -> None:
    listed = set((ASSETS / "icons.txt").read_text(encoding="utf-8").split())
    used = {name for path in _templates() for name in _ICON.findall(path.read_text(encoding="utf-8"))}
    assert used - listed == set()
    assert len(used) > 10
    assert _ICON.findall('{% icon "dragon" %}') == ["dragon"], "negative control"


def test_nothing_is_inline() -> None:
    found = {
        str(path.relative_to(ROOT)): hits
        for path in _templates()
        if (hits := _INLINE.findall(path.read_text(encoding="utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize(
    "bad",
    ['<p style="color:red">', "<style>", '<a onclick="x()">', "<script>x()</script>", 'href="javascript:x"'],
)
def test_negative_control_inline_things_are_found(bad: str) -> None:
    assert _INLINE.search(bad)


def test_the_stylesheet_is_small_and_plain() -> None:
    text = _stylesheet()
    assert len(text.encode()) < LARGEST_STYLESHEET_BYTES
    assert not _TOO_NEW.search(text)
    assert _TOO_NEW.search("a{color:oklch(50% 0 0)}"), "negative control"
