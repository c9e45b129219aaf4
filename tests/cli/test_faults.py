"""Faults on the command line: named while they happen, at the end, in the files, on diagnosis."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Cutaway, rows, table


def test_a_fault_is_shown_kept_and_diagnosed(cutaway: Cutaway) -> None:
    given = ("iris", "--initializer", "zeros", "--epochs", 5, "--activation", "tanh")
    out = cutaway("train", *given, "--name", "mine").out
    assert out.index("fault     symmetric units, at the start: 100 %") < out.index("epoch 5/5")
    assert "--initializer auto" in out
    assert "see: cutaway lesson symmetry" in out
    assert "found: symmetric units" in out

    kept = json.loads(Path("runs/mine/run.json").read_text())["faults"]
    assert kept[0]["name"] == "symmetric units"
    figures = json.loads(Path("runs/mine/metrics.json").read_text())["faults"]
    assert figures["found"] == kept
    assert "dead units" in figures["looked_for"]
    report = Path("runs/mine/report.html").read_text()
    assert "Symmetric units, at the start" in report

    out = cutaway("diagnose", "mine").out
    assert "--initializer auto" in out
    assert out.index("fault     symmetric units") < out.index("verdict")
    assert cutaway("diagnose", "mine", "--json").json()["faults"] == figures


def test_a_healthy_training_says_what_was_looked_for(cutaway: Cutaway) -> None:
    out = cutaway("train", "iris", "--epochs", 40, "--name", "mine").out
    assert "faults    no known fault found; looked for inputs not scaled, leaking column" in out
    assert "No known fault was found." in Path("runs/mine/report.html").read_text()


def test_faults_can_be_left_alone(cutaway: Cutaway) -> None:
    given = ("iris", "--initializer", "zeros", "--epochs", 2, "--faults", "off")
    assert "fault" not in cutaway("train", *given, "--name", "mine").out.partition("run  ")[0]
    assert json.loads(Path("runs/mine/metrics.json").read_text())["faults"] is None
    code, _, err = cutaway("train", "iris", "--faults", "maybe")
    assert (code, "faults='maybe' is neither true nor false" in err) == (2, True)


def test_what_a_resumed_training_has_shown_is_not_shown_again(cutaway: Cutaway) -> None:
    cutaway("train", "iris", "--initializer", "zeros", "--epochs", 5, "--name", "mine")
    # As if it had been killed before its report was written
    Path("runs/mine/report.html").unlink()
    out = cutaway("train", "--resume", "mine").out
    assert "fault     symmetric" not in out
    assert "found: symmetric units" in out


def test_a_fault_of_the_data_is_named_before_training(cutaway: Cutaway) -> None:
    many, few = [row for row in rows(400) if row[2] == "yes"], rows(60)
    table(Path("mine.csv"), lines=many + [row for row in few if row[2] == "no"][:15])
    out = cutaway("train", "mine.csv", "--epochs", 2, "--name", "mine").out
    named = "fault     unbalanced classes, before training: 'yes' has "
    assert out.index(named) < out.index("epoch 2/2")
    assert "--class-weight balanced" in out
    found = cutaway("diagnose", "mine", "--json").json()["faults"]["found"]
    assert found[0]["name"] == "unbalanced classes"
    assert "fault     unbalanced classes, before training" in cutaway("diagnose", "mine").out
