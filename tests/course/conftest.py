"""What the tests of the course's functions share: its data, and numeric gradients."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cutaway.data import generated

Columns = tuple[Any, Any]


def columns(points: generated.Points) -> Columns:
    return points.rows.T, points.target.reshape(1, -1)


@pytest.fixture(scope="session")
def flower() -> Columns:
    """Return the planar flower: X (2, 400) and Y (1, 400)."""
    return columns(generated.planar())


@pytest.fixture(scope="session")
def circles() -> Columns:
    return columns(generated.circles())


@pytest.fixture(scope="session")
def moons() -> Columns:
    return columns(generated.moons())


@pytest.fixture(scope="session")
def rotated_cats(cats: dict[str, Columns]) -> tuple[Any, dict[str, Columns]]:
    """Return Q (12288, 209) and the cats with Q.T X for X.

    dW1 = dZ1 X.T / m never leaves the span of the training pictures, so a network with inputs
    Q.T X and first layer W1 Q goes through the same Z as the one with X and W1, much faster.
    """
    Q, _ = np.linalg.qr(cats["train"][0])
    return Q, {part: (Q.T @ X, Y) for part, (X, Y) in cats.items()}


@pytest.fixture
def numeric() -> Callable[..., dict[str, Any]]:
    """Return numeric(cost, parameters): central differences of every entry, "dW1", "db1", .."""

    def gradients(
        cost: Callable[[Any], Any], parameters: dict[str, Any], epsilon: float = 6e-6
    ) -> dict[str, Any]:
        result = {}
        for name, array in parameters.items():
            slopes = np.zeros(array.shape)
            for index in np.ndindex(array.shape):
                costs = []
                for step in (epsilon, -epsilon):
                    moved = array.copy()
                    moved[index] += step
                    costs.append(float(cost(parameters | {name: moved})))
                slopes[index] = (costs[0] - costs[1]) / (2 * epsilon)
            result[f"d{name}"] = slopes
        return result

    return gradients


@pytest.fixture
def three_layers() -> tuple[dict[str, Any], Any, Any]:
    """Return parameters 4-5-3-1 away from every kink, X (4, 7) and Y (1, 7)."""
    random = np.random.RandomState(5)
    sizes = (4, 5, 3, 1)
    parameters = {}
    for l, (n_prev, n_l) in enumerate(itertools.pairwise(sizes), start=1):
        parameters |= {f"W{l}": random.randn(n_l, n_prev), f"b{l}": random.randn(n_l, 1)}
    return parameters, random.randn(4, 7), random.randint(0, 2, (1, 7))
