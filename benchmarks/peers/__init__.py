"""The peers: the course's NumPy code, scikit-learn and PyTorch, from the same start, the same way.

Every function trains from rows (m, n_x) in memory and layers (W, b) as cutaway takes them, and
returns such layers. A case adds the numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[Any]
Layers = Sequence[tuple[npt.NDArray[Any], npt.NDArray[Any]]]
Orders = Callable[[int], npt.NDArray[np.intp]]
"""The order of the examples in an epoch."""


def initial(sizes: Sequence[int], seed: int = 1) -> Layers:
    """Return (W (n_l, n_prev), b (n_l, 1)) of every layer: normal / sqrt(n_prev), and 0."""
    random = np.random.default_rng(seed)
    return [
        (random.standard_normal((n, n_prev)) / np.sqrt(n_prev), np.zeros((n, 1)))
        for n_prev, n in pairwise(sizes)
    ]


def orders(seed: int, m: int) -> Orders:
    """Return the orders that cutaway draws for its mini-batches."""
    return lambda epoch: np.random.default_rng([seed, 1, epoch]).permutation(m)


def log_loss(layers: Layers, rows: Rows, y: Rows, g: Callable[[Any], Any]) -> float:
    """J = (1/m) sum_i log(1 + exp(Z_i)) - y_i Z_i in float64, g after the hidden layers."""
    Z = _last_Z(layers, rows, g)[0]
    return float(np.mean(np.logaddexp(0, Z) - y * Z))


def cross_entropy(layers: Layers, rows: Rows, y: Rows, g: Callable[[Any], Any]) -> float:
    """J = (1/m) sum_i log(sum_k exp(Z_ki)) - Z_i of the right class, in float64."""
    Z = _last_Z(layers, rows, g)
    Z = Z - Z.max(axis=0)
    return float(np.mean(np.log(np.exp(Z).sum(axis=0)) - Z[y, np.arange(len(y))]))


def relu(Z: Any) -> Any:
    """max(0, Z)."""
    return np.maximum(0, Z)


def _last_Z(layers: Layers, rows: Rows, g: Callable[[Any], Any]) -> Any:
    *hidden, (W_L, b_L) = [(np.float64(W), np.float64(b)) for W, b in layers]
    A = rows.T.astype(np.float64)
    for W, b in hidden:
        A = g(W @ A + b)
    return W_L @ A + b_L
