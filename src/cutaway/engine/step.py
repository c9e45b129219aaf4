"""One update, the same for every executor: the cost, its gradient, the optimiser."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from cutaway.equations import Layer, Network, Rates, backward, cost, flatten, forward, unflatten
from cutaway.equations.optimizers import Slots, Update
from cutaway.equations.propagation import Masks


class Step(NamedTuple):
    """J() computes the cost at the old theta; dtheta there, and the new theta and slots."""

    J: Callable[[], Any]
    dtheta: Any
    theta: Any
    slots: Slots


def step(
    network: Network,
    update: Update,
    theta: Any,
    slots: Slots,
    t: Any,
    X: Any,
    Y: Any,
    weights: Any,
    masks: Masks | None,
    penalties: Mapping[str, Any],
    M: Any,
    rates: Rates,
    mean: Callable[[Any], Any] = lambda dtheta: dtheta,
    layers: Callable[[Network, Any, Any], Sequence[Layer]] = unflatten,
    gather: Callable[[Sequence[Layer]], Any] = flatten,
) -> Step:
    """Take update t = 1, 2, .. on the examples X (n_x, m), Y (n_y, m).

    weights (1, m) have mean 1 over the training set, whose weights sum to M; None for all 1.
    `update` is that of an optimiser. It does not need J, which is computed only if it is called
    for: before the next step, which may overwrite this theta. Where processes share the examples,
    `mean` is that over what each of them computed from its own. An executor that keeps its vectors
    has its own `layers` of theta, and its own `gather` for their derivatives.
    """
    parameters = layers(network, theta, X)
    caches = forward(network, parameters, X, masks)

    dtheta = mean(gather(backward(network, parameters, caches, Y, weights, penalties, M)))
    theta, slots = update(theta, dtheta, slots, t, rates)
    return Step(
        lambda: cost(network, parameters, caches, Y, weights, penalties, M), dtheta, theta, slots
    )
