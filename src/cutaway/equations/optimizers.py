"""Optimisers: two pure functions of one flat vector, one row each.

`slots` names what an optimiser remembers; `init(theta)` gives those vectors, all zeros, and
`update(theta, dtheta, state, t, rates)` one step, t = 1, 2, .. being the number of the update. For
a stack of networks theta is (k, n), and a rate one number or (k, 1).

Derived in docs/equations/optimizers.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from cutaway.equations._array import Array, Scalar, namespace

if TYPE_CHECKING or "jaxtyping" in sys.modules:
    from cutaway.equations._array import Float

Slots = tuple[Array, ...]


class Rates(NamedTuple):
    """The numbers of an update rule, in the course's symbols."""

    alpha: Scalar
    beta1: Scalar = 0.9
    beta2: Scalar = 0.999
    epsilon: Scalar = 1e-8


# (theta, dtheta, slots, t, rates) -> (theta, slots)
Update = Callable[[Array, Array, Slots, Scalar, Rates], tuple[Array, Slots]]


class Optimizer(NamedTuple):
    """One update rule.

    linear  whether an update adds up multiples of theta, gradient and slots, the same for every
            entry: then W1 stays in the span of its start and its gradients (example_space.py)
    """

    name: str
    slots: tuple[str, ...]
    update: Update
    linear: bool = False

    def init(self, theta: Array) -> Slots:
        """Return the initial slots: zeros of the shape of theta."""
        return tuple(namespace(theta).zeros_like(theta) for _ in self.slots)


def gradient_descent(
    theta: Float[Array, "*k n"], dtheta: Float[Array, "*k n"], state: Slots, t: Scalar, rates: Rates
) -> tuple[Float[Array, "*k n"], Slots]:
    """W := W - alpha dW."""
    return theta - rates.alpha * dtheta, state


def momentum(
    theta: Float[Array, "*k n"], dtheta: Float[Array, "*k n"], state: Slots, t: Scalar, rates: Rates
) -> tuple[Float[Array, "*k n"], Slots]:
    """v := beta1 v + (1 - beta1) dW, W := W - alpha v; no bias correction."""
    (v,) = state
    v = rates.beta1 * v + (1.0 - rates.beta1) * dtheta
    return theta - rates.alpha * v, (v,)


def rmsprop(
    theta: Float[Array, "*k n"], dtheta: Float[Array, "*k n"], state: Slots, t: Scalar, rates: Rates
) -> tuple[Float[Array, "*k n"], Slots]:
    """s := beta2 s + (1 - beta2) dW^2, W := W - alpha dW / (sqrt(s) + epsilon)."""
    (s,) = state
    s = rates.beta2 * s + (1.0 - rates.beta2) * dtheta**2
    return theta - rates.alpha * dtheta / (namespace(s).sqrt(s) + rates.epsilon), (s,)


def adam(
    theta: Float[Array, "*k n"], dtheta: Float[Array, "*k n"], state: Slots, t: Scalar, rates: Rates
) -> tuple[Float[Array, "*k n"], Slots]:
    """Momentum and rmsprop with bias correction.

    v := beta1 v + (1 - beta1) dW              v_corrected = v / (1 - beta1^t)
    s := beta2 s + (1 - beta2) dW^2            s_corrected = s / (1 - beta2^t)
    W := W - alpha v_corrected / (sqrt(s_corrected) + epsilon)

    Kingma and Ba, "Adam: a method for stochastic optimization", 2015, algorithm 1.
    """
    v, s = state
    v = rates.beta1 * v + (1.0 - rates.beta1) * dtheta
    s = rates.beta2 * s + (1.0 - rates.beta2) * dtheta**2
    v_corrected = v / (1.0 - rates.beta1**t)
    s_corrected = s / (1.0 - rates.beta2**t)
    root = namespace(s).sqrt(s_corrected)
    return theta - rates.alpha * v_corrected / (root + rates.epsilon), (v, s)


_ROWS = (
    Optimizer("gradient_descent", (), gradient_descent, linear=True),
    Optimizer("momentum", ("v",), momentum, linear=True),
    Optimizer("rmsprop", ("s",), rmsprop),
    Optimizer("adam", ("v", "s"), adam),
)
OPTIMIZERS: Mapping[str, Optimizer] = {row.name: row for row in _ROWS}
