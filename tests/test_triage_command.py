"""`xiaojia triage` on files: what it writes, and one sentence for each file that is no use."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import pytest

from xiaojia.engines.triage import Heard, Model
from xiaojia.engines.triage.tests.said import said
from xiaojia.project.cli import main


def _write(path: Path, *, skip: int = 0, step: int = 2) -> Path:
    with gzip.open(path, "wt", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "title", "body", "label"])
        for number, (heard, kind) in enumerate(said()):
            if number % step == skip:
                writer.writerow([number, heard.title, heard.body, kind])
        writer.writerow([999, "", "没有标签的不算", ""])
    return path


def test_train_writes_a_model_and_evaluate_a_report(tmp_path: Path) -> None:
    train, test = _write(tmp_path / "a.csv.gz"), _write(tmp_path / "t.csv.gz", skip=1)
    assert main(["triage", "train", str(train), "--out", str(tmp_path / "model")]) == 0
    model = Model.from_bytes((tmp_path / "model").read_bytes())
    assert model.suggest(Heard("", "水管在漏水"))[0].label == "leak"
    words = ["triage", "evaluate", "--train", str(train), str(train), "--test", str(test)]
    assert main([*words, "--report", str(tmp_path / "r.json")]) == 0
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert set(report) == {"macro_f1", "accuracy", "accuracy_at_85", "messages_per_second"}
    assert report["macro_f1"] > 0.9, "every pattern was learnt, only places and times are new"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b\n1,2\n", "row 1"),
        (b"title,label\n\xff\xfe,x\n", "UTF-8"),
        (b"title,label\n,\n", "no row has"),
        ("title,label\n漏水,x\n".encode(), "five records"),
    ],
)
def test_a_file_that_is_no_use_gets_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, said: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert main(["triage", "train", str(path), "--out", str(tmp_path / "model")]) == 2
    sentence = capsys.readouterr().err
    assert said in sentence
    assert sentence.count("\n") == 1
    assert not (tmp_path / "model").exists()


def test_a_broken_gz_and_a_missing_file_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.csv.gz").write_bytes(b"no gzip")
    for name in ("a.csv.gz", "missing.csv"):
        assert main(["triage", "train", str(tmp_path / name), "--out", str(tmp_path / "m")]) == 2
        assert name in capsys.readouterr().err
