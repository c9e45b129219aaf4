"""Losses of one example, their derivatives, and the outputs that are fused with them.

A `Loss` is written from A, the output of the last layer; dZ = dA * g'(Z) goes with any activation.
A `Fused` row is the same function written from Z: exact at |Z| = 1e4, where A has rounded to 0 or
1, and with the short derivative dZ = A - Y. Losses are summed over the n_y outputs: (1, m).

Derived in docs/equations/losses.md.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from cutaway.equations._array import Array, namespace
from cutaway.equations.activations import ACTIVATIONS, identity, sigmoid
from cutaway.errors import OptionError

if TYPE_CHECKING or "jaxtyping" in sys.modules:
    from cutaway.equations._array import Float


class Loss(NamedTuple):
    """One loss: loss(A, Y) (1, m), dA(A, Y) (n_y, m), and the outputs that it makes sense with."""

    name: str
    loss: Callable[[Array, Array], Array]
    dA: Callable[[Array, Array], Array]
    outputs: tuple[str, ...]


class Fused(NamedTuple):
    """An output and a loss in one: A = g(Z), loss(Z, Y) (1, m), dZ(A, Y) (n_y, m)."""

    output: str
    loss_name: str
    g: Callable[[Array], Array]
    loss: Callable[[Array, Array], Array]
    dZ: Callable[[Array, Array], Array]


class Output(NamedTuple):
    """The last layer's activation together with its loss, fused or composed.

    g     A = g(Z)
    loss  (Z, A, Y) -> (1, m)
    dZ    (Z, A, Y) -> (n_y, m), the derivative of each example's loss
    """

    g: Callable[[Array], Array]
    loss: Callable[[Array, Array, Array], Array]
    dZ: Callable[[Array, Array, Array], Array]


def _sum_over_outputs(losses: Float[Array, "*k n_y m"]) -> Float[Array, "*k 1 m"]:
    return namespace(losses).sum(losses, axis=-2, keepdims=True)


def _y_log_a(Y: Float[Array, "*j n_y m"], A: Float[Array, "*k n_y m"]) -> Float[Array, "*k n_y m"]:
    # 0 log 0 = 0: where Y is 0 the logarithm is never taken of an A that rounded to 0.
    xp = namespace(A)
    return Y * xp.log(xp.where(Y > 0, A, 1.0))


def log_loss(A: Float[Array, "*k n_y m"], Y: Float[Array, "*j n_y m"]) -> Float[Array, "*k 1 m"]:
    """Loss = -sum_k [Y log A + (1 - Y) log(1 - A)] over the outputs k."""
    return -_sum_over_outputs(_y_log_a(Y, A) + _y_log_a(1.0 - Y, 1.0 - A))


def log_loss_derivative(
    A: Float[Array, "*k n_y m"], Y: Float[Array, "*j n_y m"]
) -> Float[Array, "*k n_y m"]:
    """dA = -(Y / A - (1 - Y) / (1 - A))."""
    return -(Y / A - (1.0 - Y) / (1.0 - A))


def cross_entropy(
    A: Float[Array, "*k n_y m"], Y: Float[Array, "*j n_y m"]
) -> Float[Array, "*k 1 m"]:
    """Loss = -sum_k Y log A over the classes k."""
    return -_sum_over_outputs(_y_log_a(Y, A))


def cross_entropy_derivative(
    A: Float[Array, "*k n_y m"], Y: Float[Array, "*j n_y m"]
) -> Float[Array, "*k n_y m"]:
    """dA = -Y / A."""
    return -Y / A


def squared_error(
    A: Float[Array, "*k n_y m"], Y: Float[Array, "*j n_y m"]
) -> Float[Array, "*k 1 m"]:
    """Loss = 1/2 sum_k (A - Y)^2 over the outputs k."""
    return 0.5 * _sum_over_outputs((A - Y) ** 2)


def difference(
    A: Float[Array, "*k n_y m"], Y: Float[Array, "*j n_y m"]
) -> Float[Array, "*k n_y m"]:
    """A - Y: dA of the squared error, and dZ of every fused row."""
    return A - Y


def softplus(Z: Float[Array, "*s"]) -> Float[Array, "*s"]:
    """log(1 + exp(Z)) = max(Z, 0) + log(1 + exp(-|Z|)), finite for every finite Z."""
    xp = namespace(Z)
    return xp.maximum(Z, 0.0) + xp.log1p(xp.exp(-abs(Z)))


def logsumexp(Z: Float[Array, "*k n_y m"]) -> Float[Array, "*k 1 m"]:
    """log sum_k exp(Z_k), the largest Z of an example taken out first."""
    xp = namespace(Z)
    top = xp.max(Z, axis=-2, keepdims=True)
    return top + xp.log(xp.sum(xp.exp(Z - top), axis=-2, keepdims=True))


def softmax(Z: Float[Array, "*k n_y m"]) -> Float[Array, "*k n_y m"]:
    """A = exp(Z) / sum_k exp(Z_k), the largest Z of an example taken out first."""
    xp = namespace(Z)
    E = xp.exp(Z - xp.max(Z, axis=-2, keepdims=True))
    return E / xp.sum(E, axis=-2, keepdims=True)


def log_loss_from_Z(
    Z: Float[Array, "*k n_y m"], Y: Float[Array, "*j n_y m"]
) -> Float[Array, "*k 1 m"]:
    """Loss = sum_k softplus(Z) - Y Z, since log A = -softplus(-Z) and log(1 - A) = -softplus(Z)."""
    # Z - Y Z is written with softplus(-Z) where Y = 1, so that a right answer costs exp(-Z), not 0.
    xp = namespace(Z)
    S = xp.where(Y > 0.5, -Z, Z)
    return _sum_over_outputs(softplus(S) + xp.where(Y > 0.5, 1.0 - Y, Y) * -S)


def cross_entropy_from_Z(
    Z: Float[Array, "*k n_y m"], Y: Float[Array, "*j n_y m"]
) -> Float[Array, "*k 1 m"]:
    """Loss = logsumexp(Z) - sum_k Y Z, for Y that sums to 1 over the classes."""
    # The largest Z cancels; taken out before, it does not cost the loss its digits.
    Z = Z - namespace(Z).max(Z, axis=-2, keepdims=True)
    return logsumexp(Z) - _sum_over_outputs(Y * Z)


_LOSSES = (
    Loss("log", log_loss, log_loss_derivative, ("sigmoid",)),
    Loss("cross_entropy", cross_entropy, cross_entropy_derivative, ("softmax",)),
    Loss("squared", squared_error, difference, tuple(ACTIVATIONS)),
)
LOSSES: Mapping[str, Loss] = {row.name: row for row in _LOSSES}

_FUSED = (
    Fused("sigmoid", "log", sigmoid, log_loss_from_Z, difference),
    Fused("softmax", "cross_entropy", softmax, cross_entropy_from_Z, difference),
    Fused("identity", "squared", identity, squared_error, difference),
)
FUSED: Mapping[tuple[str, str], Fused] = {(row.output, row.loss_name): row for row in _FUSED}

OUTPUTS: tuple[str, ...] = tuple(dict.fromkeys(o for row in _LOSSES for o in row.outputs))


@functools.cache
def output_layer(output: str, loss: str) -> Output:
    """Return the last layer's activation and loss: the fused row, or dZ = dA * g'(Z) composed.

    Raises:
        OptionError: the loss makes no sense with that output.
    """
    row = LOSSES[loss]
    if output not in row.outputs:
        raise OptionError(
            f"loss '{loss}' makes no sense with output '{output}': "
            f"it goes with {' or '.join(row.outputs)}"
        )
    fused = FUSED.get((output, loss))
    if fused is not None:
        return Output(fused.g, lambda Z, A, Y: fused.loss(Z, Y), lambda Z, A, Y: fused.dZ(A, Y))
    g = ACTIVATIONS[output]
    return Output(
        g.g,
        lambda Z, A, Y: row.loss(A, Y),
        lambda Z, A, Y: row.dA(A, Y) * g.dg(Z, A),
    )
