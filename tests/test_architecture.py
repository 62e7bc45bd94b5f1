"""What import contracts cannot see: string foreign keys, forbidden names, sizes and start time."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from django.apps import apps
from django.db import models

ROOT: Final = Path(__file__).resolve().parent.parent
PACKAGE: Final = ROOT / "xiaojia"


def _tiers() -> list[str]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = next(c["layers"] for c in contracts["contracts"] if c["name"] == "Tiers of domains")
    planned = [name for layer in reversed(layers) for name in re.findall(r"\w+", layer)]
    return [name for name in planned if (PACKAGE / "domains" / name / "__init__.py").exists()]


TIERS: Final = _tiers()
"""Built domains of the contract, low to high; a relation points to the same tier or down."""

LONGEST_FILE: Final = 400
LONGEST_FUNCTION: Final = 60
LONG_FILES: Final[dict[str, str]] = {
    "xiaojia/domains/cases/tests/test_cases.py": "one case from report to answer, and every way aside",
    "xiaojia/domains/registers/tests/test_flow.py": "one workbook's way from drop to commit, in order",
}
"""Path -> reason. Judgement comes before the number, but it is written down."""
LONG_FUNCTIONS: Final[dict[str, str]] = {
    "xiaojia/engines/partition/_cover.py:all_columns": "compiled: one loop over a stack of choices",
    "xiaojia/engines/partition/_rebalance_choice.py:_search": "compiled: one loop over a stack of choices",
    "xiaojia/engines/partition/_tables.py:_list_set": "compiled: one loop backwards through the tables",
    "xiaojia/engines/partition/_tables.py:walk_sets": "compiled: one loop over a stack of sets",
}
"""Path:function -> reason."""

SHAPELESS: Final = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "misc",
    "tools",
    "manager",
    "stuff",
    "lib",
}


def _sources(*, with_tests: bool = True, with_migrations: bool = False) -> Iterator[Path]:
    for folder in ("xiaojia", "tests", "tools", "bench") if with_tests else ("xiaojia",):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" in path.parts and not with_migrations:
                continue
            if not with_tests and "tests" in path.parts:
                continue
            yield path


def _trees(**which: bool) -> Iterator[tuple[str, ast.Module]]:
    for path in _sources(**which):
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def _points_up(model: type[models.Model]) -> list[str]:
    """Relations of `model` to a higher tier, or from kernel into any domain."""
    labels = ["kernel", *TIERS]
    own = model._meta.app_label
    found = []
    for field in model._meta.get_fields():
        if not field.is_relation or field.auto_created or field.related_model is None:
            continue
        target = field.related_model._meta.app_label
        if target in labels and labels.index(target) > labels.index(own):
            found.append(f"{model.__name__}.{field.name} -> {target}")
    return found


def test_no_relation_points_up_a_tier() -> None:
    ours = [m for m in apps.get_models() if m.__module__.startswith("xiaojia.")]
    assert {m._meta.app_label for m in ours} - {"kernel"} <= set(TIERS), (
        "place the new domain in the tiers of pyproject.toml"
    )
    assert [line for m in ours for line in _points_up(m)] == []


def test_negative_control_a_relation_upward_would_be_found() -> None:
    class Upward(models.Model):
        tenure = models.ForeignKey("teams.Tenure", on_delete=models.PROTECT)

        class Meta:
            app_label = "places"

    try:
        assert _points_up(Upward) == ["Upward.tenure -> teams"]
    finally:
        del apps.all_models["places"]["upward"]
        apps.clear_cache()


def _hidden_calls(tree: ast.Module) -> list[str]:
    """Ways to reach another part of the house that no import shows."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("django.dispatch"):
            found.append("signal receiver")
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith(".signals"):
            found.append("signal")
        if isinstance(node, ast.Attribute) and node.attr == "get_model":
            found.append("get_model")
    return found


def test_no_signals_and_no_get_model() -> None:
    for name, tree in _trees(with_tests=False):
        assert _hidden_calls(tree) == [], name


