"""`xiaojia triage train|evaluate`: learn casekinds from labelled messages in CSV, without a database."""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from xiaojia.kernel.refusals import Refused

if TYPE_CHECKING:
    from xiaojia.engines.triage import Heard

MOST_CHARACTERS: Final = 200_000
"""In one cell; more is no message."""


def run(words: Sequence[str]) -> int:
    """0: written; 2: one sentence says what is wrong with the files."""
    options = _parser().parse_args(words)
    from xiaojia.engines.triage import TooFew, train

    messages, labels = _read(options.train)
    try:
        model = train(messages, labels)
    except TooFew as error:
        raise Refused(f"{options.train[0]}: {error}; add labelled rows, then again") from error
    if options.verb == "train":
        options.out.write_bytes(model.to_bytes())
        print(f"{len(labels)} messages, {len(model.labels)} labels: {options.out}")
        return 0
    from xiaojia.engines.triage import evaluate

    report = evaluate(model, *_read([options.test])).as_report()
    options.report.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report), file=sys.stderr)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="xiaojia triage", description="suggestions of casekinds, learnt from CSV with title, body, label"
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    train = verbs.add_parser("train", help="make a model: triage train A.csv.gz ... --out MODEL")
    train.add_argument("train", nargs="+", type=Path, metavar="A.csv[.gz]")
    train.add_argument("--out", type=Path, required=True, metavar="MODEL")
    evaluate = verbs.add_parser("evaluate", help="learn from some files, judge on another")
    evaluate.add_argument("--train", nargs="+", type=Path, required=True, metavar="A.csv[.gz]")
    evaluate.add_argument("--test", type=Path, required=True, metavar="T.csv[.gz]")
    evaluate.add_argument("--report", type=Path, required=True, metavar="R.json")
    return parser


def _read(paths: Sequence[Path]) -> tuple[list[Heard], list[str]]:
    """Messages and labels of all files; rows without a label or without text are no use and left out."""
    from xiaojia.engines.triage import Heard

    messages, labels = [], []
    for path in paths:
        for row in _rows(path):
            heard = Heard(row.get("title") or "", row.get("body") or "")
            if row["label"] and (heard.title.strip() or heard.body.strip()):
                messages.append(heard)
                labels.append(row["label"].strip())
    if not messages:
        raise Refused(f"{paths[0]}: no row has a label and a text; the columns are title, body, label")
    return messages, labels


def _rows(path: Path) -> Iterator[dict[str, str]]:
    csv.field_size_limit(MOST_CHARACTERS)
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            names = reader.fieldnames or []
            if "label" not in names or not {"title", "body"} & set(names):
                raise Refused(f"{path}: row 1: column label, title or body is missing; name them so")
            yield from reader
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError) as error:
        raise Refused(f"{path}: neither CSV in UTF-8 nor its .gz; save it so, then again") from error
    except csv.Error as error:
        raise Refused(f"{path}: row {reader.line_num}: {error}; mend that row, then again") from error
