"""Entry by entry: a gradient against central differences of its own cost, with a verdict.

Central differences err in two ways: by eps^2 J''' / 6, and by the round-off of J over eps. The
round-off is measured, since a cost may be computed in float32 or lie far from zero, and the step
follows from it. A gradient is called wrong only where it is off by more than both explain, so the
verdict does not hang on one fixed threshold; it is undecided where round-off hides the slope. At a
kink (ReLU at 0, |w| at 0) the slopes of the two sides differ however small the step is: such an
entry has no derivative and is left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cutaway.equations.gradient_check import EPSILON

Floats = npt.NDArray[np.float64]
Arrays = Mapping[str, Floats]

MACHINE = float(np.finfo(np.float64).eps)
# |numeric - analytic|, relative, up to which a gradient is right without further questions.
RIGHT = 1e-7
# Where the explained part is larger than this, a wrong gradient could hide behind it ..
HIDDEN = 0.01
# .. unless it is nothing beside the other arrays: a slope of 1e-17 where the others are 1.
NEGLIGIBLE = 1e-6
# The largest of some hundred roundings is several times their standard deviation.
ROUNDINGS = 8
LARGEST_STEP = 1e-2
MOST_ENTRIES = 500


class Worst(NamedTuple):
    """The entry of an array where the two numbers differ most."""

    at: tuple[int, ...]
    numeric: float
    analytic: float


class ArrayCheck(NamedTuple):
    """One parameter array.

    difference  |numeric - analytic| over the entries checked, relative to the larger of the two
    explained   the part of it that round-off and the curvature of the cost explain
    share       the larger of |numeric| and |analytic|, relative to |dtheta| of all arrays
    checked     entries compared, of `entries`; `kinks` were left out
    """

    name: str
    shape: tuple[int, ...]
    difference: float
    explained: float
    share: float
    worst: Worst | None
    checked: int
    kinks: int

    @property
    def entries(self) -> int:
        """Number of entries of the array."""
        return math.prod(self.shape)

    @property
    def verdict(self) -> str:
        """Return right, wrong, undecided, or not checked where every entry lies on a kink."""
        if not self.checked:
            return "not checked"
        if self.difference > max(RIGHT, self.explained):
            return "wrong"
        hidden = self.explained > HIDDEN and self.explained * self.share > NEGLIGIBLE
        return "undecided" if hidden else "right"


class _Cost(NamedTuple):
    """A cost, what is known of it at the parameters, and the step of its differences."""

    function: Callable[[Arrays], float]
    J: float
    noise: float
    norm: float
    step: float


def check_arrays(
    cost: Callable[[Arrays], float],
    gradients: Arrays,
    parameters: Arrays,
    step: float | None = None,
    seed: int = 0,
) -> list[ArrayCheck]:
    """Compare every entry of `gradients` with central differences of cost(parameters).

    Of an array with more than 500 entries a seeded sample of 500 is checked. Without a step, the
    one that suits the round-off of the cost is taken: 6e-6 or more.

    Raises:
        ValueError: names or shapes differ, or a number is not finite.
    """
    _check_shapes(gradients, parameters)
    generator = np.random.default_rng(seed)
    J = cost(parameters)
    if not math.isfinite(J):
        raise ValueError(f"the cost at these parameters is {J}: there is nothing to compare")
    norm = _norm(entry for g in gradients.values() for entry in g.flat)
    noise = max(MACHINE * abs(J), _noise(cost, parameters, generator))
    if step is None:
        step = EPSILON if norm == 0 else min(max(EPSILON, math.cbrt(noise / norm)), LARGEST_STEP)
    known = _Cost(cost, J, noise, norm, step)
    return [
        _check_array(known, name, parameters, gradients[name], generator) for name in parameters
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
                f"the gradient of {name} has shape {gradients[name].shape}, but {name} has shape "
                f"{array.shape}: each entry needs its own derivative, in the same place"
            )
        if array.size == 0:
            raise ValueError(f"{name} has shape {array.shape}: it holds no number to check")
        for what, values in ((name, array), (f"the gradient of {name}", gradients[name])):
            if not np.isfinite(values).all():
                raise ValueError(f"{what} is not finite")


def _norm(values: Iterable[float]) -> float:
    # hypot: squares would overflow from 1e154 and vanish below 1e-162.
    return math.hypot(*values)


def _noise(
    cost: Callable[[Arrays], float], parameters: Arrays, generator: np.random.Generator
) -> float:
    """Return the standard deviation of the round-off of the cost near the parameters.

    Third differences over tiny steps cancel what is smooth; independent errors s leave
    sqrt(1 + 9 + 9 + 1) s. The median of three directions is not misled by one kink.
    """
    found = []
    for _ in range(3):
        directions = {
            name: 1e-6 * np.maximum(1, np.abs(array)) * generator.choice((-1.0, 1.0), array.shape)
            for name, array in parameters.items()
        }
        costs = [
            cost({name: array + i * directions[name] for name, array in parameters.items()})
            for i in range(8)
        ]
        third = np.diff(costs, 3) if np.isfinite(costs).all() else np.zeros(1)
        found.append(_norm(third) / math.sqrt(20 * third.size))
    return sorted(found)[1]


def _check_array(
    cost: _Cost,
    name: str,
    parameters: Arrays,
    gradient: Floats,
    generator: np.random.Generator,
) -> ArrayCheck:
    entries = np.arange(gradient.size)
    if gradient.size > MOST_ENTRIES:
        entries = np.sort(generator.choice(gradient.size, MOST_ENTRIES, replace=False))
    numerics, analytics, errors = [], [], []
    worst, kinks = None, 0
    for entry in entries:
        slope = _slope(cost, name, parameters, int(entry))
        if slope is None:
            kinks += 1
            continue
        numeric, analytic = slope[0], float(gradient.flat[entry])
        numerics.append(numeric)
        analytics.append(analytic)
        errors.append(slope[1])
        if worst is None or abs(numeric - analytic) > abs(worst.numeric - worst.analytic):
            at = tuple(int(i) for i in np.unravel_index(entry, gradient.shape))
            worst = Worst(at, numeric, analytic)
    differences = (n - a for n, a in zip(numerics, analytics, strict=True))
    # Nothing differs where both are zero.
    norm = max(_norm(numerics), _norm(analytics)) or 1.0
    return ArrayCheck(
        name,
        gradient.shape,
        _norm(differences) / norm,
        _norm(errors) / norm,
        norm / (max(cost.norm, norm)),
        worst,
        len(entries) - kinks,
        kinks,
    )


def _slope(cost: _Cost, name: str, parameters: Arrays, entry: int) -> tuple[float, float] | None:
    """Return the slope along one entry and its error, or None at a kink.

    Raises:
        ValueError: the cost is not finite on either side, however small the step.
    """
    value = float(parameters[name].flat[entry])

    def at(moved: float) -> float:
        array = parameters[name].copy()
        array.flat[entry] = moved
        return cost.function({**parameters, name: array})

    previous: tuple[float, float] | None = None
    scale = max(1.0, abs(value))
    step = cost.step * scale
    for _ in range(3):
        above, below = value + step, value - step
        forward, backward = at(above), at(below)
        if math.isfinite(forward) and math.isfinite(backward):
            numeric = (forward - backward) / (above - below)
            # The slopes of the two sides differ by eps J'': less with every smaller step, but at
            # a kink by the same jump again.
            jump = abs((forward - cost.J) + (backward - cost.J)) / step
            round_off = ROUNDINGS * cost.noise / step
            error = round_off + step / scale * jump
            if jump <= max(1e-4 * max(abs(numeric), 1e-3 * cost.norm), 4 * round_off):
                return numeric, error
            if previous is not None and jump < 0.5 * previous[1]:
                # Strongly bent: what the last step still changed is left to change as well.
                return numeric, error + abs(numeric - previous[0])
            previous = numeric, jump
        step /= 10
    if previous is None:
        raise ValueError(
            f"the cost is not finite within {10 * step:.0e} of {name}, entry {entry}: it has no "
            "difference there; check at other parameters, or with a smaller --step"
        )
    return None
