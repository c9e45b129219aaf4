"""Every activation: shape, dtype, bounds, its derivative, its kink."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cutaway.equations import ACTIVATIONS
from cutaway.equations.activations import LEAKY_SLOPE

every_row = pytest.mark.parametrize("row", ACTIVATIONS.values(), ids=lambda row: row.name)
DTYPES = (np.float32, np.float64)


def matrices(limit: float = 1e4) -> st.SearchStrategy[Any]:
    """Z (n_l, m) of either dtype, one unit and one example included."""
    return st.sampled_from(DTYPES).flatmap(
        lambda dtype: hnp.arrays(
            dtype,
            hnp.array_shapes(min_dims=2, max_dims=2, max_side=4),
            elements=st.floats(-limit, limit, width=32),
        )
    )


@every_row
@given(Z=matrices())
def test_shape_dtype_and_bounds(row: Any, Z: Any) -> None:
    A = row.g(Z)
    dA = row.dg(Z, A)
    assert A.shape == dA.shape == Z.shape
    assert A.dtype == dA.dtype == Z.dtype
    assert np.isfinite(A).all()
    assert (dA >= 0).all()
    low, high = row.bounds or (-np.inf, np.inf)
    assert ((low <= A) & (A <= high)).all()


@every_row
@given(Z=matrices(limit=5.0))
def test_the_derivative_is_the_slope(row: Any, Z: Any) -> None:
    Z = Z.astype(np.float64)
    Z = Z[abs(Z) > 1e-5]
    slope = (row.g(Z + 1e-6) - row.g(Z - 1e-6)) / 2e-6
    np.testing.assert_allclose(row.dg(Z, row.g(Z)), slope, atol=1e-8)


@every_row
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_row_says_whether_its_derivative_jumps_at_0(row: Any, dtype: Any) -> None:
    Z = np.array([-1e-6, 1e-6], dtype)
    left, right = row.dg(Z, row.g(Z))
    assert (abs(right - left) > 1e-3) == row.kink


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("name", "Z", "A", "dA"),
    [
        ("sigmoid", 0.0, 0.5, 0.25),
        ("sigmoid", np.log(3), 0.75, 0.1875),
        ("sigmoid", -np.log(3), 0.25, 0.1875),
        ("sigmoid", 1e4, 1.0, 0.0),
        ("sigmoid", -1e4, 0.0, 0.0),
        ("tanh", 0.0, 0.0, 1.0),
        ("tanh", np.log(3), 0.8, 0.36),
        ("tanh", -1e4, -1.0, 0.0),
        ("relu", 3.0, 3.0, 1.0),
        ("relu", -3.0, 0.0, 0.0),
        ("relu", 0.0, 0.0, 0.0),
        ("leaky_relu", 3.0, 3.0, 1.0),
        ("leaky_relu", -3.0, -0.03, LEAKY_SLOPE),
        ("leaky_relu", 0.0, 0.0, LEAKY_SLOPE),
        ("identity", -3.0, -3.0, 1.0),
    ],
)
def test_known_values(name: str, Z: float, A: float, dA: float, dtype: Any) -> None:
    row, Z = ACTIVATIONS[name], np.full((1, 1), Z, dtype)
    rtol = 4 * np.finfo(dtype).eps
    np.testing.assert_allclose(row.g(Z), [[A]], rtol=rtol)
    np.testing.assert_allclose(row.dg(Z, row.g(Z)), [[dA]], rtol=rtol)
