"""Small networks with examples, for every row of every table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest

from cutaway.equations import Network, cost_and_gradient

Matrix = np.ndarray[Any, np.dtype[np.floating[Any]]]


class Problem(NamedTuple):
    """A network at theta with examples X, Y; weights (1, m) of mean 1 that sum to M before."""

    network: Network
    theta: Matrix
    X: Matrix
    Y: Matrix
    weights: Matrix | None
    M: float

    def cost_and_gradient(
        self, theta: Matrix | None = None, penalties: dict[str, float] | None = None, **more: Any
    ) -> tuple[Any, Any]:
        theta = self.theta if theta is None else theta
        network, _, X, Y, weights, M = self
        return cost_and_gradient(network, theta, X, Y, weights, penalties=penalties, M=M, **more)


def labels(loss: str, n_y: int, m: int, generator: np.random.Generator) -> Matrix:
    """Draw Y (n_y, m) as the loss wants it: one class, any classes, or numbers."""
    if loss == "cross_entropy":
        return np.eye(n_y)[:, generator.integers(n_y, size=m)]
    if loss == "log":
        return (generator.random((n_y, m)) < 0.5).astype(float)
    return generator.normal(size=(n_y, m))


@pytest.fixture(scope="session")
def make_problem() -> Callable[..., Problem]:
    """Return make_problem(sizes, activation, output, loss, weighted=, m=, seed=)."""

    def make(
        sizes: Sequence[int],
        activation: str,
        output: str,
        loss: str,
        *,
        weighted: bool = False,
        m: int = 5,
        seed: int = 0,
    ) -> Problem:
        generator = np.random.default_rng(seed)
        network = Network(tuple(sizes), (activation,) * (len(sizes) - 2), output, loss)
        weights, M = None, float(m)
        if weighted:
            weights = generator.uniform(0.2, 3.0, size=(1, m))
            M = float(weights.sum())
            weights = weights * m / M
        return Problem(
            network,
            0.8 * generator.normal(size=network.n_parameters),
            generator.normal(size=(sizes[0], m)),
            labels(loss, sizes[-1], m, generator),
            weights,
            M,
        )

    return make
