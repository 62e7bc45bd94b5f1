"""Long tests: `make test` leaves them out and says so, `make test-long` and the gate run all (decision 0015).

A pytest plugin. The mark names the cheaper relative that `make test` keeps:
`@pytest.mark.long(relative="tests/test_backup.py::test_name")`.
"""

from __future__ import annotations

from typing import Any, Final

import pytest

LEFT_OUT: Final = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--leave-long", action="store_true", help="leave out the tests that are marked long")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LEFT_OUT] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take the long ones out, when asked to."""
    if not config.getoption("--leave-long"):
        return
    long = [item for item in items if item.get_closest_marker("long")]
    items[:] = [item for item in items if item not in long]
    config.hook.pytest_deselected(items=long)
    config.stash[LEFT_OUT] += [item.nodeid for item in long]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker tells the controller, who collects nothing."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["left_out"] = session.config.stash[LEFT_OUT]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Every worker has collected the same."""
    told = getattr(node, "workeroutput", {}).get("left_out", [])
    node.config.stash[LEFT_OUT] = told


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What was not run is said last."""
    if left_out := config.stash[LEFT_OUT]:
        terminalreporter.write_line(f"long tests left out: {len(left_out)}; make test-long runs them too")
