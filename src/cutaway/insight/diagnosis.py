"""Bias and variance of a network, each with its interval, and a verdict that may be undecided.

    avoidable bias = train error - human-level error
    variance       = dev error - train error

A network that is good enough has dev error <= target error. What is between human-level error and
the target may be spent half on bias, half on variance: that half is the threshold of each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cutaway.equations import wilson_interval
from cutaway.equations.comparison import examples_to_decide, newcombe_interval
from cutaway.errors import OptionError

Verdict = Literal["high", "low", "undecided"]
# What is between human-level error and the target unless a target is given
ROOM = 0.04
# The same for a regression, as a share of the error of answering the mean
ROOM_OF_REGRESSION = 0.2


@dataclass(frozen=True)
class Errors:
    """What is known of a network: shares of wrong answers, or root mean squared errors.

    n_train, n_dev, n_test  answers that the errors count, None where nobody said
    human_error             what a careful person, or the best possible network, gets wrong
    dev_interval            95 % interval of the dev error where it is no share
    trivial_error           that of always answering the mean, for root mean squared errors
    chosen_on_dev           whether training was stopped, or the network chosen, by the dev set
    """

    train_error: float
    dev_error: float | None = None
    test_error: float | None = None
    human_error: float = 0.0
    target_error: float | None = None
    n_train: int | None = None
    n_dev: int | None = None
    n_test: int | None = None
    metric: str = "error"
    dev_interval: tuple[float, float] | None = None
    trivial_error: float | None = None
    chosen_on_dev: bool = False

    def __post_init__(self) -> None:
        for name in ("train_error", "dev_error", "test_error", "human_error", "target_error"):
            value = getattr(self, name)
            most = math.inf if self.is_regression else 1.0
            if value is not None and not 0 <= value <= most:
                unit = "a number from 0 up" if self.is_regression else "a share: 0.11 for 11 %"
                raise OptionError(f"{name}={value:g} is no error; give {unit}")
        for name in ("n_train", "n_dev", "n_test"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise OptionError(f"{name}={value} is no number of examples; give 1 or more")
        if self.target_error is not None and self.target_error <= self.human_error:
            raise OptionError(
                f"target_error={self.target_error:g} is not above human_error="
                f"{self.human_error:g}, which is the best that can be had; aim higher"
            )

    @property
    def is_regression(self) -> bool:
        """Whether the errors are root mean squared errors."""
        return self.metric == "rmse"

    @property
    def target(self) -> float:
        """The error that is aimed at."""
        if self.target_error is not None:
            return self.target_error
        if not self.is_regression:
            return min(1.0, self.human_error + ROOM)
        if self.trivial_error is None:
            raise OptionError(
                "for a regression nobody can say which error is good enough; "
                "give --target-error in the units of the target"
            )
        return self.human_error + ROOM_OF_REGRESSION * self.trivial_error


@dataclass(frozen=True)
class Quantity:
    """One of the differences that errors fall into.

    interval  95 % interval, None where the value is exact or nobody said of how many examples
    n_needed  examples that would decide it, as far as can be said
    why       what makes the verdict
    """

    name: str
    value: float
    verdict: Verdict
    why: str
    interval: tuple[float, float] | None = None
    n_needed: int | None = None


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a network.

    verdict    bias, variance, both, neither or undecided
    threshold  from which a bias or a variance is high
    notes      what limits the verdict
    """

    errors: Errors
    verdict: str
    threshold: float
    quantities: tuple[Quantity, ...]
    notes: tuple[str, ...]

    def __getitem__(self, name: str) -> Quantity:
        """Return a quantity by its name."""
        return next(quantity for quantity in self.quantities if quantity.name == name)

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON."""
        return {
            "verdict": self.verdict,
            "target_error": self.errors.target,
            "threshold": self.threshold,
            "quantities": [vars(quantity) for quantity in self.quantities],
            "notes": list(self.notes),
        }


def diagnose(errors: Errors, known: Sequence[str] = ()) -> Diagnosis:
    """Say whether bias, variance, both or neither keep a network from its target.

    known  what limits the verdict already, such as how the errors were measured

    Raises:
        OptionError: a regression has no target error.
    """
    threshold = (errors.target - errors.human_error) / 2
    quantities = [_bias(errors, threshold)]
    notes = list(known)
    if errors.train_error < errors.human_error:
        notes.append(
            "the train error is below the human-level error: what is left is not bias; either the "
            "network has learned its examples by heart, or people are not the best there is"
        )
    if errors.dev_error is None:
        notes.append(
            "without a dev set nothing can be said about variance; "
            "train with a split that leaves one, such as --split 80,20,0"
        )
    else:
        quantities.append(_variance(errors, threshold))
        if errors.chosen_on_dev:
            notes.append(
                "the dev set was used to stop the training or to choose the network, so that its "
                "error is a little too good (optimistic)"
            )
    if errors.test_error is not None and errors.dev_error is not None:
        quantities.append(_over_use(errors))
    verdict = _verdict(errors, quantities)
    return Diagnosis(errors, verdict, threshold, tuple(quantities), tuple(notes))


def _bias(errors: Errors, threshold: float) -> Quantity:
    value = errors.train_error - errors.human_error
    verdict: Verdict = "high" if value > threshold else "low"
    return Quantity("bias", value, verdict, "the train error is exact for its examples")


def _variance(errors: Errors, threshold: float) -> Quantity:
    dev, train = errors.dev_error or 0.0, errors.train_error
    value, edge = dev - train, train + threshold
    bounds = errors.dev_interval
    if bounds is None and errors.n_dev is not None and not errors.is_regression:
        bounds = wilson_interval(round(dev * errors.n_dev), errors.n_dev)
    if bounds is None:
        verdict: Verdict = "high" if value > threshold else "low"
        return Quantity("variance", value, verdict, "taken as exact: its interval is not known")
    interval = bounds[0] - train, bounds[1] - train
    if interval[0] <= threshold <= interval[1]:
        needed = _needed(errors, dev, edge, bounds)
        why = "the threshold lies within the interval of the dev error"
        return Quantity("variance", value, "undecided", why, interval, needed)
    verdict = "high" if interval[0] > threshold else "low"
    side = "above" if verdict == "high" else "below"
    return Quantity("variance", value, verdict, f"its whole interval is {side} that", interval)


def _needed(errors: Errors, dev: float, edge: float, bounds: tuple[float, float]) -> int | None:
    """Return the size of a dev set that would decide, if the error on it stays what it is."""
    if not errors.is_regression:
        return examples_to_decide(dev, edge) if 0 < edge < 1 else None
    gap, half = abs(dev - edge), (bounds[1] - bounds[0]) / 2
    if not gap or errors.n_dev is None:
        return None
    return math.ceil(errors.n_dev * (half / gap) ** 2)


def _over_use(errors: Errors) -> Quantity:
    """Test minus dev error: what choosing by the dev set has made of it."""
    dev, test = errors.dev_error or 0.0, errors.test_error or 0.0
    if errors.is_regression or errors.n_dev is None or errors.n_test is None:
        why = "no interval: the number of examples is needed, and errors that are shares"
        return Quantity("over-use of dev", test - dev, "undecided", why)
    counts = round(test * errors.n_test), errors.n_test, round(dev * errors.n_dev), errors.n_dev
    interval = newcombe_interval(*counts)
    verdict: Verdict = "high" if interval[0] > 0 else "low"
    why = "its interval " + ("excludes 0" if verdict == "high" else "holds 0")
    return Quantity("over-use of dev", test - dev, verdict, why, interval)


def _verdict(errors: Errors, quantities: list[Quantity]) -> str:
    named = {quantity.name: quantity.verdict for quantity in quantities}
    bias, variance = named["bias"], named.get("variance")
    if variance in (None, "undecided"):
        return "bias" if variance is None and bias == "high" else "undecided"
    dev_is_good = errors.dev_error is not None and errors.dev_error <= errors.target
    if dev_is_good or (bias, variance) == ("low", "low"):
        return "neither"
    if (bias, variance) == ("high", "high"):
        return "both"
    return "bias" if bias == "high" else "variance"
