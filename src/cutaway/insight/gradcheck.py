"""Entry by entry: a gradient against central differences of its own cost, with a verdict.

Central differences err in two ways: by eps^2 J''' / 6, and by the round-off of J, about
1e-16 |J| / eps. A gradient is called wrong only where it is off by more than both explain, so the
verdict does not hang on one fixed threshold. At a kink (ReLU at 0, |w| at 0) the slopes of the two
sides differ however small the step is: such an entry has no derivative and is left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cutaway.equations.gradient_check import EPSILON

Floats = npt.NDArray[np.float64]
Arrays = Mapping[str, Floats]

MACHINE = float(np.finfo(np.float64).eps)
# |numeric - analytic| / |dtheta| up to which a gradient is right without further questions.
RIGHT = 1e-7
# Costs are sums of many terms, each rounded: their error is some tens of units in the last place.
ROUNDINGS = 32
MOST_ENTRIES = 500


class Worst(NamedTuple):
    """The entry of an array where the two numbers differ most."""

    at: tuple[int, ...]
    numeric: float
    analytic: float


class ArrayCheck(NamedTuple):
    """One parameter array.

    difference  |numeric - analytic| over the entries checked, relative to |dtheta| of all arrays
    explained   the part of it that round-off and the curvature of the cost explain
    checked     entries compared, of `entries`; `kinks` were left out
    """

    name: str
    shape: tuple[int, ...]
    difference: float
    explained: float
    worst: Worst | None
    checked: int
    kinks: int

    @property
    def entries(self) -> int:
        """Number of entries of the array."""
        return math.prod(self.shape)

    @property
    def verdict(self) -> str:
        """Return right, wrong, or not checked where every entry lies on a kink."""
        if not self.checked:
            return "not checked"
        return "right" if self.difference <= max(RIGHT, self.explained) else "wrong"


def check_arrays(
    cost: Callable[[Arrays], float],
    gradients: Arrays,
    parameters: Arrays,
    epsilon: float = EPSILON,
    seed: int = 0,
) -> list[ArrayCheck]:
    """Compare every entry of `gradients` with central differences of cost(parameters).

    Of an array with more than 500 entries a seeded sample of 500 is checked.

    Raises:
        ValueError: names or shapes differ, or a number is not finite.
    """
    _check_shapes(gradients, parameters)
    norm = math.sqrt(sum(float(np.sum(g**2)) for g in gradients.values()))
    generator = np.random.default_rng(seed)
    J = cost(parameters)
    if not math.isfinite(J):
        raise ValueError(f"the cost at these parameters is {J}: there is nothing to compare")
    return [
        _check_array(cost, name, parameters, gradients[name], J, norm or 1.0, epsilon, generator)
        for name in parameters
    ]


def _check_shapes(gradients: Arrays, parameters: Arrays) -> None:
    if set(gradients) != set(parameters):
        raise ValueError(
            f"the gradient has {', '.join(gradients)}, but the parameters are "
            f"{', '.join(parameters)}"
        )
    for name, array in parameters.items():
        if gradients[name].shape != array.shape:
            raise ValueError(
                f"the gradient of {name} has shape {gradients[name].shape}, "
                f"but {name} has shape {array.shape}"
            )
        for what, values in ((name, array), (f"the gradient of {name}", gradients[name])):
            if not np.isfinite(values).all():
                raise ValueError(f"{what} is not finite")


def _check_array(
    cost: Callable[[Arrays], float],
    name: str,
    parameters: Arrays,
    gradient: Floats,
    J: float,
    norm: float,
    epsilon: float,
    generator: np.random.Generator,
) -> ArrayCheck:
    entries = np.arange(gradient.size)
    if gradient.size > MOST_ENTRIES:
        entries = np.sort(generator.choice(gradient.size, MOST_ENTRIES, replace=False))
    squares = explained = 0.0
    worst, kinks = None, 0
    for entry in entries:
        slope = _slope(cost, name, parameters, int(entry), J, epsilon)
        if slope is None:
            kinks += 1
            continue
        numeric, error = slope
        analytic = float(gradient.flat[entry])
        squares += (numeric - analytic) ** 2
        explained += error**2
        if worst is None or abs(numeric - analytic) > abs(worst.numeric - worst.analytic):
            at = tuple(int(i) for i in np.unravel_index(entry, gradient.shape))
            worst = Worst(at, numeric, analytic)
    return ArrayCheck(
        name,
        gradient.shape,
        math.sqrt(squares) / norm,
        math.sqrt(explained) / norm,
        worst,
        len(entries) - kinks,
        kinks,
    )


def _slope(
    cost: Callable[[Arrays], float],
    name: str,
    parameters: Arrays,
    entry: int,
    J: float,
    epsilon: float,
) -> tuple[float, float] | None:
    """Return the slope along one entry and its error, or None at a kink."""

    def moved(step: float) -> float:
        array = parameters[name].copy()
        array.flat[entry] += step
        return cost({**parameters, name: array})

    previous: float | None = None
    step = epsilon
    for _ in range(3):
        forward, backward = moved(step), moved(-step)
        numeric = (forward - backward) / (2 * step)
        # The slopes of the two sides differ by eps J'': less with every smaller step, but at a
        # kink by the same jump again.
        jump = abs(forward - 2 * J + backward) / step
        round_off = ROUNDINGS * MACHINE * max(abs(J), abs(forward), abs(backward)) / step
        if jump <= max(1e-4 * max(abs(numeric), 1e-3), 4 * round_off):
            return numeric, round_off + step * jump
        if previous is not None and jump < 0.5 * previous:
            return numeric, round_off + step * jump
        previous = jump
        step /= 10
    return None
