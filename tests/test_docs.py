"""Docs are true: what they name is there, and what has to be named is named."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest
from django.apps import apps

from tests.test_architecture import PACKAGE, ROOT, TIERS
from xiaojia.kernel.actors import ROLES
from xiaojia.project.cli import COMMANDS

DOCS: Final = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", *sorted(
    str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md")
)]  # fmt: skip
NOT_IN_OPERATIONS: Final = {
    "XIAOJIA_AS_OWNER": "set by ourselves for the child that migrates",
    "XIAOJIA_LAN": "set by `xiaojia serve --lan` for its children",
    "XIAOJIA_DEMO": "set by `xiaojia serve --demo` for its children",
    "XIAOJIA_DEBUG": "for people who change the product",
    "XIAOJIA_REQUEST_ID": "a header of ours, not a setting",
}
"""Names of our own that an operator never sets."""

_NAMED = re.compile(r"`([\w./-]+)`")
_LINK = re.compile(r"\]\(([\w./-]+)\)")
_TARGET = re.compile(r"`make ([a-z-]+)|^make ([a-z-]+)", re.MULTILINE)
_COMMAND = re.compile(r"`xiaojia ([a-z]+)|bin/xiaojia ([a-z]+)")
_SETTING = re.compile(r"\b(?:XIAOJIA|DATABASE)_[A-Z_]+\b")
_TOPS: Final = {"xiaojia", "tests", "tools", "bench", "docs"} | {
    p.name for p in PACKAGE.iterdir() if p.is_dir()
}
_ENDINGS: Final = {".py", ".md", ".toml", ".css", ".html", ".txt", ".json", ".sh", ".mjs"}
_OPTIONAL_ROOMS: Final = {"sheets.py", "jobs.py", "checks.py", "admin.py", "api.py"}


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _code() -> str:
    """Everything that could read a setting."""
    files = [*PACKAGE.rglob("*.py"), ROOT / "conftest.py", *(ROOT / "tests").rglob("*.py")]
    return "".join(p.read_text(encoding="utf-8") for p in files if p != Path(__file__))


def _paths_not_there(text: str) -> list[str]:
    """Files and folders named in backticks, and targets of links, that are nowhere."""
    missing = [link for link in _LINK.findall(text) if not (ROOT / link).exists()]
    for name in _NAMED.findall(text):
        first, slash, _rest = name.partition("/")
        if name.startswith("_") or name in _OPTIONAL_ROOMS:
            continue
        is_path = (slash and first in _TOPS) or (not slash and Path(name).suffix in _ENDINGS)
        if is_path and not ((PACKAGE / name).exists() or (ROOT / name).exists() or _is_somewhere(name)):
            missing.append(name)
    return missing


def _is_somewhere(name: str) -> bool:
    folders = [ROOT / top for top in ("xiaojia", "tests", "tools", "bench", "docs")]
    return any(
        next(folder.rglob(name.rstrip("/")), None) is not None for folder in folders if folder.exists()
    )


def _named(pattern: re.Pattern[str], text: str) -> set[str]:
    return {word for groups in pattern.findall(text) for word in groups if word}


@pytest.mark.parametrize("name", DOCS)
def test_what_docs_name_is_there(name: str) -> None:
    text = _text(name)
    assert _paths_not_there(text) == []
    assert _named(_TARGET, text) <= set(re.findall(r"^([a-z-]+):", _text("Makefile"), re.MULTILINE))
    assert _named(_COMMAND, text) <= set(COMMANDS)
    code = _code()
    assert [setting for setting in set(_SETTING.findall(text)) if setting not in code] == []


def test_negative_control_docs_that_lie_are_found() -> None:
    lie = "see `xiaojia/kernel/nowhere.py` and `xiaojia/kernel/`, [more](docs/nowhere.md)"
    assert _paths_not_there(lie) == ["docs/nowhere.md", "xiaojia/kernel/nowhere.py"]
    assert _named(_TARGET, "run `make nonsense` and make sure\nmake it") == {"nonsense", "it"}
    assert _named(_COMMAND, "`xiaojia fly` or .venv/bin/xiaojia swim") == {"fly", "swim"}


def test_every_setting_of_an_operator_stands_in_operations() -> None:
    read = set(re.findall(r"environ(?:\.get\(|\[)\"((?:XIAOJIA|DATABASE)_\w+)\"", _code()))
    read |= set(_SETTING.findall((PACKAGE / "project/installation.py").read_text(encoding="utf-8")))
    assert {"XIAOJIA_HOME", "XIAOJIA_PG_BIN", "DATABASE_URL"} <= read, "the search itself works"
    in_tests = {"XIAOJIA_DATA", "XIAOJIA_REGENERATE", "XIAOJIA_SCREENSHOTS"}
    assert (
        sorted(read - set(NOT_IN_OPERATIONS) - in_tests - set(_SETTING.findall(_text("docs/operations.md"))))
        == []
    )


def test_every_command_has_a_line_of_help_and_a_place_in_the_docs() -> None:
    told = _named(_COMMAND, "".join(_text(name) for name in DOCS))
    internal = {"worker", "migrate"}
    assert set(COMMANDS) - internal - told == set()


def test_every_domain_stands_in_the_architecture_page() -> None:
    page = _text("ARCHITECTURE.md")
    built = {p.parent.name for p in (PACKAGE / "domains").glob("*/__init__.py")}
    assert built == set(TIERS)
    assert [name for name in sorted(built) if f"{name}/" not in page] == []


def _glossary() -> list[tuple[str, str]]:
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", _text("docs/glossary.md"), re.MULTILINE)
    return [(word, word_id) for word, word_id in rows if word != "中文"]


def test_every_model_and_role_is_a_word_of_the_glossary() -> None:
    ids = {part for _word, cell in _glossary() for part in re.findall(r"`(\w+)`", cell)}
    plumbing = {"AuditEntry", "AuditDetail"}
    ours = {m.__name__ for m in apps.get_models() if m.__module__.startswith("xiaojia.")}
    assert sorted(ours - plumbing - ids) == []
    assert sorted(set(ROLES) - {word_id.lower() for word_id in ids}) == []
    assert "Ghost" not in ids


def test_one_word_one_id_in_the_glossary() -> None:
    rows = _glossary()
    words = [word for word, _id in rows]
    ids = [word_id for _word, word_id in rows]
    assert len(rows) > 90
    assert sorted({w for w in words if words.count(w) > 1}) == []
    assert sorted({i for i in ids if ids.count(i) > 1}) == []


def test_decisions_have_a_number_and_a_sentence_each() -> None:
    names = sorted(p.name for p in (ROOT / "docs" / "decisions").glob("*"))
    assert all(re.fullmatch(r"\d{4}(-[a-z0-9]+){3,}\.md", name) for name in names), names
    numbers = [name[:4] for name in names]
    assert len(numbers) == len(set(numbers)) > 5
    for name in names:
        assert re.match(r"# [A-Z].+\n", _text(f"docs/decisions/{name}")), name


def test_the_first_screen_of_the_readme_says_it_all() -> None:
    first = "\n".join(_text("README.md").splitlines()[:20])
    assert "make demo" in first
    assert "make serve" in first
    assert ".png" in first
