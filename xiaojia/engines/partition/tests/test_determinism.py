"""The same bytes in every process, and nothing heavy is loaded before something is solved."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SOLVE = """
from xiaojia.engines.partition import Problem, Stretch, solve
if __name__ == "__main__":
    rows = [
        Stretch(f"{c}-{y}", str(b), str(u), 40.0 * b + 130 * y, 7.0 * u + 31 * (b % 2), 7, 4, 17 + 5 * u + b)
        for c in range(2) for y in range(3) for b in range(5) for u in range(3)
    ]
    result = solve(Problem(tuple(rows)), processes=PROCESSES)
    print(result)
"""
LAZY = """
import sys
import xiaojia.engines.partition, xiaojia.project.plan_command
print([name for name in ("scipy", "numba", "highspy", "distributed") if name in sys.modules])
"""


def printed(program: str, seed: str = "0", *, by_file: str = "") -> str:
    words = [by_file] if by_file else ["-c", program]
    done = subprocess.run(
        [sys.executable, *words], env={"PYTHONHASHSEED": seed, "PATH": "", "PYTHONPATH": "."},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def test_hash_seeds_and_process_counts_change_nothing(tmp_path: Path) -> None:
    one = printed(SOLVE.replace("PROCESSES", "1"))
    assert "Part(microgrid=1" in one
    assert printed(SOLVE.replace("PROCESSES", "1"), "1") == one
    program = tmp_path / "two.py"
    program.write_text(SOLVE.replace("PROCESSES", "2"), encoding="utf-8")
    assert printed("", by_file=str(program)) == one
    assert printed(SOLVE.replace("PROCESSES", "1").replace("17 +", "18 +")) != one


def test_importing_the_engine_loads_no_solver() -> None:
    assert printed(LAZY) == "[]\n"
    assert "numba" in printed(LAZY.replace("import sys\n", "import sys, numba\n"))
