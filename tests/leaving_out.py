"""Long tests: `make test` leaves out those of `long_tests.txt` and says so; the gate runs all.

A pytest plugin; decision 0015.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

LIST: Final = Path(__file__).with_name("long_tests.txt")
LEFT_OUT: Final = pytest.StashKey[int]()


def long_tests(text: str) -> frozenset[str]:
    """The lines of the list: `path`, `path::test`, or one case of it, `path::test[case]`."""
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--leave-long", action="store_true", help="leave out what tests/long_tests.txt names")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LEFT_OUT] = 0


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take the long ones out, when asked to."""
    if not config.getoption("--leave-long"):
        return
    named = long_tests(LIST.read_text(encoding="utf-8"))
    long = [item for item in items if not named.isdisjoint(_names(item.nodeid))]
    items[:] = [item for item in items if item not in long]
    config.hook.pytest_deselected(items=long)
    config.stash[LEFT_OUT] += len(long)


def _names(nodeid: str) -> tuple[str, str, str]:
    return nodeid, nodeid.partition("[")[0], nodeid.partition("::")[0]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker tells the controller, who collects nothing."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["left_out"] = session.config.stash[LEFT_OUT]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Every worker has collected the same."""
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", 0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What was not run is said last."""
    if left_out := config.stash[LEFT_OUT]:
        terminalreporter.write_line(f"long tests left out: {left_out}; make test LONG=1 runs them too")
