"""A ReLU neuron fits prices that are never negative; a threshold has no slope to follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest


@pytest.fixture(scope="module")
def page(run_page: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return run_page("neuron")


def test_the_relu_neuron_is_flat_where_the_line_is_negative(page: dict[str, Any]) -> None:
    relu, line = page["runs"]["ReLU"], page["runs"]["straight line"]
    assert page["predict"](relu, [20.0])[0] == 0
    assert page["predict"](line, [20.0])[0] < -10
    assert relu.history[-1].train_error < 8 < line.history[-1].train_error


def test_the_line_is_that_of_least_squares(page: dict[str, Any]) -> None:
    slope, intercept = np.polyfit(page["size"], page["price"], 1)
    ours = page["predict"](page["runs"]["straight line"], [0.0, 1.0])
    np.testing.assert_allclose([ours[1] - ours[0], ours[0]], [slope, intercept], rtol=1e-9)


@pytest.mark.parametrize("theta", [(0.5, 2.0), (1.0, -1.0), (-3.0, 0.2)])
def test_only_the_threshold_is_flat(page: dict[str, Any], theta: tuple[float, float]) -> None:
    at = np.array(theta)
    assert not page["slopes"](page["share_wrong"], at).any()
    assert np.abs(page["slopes"](page["log_loss"], at)).max() > 0.1


def test_only_the_sigmoid_learns(page: dict[str, Any]) -> None:
    assert (page["theta"] == page["first"]).all()
    assert page["learned"].history[-1].train_error == 0
