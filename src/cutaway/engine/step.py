"""One update, the same for every executor: the cost, its gradient, the optimiser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cutaway.equations import OPTIMIZERS, Network, Rates, cost_and_gradient
from cutaway.equations.optimizers import Slots
from cutaway.equations.propagation import Masks


class Step(NamedTuple):
    """J and dtheta at the old theta, and the new theta and slots."""

    J: Any
    dtheta: Any
    theta: Any
    slots: Slots


def step(
    network: Network,
    optimizer: str,
    theta: Any,
    slots: Slots,
    t: int,
    X: Any,
    Y: Any,
    weights: Any,
    masks: Masks | None,
    penalties: Mapping[str, float],
    M: float,
    rates: Rates,
) -> Step:
    """Take update t = 1, 2, .. on the examples X (n_x, m), Y (n_y, m).

    weights (1, m) have mean 1 over the training set, whose weights sum to M; None for all 1.
    """
    J, dtheta = cost_and_gradient(network, theta, X, Y, weights, masks, penalties, M)
    theta, slots = OPTIMIZERS[optimizer].update(theta, dtheta, slots, t, rates)
    return Step(J, dtheta, theta, slots)
