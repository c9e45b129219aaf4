from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Cutaway, table  # isort: skip

LINES = [
    (f"{i % 7}.5" if i % 5 else "", ("red", "blue", "")[i % 3], "yes" if i % 7 > 3 else "no")
    for i in range(60)
]


@pytest.fixture
def trained(cutaway: Cutaway, tmp_path: Path) -> Path:
    table(tmp_path / "t.csv", "width,colour,y", list(LINES))
    assert cutaway("train", "t.csv", "--hidden", "4", "--epochs", "3", "--name", "t").code == 0
    return tmp_path


def test_a_table_goes_out_and_answers_as_predict_does(cutaway: Cutaway, trained: Path) -> None:
    done = cutaway("export", "t", "--to", "numpy", "--json")
    (said,) = done.json()
    assert said["largest_difference"] == 0
    assert said["compared_on"] == "the 12 test examples and 64 drawn rows"
    file = trained / "runs" / "t" / "model_numpy.py"
    assert said["files"] == ["runs/t/model_numpy.py"]
    theirs = subprocess.run(
        [sys.executable, file, "t.csv"], capture_output=True, text=True, check=True, cwd=trained
    )
    ours = list(csv.DictReader(cutaway("predict", "t", "t.csv", "--csv").out.splitlines()))
    assert theirs.stdout.split() == [row["class"] for row in ours]
    # Reading the inputs of the test set for this is no look at its error.
    assert cutaway("runs", "--json").json()[0]["test_reads"] == 0


def test_what_exists_stays(cutaway: Cutaway, trained: Path) -> None:
    assert cutaway("export", "t", "--to", "c", "--into", "there").code == 0
    header = trained / "there" / "model.h"
    header.write_text("mine")
    again = cutaway("export", "t", "--to", "c", "--into", "there/model.h")
    assert again.code == 2
    assert "there/model.h exists already; --force replaces it" in again.err
    assert header.read_text() == "mine"
    assert cutaway("export", "t", "--to", "c", "--into", "there", "--force").code == 0
    assert header.read_text() != "mine"


def test_data_that_are_gone_are_said(cutaway: Cutaway, trained: Path) -> None:
    (trained / "t.csv").unlink()
    (said,) = cutaway("export", "t", "--to", "numpy", "--json").json()
    assert said["compared_on"].startswith("64 drawn rows only, for its data cannot be read again")
    model = trained / "runs" / "t" / "model.safetensors"
    (said,) = cutaway("export", model, "--to", "numpy", "--into", "m.py", "--json").json()
    assert said["compared_on"] == "64 drawn rows (a model file has no test set)"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["t", "--to", "onix"], "did you mean 'onnx'"),
        (["t"], "--to"),
        (["t", "--to", "onnx", "--into", "m.py"], "m.py does not end with .onnx"),
        (["u", "--to", "numpy"], "there is no run 'u'"),
    ],
)
def test_bad_input(cutaway: Cutaway, trained: Path, arguments: list[str], words: str) -> None:
    done = cutaway("export", *arguments)
    assert done.code == 2
    assert words in done.err
