"""What the estimators share: rows are validated, a network is trained, its outputs are read."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from cutaway.data.dataset import Dataset
from cutaway.engine.measure import last_layer
from cutaway.equations import Layer, Network
from cutaway.errors import OptionError
from cutaway.estimators.examples import Examples, Targets, as_dataset
from cutaway.estimators.history import as_table
from cutaway.estimators.settings import hyperparameters
from cutaway.training.model import Model
from cutaway.training.session import execute, state_of
from cutaway.training.setup import set_up
from cutaway.training.trainee import Run

PRECISIONS = (np.float64, np.float32)


class NetworkEstimator(BaseEstimator):
    """A network behind scikit-learn's contract; a subclass says what y is, and what A answers."""

    # Hyper-parameters that an estimator holds for all of its kind.
    _held: ClassVar[dict[str, Any]] = {}
    _y_is_numeric: ClassVar[bool] = False
    _model: Model
    parameters: Any

    @abstractmethod
    def _fit_targets(self, y: Any) -> Targets:
        """Learn what y is, and return it as the engine reads it."""

    @abstractmethod
    def _targets(self, y: Any) -> Targets:
        """Return y as it was learned."""

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
        """Train the network.

        Parameters
        ----------
        X : array or frame of shape (m, n_x)
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
        X, y = self._read(X, y, reset=True)
        train = Examples(X, self._fit_targets(y), sample_weight)
        dev = self._read_dev(X_val, y_val, sample_weight_val)
        dataset, weights = as_dataset(train, dev, getattr(self, "feature_names_in_", None))
        return self._keep(self._trained(dataset, weights))

    def _read(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        numeric = {"y_numeric": True} if self._y_is_numeric else {}
        return validate_data(
            self, X, y, dtype=PRECISIONS, multi_output=True, reset=reset, **numeric
        )

    def _read_dev(self, X: Any, y: Any, weights: Any) -> Examples | None:
        if X is None and y is None and weights is None:
            return None
        if X is None or y is None:
            raise ValueError("a dev set needs X_val and y_val: give both, or neither")
        X, y = self._read(X, y, reset=False)
        return Examples(X, self._targets(y), weights)

    def _trained(self, dataset: Dataset, weights: Any) -> Run:
        given = self.get_params(deep=False) | self._held
        setup = set_up(dataset, hyperparameters(given, dataset), sample_weight=weights)
        if len(setup.prepared.split.test):
            raise OptionError(
                f"split='{given['split']}' holds out a test set, at which no estimator looks; "
                "write two shares that sum to 1 and a zero: 0.8,0.2,0"
            )
        state = None if self.parameters is None else state_of(setup.plan, self.parameters)
        return execute(setup, state=state)

    def _keep(self, run: Run) -> Self:
        """Set what a fitted estimator has."""
        self._model = run.model
        self.network_: Network = run.model.network
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
        X = validate_data(self, X, dtype=PRECISIONS, reset=False)
        inputs, _ = self._model.preparation.inputs(X, self._model.theta.dtype)
        return last_layer(self.network_, self._model.parameters, inputs)
