"""Verdicts: the course's four cases, what the number of examples does, and bad input."""

from __future__ import annotations

import math
from typing import Any

import pytest

from cutaway.errors import OptionError
from cutaway.insight.diagnosis import diagnose
from cutaway.insight.part_errors import Errors


@pytest.mark.parametrize("examples", [None, 10_000])
@pytest.mark.parametrize(
    ("train", "dev", "verdict"),
    [
        (0.01, 0.11, "variance"),
        (0.15, 0.14, "bias"),
        (0.15, 0.16, "bias"),
        (0.15, 0.30, "both"),
        (0.005, 0.01, "neither"),
    ],
)
def test_the_cases_of_the_course(
    train: float, dev: float, verdict: str, examples: int | None
) -> None:
    assert diagnose(Errors(train, dev, n_dev=examples)).verdict == verdict


def test_human_level_error_makes_bias_avoidable() -> None:
    assert diagnose(Errors(0.15, 0.16, human_error=0.0)).verdict == "bias"
    hard = diagnose(Errors(0.15, 0.16, human_error=0.145))
    assert hard.verdict == "neither"
    assert hard["bias"].value == pytest.approx(0.005)


@pytest.mark.parametrize(
    ("lowest", "verdict"),
    [
        (None, "both"),
        (0.25, "both"),
        (0.12, "both"),
        (0.01, "variance"),
    ],
)
def test_what_an_early_stop_gave_up_is_variance(lowest: float | None, verdict: str) -> None:
    stopped = Errors(0.2, 0.34, n_dev=2000, chosen_on_dev=True, lowest_train_error=lowest)
    found = diagnose(stopped)
    assert found.verdict == verdict
    assert found["bias"].value + found["variance"].value == pytest.approx(0.34)
    fell = lowest is not None and lowest < 0.2
    assert any("counts as variance" in note for note in found.notes) == fell
    # Where the train error is low, what it fell to makes no difference.
    low = Errors(0.015, 0.34, n_dev=2000, lowest_train_error=0.0)
    assert diagnose(low)["bias"].value == 0.015


def test_what_is_taken_as_exact_is_said_and_all_errors_are_told() -> None:
    alone = diagnose(Errors(0.01, 0.11))
    assert "taken as exact, though it is one of a sample: give --n-dev" in alone.notes[0]
    counted = diagnose(Errors(0.01, 0.11, human_error=0.005, n_dev=100))
    assert counted.notes == ()
    told = counted.to_json()
    dev = {"error": 0.11, "examples": 100, "interval": counted.errors.interval("dev")}
    assert told["errors"] == {
        "train": {"error": 0.01, "examples": None, "interval": None},
        "dev": dev,
    }
    assert (told["human_error"], told["metric"]) == (0.005, "error")


def test_few_examples_leave_it_undecided_and_say_how_many_would_do() -> None:
    few = diagnose(Errors(0.01, 0.05, n_dev=40))
    assert (few.verdict, few["variance"].verdict) == ("undecided", "undecided")
    needed = few["variance"].n_needed
    assert needed is not None
    assert diagnose(Errors(0.01, 0.05, n_dev=needed)).verdict == "variance"


def test_a_regression_is_measured_in_its_own_units() -> None:
    known: dict[str, Any] = {"metric": "rmse", "trivial_error": 50.0}
    assert (
        diagnose(Errors(2.0, 30.0, intervals={"dev": (25.0, 35.0)}, **known)).verdict == "variance"
    )
    assert diagnose(Errors(40.0, 41.0, intervals={"dev": (39.0, 43.0)}, **known)).verdict == "bias"
    undecided = diagnose(Errors(2.0, 8.0, n_dev=10, intervals={"dev": (2.0, 14.0)}, **known))
    assert undecided.verdict == "undecided"
    assert undecided["variance"].n_needed == math.ceil(10 * (6 * (1.96 + 0.8416) / 1.96) ** 2)
    with pytest.raises(OptionError, match="give --target-error in the units"):
        diagnose(Errors(2.0, 3.0, metric="rmse"))


def test_over_use_of_the_dev_set_shows_in_the_test_error() -> None:
    used = diagnose(Errors(0.02, 0.03, 0.08, n_dev=2000, n_test=2000))
    assert used["over-use of dev"].verdict == "high"
    fair = diagnose(Errors(0.02, 0.03, 0.035, n_dev=2000, n_test=2000))
    assert fair["over-use of dev"].verdict == "low"


