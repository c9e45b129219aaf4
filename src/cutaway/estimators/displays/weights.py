"""The first layer's weights as pictures: what each unit looks at."""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from cutaway.errors import OptionError
from cutaway.estimators.displays._axes import new_axes

_MOST_UNITS = 64


class WeightsDisplay:
    """Rows of W1 as pictures, red where a unit wants light and blue where it wants none.

    Parameters
    ----------
    W : array of shape (n_1, n_x)
        Weights of the first layer.
    shape : tuple of int
        Height and width of the pictures; n_x is their product.

    Attributes
    ----------
    axes_ : array of matplotlib Axes
        One a unit, the units with the largest weights first.
    figure_ : matplotlib Figure
        Where they are.
    """

    def __init__(self, W: npt.NDArray[Any], shape: tuple[int, int]) -> None:
        if math.prod(shape) != W.shape[1]:
            raise OptionError(
                f"shape={shape} has {math.prod(shape)} pixels, and the network {W.shape[1]} inputs"
            )
        self.W = W
        self.shape = shape

    @classmethod
    def from_estimator(cls, estimator: Any, shape: tuple[int, int], *, axes: Any = None) -> Self:
        """Draw the first layer of a fitted estimator.

        Parameters
        ----------
        estimator : estimator of cutaway
            It is fitted, on rows of pixels.
        shape : tuple of int
            Height and width of the pictures.
        axes : array of matplotlib Axes, default=None
            Where to draw, a unit on each; a new figure unless given.
        """
        check_is_fitted(estimator)
        return cls(estimator.parameters_[0].W, shape).plot(axes)

    def plot(self, axes: Any = None) -> Self:
        """Draw on `axes`, or on a new figure with at most 64 of them."""
        if axes is None:
            n = min(len(self.W), _MOST_UNITS)
            columns = math.ceil(math.sqrt(n))
            rows = math.ceil(n / columns)
            axes = new_axes(rows, columns, (columns, rows))
        self.axes_ = np.atleast_1d(axes)
        self.figure_ = self.axes_.flat[0].figure
        order = np.argsort(-np.linalg.norm(self.W, axis=1), kind="stable")
        largest = float(np.abs(self.W).max()) or 1.0
        for ax in self.axes_.flat:
            ax.axis("off")
        for unit, ax in zip(order, self.axes_.flat, strict=False):
            picture = self.W[unit].reshape(self.shape)
            ax.imshow(picture, cmap="RdBu_r", vmin=-largest, vmax=largest)
        return self
