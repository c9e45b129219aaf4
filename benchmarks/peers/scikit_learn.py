"""scikit-learn's MLPClassifier from given layers, with given orders of the examples."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from peers import Layers, Orders, Rows


def gradient_descent(
    rows: Rows, y: Rows, layers: Layers, activation: str, alpha: float, steps: int, threads: int
) -> Layers:
    """The whole set a batch, no momentum, the order kept."""
    network = _FromLayers(
        _hidden(layers),
        activation=activation,
        solver="sgd",
        momentum=0,
        nesterovs_momentum=False,
        learning_rate_init=alpha,
        batch_size=len(rows),
        shuffle=False,
        max_iter=steps,
    )
    return _fit(network, rows, y, layers, threads)


def adam(
    rows: Rows,
    y: Rows,
    layers: Layers,
    alpha: float,
    batch: int,
    epochs: int,
    orders: Orders,
    threads: int,
) -> Layers:
    """Mini-batches in the given orders; its Adam divides epsilon by another number, 1e-8."""
    network = _FromLayers(
        _hidden(layers),
        learning_rate_init=alpha,
        batch_size=batch,
        max_iter=epochs,
        random_state=_GivenOrders(map(orders, itertools.count())),
    )
    return _fit(network, rows, y, layers, threads)


class _FromLayers(MLPClassifier):
    """Begins at `start` instead of drawn parameters."""

    start: Layers = ()

    def _initialize(self, y: Any, layer_units: Any, dtype: Any) -> None:
        super()._initialize(y, layer_units, dtype)
        # Copies: it writes into them
        self.coefs_ = [np.array(W.T, dtype, order="C") for W, _ in self.start]
        self.intercepts_ = [b[:, 0].astype(dtype) for _, b in self.start]


class _GivenOrders(np.random.RandomState):
    """Hands out given orders where scikit-learn shuffles what it has shuffled before."""

    def __init__(self, given: Iterator[npt.NDArray[np.intp]]) -> None:
        super().__init__(0)
        self.given = given
        self.last: npt.NDArray[np.intp] | None = None

    def shuffle(self, x: npt.NDArray[np.intp]) -> None:
        """Put into x what takes the last order to the next."""
        order = next(self.given)
        x[:] = order if self.last is None else np.argsort(self.last)[order]
        self.last = order


def _hidden(layers: Layers) -> tuple[int, ...]:
    return tuple(len(W) for W, _ in layers[:-1])


def _fit(network: _FromLayers, rows: Rows, y: Rows, layers: Layers, threads: int) -> Layers:
    # No penalty, and no stop whatever the cost does
    network.set_params(alpha=0, tol=0, n_iter_no_change=network.max_iter + 1)
    network.start = layers
    with threadpool_limits(threads), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(rows, y)
    if network.n_iter_ != network.max_iter:
        raise RuntimeError(f"scikit-learn stopped after {network.n_iter_} of {network.max_iter}")
    return [
        (W.T, b[:, np.newaxis]) for W, b in zip(network.coefs_, network.intercepts_, strict=True)
    ]
