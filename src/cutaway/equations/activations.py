"""Activations g and their derivatives g', one row each.

A = g(Z) and dZ = dA * g'(Z), elementwise. The derivative is written from Z and A = g(Z), because
the forward pass has A at hand and sigmoid' = A (1 - A) needs no second exponential.
At a kink the derivative of the left side is taken: ReLU'(0) = 0, leaky ReLU'(0) = slope.

Derived in docs/equations/activations.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from cutaway.equations._array import Array, namespace

if TYPE_CHECKING or "jaxtyping" in sys.modules:
    from cutaway.equations._array import Float

LEAKY_SLOPE = 0.01


class Activation(NamedTuple):
    """One activation.

    g            A = g(Z), any shape
    dg           g'(Z) from (Z, A), the same shape
    initializer  the row of INITIALIZERS that keeps the variance of A over many layers
    bounds       the limits of A where it saturates, None where it does not
    kink         whether g' jumps at Z = 0
    """

    name: str
    g: Callable[[Array], Array]
    dg: Callable[[Array, Array], Array]
    initializer: str = "lecun"
    bounds: tuple[float, float] | None = None
    kink: bool = False


def sigmoid(Z: Float[Array, "*s"]) -> Float[Array, "*s"]:
    """A = 1 / (1 + exp(-Z)). Only exp(-|Z|) is taken, so that no Z overflows."""
    xp = namespace(Z)
    E = xp.exp(-abs(Z))
    return xp.where(Z >= 0, 1.0, E) / (1.0 + E)


def sigmoid_derivative(Z: Float[Array, "*s"], A: Float[Array, "*s"]) -> Float[Array, "*s"]:
    """g'(Z) = A (1 - A)."""
    return A * (1.0 - A)


def tanh(Z: Float[Array, "*s"]) -> Float[Array, "*s"]:
    """A = (exp(Z) - exp(-Z)) / (exp(Z) + exp(-Z))."""
    return namespace(Z).tanh(Z)


def tanh_derivative(Z: Float[Array, "*s"], A: Float[Array, "*s"]) -> Float[Array, "*s"]:
    """g'(Z) = 1 - A^2."""
    return 1.0 - A * A


def relu(Z: Float[Array, "*s"]) -> Float[Array, "*s"]:
    """A = max(0, Z)."""
    return namespace(Z).maximum(Z, 0.0)


def relu_derivative(Z: Float[Array, "*s"], A: Float[Array, "*s"]) -> Float[Array, "*s"]:
    """g'(Z) = 1 where Z > 0, else 0."""
    return namespace(Z).astype(Z > 0, Z.dtype)


def leaky_relu(Z: Float[Array, "*s"]) -> Float[Array, "*s"]:
    """A = max(slope Z, Z), slope 0.01."""
    return namespace(Z).maximum(LEAKY_SLOPE * Z, Z)


def leaky_relu_derivative(Z: Float[Array, "*s"], A: Float[Array, "*s"]) -> Float[Array, "*s"]:
    """g'(Z) = 1 where Z > 0, else slope."""
    return LEAKY_SLOPE + (1.0 - LEAKY_SLOPE) * relu_derivative(Z, A)


def identity(Z: Float[Array, "*s"]) -> Float[Array, "*s"]:
    """A = Z."""
    return Z


def identity_derivative(Z: Float[Array, "*s"], A: Float[Array, "*s"]) -> Float[Array, "*s"]:
    """g'(Z) = 1."""
    return namespace(Z).ones_like(Z)


_ROWS = (
    Activation("sigmoid", sigmoid, sigmoid_derivative, bounds=(0.0, 1.0)),
    Activation("tanh", tanh, tanh_derivative, bounds=(-1.0, 1.0)),
    Activation("relu", relu, relu_derivative, initializer="he", kink=True),
    Activation("leaky_relu", leaky_relu, leaky_relu_derivative, initializer="he", kink=True),
    Activation("identity", identity, identity_derivative),
)
ACTIVATIONS: Mapping[str, Activation] = {row.name: row for row in _ROWS}
