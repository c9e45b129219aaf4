"""Bias, variance and data mismatch of a network, each with its interval, and a verdict.

    avoidable bias = train error - human-level error
    variance       = dev error - train error
    data mismatch  = dev error - train-dev error, where dev is of another origin; the variance is
                     then train-dev error - train error
    over-use       = test error - dev error, where the test set was read

A network that is good enough has dev error <= target error. What is between human-level error and
the target may be spent half on bias, half on variance: that half is the threshold of each. A
difference of two samples is undecided while its interval holds the threshold.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from cutaway import wording
from cutaway.equations.comparison import Z_80, examples_to_decide, newcombe_interval
from cutaway.equations.metrics import Z_95
from cutaway.insight.part_errors import PARTS, Errors

Verdict = Literal["high", "low", "undecided"]
MEANINGS = {
    "bias": "it does not learn its own training examples well enough",
    "variance": "it does worse on new examples than on those it has learned",
    "data mismatch": "it does worse on the examples of the dev set than on new ones like those it "
    "has learned",
    "over-use of dev": "it was fitted to the dev set by choosing, and does worse elsewhere",
}
# Below so many dev examples the interval of an error is wider than most questions.
FEW_EXAMPLES = 30
OVER_USE = "over-use of dev"
# By how many half intervals two numbers must differ for four samples of five to tell them apart
WITH_POWER = (Z_95 + Z_80) / Z_95


@dataclass(frozen=True)
class Quantity:
    """One of the differences that errors fall into.

    interval  95 % interval, None where the value is exact or nobody said of how many examples
    n_needed  examples that would decide it in four of five samples, as far as can be said
    part      the part of which that many are needed
    why       what makes the verdict
    """

    name: str
    value: float
    verdict: Verdict
    why: str
    interval: tuple[float, float] | None = None
    n_needed: int | None = None
    part: str = "dev"


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a network.

    verdict    neither, undecided, bias, variance, both (of these two), data mismatch, over-use of
               dev, or what is high joined by "and"
    threshold  from which one of the differences is high
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

    def in_words(self) -> str:
        """Return the verdict as a sentence."""
        high = [quantity.name for quantity in self.quantities if quantity.verdict == "high"]
        said = "; ".join(f"{name}: {MEANINGS[name]}" for name in high)
        if self.verdict == "neither":
            return "neither bias nor variance: it is as good as it was meant to be"
        doubt = [q.name for q in self.quantities if _in_doubt(q) and q.name != OVER_USE]
        if self.errors.dev_error is None and not high:
            return (
                "undecided: it does well on its training examples, and nothing is known of others"
            )
        rest = f"of the {' and the '.join(doubt)} the examples are too few to say"
        if self.verdict == "undecided":
            return f"undecided: {rest}"
        return f"{said}; {rest}" if doubt else said

    def __repr__(self) -> str:
        metric = self.errors.metric
        parts = (
            f"{q.name} {wording.error(q.value, metric)} ({q.verdict})" for q in self.quantities
        )
        return f"<Diagnosis {self.verdict}: {', '.join(parts)}>"

    def _part(self, part: str) -> dict[str, Any] | None:
        error, n = (getattr(self.errors, name) for name in (f"{part}_error", f"n_{part}"))
        interval = self.errors.interval(part) if part != "train" else None
        return None if error is None else {"error": error, "examples": n, "interval": interval}

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON."""
        return {
            "verdict": self.verdict,
            "metric": self.errors.metric,
            "errors": {part: self._part(part) for part in PARTS if self._part(part)},
            "human_error": self.errors.human_error,
            "target_error": self.errors.target,
            "threshold": self.threshold,
            "undecided": [q.name for q in self.quantities if _in_doubt(q)],
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
    if (learned := _learned(errors, threshold)) < errors.train_error:
        fell = wording.error(learned, errors.metric)
        notes.append(
            f"the dev set chose an epoch before the train error had fallen to {fell}: the network "
            "can learn its examples that well, and what it gave up of it counts as variance"
        )
    if errors.train_error < errors.human_error:
        notes.append(
            "the train error is below the human-level error: what is left is not bias; either the "
            "network has learned its examples by heart, or people are not the best there is"
        )
    if errors.dev_error is None:
        notes.append(
            "without a dev set nothing can be said about variance; train with a split that leaves "
            "one, such as --split 0.8,0.2,0; where no run is diagnosed, give a dev error"
        )
    else:
        quantities += _of_dev(errors, threshold)
        notes += _notes_of_dev(errors)
    verdict = _verdict(errors, quantities)
    return Diagnosis(errors, verdict, threshold, tuple(quantities), tuple(notes))


def _notes_of_dev(errors: Errors) -> list[str]:
    notes = []
    if errors.chosen_on_dev:
        notes.append(
            "the dev set was used to stop the training or to choose the network, so that its "
            "error is a little too good (optimistic)"
        )
    if errors.interval("dev") is None:
        how = "an rmse alone has no interval" if errors.is_regression else "give --n-dev"
        notes.append(f"the dev error is taken as exact, though it is one of a sample: {how}")
    if errors.n_dev is not None and errors.n_dev < FEW_EXAMPLES:
        notes.append(f"{wording.plural(errors.n_dev, 'dev example')} can say hardly anything")
    return notes


def _of_dev(errors: Errors, threshold: float) -> list[Quantity]:
    """Return what the dev set tells: variance, data mismatch, over-use."""
    quantities = []
    if errors.train_dev_error is None:
        quantities.append(_variance(errors, "dev", threshold))
    else:
        quantities.append(_variance(errors, "train_dev", threshold))
        quantities.append(_difference("data mismatch", errors, "dev", "train_dev", threshold))
    if errors.test_error is not None:
        quantities.append(_over_use(errors, threshold))
    return quantities


def _learned(errors: Errors, threshold: float) -> float:
    """Return the train error that tells bias from variance.

    Where that of the network is high since the dev set chose an early epoch, it is the lowest of
    the training: what could be learned, and was given up for new examples, is no bias.
    """
    train, lowest = errors.train_error, errors.lowest_train_error
    if lowest is None or train - errors.human_error <= threshold:
        return train
    return min(train, lowest)


def _bias(errors: Errors, threshold: float) -> Quantity:
    value = _learned(errors, threshold) - errors.human_error
    verdict: Verdict = "high" if value > threshold else "low"
    return Quantity("bias", value, verdict, "the train error is exact for its examples")


def _variance(errors: Errors, part: str, threshold: float) -> Quantity:
    """Error on new examples minus train error, which is exact.

    What the best there is gets wrong cannot be avoided: where the train error is below it, only
    what is above it counts.
    """
    error, train = getattr(errors, f"{part}_error"), _learned(errors, threshold)
    value, edge = error - train, max(train, errors.human_error) + threshold
    bounds = errors.interval(part)
    if bounds is None:
        verdict: Verdict = "high" if error > edge else "low"
        return Quantity("variance", value, verdict, "taken as exact: its interval is not known")
    interval = bounds[0] - train, bounds[1] - train
    if bounds[0] <= edge <= bounds[1]:
        needed = _needed(errors, part, edge, bounds)
        why = f"the threshold lies within the interval of the {_word(part)} error"
        return Quantity("variance", value, "undecided", why, interval, needed, part)
    verdict = "high" if bounds[0] > edge else "low"
    side = "above" if verdict == "high" else "below"
    return Quantity("variance", value, verdict, f"its whole interval is {side} that", interval)


def _word(part: str) -> str:
    return part.replace("_", "-")


def _needed(errors: Errors, part: str, edge: float, bounds: tuple[float, float]) -> int | None:
    """Return the number of examples that would decide, if the true error is what was measured."""
    error, n = getattr(errors, f"{part}_error"), getattr(errors, f"n_{part}")
    if not errors.is_regression:
        return examples_to_decide(error, edge) if edge < 1 else None
    gap, half = abs(error - edge), (bounds[1] - bounds[0]) / 2
    return math.ceil(n * (half * WITH_POWER / gap) ** 2) if gap and n is not None else None


def _difference(name: str, errors: Errors, first: str, second: str, threshold: float) -> Quantity:
    """Error on one sample minus error on another, which is high where it is above the threshold."""
    p, q = (getattr(errors, f"{part}_error") for part in (first, second))
    m, n = (getattr(errors, f"n_{part}") for part in (first, second))
    value = p - q
    if errors.is_regression or m is None or n is None:
        interval = _of_intervals(p, q, errors.interval(first), errors.interval(second))
    else:
        interval = newcombe_interval(round(p * m), m, round(q * n), n)
    if interval is None:
        verdict: Verdict = "high" if value > threshold else "low"
        return Quantity(name, value, verdict, "taken as exact: its interval is not known")
    low, high = interval
    if low > threshold:
        return Quantity(name, value, "high", "its whole interval is above that", interval)
    if high < threshold:
        return Quantity(name, value, "low", "its whole interval is below that", interval)
    needed = None
    if value != threshold and not errors.is_regression:
        spread = (Z_95 * WITH_POWER) ** 2 * (p * (1 - p) + q * (1 - q))
        needed = math.ceil(spread / (value - threshold) ** 2) or None
    why = "the threshold lies within its interval"
    both = f"{_word(second)} and as many {_word(first)}"
    return Quantity(name, value, "undecided", why, interval, needed, both)


def _over_use(errors: Errors, threshold: float) -> Quantity:
    """Test minus dev error: any difference that is no chance is high, whatever its size."""
    found = _difference(OVER_USE, errors, "test", "dev", threshold)
    if found.interval is None:
        why = "whether it is chance, only the number of examples can tell"
        return replace(found, verdict="undecided", why=why)
    if found.interval[0] > 0:
        return replace(found, verdict="high", why="its whole interval is above 0", n_needed=None)
    return found if found.verdict == "low" else replace(found, why="its interval holds 0")


def _of_intervals(
    p: float, q: float, of_p: tuple[float, float] | None, of_q: tuple[float, float] | None
) -> tuple[float, float] | None:
    """Return the interval of p - q from those of both, as Newcombe joins those of two shares."""
    if of_p is None or of_q is None:
        return None
    d = p - q
    return d - math.hypot(p - of_p[0], of_q[1] - q), d + math.hypot(of_p[1] - p, q - of_q[0])


def _verdict(errors: Errors, quantities: list[Quantity]) -> str:
    if _is_good(errors):
        return "neither"
    named = {quantity.name: quantity.verdict for quantity in quantities}
    high = [name for name, verdict in named.items() if verdict == "high"]
    if "variance" not in named:
        return "bias" if high else "undecided"
    # What a test set cannot tell is no doubt about the network.
    doubtful = any(_in_doubt(q) and q.name != OVER_USE for q in quantities)
    if high == ["bias", "variance"]:
        return "both"
    # What is high is so for certain, whatever else may be found.
    return " and ".join(high) or ("undecided" if doubtful else "neither")


def _in_doubt(quantity: Quantity) -> bool:
    return quantity.verdict == "undecided"


def _is_good(errors: Errors) -> bool:
    """Whether the network has reached its target, as far as the examples can tell.

    The test error counts where there is one: that of an over-used dev set is too good.
    """
    parts = [part for part in ("dev", "test") if getattr(errors, f"{part}_error") is not None]
    highest = [(errors.interval(p) or (0, getattr(errors, f"{p}_error")))[1] for p in parts]
    return bool(highest) and max(highest) <= errors.target
