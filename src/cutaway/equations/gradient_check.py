"""Gradient checking: a derivative against central differences of its own cost.

Along a direction v of length 1, (J(theta + eps v) - J(theta - eps v)) / 2 eps must be <dtheta, v>.
One pair of costs checks all parameters at once, so a few random directions do. The difference is
taken relative to |dtheta|, never to the two numbers compared: along a direction that is nearly
orthogonal to the gradient both are tiny and their ratio is noise.

Derived in docs/equations/gradient_check.md.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, NamedTuple

from cutaway.equations._array import Array, namespace
from cutaway.equations.activations import ACTIVATIONS
from cutaway.equations.network import Network, unflatten
from cutaway.equations.propagation import Masks, forward

if TYPE_CHECKING or "jaxtyping" in sys.modules:
    from cutaway.equations._array import Float

# Central differences err by eps^2 J''' / 6 + 1e-16 J / eps: least near the cube root of 1e-16.
EPSILON = 6e-6
HALVINGS = 12


class GradientCheck(NamedTuple):
    """The worst direction found.

    difference  |numeric - analytic| / |dtheta|, the largest over the directions
    numeric     (J(theta + eps v) - J(theta - eps v)) / 2 eps there
    analytic    <dtheta, v> there
    epsilon     the step that was used there, smaller than asked for beside a kink
    direction   its row in `directions`
    at_kink     directions left out because every step, however small, crosses a kink
    """

    difference: float
    numeric: float
    analytic: float
    epsilon: float
    direction: int
    at_kink: int


def gradient_check(
    cost: Callable[[Array], Array],
    gradient: Array,
    theta: Float[Array, " n"],
    directions: Float[Array, "k n"],
    epsilon: float = EPSILON,
    kinks: Callable[[Array], Hashable] | None = None,
) -> GradientCheck:
    """Compare `gradient` with central differences of `cost` along the rows of `directions`.

    kinks(theta) names the smooth piece of the cost that theta lies on (see `kinks`): where the two
    ends of a step lie on different pieces the step is halved until they do not.

    Raises:
        ValueError: the gradient or theta is not finite, or every direction lies on a kink.
    """
    xp = namespace(theta)
    norm = float(xp.sqrt(xp.sum(gradient * gradient)))
    if not (bool(xp.all(xp.isfinite(gradient))) and bool(xp.all(xp.isfinite(theta)))):
        raise ValueError("theta or its gradient is not finite: there is nothing to compare")
    worst: GradientCheck | None = None
    at_kink = 0
    for i in range(directions.shape[0]):
        v = directions[i, :] / xp.sqrt(xp.sum(directions[i, :] ** 2))
        step = _smooth_step(theta, v, epsilon, kinks)
        if step is None:
            at_kink += 1
            continue
        numeric = float(cost(theta + step * v) - cost(theta - step * v)) / (2.0 * step)
        analytic = float(xp.sum(gradient * v))
        difference = abs(numeric - analytic) / norm if norm > 0 else abs(numeric)
        if worst is None or difference > worst.difference or math.isnan(difference):
            worst = GradientCheck(difference, numeric, analytic, step, i, 0)
    if worst is None:
        raise ValueError(
            f"all {at_kink} directions cross a kink of the activations at any step: "
            "move theta a little and check there"
        )
    return worst._replace(at_kink=at_kink)


def _smooth_step(
    theta: Array, v: Array, epsilon: float, kinks: Callable[[Array], Hashable] | None
) -> float | None:
    if kinks is None:
        return epsilon
    for _ in range(HALVINGS):
        if kinks(theta + epsilon * v) == kinks(theta - epsilon * v):
            return epsilon
        epsilon /= 2.0
    return None


def kinks(
    network: Network, X: Float[Array, "n_x m"], masks: Masks | None = None, l1: bool = False
) -> Callable[[Array], Hashable]:
    """Return kinks(theta): on which side of every kink theta lies, as bytes.

    The sides are the signs of Z in layers whose activation has a kink, and of W when `l1` acts.
    """
    names = (*network.activations, network.output)
    kinked = [name in ACTIVATIONS and ACTIVATIONS[name].kink for name in names]

    def side(theta: Array) -> Hashable:
        parameters = unflatten(network, theta)
        caches = forward(network, parameters, X, masks)
        signs = [cache.Z > 0 for cache, kink in zip(caches, kinked, strict=True) if kink]
        if l1:
            signs += [layer.W > 0 for layer in parameters]
        xp = namespace(theta)
        return b"".join(bytes(memoryview(xp.astype(xp.reshape(s, (-1,)), xp.uint8))) for s in signs)

    return side
