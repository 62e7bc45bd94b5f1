"""Collects every `_()` and `{% translate %}` into the English catalogue; translations that are there stay.

`make words` runs it. The catalogue is compiled by `make setup`; msgids are Chinese.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "xiaojia" / "project" / "locale" / "en" / "LC_MESSAGES" / "django.po"
HEADER = "# The English of 小家; `make words` collects the messages, a person writes the English."
KEYWORDS = {"_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None, "ngettext": (1, 2)}


def msgids() -> Iterator[str | tuple[str, ...]]:
    """Every message of the code and of the templates."""
    from babel.messages.extract import extract
    from django.conf import settings
    from django.utils.translation import templatize

    if not settings.configured:
        settings.configure(USE_I18N=True)
    for path in sorted((ROOT / "xiaojia").rglob("*")):
        if path.suffix == ".py":
            source = path.read_text(encoding="utf-8")
        elif path.suffix in {".html", ".txt"} and "templates" in path.parts:
            source = templatize(path.read_text(encoding="utf-8"), origin=str(path))
        else:
            continue
        stream = io.BytesIO(source.encode())
        for _line, message, _comments, _context in extract(
            "python", stream, KEYWORDS, options={"encoding": "utf-8"}
        ):
            yield message


def main() -> int:
    """Write the catalogue; say how many words still lack English."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import read_po, write_po

    template = Catalog()
    for message in msgids():
        if message:
            template.add(message)
    catalogue = Catalog(locale="en")
    if CATALOGUE.exists():
        with CATALOGUE.open("rb") as stream:
            catalogue = read_po(stream, locale="en")
    catalogue.header_comment = HEADER
    catalogue.fuzzy = False  # a fuzzy head is one that pybabel does not compile
    catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    draft = CATALOGUE.with_suffix(f".{os.getpid()}")
    with draft.open("wb") as stream:
        write_po(
            stream, catalogue, sort_output=True, no_location=True, omit_header=False, ignore_obsolete=True
        )
    draft.replace(CATALOGUE)
    missing = [m.id for m in catalogue if m.id and not m.string]
    print(f"{len(catalogue)} messages, {len(missing)} still without English")
    return 0


if __name__ == "__main__":
    sys.exit(main())
