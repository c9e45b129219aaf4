"""Activations and gradients of each layer: whether signals and gradients keep their size."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from cutaway.equations import backward, forward
from cutaway.estimators.displays._axes import new_axes


class LayersDisplay:
    """Spread of the activations, and size of the gradient, of every layer.

    Parameters
    ----------
    activations : list of arrays
        A of each hidden layer (n_l, m), on some examples.
    gradients : list of arrays
        dW of each layer there.

    Attributes
    ----------
    axes_ : array of matplotlib Axes
        Activations on the first, gradients on the second.
    figure_ : matplotlib Figure
        Where they are.
    """

    def __init__(
        self, activations: list[npt.NDArray[Any]], gradients: list[npt.NDArray[Any]]
    ) -> None:
        self.activations = activations
        self.gradients = gradients

    @classmethod
    def from_estimator(cls, estimator: Any, X: Any, y: Any, *, axes: Any = None) -> Self:
        """Draw the layers of a fitted estimator on some examples.

        Parameters
        ----------
        estimator : estimator of cutaway
            It is fitted, and one network.
        X : array of shape (m, n_x)
            Examples, one a row.
        y : array of shape (m,) or (m, n_y)
            What was to be learned of each.
        axes : two matplotlib Axes, default=None
            Where to draw; a new figure unless given.
        """
        check_is_fitted(estimator)
        inputs, Y = estimator._examples(X, y)
        network, parameters = estimator.network_, estimator.parameters_
        caches = forward(network, parameters, inputs)
        gradients = backward(network, parameters, caches, Y)
        # Outputs are answers, of a scale of their own.
        hidden = caches[:-1] or caches
        return cls([cache.A for cache in hidden], [layer.W for layer in gradients]).plot(axes)

    def plot(self, axes: Any = None) -> Self:
        """Draw on two `axes`, or on a new figure."""
        axes = new_axes(1, 2, (9.0, 3.6)) if axes is None else axes
        self.axes_ = np.asarray(axes)
        of_A, of_dW = self.axes_
        self.figure_ = of_A.figure
        names = [f"{l}" for l in range(1, len(self.gradients) + 1)]
        values = [A.ravel() for A in self.activations]
        of_A.boxplot(values, tick_labels=names[: len(values)], showfliers=False)
        of_A.set(xlabel="layer", ylabel="A", title="activations")
        sizes = np.array([np.sqrt(np.mean(dW**2)) for dW in self.gradients])
        of_dW.plot(names, sizes, "o-")
        # A gradient vanishes by powers of ten; less than one of them is no difference.
        there = sizes[sizes > 0]
        if len(there):
            of_dW.set(yscale="log", ylim=(there.min() / 10, there.max() * 10))
        of_dW.set(xlabel="layer", ylabel="root mean square of dW", title="gradients")
        return self