@pytest.mark.parametrize(
    ("train_dev", "dev", "verdict"),
    [
        (0.015, 0.11, "data mismatch"),
        (0.11, 0.12, "variance"),
        (0.10, 0.25, "variance and data mismatch"),
        (0.015, 0.016, "neither"),
    ],
)
@pytest.mark.parametrize("examples", [None, 10_000])
def test_a_train_dev_set_tells_variance_from_data_mismatch(
    train_dev: float, dev: float, verdict: str, examples: int | None
) -> None:
    found = diagnose(
        Errors(0.01, dev, train_dev_error=train_dev, n_dev=examples, n_train_dev=examples)
    )
    assert found.verdict == verdict
    assert found["variance"].value == pytest.approx(train_dev - 0.01)
    assert found["data mismatch"].value == pytest.approx(dev - train_dev)
    assert (found["data mismatch"].interval is None) == (examples is None)
    if verdict != "neither":
        assert found.in_words().startswith(verdict.split(" and ")[0])


def test_a_doubtful_mismatch_says_how_many_examples_would_do() -> None:
    few = diagnose(Errors(0.0, 0.07, train_dev_error=0.01, n_dev=60, n_train_dev=60))
    assert few["data mismatch"].verdict == "undecided"
    needed = few["data mismatch"].n_needed
    assert needed is not None
    more = {"n_dev": needed, "n_train_dev": needed}
    assert diagnose(Errors(0.0, 0.07, train_dev_error=0.01, **more)).verdict == "data mismatch"


def test_what_is_certainly_high_is_named_beside_what_is_undecided() -> None:
    found = diagnose(Errors(0.15, 0.16, n_dev=500))
    assert (found.verdict, found["variance"].verdict) == ("bias", "undecided")
    assert "of the variance the examples are too few to say" in found.in_words()
    # It may be that the variance is larger: the bias is high all the same.
    assert diagnose(Errors(0.03, 0.05, n_dev=500)).verdict == "bias"
    assert diagnose(Errors(0.0, 0.03, n_dev=500)).verdict == "undecided"


def test_what_nobody_can_avoid_is_not_held_against_the_network() -> None:
    # It learned noisy labels by heart; whether it is worse than the best there is, is open
    by_heart = {"train_error": 0.0, "human_error": 0.1, "target_error": 0.14}
    assert diagnose(Errors(dev_error=0.13, n_dev=200, **by_heart)).verdict == "undecided"
    assert diagnose(Errors(dev_error=0.25, n_dev=2000, **by_heart)).verdict == "variance"
    assert diagnose(Errors(dev_error=0.11, n_dev=2000, **by_heart)).verdict == "neither"


def test_errors_below_the_target_are_good_enough_whatever_they_are_made_of() -> None:
    assert diagnose(Errors(0.03, 0.035, n_dev=20_000)).verdict == "neither"
    assert diagnose(Errors(0.03, 0.035, n_dev=2000)).verdict != "neither"


@pytest.mark.parametrize(
    ("trivial", "target", "verdict"), [(0.5, 0.04, "neither"), (0.04, 0.008, "bias")]
)
def test_never_answering_a_rare_class_is_not_good_enough(
    trivial: float, target: float, verdict: str
) -> None:
    found = diagnose(Errors(0.03, 0.03, n_dev=5000, trivial_error=trivial))
    assert found.errors.target == pytest.approx(target)
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("errors", "note"),
    [
        ({"train_error": 0.1}, "without a dev set nothing can be said about variance"),
        ({"train_error": 0.01, "dev_error": 0.1, "human_error": 0.02}, "below the human-level"),
        ({"train_error": 0.01, "dev_error": 0.1, "chosen_on_dev": True}, "optimistic"),
        (
            {"train_error": 0.01, "dev_error": 0.2, "n_dev": 5},
            "5 dev examples can say hardly anything",
        ),
    ],
)
def test_what_limits_the_verdict_is_said(errors: dict[str, Any], note: str) -> None:
    assert any(note in said for said in diagnose(Errors(**errors)).notes)


@pytest.mark.parametrize(
    ("errors", "message"),
    [
        ({"train_error": 15}, "train_error=15 is no error; give a share: 0.11 for 11 %"),
        ({"train_error": 0.1, "dev_error": -1}, "dev_error=-1 is no error"),
        ({"train_error": -1, "metric": "rmse"}, "a number from 0 up"),
        ({"train_error": 0.1, "train_dev_error": 0.1}, "goes with a dev set of another origin"),
        ({"train_error": 0.1, "n_dev": 0}, "n_dev=0 is no number of examples"),
        ({"train_error": 0.1, "human_error": 0.2, "target_error": 0.1}, "not above human_error"),
    ],
)
def test_what_is_no_error_is_refused(errors: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Errors(**errors)
