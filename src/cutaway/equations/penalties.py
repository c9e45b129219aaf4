"""Penalties on W, one row each; both may act, and biases are never penalised.

They enter the cost as J = loss + (1/M) sum_l [lambda_1 sum |W| + (lambda/2) sum W^2].
`coefficients` maps the rows that act to their weight: {"l2": 0.7}; {} is no penalty. For a stack of
networks W is (k, n_l, n_prev), and a weight one number or (k,).

Derived in docs/equations/penalties.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from cutaway.equations._array import Array, Scalar, beside_matrices, namespace

if TYPE_CHECKING or "jaxtyping" in sys.modules:
    from cutaway.equations._array import Float


class Penalty(NamedTuple):
    """One penalty: cost(W) is a scalar, dW(W) its derivative with the shape of W."""

    name: str
    cost: Callable[[Array], Array]
    dW: Callable[[Array], Array]


def l1_cost(W: Float[Array, "*k n_l n_prev"]) -> Float[Array, "*k"]:
    """Sum of |W|."""
    return namespace(W).sum(abs(W), axis=(-2, -1))


def l1_derivative(W: Float[Array, "*s"]) -> Float[Array, "*s"]:
    """Sign of W; 0 at W = 0."""
    return namespace(W).sign(W)


def sq_norm(W: Float[Array, "*k n_l n_prev"]) -> Float[Array, "*k"]:
    """Sum of W^2; what stands for a W without being an array brings its own formula."""
    own = getattr(W, "sq_norm", None)
    return namespace(W).sum(W * W, axis=(-2, -1)) if own is None else own()


def l2_cost(W: Float[Array, "*k n_l n_prev"]) -> Float[Array, "*k"]:
    """1/2 sum W^2."""
    return 0.5 * sq_norm(W)


def l2_derivative(W: Float[Array, "*s"]) -> Float[Array, "*s"]:
    """W itself."""
    return W


_ROWS = (
    Penalty("l1", l1_cost, l1_derivative),
    Penalty("l2", l2_cost, l2_derivative),
)
PENALTIES: Mapping[str, Penalty] = {row.name: row for row in _ROWS}


def penalty(
    weights: Iterable[Float[Array, "*k _ _"]], coefficients: Mapping[str, Scalar], M: Scalar
) -> Scalar:
    """(1/M) sum of coefficient * cost(W) over all W and the acting rows; 0.0 without any."""
    return sum(
        coefficient / M * PENALTIES[name].cost(W)
        for W in weights
        for name, coefficient in coefficients.items()
    )


def penalty_derivative(
    W: Float[Array, "*s"], coefficients: Mapping[str, Scalar], M: Scalar
) -> Scalar:
    """(1/M) sum over the acting rows of coefficient * dW(W); 0.0 without any."""
    return sum(
        beside_matrices(coefficient) / M * PENALTIES[name].dW(W)
        for name, coefficient in coefficients.items()
    )
