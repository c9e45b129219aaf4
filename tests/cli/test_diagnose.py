"""cutaway diagnose: of a run, of numbers alone, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.cli.conftest import Cutaway


def test_numbers_alone_are_enough(cutaway: Cutaway) -> None:
    errors = ("--train-error", ".01", "--dev-error", ".11", "--n-train", 5000, "--n-dev", 2000)
    out = cutaway("diagnose", *errors, "--human-error", 0).out
    assert "variance  10.00 %  (95 % interval 8.7 to 11.4 %): high" in out
    assert "verdict   variance: " in out
    assert "1. more data: " in out
    found = cutaway("diagnose", *errors, "--json").json()
    assert found["verdict"] == "variance"
    assert found["advice"][0]["name"] == "more data"


@pytest.mark.parametrize(
    ("arguments", "verdict", "advised"),
    [
        (
            ("iris", "--epochs", 1, "--hidden", 2, "--learning-rate", "1e-5"),
            "bias",
            "--learning-rate 3e-05",
        ),
        (("diabetes", "--epochs", 2, "--hidden", 2), "bias", "cutaway train diabetes"),
        (("moons", "--epochs", 60), None, None),
    ],
)
def test_a_run_is_diagnosed(
    cutaway: Cutaway, arguments: Any, verdict: str | None, advised: str | None
) -> None:
    assert cutaway("train", *arguments, "--name", "mine").code == 0
    code, out, _ = cutaway("diagnose", "mine", "--all")
    assert code == 0
    assert "errors    train" in out
    found = cutaway("diagnose", "mine", "--json").json()
    bias = found["quantities"][0]
    if verdict == "bias":
        assert bias["verdict"] == "high"
        assert advised is not None
        assert advised in out


def test_a_dev_set_of_another_origin_is_told_from_variance(cutaway: Cutaway) -> None:
    random = np.random.default_rng(0)
    for name, shift, m in (("here", 0.0, 600), ("there", 2.0, 300)):
        x = random.normal(size=(m, 2))
        lines = [f"{a + shift:.4f},{b:.4f},{'yes' if a > 0 else 'no'}" for a, b in x]
        Path(f"{name}.csv").write_text("\n".join(["a,b,y", *lines]) + "\n")
    cutaway("train", "here.csv", "--dev", "there.csv", "--epochs", 30, "--name", "plain")
    notes = cutaway("diagnose", "plain", "--json").json()["notes"]
    assert any("train with --train-dev 0.1" in note for note in notes)
    options = ("--dev", "there.csv", "--train-dev", 0.3, "--epochs", 30)
    trained = cutaway("train", "here.csv", *options, "--name", "mine").out
    assert "420 train, 300 dev, 180 train-dev" in trained
    assert "train-dev " in trained
    found = cutaway("diagnose", "mine", "--target-error", 0.25, "--json").json()
    assert found["verdict"] == "data mismatch"
    assert found["advice"][0]["name"] == "training examples like dev"
    code, _, err = cutaway("train", "here.csv", "--train-dev", 0.3)
    assert (code, "goes with a dev set of another origin" in err) == (2, True)


def test_what_is_trained_to_know_more_is_kept_and_counts(cutaway: Cutaway) -> None:
    cutaway("train", "moons", "--epochs", 5, "--hidden", 4, "--name", "mine")
    before = cutaway("diagnose", "mine", "--target-error", 0.01, "--json").json()
    assert "learning_curve" not in before
    out = cutaway("diagnose", "mine", "--target-error", 0.01, "--learning-curve", "--suspects").out
    for heading in ("curve     ", "labels    ", "page      "):
        assert heading in out
    page = Path("runs/mine/diagnosis.html").read_text()
    for words in ("What is wrong, and what to do next", "Learning curve", "Suspicious labels"):
        assert words in page
    after = cutaway("diagnose", "mine", "--target-error", 0.01, "--json").json()
    assert after["learning_curve"]["points"][-1]["m"] == 240
    assert after["suspects"]["m"] == 240
    Path("runs/mine/suspects.json").write_text("{}")
    code, _, err = cutaway("diagnose", "mine")
    assert (code, "remove it, and it is made anew" in err) == (2, True)


def test_the_report_has_the_diagnosis(cutaway: Cutaway) -> None:
    cutaway("train", "iris", "--epochs", 1, "--learning-rate", "1e-5", "--name", "mine")
    page = Path("runs/mine/report.html").read_text()
    for words in ("What is wrong, and what to do next", "Errors: human 0.00 %; train", "remedy"):
        assert words in page
    assert "Training examples that do not fit" in page


HISTORY = "epoch,accuracy,loss,val_accuracy\n0,.5,1.0,.5\n1,.9,.5,.9\n2,.99,.25,.89\n"


def test_a_history_of_another_framework_is_diagnosed(cutaway: Cutaway) -> None:
    Path("history.csv").write_text(HISTORY)
    out = cutaway("diagnose", "history.csv", "--n-dev", 2000).out
    assert "history   history.csv: 3 epochs, diagnosed at epoch 3" in out
    assert "variance  10.00 %  (95 % interval 8.7 to 11.4 %): high" in out
    # It was trained by another program, which has other commands.
    assert "cutaway train" not in out
    best = cutaway("diagnose", "history.csv", "--epoch", "best", "--json").json()
    assert (best["history"], best["epoch"], best["columns"]["dev_accuracy"]) == (
        "history.csv",
        2,
        "val_accuracy",
    )
    Path("mse.csv").write_text("epoch,loss,val_loss\n0,9,16\n1,4,9\n")
    named = ("--column", "train_mse=loss", "--column", "dev_mse=val_loss", "--target-error", 2.5)
    assert cutaway("diagnose", "mse.csv", *named, "--json").json()["quantities"][1]["value"] == 1.0


def test_a_watched_loop_has_its_faults_named_and_is_asked_for_its_error(cutaway: Cutaway) -> None:
    rows = [{"epoch": 0, "iteration": i, "cost": 1, "dead": [0.9], "W_norm": [1]} for i in range(4)]
    Path("loop.jsonl").write_text("\n".join(map(json.dumps, rows)))
    code, out, err = cutaway("diagnose", "loop.jsonl")
    assert (code, "fault     dead units" in out, "cutaway train" in out) == (2, True, False)
    assert "nobody can tell bias from variance; measure it" in err
    assert cutaway("diagnose", "loop.jsonl", "--train-error", 0.1).code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give a RUN, or its errors"),
        (("--dev-error", ".1"), "give a RUN, or its errors"),
        (("--train-error", "11"), "train_error=11 is no error; give a share"),
        (("mine", "--n-dev", "7"), "give either a RUN or its errors"),
        (("--train-error", "1%"), "'1%' is no number; write 1 % as 0.01"),
        (("none",), "there is no run"),
        (("none.csv",), "there is no file or folder none.csv, and no run of that name"),
        (("mine", "--epoch", "3"), "--epoch and --column go with a HISTORY"),
        (("history.csv", "--column", "acc"), "write what it is and its name"),
        (("history.csv", "--epoch", "9"), "history.csv has epochs 1 to 3, 'last' and 'best'"),
        (("--train-error", ".1", "--suspects"), "they need a RUN of cutaway"),
        ((".",), ". is no history; give a CSV file"),
        (("--train-error", ".1", "--human-error", ".2", "--target-error", ".1"), "not above"),
    ],
)
def test_bad_input_is_named(cutaway: Cutaway, arguments: Any, message: str) -> None:
    Path("history.csv").write_text(HISTORY)
    code, _, err = cutaway("diagnose", *arguments)
    assert code == 2
    assert message in err


def test_a_run_that_has_not_ended_or_is_damaged_is_named(cutaway: Cutaway) -> None:
    cutaway("train", "iris", "--epochs", 1, "--name", "mine")
    figures = Path("runs/mine/metrics.json")
    figures.write_text('{"error": "error"}')
    code, _, err = cutaway("diagnose", "mine")
    assert (code, "damaged" in err) == (2, True)
    figures.unlink()
    code, _, err = cutaway("diagnose", "mine")
    assert (code, "metrics.json is gone; train it anew" in err) == (2, True)
    Path("runs/mine/report.html").unlink()
    code, _, err = cutaway("diagnose", "mine")
    assert (code, "cutaway train --resume mine" in err) == (2, True)


def test_without_a_dev_set_it_is_said_what_nobody_knows(cutaway: Cutaway) -> None:
    cutaway("train", "iris", "--dev", "none", "--epochs", 3, "--name", "mine")
    for run in (("mine", "--target-error", 0.99), ("--train-error", 0.01)):
        out = cutaway("diagnose", *run).out
        assert "verdict   undecided: it does well on its training examples" in out
        assert "next      a dev set: examples that are kept aside" in out
        assert "the dev set chose" not in out


def test_the_set_that_is_too_small_is_named(cutaway: Cutaway) -> None:
    errors = ("--train-error", 0, "--target-error", 0.06, "--dev-error")
    out = cutaway("diagnose", *errors, 0.01, "--n-dev", 80).out
    assert "next      a larger dev set of about " in out
    aside = ("--n-dev", 5000, "--train-dev-error", 0.05, "--n-train-dev", 80)
    assert (
        "next      a larger train-dev and dev set of about "
        in cutaway("diagnose", *errors, 0.07, *aside).out
    )


def test_a_fault_is_mended_before_anything_else(cutaway: Cutaway) -> None:
    cutaway("train", "digits", "--epochs", 2, "--learning-rate", 10, "--name", "mine")
    out = cutaway("diagnose", "mine").out
    assert "next      mend the fault first, learning rate too high" in out
    assert "more      " in out
    assert "1. " not in out
    assert "another learning rate" not in cutaway("diagnose", "mine", "--all").out
    page = Path("runs/mine/report.html").read_text()
    assert "Mend the fault first, learning rate too high" in page
    assert "Number 1, limit 0.65 (measured on the healthy" in page


def test_commands_find_a_run_that_lies_elsewhere(cutaway: Cutaway) -> None:
    options = ("--split", "60,200,0", "--hidden", 32, "--epochs", 60, "--runs", "my runs")
    cutaway("train", "digits", *options, "--name", "mine")
    out = cutaway("diagnose", "mine", "--runs", "my runs", "--all").out
    assert "cutaway diagnose mine --runs 'my runs' --learning-curve" in out
    assert "cutaway diagnose mine --runs 'my runs' --suspects" in out


def test_labels_that_were_found_unrelated_are_not_called_faultless(cutaway: Cutaway) -> None:
    random = np.random.default_rng(0)
    rows = [f"{a:.3f},{b:.3f},{'xy'[i % 2]}" for i, (a, b) in enumerate(random.random((300, 2)))]
    Path("noise.csv").write_text("\n".join(["a,b,label", *rows]))
    told = cutaway("train", "noise.csv", "--target", "label", "--name", "mine").out
    assert "fault     labels unrelated to inputs" in told
    out = cutaway("diagnose", "mine").out
    assert "fault     labels unrelated to inputs" in out
    assert "mend the fault first, labels unrelated to inputs" in out


def test_a_few_remedies_are_told_in_full_and_all_on_demand(cutaway: Cutaway) -> None:
    errors = ("--train-error", 0.15, "--dev-error", 0.3)
    out = cutaway("diagnose", *errors).out
    everything = cutaway("diagnose", *errors, "--all").out
    assert ("4. " in out, "5. " in out, "5. " in everything) == (True, False, True)
    names = [one["name"] for one in cutaway("diagnose", *errors, "--json").json()["advice"]]
    assert all(name in out and f". {name}: " in everything for name in names)
