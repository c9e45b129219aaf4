"""The errors of a network on its parts, with their intervals, and the error that is aimed at."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from cutaway.equations import wilson_interval
from cutaway.errors import OptionError

PARTS = ("train", "train_dev", "dev", "test")
# What is between human-level error and the target unless a target is given
ROOM = 0.04
# The most of it, as a share of the error of an answer that looks at no input: where one class is so
# frequent that never answering another errs in 4 %, that is not good enough.
ROOM_BELOW_TRIVIAL = 0.2


@dataclass(frozen=True)
class Errors:
    """What is known of a network: shares of wrong answers, or root mean squared errors.

    train_dev_error  on examples of the training set's origin that nothing was learned from, where
                     the dev set is of another origin
    n_..             answers that the errors count, None where nobody said
    human_error      what a careful person, or the best possible network, gets wrong
    intervals        95 % intervals by part ("dev", "train_dev"), where the error is no share
    trivial_error    that of always answering the mean, or the most frequent class
    r2               share of the targets' spread that a regression explains, by part
    chosen_on_dev    whether training was stopped, or the network chosen, by the dev set
    lowest_train_error  to which the training came, where the dev set may have chosen another epoch
    """

    train_error: float
    dev_error: float | None = None
    test_error: float | None = None
    train_dev_error: float | None = None
    human_error: float = 0.0
    target_error: float | None = None
    n_train: int | None = None
    n_dev: int | None = None
    n_test: int | None = None
    n_train_dev: int | None = None
    metric: str = "error"
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    trivial_error: float | None = None
    r2: Mapping[str, float] = field(default_factory=dict)
    chosen_on_dev: bool = False
    lowest_train_error: float | None = None

    def __post_init__(self) -> None:
        for name in (*(f"{part}_error" for part in PARTS), "human_error", "target_error"):
            value = getattr(self, name)
            most = math.inf if self.is_regression else 1.0
            if value is not None and not 0 <= value <= most:
                unit = "a number from 0 up" if self.is_regression else "a share: 0.11 for 11 %"
                raise OptionError(f"{name}={value:g} is no error; give {unit}")
        for name in (f"n_{part}" for part in PARTS):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise OptionError(f"{name}={value} is no number of examples; give 1 or more")
        if self.train_dev_error is not None and self.dev_error is None:
            raise OptionError(
                "a train-dev error goes with a dev set of another origin; give --dev-error as well"
            )
        if self.target_error is not None and self.target_error <= self.human_error:
            raise OptionError(
                f"target_error={self.target_error:g} is not above human_error="
                f"{self.human_error:g}, which is the best that can be had; aim higher"
            )

    @property
    def is_regression(self) -> bool:
        """Whether the errors are root mean squared errors."""
        return self.metric == "rmse"

    def interval(self, part: str) -> tuple[float, float] | None:
        """Return the 95 % interval of the error on a part: Wilson's, where it is a share."""
        if part in self.intervals:
            return self.intervals[part]
        value, n = getattr(self, f"{part}_error"), getattr(self, f"n_{part}")
        if value is None or n is None or self.is_regression:
            return None
        return wilson_interval(round(value * n), n)

    @property
    def target(self) -> float:
        """The error that is aimed at."""
        if self.target_error is not None:
            return self.target_error
        if self.trivial_error is None and self.is_regression:
            raise OptionError(
                "for a regression nobody can say which error is good enough; "
                "give --target-error in the units of the target"
            )
        most = math.inf if self.is_regression else ROOM
        below = math.inf if self.trivial_error is None else ROOM_BELOW_TRIVIAL * self.trivial_error
        return self.human_error + min(most, below)
