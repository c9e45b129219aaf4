"""y = x^L to rounding, and the factors that are known in closed form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest


@pytest.fixture(scope="module")
def page(run_page: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return run_page("vanishing_gradients")


@pytest.mark.parametrize("L", [1, 2, 10, 150])
@pytest.mark.parametrize("x", [0.5, 0.9, 1.0, 1.5])
def test_a_diagonal_network_computes_a_power(page: dict[str, Any], x: float, L: int) -> None:
    y, share = page["diagonal"](x, L)
    assert y == pytest.approx(x**L, rel=1e-13)
    assert share == pytest.approx(x ** (L - 1), rel=1e-13)


@pytest.mark.parametrize(
    ("activation", "initializer", "factor"),
    [
        ("identity", "lecun", 1.0),
        ("identity", "he", 2.0),
        ("relu", "lecun", 0.5),
        ("relu", "he", 1.0),
        ("relu", "zeros", 0.0),
        ("leaky_relu", "he", 1.0001),
    ],
)
def test_the_predicted_factor_is_the_known_one(
    page: dict[str, Any], activation: str, initializer: str, factor: float
) -> None:
    Z, dZ = page["predicted"](activation, initializer, 100, 20)
    gain = page["INITIALIZERS"][initializer].scale(100, 100) ** 2 * 100
    np.testing.assert_allclose(Z, gain * factor ** np.arange(20), rtol=1e-9)
    np.testing.assert_allclose(dZ, factor ** np.arange(20)[::-1], rtol=1e-9)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_the_measured_variance_is_the_predicted_one(page: dict[str, Any], activation: str) -> None:
    random = np.random.default_rng(0)
    normals = tuple(random.standard_normal((500, 500)) for _ in range(5))
    measured = page["measured"](activation, "lecun", normals, random)
    predicted = page["predicted"](activation, "lecun", 500, 5)
    np.testing.assert_allclose(measured, predicted, rtol=0.3)
