"""Metrics: how far A (n_y, m) is from Y (n_y, m), one row each; and the counts behind them.

`weights` (1, m) weigh the examples; None weighs them alike.

Derived in docs/equations/metrics.md.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from cutaway.equations._array import Array, namespace

if TYPE_CHECKING or "jaxtyping" in sys.modules:
    from cutaway.equations._array import Bool, Float

Z_95 = 1.959963984540054


class Metric(NamedTuple):
    """One metric: value(A, Y, weights) is a scalar; weights (1, m) or None for all 1.

    power  value^power is a mean over the examples, so that values of parts can be pooled; 0 where
           it is no such mean
    """

    name: str
    value: Callable[[Array, Array, Array | None], Array]
    power: int = 1


def _mean(values: Float[Array, "1 m"], weights: Float[Array, "1 m"] | None) -> Float[Array, ""]:
    xp = namespace(values)
    if weights is None:
        return xp.sum(values) / values.shape[1]
    return xp.sum(values * weights) / xp.sum(weights)


def decide(A: Float[Array, "n_y m"]) -> Bool[Array, "n_y m"]:
    """The class that A chooses, as 0/1: A > 0.5 for one output, the largest A of several."""
    xp = namespace(A)
    if A.shape[0] == 1:
        return A > 0.5
    k = xp.reshape(xp.arange(A.shape[0]), (-1, 1))
    return k == xp.expand_dims(xp.argmax(A, axis=0), axis=0)


def wrong(A: Float[Array, "n_y m"], Y: Float[Array, "n_y m"]) -> Bool[Array, "1 m"]:
    """Whether each example is put into the wrong class."""
    return namespace(A).any(decide(A) != (Y > 0.5), axis=0, keepdims=True)


def error(
    A: Float[Array, "n_y m"], Y: Float[Array, "n_y m"], weights: Float[Array, "1 m"] | None = None
) -> Float[Array, ""]:
    """Share of the examples in the wrong class."""
    return _mean(namespace(A).astype(wrong(A, Y), A.dtype), weights)


def label_error(
    A: Float[Array, "n_y m"], Y: Float[Array, "n_y m"], weights: Float[Array, "1 m"] | None = None
) -> Float[Array, ""]:
    """Share of the labels that are wrong, every output deciding for itself (A > 0.5)."""
    xp = namespace(A)
    labels = xp.astype((A > 0.5) != (Y > 0.5), A.dtype)
    return _mean(xp.sum(labels, axis=0, keepdims=True) / A.shape[0], weights)


def rmse(
    A: Float[Array, "n_y m"], Y: Float[Array, "n_y m"], weights: Float[Array, "1 m"] | None = None
) -> Float[Array, ""]:
    """Root of the mean of (A - Y)^2 over examples and outputs."""
    xp = namespace(A)
    return xp.sqrt(_mean(xp.sum((A - Y) ** 2, axis=0, keepdims=True) / A.shape[0], weights))


def mae(
    A: Float[Array, "n_y m"], Y: Float[Array, "n_y m"], weights: Float[Array, "1 m"] | None = None
) -> Float[Array, ""]:
    """Mean of |A - Y| over examples and outputs."""
    return _mean(namespace(A).sum(abs(A - Y), axis=0, keepdims=True) / A.shape[0], weights)


def r2(
    A: Float[Array, "n_y m"], Y: Float[Array, "n_y m"], weights: Float[Array, "1 m"] | None = None
) -> Float[Array, ""]:
    """1 - sum (A - Y)^2 / sum (Y - mean of Y)^2, the mean over the outputs; 0 for a constant Y."""
    xp = namespace(A)
    w = xp.ones_like(Y[:1, :]) if weights is None else weights
    mean = xp.sum(w * Y, axis=1, keepdims=True) / xp.sum(w)
    residual = xp.sum(w * (A - Y) ** 2, axis=1)
    total = xp.sum(w * (Y - mean) ** 2, axis=1)
    score = xp.where(total > 0, 1.0 - residual / xp.where(total > 0, total, 1.0), 0.0)
    return xp.mean(score)


_ROWS = (
    Metric("error", error),
    Metric("label_error", label_error),
    Metric("rmse", rmse, 2),
    Metric("mae", mae),
    Metric("r2", r2, 0),
)
METRICS: Mapping[str, Metric] = {row.name: row for row in _ROWS}

ERROR_OF_TASK: Mapping[str, str] = {
    "classification": "error",
    "multi-label": "label_error",
    "regression": "rmse",
}


def confusion_matrix(
    A: Float[Array, "n_y m"], Y: Float[Array, "n_y m"]
) -> Float[Array, "classes classes"]:
    """C[i, j] = number of examples of class i that were put into class j: C = Y @ decide(A).T."""
    xp = namespace(A)
    P = xp.astype(decide(A), A.dtype)
    if A.shape[0] == 1:
        P, Y = xp.concat([1.0 - P, P]), xp.concat([1.0 - Y, Y])
    return Y @ P.T


def precision_recall(
    C: Float[Array, "classes classes"],
) -> tuple[Float[Array, " classes"], Float[Array, " classes"]]:
    """Precision C_kk / sum_i C_ik and recall C_kk / sum_j C_kj of each class; 0 if the sum is."""
    xp = namespace(C)
    right = xp.sum(C * xp.eye(C.shape[0], dtype=C.dtype), axis=0)
    predicted, actual = xp.sum(C, axis=0), xp.sum(C, axis=1)
    return (
        right / xp.where(predicted > 0, predicted, 1.0),
        right / xp.where(actual > 0, actual, 1.0),
    )


def wilson_interval(wrong: float | int, m: float | int, z: float = Z_95) -> tuple[float, float]:
    """Interval of a share that was observed as wrong / m; z = 1.96 is 95 %.

    p = wrong / m, centre = (p + z^2 / 2m) / (1 + z^2 / m),
    half width = z sqrt(p (1 - p) / m + z^2 / 4m^2) / (1 + z^2 / m).

    Wilson, "Probable inference", 1927.

    Raises:
        ValueError: m < 1, or wrong is not within 0..m.
    """
    if m < 1 or not 0 <= wrong <= m:
        raise ValueError(f"wrong={wrong} of m={m} is no share")
    p, z2 = wrong / m, z * z
    centre = (p + z2 / (2 * m)) / (1 + z2 / m)
    half = z * math.sqrt(p * (1 - p) / m + z2 / (4 * m * m)) / (1 + z2 / m)
    # Exact at the ends, where rounding would leave the share itself outside.
    low = 0.0 if wrong == 0 else centre - half
    high = 1.0 if wrong == m else centre + half
    return low, high
