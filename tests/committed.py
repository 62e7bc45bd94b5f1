"""Committed text files that a test regenerates and compares: a change of them shows in the diff.

`XIAOJIA_REGENERATE=1 make test` writes them anew.
"""

from __future__ import annotations

import os
from pathlib import Path


def assert_committed(name: str, text: str) -> None:
    """Compare `text` with `tests/<name>`, or write it when asked to regenerate."""
    path = Path(__file__).parent / name
    if os.environ.get("XIAOJIA_REGENERATE"):
        path.write_text(text, encoding="utf-8")
    committed = path.read_text(encoding="utf-8") if path.exists() else ""
    assert text == committed, (
        f"tests/{name} changed; if that is meant: XIAOJIA_REGENERATE=1 make test, then commit it"
    )
