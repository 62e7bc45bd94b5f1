"""Long tests are a tenth at most, each line of the list is one, and what is left out is said."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest

from tests import leaving_out

ROOT: Final = Path(__file__).resolve().parents[1]
WHOLE: Final = {
    "tests/test_backup.py": "tests/test_backup_file.py and test_nightly_backup.py",
    "tests/test_backup_external.py": "tests/test_backup_file.py",
    "tests/test_codes_arrive.py": "the outbox and its senders are tested beside the code",
    "tests/test_register_faults.py": "registers/tests/test_flow_faults.py",
    "tests/test_ugly_workbooks.py": "registers/tests/test_reading*.py",
    "tests/browser/test_live_desk.py": "tests/test_live.py",
    "tests/test_demo.py": "tests/test_simulator.py builds a community by the front door",
    "tests/test_key_rotation.py": "kernel/tests/test_vault.py",
    "tests/test_points_faults.py": "ledger, store and recognition prove each guard beside the code",
    "xiaojia/domains/recognition/tests/test_slips_by_hand.py": "ledger/tests/test_slips.py",
}
"""Files of which nothing stays, and what stays instead."""


def _functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8")) if path.is_file() else ast.Module([], [])
    return {e.name for e in tree.body if isinstance(e, ast.FunctionDef) and e.name.startswith("test_")}


def _wrong(lines: Iterable[str], folder: Path = ROOT) -> set[str]:
    """Lines that name no test, and files of which every test is named."""
    found, named = set(), dict[str, set[str]]()
    for line in lines:
        path, _, name = line.partition("::")
        if not name and (folder / path).is_file():
            found.add(path)
        elif name.partition("[")[0] not in _functions(folder / path):
            found.add(line)
        elif "[" not in name:
            named.setdefault(path, set()).add(name)
    return found | {path for path, names in named.items() if names == _functions(folder / path)}


def test_each_line_is_a_test_and_files_keep_some() -> None:
    text = leaving_out.LIST.read_text(encoding="utf-8")
    lines = leaving_out.long_tests(text)
    assert _wrong(lines) - set(WHOLE) == set()
    assert 0 < len(lines) <= 100


def test_negative_control_a_line_without_a_test_and_a_whole_file_are_found(tmp_path: Path) -> None:
    text = "def test_a() -> None: ...\n\n\ndef test_b() -> None: ...\n"
    (tmp_path / "test_it.py").write_text(text, encoding="utf-8")
    assert _wrong(["test_it.py::test_a", "test_it.py::test_b[one case]"], tmp_path) == set()
    assert _wrong(["test_it.py::test_c", "no.py::test_a"], tmp_path) == {
        "test_it.py::test_c",
        "no.py::test_a",
    }
    assert _wrong(["test_it.py::test_a", "test_it.py::test_b"], tmp_path) == {"test_it.py"}
    assert _wrong(["test_it.py"], tmp_path) == {"test_it.py"}


@pytest.mark.parametrize("is_asked", [True, False])
def test_only_when_asked_the_long_ones_are_left_out_and_counted(
    is_asked: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "list").write_text("# why\na.py::test_long\na.py::test_cases[long]\n", encoding="utf-8")
    monkeypatch.setattr(leaving_out, "LIST", tmp_path / "list")
    told: list[str] = []
    hook = SimpleNamespace(pytest_deselected=lambda items: told.extend(i.nodeid for i in items))
    config: Any = SimpleNamespace(
        stash=pytest.Stash(), hook=hook, getoption=lambda _name: is_asked, workeroutput={}
    )
    leaving_out.pytest_configure(config)
    names = ["a.py::test_long[1]", "a.py::test_cases[long]", "a.py::test_cases[short]", "a.py::test_longer"]
    items: list[Any] = [SimpleNamespace(nodeid=name) for name in names]
    leaving_out.pytest_collection_modifyitems(config, items)
    leaving_out.pytest_sessionfinish(SimpleNamespace(config=config))  # type: ignore[arg-type]  # a stand-in
    assert [item.nodeid for item in items] == (names[2:] if is_asked else names)
    assert told == (names[:2] if is_asked else [])
    controller: Any = SimpleNamespace(config=SimpleNamespace(stash=pytest.Stash()))
    controller.workeroutput = config.workeroutput
    leaving_out.pytest_testnodedown(controller)
    said: list[str] = []
    reporter: Any = SimpleNamespace(write_line=said.append)
    leaving_out.pytest_terminal_summary(reporter, controller.config)
    assert said == (["long tests left out: 2; make test LONG=1 runs them too"] if is_asked else [])
