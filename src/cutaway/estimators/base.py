"""What the estimators share: rows are validated, a network is trained, its outputs are read."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from cutaway.engine.measure import last_layer
from cutaway.equations import Layer, Network
from cutaway.estimators.examples import Examples, Targets, as_dataset, as_rows
from cutaway.estimators.fitting import fit, fit_piece
from cutaway.estimators.history import as_table
from cutaway.training.further import Ended
from cutaway.training.model import Model
from cutaway.training.trainee import Run

_OF_X = {"accept_sparse": "csr", "dtype": (np.float64, np.float32)}


class NetworkEstimator(BaseEstimator):
    """A network behind scikit-learn's contract; a subclass says what y is, and what A answers."""

    # Hyper-parameters that an estimator holds for all of its kind.
    _held: ClassVar[dict[str, Any]] = {}
    _y_is_numeric: ClassVar[bool] = False

    network_: Network
    warm_start: bool
    parameters: Any
    _model: Model
    # Where the last training ended, from which the next one may go on.
    _ended: Ended

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    @abstractmethod
    def _learn_targets(self, y: Any) -> None:
        """Learn what y is: its classes, or how many numbers."""

    @abstractmethod
    def _targets(self, y: Any) -> Targets:
        """Return y as the engine reads it."""

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Train the network; with `warm_start`, train on by as many epochs.

        Parameters
        ----------
        X : array, frame or sparse matrix of shape (m, n_x)
            Training examples, one a row.
        y : array of shape (m,) or (m, n_y)
            What to learn of each.
        sample_weight : array of shape (m,), default=None
            Weights of the examples: 2 counts as the row twice, 0 as no row.
        X_val, y_val : as X and y, default=None
            A dev set, at which early stopping and the history look.
        sample_weight_val : array, default=None
            Weights of its examples.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            The data cannot be learned from, or a parameter is unknown or out of its bounds.
        """
        before = getattr(self, "_ended", None) if self.warm_start else None
        X, y = self._read(X, y, reset=before is None)
        if before is None:
            self._learn_targets(y)
        train = Examples(X, self._targets(y), sample_weight)
        dev = self._read_dev(X_val, y_val, sample_weight_val)
        dataset, weights = as_dataset(train, dev, getattr(self, "feature_names_in_", None))
        return self._keep(fit(self._given(), dataset, weights, before))

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any) -> Self:
        before = getattr(self, "_ended", None)
        train = Examples(X, self._targets(y), sample_weight)
        dataset, weights = as_dataset(train, None, getattr(self, "feature_names_in_", None))
        return self._keep(fit_piece(self._given(), dataset, weights, before))

    def _read(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        numeric = {"y_numeric": True} if self._y_is_numeric else {}
        return validate_data(self, X, y, reset=reset, multi_output=True, **_OF_X, **numeric)

    def _read_dev(self, X: Any, y: Any, weights: Any) -> Examples | None:
        if X is None and y is None and weights is None:
            return None
        if X is None or y is None:
            raise ValueError("a dev set needs X_val and y_val: give both, or neither")
        X, y = self._read(X, y, reset=False)
        return Examples(X, self._targets(y), weights)

    def _given(self) -> dict[str, Any]:
        """Return the parameters as they were given, and what is held."""
        return self.get_params(deep=False) | self._held

    def _keep(self, run: Run) -> Self:
        """Set what a fitted estimator has."""
        self._model, self._ended = run.model, Ended.of(run)
        self.network_ = run.model.network
        self.n_outputs_ = self.network_.n_y
        self.n_iter_ = run.outcome.state.epoch
        self.best_epoch_ = run.best_epoch
        self.history_ = as_table(run.history)
        return self

    @property
    def parameters_(self) -> tuple[Layer, ...]:
        """The layers (W (n_l, n_prev), b (n_l, 1)), views of one flat vector."""
        check_is_fitted(self)
        return self._model.parameters

    def _outputs(self, X: Any) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Return Z and A (n_y, m) of the last layer for rows X."""
        check_is_fitted(self)
        X = as_rows(validate_data(self, X, reset=False, **_OF_X))
        inputs, _ = self._model.preparation.inputs(X, self._model.theta.dtype)
        return last_layer(self.network_, self._model.parameters, inputs)
