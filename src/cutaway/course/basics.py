"""Assignment "Python basics with NumPy": functions of arrays, the first two losses."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cutaway.course._common import Array, activate, floats
from cutaway.equations import ACTIVATIONS
from cutaway.equations.losses import softmax as softmax_of_columns
from cutaway.errors import DataError

__all__ = [
    "L1",
    "L2",
    "basic_sigmoid",
    "image2vector",
    "normalize_rows",
    "sigmoid",
    "sigmoid_derivative",
    "softmax",
]


def basic_sigmoid(x: float) -> float:
    """1 / (1 + exp(-x)) of one number.

    Raises:
        DataError: x is no single number.
    """
    if np.ndim(x) > 0:
        raise DataError(
            f"basic_sigmoid takes one number, x has the shape {np.shape(x)}: use sigmoid for arrays"
        )
    return float(activate("sigmoid", x))


def sigmoid(x: ArrayLike) -> Array:
    """1 / (1 + exp(-x)), elementwise, any shape."""
    return activate("sigmoid", x)


def sigmoid_derivative(x: ArrayLike) -> Array:
    """s (1 - s) with s = sigmoid(x), any shape."""
    derivative: Array = ACTIVATIONS["sigmoid"].dg(floats(x), activate("sigmoid", x))
    return derivative


def image2vector(image: Array) -> Array:
    """Return an image (h, w, d) as one column (h * w * d, 1), in the order of its memory.

    Raises:
        DataError: the image is not of three dimensions.
    """
    if np.ndim(image) != 3:
        raise DataError(f"image has the shape {np.shape(image)}, expected (height, width, depth)")
    return np.reshape(image, (-1, 1))


def normalize_rows(x: ArrayLike) -> Array:
    """Divide every row of x (n, k) by its Euclidean norm; a row of zeros stays."""
    x = floats(x)
    norms = np.linalg.norm(x, axis=1, keepdims=True)
    return x / np.where(norms > 0, norms, 1.0)


def softmax(x: ArrayLike) -> Array:
    """exp(x) / sum of exp(x) over every row of x (n, k)."""
    columns: Array = softmax_of_columns(floats(x).T)
    return columns.T


def L1(yhat: ArrayLike, y: ArrayLike) -> np.float64:
    """Sum of |y - yhat|, both (m,)."""
    return np.float64(np.sum(np.abs(floats(y) - floats(yhat))))


def L2(yhat: ArrayLike, y: ArrayLike) -> np.float64:
    """Sum of (y - yhat)^2, both (m,)."""
    return np.float64(np.sum((floats(y) - floats(yhat)) ** 2))
