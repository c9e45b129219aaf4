"""Every penalty: value, derivative, dtype, and their sum."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cutaway.equations import PENALTIES, penalty
from cutaway.equations.penalties import penalty_derivative

every_row = pytest.mark.parametrize("row", PENALTIES.values(), ids=lambda row: row.name)
W = np.array([[-2.0, 0.0], [0.5, 3.0]])


@pytest.mark.parametrize(
    ("name", "cost", "dW"),
    [
        ("l1", 5.5, [[-1.0, 0.0], [1.0, 1.0]]),  # the sign of 0 is 0
        ("l2", 6.625, [[-2.0, 0.0], [0.5, 3.0]]),  # (4 + 0.25 + 9) / 2
    ],
)
def test_known_values(name: str, cost: float, dW: Any) -> None:
    assert float(PENALTIES[name].cost(W)) == cost
    np.testing.assert_array_equal(PENALTIES[name].dW(W), dW)


@every_row
@given(
    W=st.sampled_from([np.float32, np.float64]).flatmap(
        lambda dtype: hnp.arrays(
            dtype,
            hnp.array_shapes(min_dims=2, max_dims=2, max_side=3),
            elements=st.floats(-10, 10, width=32).filter(lambda w: abs(w) > 1e-3),
        )
    )
)
def test_shape_dtype_and_slope(row: Any, W: Any) -> None:
    cost, dW = row.cost(W), row.dW(W)
    assert cost.dtype == dW.dtype == W.dtype
    assert cost.shape == ()
    assert dW.shape == W.shape
    assert cost >= 0
    W = W.astype(np.float64)
    V = np.linspace(-1.0, 1.0, W.size).reshape(W.shape)
    slope = (row.cost(W + 1e-5 * V) - row.cost(W - 1e-5 * V)) / 2e-5
    assert float((row.dW(W) * V).sum()) == pytest.approx(float(slope), rel=1e-7, abs=1e-7)


@pytest.mark.parametrize(
    ("coefficients", "cost", "dW"),
    [
        ({}, 0.0, 0.0),
        ({"l1": 2.0}, 2 * 5.5 * 2 / 4, 2 * np.sign(W) / 4),
        ({"l2": 3.0}, 3 * 6.625 * 2 / 4, 3 * W / 4),
        ({"l1": 2.0, "l2": 3.0}, (11 + 19.875) * 2 / 4, (2 * np.sign(W) + 3 * W) / 4),
    ],
)
def test_the_rows_that_act_are_added_over_all_W(
    coefficients: dict[str, float], cost: float, dW: Any
) -> None:
    assert float(penalty([W, -W], coefficients, 4.0)) == pytest.approx(cost)
    np.testing.assert_allclose(penalty_derivative(W, coefficients, 4.0), dW)
