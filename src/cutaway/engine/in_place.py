"""Adam in place, for NumPy: the one update whose temporary arrays cost as much as a small network.

As a pure function it makes fourteen arrays as large as theta, which the system hands out and takes
back in every update. Here the slots are overwritten, and theta has two places in turn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cutaway.equations import OPTIMIZERS, Rates
from cutaway.equations.optimizers import Slots, Update


class InPlaceAdam:
    """Equals `adam` of the equations to rounding; what it returns holds until two calls later."""

    def __init__(self, theta: Any) -> None:
        self.places = np.empty_like(theta), np.empty_like(theta)

    def __call__(
        self, theta: Any, dtheta: Any, slots: Slots, t: Any, rates: Rates
    ) -> tuple[Any, Slots]:
        """W := W - (alpha / (1 - beta1^t)) v / (sqrt(s) / sqrt(1 - beta2^t) + epsilon)."""
        (v, s), (alpha, beta1, beta2, epsilon) = slots, rates
        self.places = self.places[::-1]
        a = self.places[0]
        v *= beta1
        v += np.multiply(dtheta, 1.0 - beta1, out=a)
        s *= beta2
        np.multiply(dtheta, dtheta, out=a)
        a *= 1.0 - beta2
        s += a
        np.sqrt(s, out=a)
        a *= 1.0 / (1.0 - beta2**t) ** 0.5
        a += epsilon
        np.divide(v, a, out=a)
        a *= alpha / (1.0 - beta1**t)
        return np.subtract(theta, a, out=a), (v, s)


IN_PLACE: dict[str, Callable[[Any], Update]] = {"adam": InPlaceAdam}


def own_update(optimizer: str, theta: Any, slots: Slots) -> tuple[Update, Slots]:
    """Return the update of an optimiser, and slots that it may overwrite."""
    if optimizer not in IN_PLACE:
        return OPTIMIZERS[optimizer].update, slots
    return IN_PLACE[optimizer](theta), tuple(slot.copy() for slot in slots)
