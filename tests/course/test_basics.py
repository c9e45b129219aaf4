from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from cutaway.course.basics import (
    L1,
    L2,
    basic_sigmoid,
    image2vector,
    normalize_rows,
    sigmoid,
    sigmoid_derivative,
    softmax,
)
from cutaway.errors import DataError


@pytest.mark.parametrize("x", [-3, 0, 1, 2.5])
def test_basic_sigmoid_gives_a_python_float(x: float) -> None:
    assert type(basic_sigmoid(x)) is float
    assert basic_sigmoid(x) == pytest.approx(1 / (1 + math.exp(-x)), rel=1e-15)


def test_basic_sigmoid_sends_arrays_to_sigmoid() -> None:
    with pytest.raises(DataError, match="use sigmoid for arrays"):
        basic_sigmoid([1, 2, 3])  # type: ignore[arg-type]


@pytest.mark.parametrize("x", [1, [1, 2, 3], np.array([[1.0, -7.0], [8.0, 0.0]])])
def test_sigmoid_and_its_slope_take_any_shape(x: Any) -> None:
    s = sigmoid(x)
    assert np.shape(s) == np.shape(x)
    np.testing.assert_allclose(np.log(s / (1 - s)), x, rtol=1e-10, atol=1e-15)
    np.testing.assert_array_equal(sigmoid_derivative(x), s * (1 - s))


def test_sigmoid_does_not_overflow() -> None:
    np.testing.assert_array_equal(sigmoid(np.array([-800.0, 0.0, 800.0])), [0.0, 0.5, 1.0])


def test_sigmoid_derivative_is_the_slope() -> None:
    x, epsilon = np.linspace(-4, 4, 9), 6e-6
    slope = (sigmoid(x + epsilon) - sigmoid(x - epsilon)) / (2 * epsilon)
    np.testing.assert_allclose(sigmoid_derivative(x), slope, rtol=1e-9)


def test_image2vector_keeps_the_order_of_the_pixels() -> None:
    image = np.arange(24).reshape(2, 3, 4)
    assert image2vector(image).shape == (24, 1)
    np.testing.assert_array_equal(image2vector(image).ravel(), np.arange(24))
    with pytest.raises(DataError, match=r"\(2, 12\)"):
        image2vector(image.reshape(2, 12))


def test_normalize_rows_gives_rows_of_length_1() -> None:
    x = np.array([[0, 3, 4], [2, 6, 4], [0, 0, 0]])
    np.testing.assert_allclose(np.linalg.norm(normalize_rows(x), axis=1), [1, 1, 0])
    np.testing.assert_allclose(normalize_rows(x)[0], [0, 0.6, 0.8])


def test_softmax_is_over_rows() -> None:
    x = np.array([[9.0, 2, 5, 0, 0], [1007.0, 1005, 0, 0, 0]])
    s = softmax(x)
    np.testing.assert_allclose(s.sum(axis=1), [1, 1])
    np.testing.assert_allclose(np.log(s[0]) - np.log(s[0, 0]), x[0] - 9, atol=1e-12)
    assert s[1, 0] / s[1, 1] == pytest.approx(math.exp(2))


def test_losses() -> None:
    yhat, y = np.array([0.9, 0.2, 0.1, 0.4, 0.9]), np.array([1, 0, 0, 1, 1])
    assert L1(yhat, y) == pytest.approx(0.1 + 0.2 + 0.1 + 0.6 + 0.1)
    assert L2(yhat, y) == pytest.approx(0.01 + 0.04 + 0.01 + 0.36 + 0.01)
