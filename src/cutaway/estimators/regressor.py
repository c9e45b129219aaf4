"""Regression: a network of any depth with one or more numbers for an answer."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import RegressorMixin
from sklearn.utils import Tags

from cutaway.estimators.base import NetworkEstimator
from cutaway.estimators.examples import Targets
from cutaway.estimators.parameters import parameters, with_parameters


class Regressor(RegressorMixin, NetworkEstimator):
    """What regressors share: how many numbers an answer has."""

    _y_is_numeric = True

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _learn_targets(self, y: Any) -> None:
        self._shape_of_y = y.shape[1:]

    def _targets(self, y: Any) -> Targets:
        if y.shape[1:] != self._shape_of_y:
            raise ValueError(f"y has the shape {y.shape}; expected {(len(y), *self._shape_of_y)}")
        values = np.asarray(y, dtype=np.float64).reshape(len(y), -1)
        names = tuple(f"y{i}" for i in range(1, values.shape[1] + 1))
        return Targets("regression", names, values)

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Return a number for each row (m,), or several (m, n_y), as y had them.

        Parameters
        ----------
        X : array, frame or sparse matrix of shape (m, n_x)
            Examples, one a row.
        """
        A = self._outputs(X)[1]
        answers = self._model.preparation.answers(A).astype(A.dtype)
        return answers.reshape(len(answers), *self._shape_of_y)


@with_parameters(parameters(("class_weight",)))
class NeuralNetworkRegressor(Regressor):
    """A dense network that answers with numbers.

    The targets are standardised for the training and given back in their own units.

    PARAMETERS

    Attributes
    ----------
    network_ : Network
        Sizes, activations, output and loss.
    parameters_ : tuple of (W, b)
        The layers: W of shape (n_l, n_prev), b of shape (n_l, 1).
    history_ : dict of arrays
        The Records as a table: epoch, cost, train_loss, dev_loss, train_error and more; errors are
        root mean squared errors in the units of y.
    diagnosis_ : Diagnosis
        Bias and variance with intervals, and a verdict in words: `diagnosis_.in_words()`.
    faults_ : tuple of Found
        Faults that the Records show, each with what was seen and what to do; fit warns of them.
    n_iter_ : int
        Epochs that were trained; `best_epoch_` is the one whose parameters are kept.
    n_features_in_, feature_names_in_, n_outputs_
        Number and names of the inputs, and the number of outputs.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from cutaway.estimators import NeuralNetworkRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> NeuralNetworkRegressor(hidden=(16,), epochs=50).fit(X, y).predict(X[:3]).shape
    (3,)
    """

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for one epoch on a piece of the data, from where the last training ended.

        Parameters
        ----------
        X : array, frame or sparse matrix of shape (m, n_x)
            Examples, one a row. By the mean and deviation of the first piece the inputs and
            targets of all others are normalised, so let it be a fair sample of the rows, not the
            first of sorted ones.
        y : array of shape (m,) or (m, n_y)
            What to learn of each.
        sample_weight : array of shape (m,), default=None
            Weights of the examples.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        first = not hasattr(self, "_ended")
        X, y = self._read(X, y, reset=first)
        if first:
            self._learn_targets(y)
        return self._partial_fit(X, y, sample_weight)
