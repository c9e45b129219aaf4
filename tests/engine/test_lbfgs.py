"""L-BFGS: it ends at minima that are known, however J is scaled."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from cutaway.engine.lbfgs import minimize

Floats = npt.NDArray[np.floating[Any]]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scale", [1e-2, 1.0, 1e4])
def test_it_solves_linear_equations(dtype: str, scale: float) -> None:
    # J = theta.T A theta / 2 - c theta is smallest where A theta = c
    random = np.random.default_rng(0)
    B = random.standard_normal((30, 20))
    A = (scale * (B.T @ B + np.eye(20))).astype(dtype)
    c = (scale * random.standard_normal(20)).astype(dtype)

    def function(theta: Floats) -> tuple[Any, Floats]:
        return theta @ A @ theta / 2 - c @ theta, A @ theta - c

    theta = minimize(function, np.zeros(20, dtype), tolerance=1e-4 * scale)
    assert theta.dtype == dtype
    np.testing.assert_allclose(theta, np.linalg.solve(A, c), atol=1e-4)


def test_it_finds_the_end_of_a_bent_valley() -> None:
    # Rosenbrock's function, from its usual start; the minimum is at (1, 1)
    def function(theta: Floats) -> tuple[Any, Floats]:
        x, y = theta
        dJ = np.array([-400 * x * (y - x * x) - 2 * (1 - x), 200 * (y - x * x)])
        return 100 * (y - x * x) ** 2 + (1 - x) ** 2, dJ

    theta = minimize(function, np.array([-1.2, 1.0]), tolerance=1e-8)
    np.testing.assert_allclose(theta, [1, 1], rtol=1e-7)


def test_it_ends_where_nothing_falls_any_more() -> None:
    # |x| has no tangent at its minimum: no entry of dJ ever is small
    theta = minimize(lambda theta: (np.abs(theta).sum(), np.sign(theta)), np.array([0.3]))
    assert abs(theta[0]) < 1e-6
    calls: list[Floats] = []

    def function(theta: Floats) -> tuple[Any, Floats]:
        calls.append(theta)
        return theta @ theta, 2 * theta

    minimize(function, np.full(3, 1e3), iterations=0)
    assert len(calls) == 1
