"""How a network stands beside the baselines, as far as the examples can tell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from cutaway.equations import wilson_interval
from cutaway.training.evaluation import Evaluation


class NamedErrors(Protocol):
    """A baseline: its name, and its errors on train and dev."""

    @property
    def name(self) -> str:
        """Name of the baseline."""

    @property
    def train_error(self) -> float:
        """Error on train."""

    @property
    def dev_error(self) -> float | None:
        """Error on dev, None without a dev set."""


class Standing(NamedTuple):
    """The baselines that are worse than the network, not to be told apart from it, and better.

    Two errors are told apart where neither lies in the 95 % interval of the other.
    """

    worse: tuple[NamedErrors, ...]
    alike: tuple[NamedErrors, ...]
    better: tuple[NamedErrors, ...]


def standing(evaluation: Evaluation, baselines: Iterable[NamedErrors]) -> Standing:
    """Compare the network with baselines on the same examples, dev where there is a dev set."""
    groups: dict[str, list[NamedErrors]] = {"worse": [], "alike": [], "better": []}
    low, high = evaluation.interval
    for baseline in baselines:
        theirs = baseline.train_error if baseline.dev_error is None else baseline.dev_error
        their_low, their_high = _interval(theirs, evaluation)
        if low <= theirs <= high or their_low <= evaluation.error <= their_high:
            groups["alike"].append(baseline)
        else:
            groups["worse" if theirs > evaluation.error else "better"].append(baseline)
    return Standing(**{name: tuple(members) for name, members in groups.items()})


def _interval(theirs: float, evaluation: Evaluation) -> tuple[float, float]:
    if evaluation.answers is None:
        # Of a regression's baseline only the error is known, not the spread of its squares.
        return theirs, theirs
    return wilson_interval(round(theirs * evaluation.answers), evaluation.answers)
