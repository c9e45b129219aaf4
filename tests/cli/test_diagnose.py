"""cutaway diagnose: of a run, of numbers alone, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
        (("iris", "--epochs", 1, "--hidden", 2, "--learning-rate", "1e-5"), "bias", "--epochs 2"),
        (("diabetes", "--epochs", 2, "--hidden", 2), "bias", "cutaway train diabetes"),
        (("moons", "--epochs", 60), None, None),
    ],
)
def test_a_run_is_diagnosed(
    cutaway: Cutaway, arguments: Any, verdict: str | None, advised: str | None
) -> None:
    assert cutaway("train", *arguments, "--name", "mine").code == 0
    code, out, _ = cutaway("diagnose", "mine")
    assert code == 0
    assert "errors    train" in out
    found = cutaway("diagnose", "mine", "--json").json()
    bias = found["quantities"][0]
    if verdict == "bias":
        assert bias["verdict"] == "high"
        assert advised is not None
        assert advised in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give a RUN, or its errors"),
        (("--dev-error", ".1"), "give a RUN, or its errors"),
        (("--train-error", "11"), "train_error=11 is no error; give a share"),
        (("mine", "--n-dev", "7"), "give either a RUN or its errors"),
        (("none",), "there is no run"),
        (("--train-error", ".1", "--human-error", ".2", "--target-error", ".1"), "not above"),
    ],
)
def test_bad_input_is_named(cutaway: Cutaway, arguments: Any, message: str) -> None:
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
    assert (code, "cutaway train --resume mine" in err) == (2, True)
