"""Every optimiser: a worked example, dtype, purity; what each must do on a plain slope."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cutaway.equations import OPTIMIZERS, Rates

every_row = pytest.mark.parametrize("row", OPTIMIZERS.values(), ids=lambda row: row.name)
RATES = Rates(alpha=0.1, beta1=0.5, beta2=0.75, epsilon=1.0)


@pytest.mark.parametrize(
    ("name", "thetas", "slots"),  # theta = 1; dtheta = 2, then -1
    [
        # 1 - 0.1*2 = 0.8; 0.8 + 0.1*1 = 0.9
        ("gradient_descent", [0.8, 0.9], []),
        # v = 0.5*2 = 1, 1 - 0.1*1 = 0.9; v = 0.5*1 - 0.5*1 = 0, 0.9
        ("momentum", [0.9, 0.9], [0.0]),
        # s = 0.25*4 = 1, 1 - 0.1*2/(1 + 1) = 0.9; s = 0.75*1 + 0.25*1 = 1, 0.9 + 0.1*1/2 = 0.95
        ("rmsprop", [0.9, 0.95], [1.0]),
        # v = 1, s = 1; corrected 1/0.5 = 2 and 1/0.25 = 4; 1 - 0.1*2/(2 + 1) = 0.933333
        # v = 0, s = 1; corrected 0/0.75 = 0 and 1/0.4375; 0.933333
        ("adam", [1 - 0.2 / 3, 1 - 0.2 / 3], [0.0, 1.0]),
    ],
)
def test_worked_example(name: str, thetas: list[float], slots: list[float]) -> None:
    row = OPTIMIZERS[name]
    theta = np.array([1.0])
    state = row.init(theta)
    for t, dtheta, expected in zip((1, 2), (2.0, -1.0), thetas, strict=True):
        theta, state = row.update(theta, np.array([dtheta]), state, t, RATES)
        assert float(theta[0]) == pytest.approx(expected)
    assert [float(slot[0]) for slot in state] == pytest.approx(slots)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_adam_corrects_its_bias(scale: float) -> None:
    # Under a constant dW both corrected means are dW and dW^2 from the first step on, so that every
    # step is alpha; without the correction the first would be (1 - 0.9) / sqrt(1 - 0.999) alpha.
    row, theta = OPTIMIZERS["adam"], np.zeros(1)
    state = row.init(theta)
    for t in range(1, 6):
        theta, state = row.update(theta, np.array([scale]), state, t, Rates(0.01, epsilon=1e-12))
        assert float(theta[0]) == pytest.approx(-0.01 * t)


@every_row
@given(
    theta=st.sampled_from([np.float32, np.float64]).flatmap(
        lambda dtype: hnp.arrays(dtype, st.integers(1, 4), elements=st.floats(-9, 9, width=32))
    ),
    alpha=st.floats(1e-6, 1.0),
)
def test_shape_dtype_and_purity(row: Any, theta: Any, alpha: float) -> None:
    state = row.init(theta)
    assert len(state) == len(row.slots)
    before = theta.copy()
    new, slots = row.update(theta, theta, state, 1, Rates(alpha))
    np.testing.assert_array_equal(theta, before)
    for array in (new, *state, *slots):
        assert array.shape == theta.shape
        assert array.dtype == theta.dtype
    assert not any(slot.any() for slot in state)
    assert np.isfinite(new).all()
    # downhill: dtheta = theta is the derivative of theta^2 / 2
    assert (np.sign(theta) * (theta - new) >= 0).all()


@every_row
def test_a_zero_gradient_moves_nothing(row: Any) -> None:
    theta = np.array([1.0, -2.0])
    new, _ = row.update(theta, np.zeros(2), row.init(theta), 1, Rates(0.1))
    np.testing.assert_array_equal(new, theta)


@every_row
def test_every_rule_reaches_the_bottom_of_a_bowl(row: Any) -> None:
    theta, curvature = np.array([3.0, -2.0]), np.array([1.0, 10.0])
    state = row.init(theta)
    for t in range(1, 2001):
        rates = Rates(0.1 / t**0.5, 0.9, 0.99)
        theta, state = row.update(theta, curvature * theta, state, t, rates)
    assert abs(theta).max() < 0.02
