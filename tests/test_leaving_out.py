"""Long tests are few, each has a cheaper relative, and what is left out is said."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest

from tests import leaving_out

ROOT: Final = Path(__file__).resolve().parents[1]
MARK: Final = re.compile(r'pytest\.mark\.long\(\s*(?:relative=)?"?([^")]*?)"?\s*\)')
MOST: Final = 15
"""Of long tests."""


def _wrong(text: str, folder: Path = ROOT) -> list[str]:
    """Relatives in a file's text that are not there, or that are long themselves."""
    found = []
    for relative in MARK.findall(text):
        path, _, name = relative.partition("::")
        there = (folder / path).read_text(encoding="utf-8") if (folder / path).is_file() else ""
        before, defined, _rest = there.partition(f"def {name}(")
        decorators = before.rpartition("\n\n\n")[2]
        if not name or not defined or decorators.startswith("@pytest.mark.long"):
            found.append(relative)
    return found


def test_each_long_test_has_a_cheaper_relative() -> None:
    texts = [p.read_text(encoding="utf-8") for p in ROOT.glob("tests/**/test_*.py") if p != Path(__file__)]
    assert [wrong for text in texts for wrong in _wrong(text)] == []
    assert 0 < sum(len(MARK.findall(text)) for text in texts) <= MOST


def test_negative_control_a_relative_that_is_long_or_not_there_is_found(tmp_path: Path) -> None:
    mark = '@pytest.mark.long(relative="test_it.py::{}")'
    text = "\n\n\n@pytest.mark.long()\ndef test_a() -> None: ...\n\n\ndef test_b() -> None: ...\n"
    (tmp_path / "test_it.py").write_text(text, encoding="utf-8")
    assert _wrong(mark.format("test_b"), tmp_path) == []
    assert _wrong(mark.format("test_c"), tmp_path) == ["test_it.py::test_c"]
    assert _wrong(mark.format("test_a"), tmp_path) == ["test_it.py::test_a"]
    assert _wrong("@pytest.mark.long()", tmp_path) == [""]


@pytest.mark.parametrize("is_asked", [True, False])
def test_only_when_asked_the_long_ones_are_left_out_and_named(is_asked: bool) -> None:
    told: list[str] = []
    hook = SimpleNamespace(pytest_deselected=lambda items: told.extend(i.nodeid for i in items))
    config: Any = SimpleNamespace(
        stash=pytest.Stash(), hook=hook, getoption=lambda _name: is_asked, workeroutput={}
    )
    leaving_out.pytest_configure(config)
    items: list[Any] = [
        SimpleNamespace(nodeid=name, get_closest_marker=lambda mark, name=name: name == mark)
        for name in ("short", "long")
    ]
    leaving_out.pytest_collection_modifyitems(config, items)
    leaving_out.pytest_sessionfinish(SimpleNamespace(config=config))  # type: ignore[arg-type]  # a stand-in
    assert [item.nodeid for item in items] == (["short"] if is_asked else ["short", "long"])
    assert told == config.workeroutput["left_out"] == (["long"] if is_asked else [])
    controller: Any = SimpleNamespace(config=SimpleNamespace(stash=pytest.Stash()))
    controller.workeroutput = config.workeroutput
    leaving_out.pytest_testnodedown(controller)
    said: list[str] = []
    reporter: Any = SimpleNamespace(write_line=said.append)
    leaving_out.pytest_terminal_summary(reporter, controller.config)
    expected = ["long tests left out: 1; make test-long runs them too"] if is_asked else []
    assert said == expected
