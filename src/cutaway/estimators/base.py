"""What the estimators share: rows are validated, a network is trained, its outputs are read."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
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
from cutaway.estimators.judging import errors_of, faults_of, warn
from cutaway.estimators.page import as_html
from cutaway.estimators.phrasing import in_parameters
from cutaway.estimators.watching import CallbackSupportMixin, Hooks, Told, with_callbacks
from cutaway.insight.diagnosis import Diagnosis, diagnose
from cutaway.insight.part_errors import Errors
from cutaway.training.further import Ended
from cutaway.training.model import Model
from cutaway.training.run import Consumer
from cutaway.training.setup import Setup
from cutaway.training.trainee import Run

_OF_X = {"accept_sparse": "csr", "dtype": (np.float64, np.float32)}


class NetworkEstimator(CallbackSupportMixin, BaseEstimator):
    """A network behind scikit-learn's contract; a subclass says what y is, and what A answers."""

    # Hyper-parameters that an estimator holds for all of its kind.
    _held: ClassVar[dict[str, Any]] = {}
    _y_is_numeric: ClassVar[bool] = False

    network_: Network
    callbacks: Any
    faults: bool
    n_features_in_: int
    _model: Model
    _errors: Errors
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

    @with_callbacks
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
        goes_on = getattr(self, "warm_start", False)
        before = getattr(self, "_ended", None) if goes_on else None
        X, y = self._read(X, y, reset=before is None)
        if before is None:
            self._learn_targets(y)
        train = Examples(X, self._targets(y), sample_weight)
        dev = self._read_dev(X_val, y_val, sample_weight_val)
        return self._train(fit, train, dev, y, before)

    @with_callbacks
    def _partial_fit(self, X: Any, y: Any, sample_weight: Any) -> Self:
        train = Examples(X, self._targets(y), sample_weight)
        return self._train(fit_piece, train, None, y, getattr(self, "_ended", None))

    def _train(
        self,
        how: Callable[..., Run],
        train: Examples,
        dev: Examples | None,
        y: Any,
        before: Ended | None,
    ) -> Self:
        dataset, weights = as_dataset(train, dev, getattr(self, "feature_names_in_", None))
        metadata = {"sample_weight": train.weights}
        hooks = Hooks(self, {"X": train.X, "y": y, "metadata": metadata}, self._fitted)

        def watch(setup: Setup, first: int) -> list[Consumer]:
            told = [Told(self.callbacks, setup.plan.print_every)] if self.callbacks else []
            return [*told, *hooks.begin(setup, first)]

        run = how(self._given(), dataset, weights, before, watch)
        self._keep(run)
        hooks.end()
        warn(run, self.faults_)
        return self

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

    def _keep(self, run: Run) -> None:
        """Set what a fitted estimator has."""
        for name, value in self._fitted(run.model, run.outcome.state.epoch).items():
            setattr(self, name, value)
        self._ended, self._errors = Ended.of(run), errors_of(run)
        self.best_epoch_ = run.best_epoch
        self.history_ = as_table(run.history)
        self.faults_ = faults_of(run, self) if run.setup.hyperparameters.faults else ()

    @staticmethod
    def _fitted(model: Model, epoch: int) -> dict[str, Any]:
        """Return the attributes with which an estimator predicts."""
        network = model.network
        return {"_model": model, "network_": network, "n_outputs_": network.n_y, "n_iter_": epoch}

    @property
    def diagnosis_(self) -> Diagnosis:
        """Bias and variance of the network that was kept, with intervals, and a verdict."""
        check_is_fitted(self)
        diagnosis = diagnose(self._errors)
        return replace(diagnosis, notes=tuple(map(in_parameters, diagnosis.notes)))

    @property
    def parameters_(self) -> tuple[Layer, ...]:
        """The layers (W (n_l, n_prev), b (n_l, 1)), views of one flat vector."""
        check_is_fitted(self)
        return self._model.parameters

    def _repr_html_inner(self) -> str:
        return as_html(self)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        bundle = super()._repr_mimebundle_(**kwargs)
        return bundle | ({"text/html": as_html(self)} if "text/html" in bundle else {})

    def _examples(self, X: Any, y: Any) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Return examples as the network sees them: X (n_x, m) and Y (n_y, m)."""
        X, y = self._read(X, y, reset=False)
        preparation, dtype = self._model.preparation, self._model.theta.dtype
        inputs, _ = preparation.inputs(as_rows(X), dtype)
        return inputs, preparation.outputs(self._targets(y).values, dtype)

    def _outputs(self, X: Any) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Return Z and A (n_y, m) of the last layer for rows X."""
        check_is_fitted(self)
        X = as_rows(validate_data(self, X, reset=False, **_OF_X))
        inputs, _ = self._model.preparation.inputs(X, self._model.theta.dtype)
        return last_layer(self.network_, self._model.parameters, inputs)
