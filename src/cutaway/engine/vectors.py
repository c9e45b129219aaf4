"""The vectors of a training on NumPy: made once, and their layers with them.

An update of a small network takes microseconds; taking its vectors apart and putting them together
would be a fifth of that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cutaway.engine.in_place import IN_PLACE
from cutaway.equations import OPTIMIZERS, Layer, Network, Rates, unflatten
from cutaway.equations.network import arrays
from cutaway.equations.optimizers import Slots


class Vectors:
    """Theta in two places in turn, and its gradient in one.

    The parameters before an update hold until the next one: J is computed from them. What was
    handed in is not overwritten.
    """

    def __init__(self, network: Network, optimizer: str, theta: Any, X: Any) -> None:
        self.places = np.empty_like(theta), np.empty_like(theta)
        self.dtheta = np.empty_like(theta)
        self.X = X
        self.layers_of: dict[int, Sequence[Layer]] = {}
        self.parts = arrays(unflatten(network, self.dtheta, X))
        self.in_place = IN_PLACE.get(optimizer)
        self.rule = OPTIMIZERS[optimizer].update

    def layers(self, network: Network, theta: Any, X: Any) -> Sequence[Layer]:
        """Return the layers of one of the vectors, as `unflatten` does, which is asked once."""
        found = self.layers_of.get(id(theta))
        if found is None:
            found = self.layers_of[id(theta)] = unflatten(network, theta, self.X)
        return found

    def gather(self, gradients: Sequence[Layer]) -> Any:
        """Return the derivatives as one vector, as `flatten` does."""
        for part, array in zip(self.parts, arrays(gradients), strict=True):
            part[...] = array
        return self.dtheta

    def update(
        self, theta: Any, dtheta: Any, slots: Slots, t: Any, rates: Rates
    ) -> tuple[Any, Slots]:
        """Take the optimiser's update; the new theta is in the place that was not in use."""
        self.places = self.places[::-1]
        new = self.places[0]
        if self.in_place is not None:
            self.in_place(new, theta, dtheta, slots, t, rates)
            return new, slots
        new[...], slots = self.rule(theta, dtheta, slots, t, rates)
        return new, slots

    def own(self, slots: Slots) -> Slots:
        """Return slots that the update may overwrite."""
        return slots if self.in_place is None else tuple(slot.copy() for slot in slots)