def test_negative_control_hidden_calls_are_found() -> None:
    text = "from django.dispatch import receiver\nfrom x.signals import post_save\napps.get_model('a')"
    assert _hidden_calls(ast.parse(text)) == ["signal receiver", "signal", "get_model"]


def _shapeless(paths: Iterable[Path]) -> list[str]:
    return [str(p) for p in paths if {p.stem, *p.parts[:-1]} & SHAPELESS]


def test_no_shapeless_names() -> None:
    assert _shapeless(p.relative_to(PACKAGE) for p in _sources(with_tests=False)) == []
    assert _shapeless([Path("domains/places/utils.py")]) == ["domains/places/utils.py"]


def test_nobody_reads_the_clock_inside() -> None:
    """Actions, queries, rules and engines get `at`; only views, jobs and commands ask for the time."""
    inside = re.compile(r"xiaojia/(engines|domains/\w+/(actions|queries|rules|access|models))")
    readers = re.compile(
        r"\b(clock\.now|timezone\.now|datetime\.now|date\.today|time\.time)\(|\bclock\.today\(\)"
    )
    seen = 0
    for path in _sources(with_tests=False):
        if inside.match(str(path.relative_to(ROOT))):
            seen += 1
            assert not readers.search(path.read_text(encoding="utf-8")), path
    assert seen > 10
    assert readers.search("at = timezone.now()")


def _long_functions(name: str, tree: ast.Module) -> list[str]:
    return [
        f"{name}:{node.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]


def test_files_and_functions_are_short_or_have_a_reason() -> None:
    long_files, long_functions = set(), set()
    for name, tree in _trees():
        if len((ROOT / name).read_text(encoding="utf-8").splitlines()) > LONGEST_FILE:
            long_files.add(name)
        long_functions |= set(_long_functions(name, tree))
    assert long_files == set(LONG_FILES)
    assert long_functions == set(LONG_FUNCTIONS)


def test_negative_control_a_long_function_is_found() -> None:
    text = "def long():\n" + "    pass\n" * LONGEST_FUNCTION
    assert _long_functions("x.py", ast.parse(text)) == ["x.py:long"]


def test_at_most_twelve_doors_each_with_a_word() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z-]+):(.*)$", makefile, re.MULTILINE)
    assert 0 < len(targets) <= 12
    assert [name for name, rest in targets if "##" not in rest] == []


def test_pages_start_without_the_solver() -> None:
    """Start time is import time: solvers are loaded by the job that needs them, never by a page."""
    code = (
        "import sys, xiaojia.project.wsgi; print(*sorted({'scipy', 'numba', 'highspy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []


VIOLATIONS: Final = {
    "kernel/clock.py": "import xiaojia.domains.places.rules",
    "domains/places/access.py": "import xiaojia.domains.people.access",
    "domains/people/models.py": "import xiaojia.domains.people.actions",
    "domains/teams/views.py": "from xiaojia.domains.people.models import Account",
    "engines/partition/problem.py": "import django.conf",
    "domains/people/access.py": "import procrastinate",
    "domains/cases/queries/lists.py": "import xiaojia.domains.ledger.queries",
}
"""One broken rule for each kind of contract."""


def test_negative_control_the_import_contracts_can_break(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "xiaojia", ignore=shutil.ignore_patterns("built", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name, line in VIOLATIONS.items():
        path = tmp_path / "xiaojia" / name
        path.write_text(
            (path.read_text(encoding="utf-8") if path.exists() else "") + f"\n{line}\n", encoding="utf-8"
        )
    (tmp_path / "xiaojia" / "stray").mkdir()
    (tmp_path / "xiaojia" / "stray" / "__init__.py").touch()
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=tmp_path, capture_output=True, text=True, check=False)
    broken = set(re.findall(r"^(.+?) BROKEN", done.stdout, re.MULTILINE))
    assert broken == {
        "Floors", "Tiers of domains", "Rooms of a domain", "Engines know no framework",
        "One module knows the job queue", "Rows of people belong to people",
        "Rights never read points",
    }, done.stdout + done.stderr  # fmt: skip
    assert "stray" in done.stdout
