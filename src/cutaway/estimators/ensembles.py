"""Ensembles: several networks that differ by their seed, or by a resample, and answer together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from cutaway.estimators.base import NetworkEstimator
from cutaway.estimators.classifier import Classifier
from cutaway.estimators.examples import Examples, as_dataset
from cutaway.estimators.fitting import RECORDS, require_no_test
from cutaway.estimators.history import as_table
from cutaway.estimators.judging import errors_of, faults_of, warn
from cutaway.estimators.parameters import Parameter, parameters, with_parameters
from cutaway.estimators.regressor import Regressor
from cutaway.estimators.settings import hyperparameters
from cutaway.estimators.watching import Hooks, Told
from cutaway.experiments.ensemble import MEMBERS, set_up_ensemble, train_ensemble
from cutaway.training.setup import Setup

_PARAMETERS = {
    "members": Parameter(MEMBERS, "int", "number of networks, at least 2"),
    "bootstrap": Parameter(
        False, "bool", "whether each learns from a resample of the examples, with replacement"
    ),
}
# What a single network goes on from, or starts with.
_OF_ONE = ("warm_start", "parameters")


class Networks(NetworkEstimator):
    """Several networks, trained as one stack, that answer with the mean of their outputs."""

    members: int
    bootstrap: bool

    def _train(
        self,
        how: Callable[..., Any],
        train: Examples,
        dev: Examples | None,
        y: Any,
        before: Any,
    ) -> Self:
        dataset, weights = as_dataset(train, dev, getattr(self, "feature_names_in_", None))
        given = self._given()
        common = hyperparameters(given, dataset).to_json()
        setups = set_up_ensemble(dataset, self.members, sample_weight=weights, **common)
        require_no_test(given, setups[0])
        if given["print_every"] == "auto":
            setups = [_with_few_records(setup) for setup in setups]
        hooks = Hooks(self, {"X": train.X, "y": y}, self._fitted)
        hooks.begin_whole()
        told = [Told(self.callbacks, 1)] if self.callbacks else []
        ensemble = train_ensemble(setups, None, bootstrap=self.bootstrap, watch=lambda *one: told)

        runs, whole = ensemble.members, ensemble.whole
        for name, value in self._fitted(whole.model, whole.outcome.state.epoch).items():
            setattr(self, name, value)
        self.history_ = as_table(
            [record for run in runs for record in run.history],
            member=[i for i, run in enumerate(runs, 1) for _ in run.history],
        )
        self._errors = errors_of(whole)
        searched = [run for run in runs if run.setup.hyperparameters.faults]
        found = [fault for run in searched for fault in faults_of(run, self)]
        # A fault that several members have is said once.
        self.faults_ = tuple({fault.name: fault for fault in reversed(found)}.values())[::-1]
        hooks.end()
        warn(whole, self.faults_)
        return self

    def _outputs(self, X: Any) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        Z, A = super()._outputs(X)
        A = A.mean(axis=0)
        if self.network_.output not in ("sigmoid", "softmax"):
            return Z.mean(axis=0), A
        # The Z of which the activation makes the mean of the probabilities.
        tiny = np.finfo(A.dtype).tiny
        log_odds = np.log(np.maximum(A, tiny))
        if self.network_.output == "sigmoid":
            log_odds -= np.log(np.maximum(1 - A, tiny))
        return log_odds, A


def _with_few_records(setup: Setup) -> Setup:
    """Return a set-up with half of the Records: all of them cost a look at all examples."""
    every = 1 if setup.plan.early_stopping else max(1, 2 * setup.plan.epochs // RECORDS)
    return replace(setup, plan=replace(setup.plan, print_every=every))


@with_parameters(parameters(_OF_ONE, _PARAMETERS))
class EnsembleClassifier(Networks, Classifier):
    """Several networks that tell classes apart together, by the mean of their probabilities.

    The members differ by their seed, and by a resample of the examples with `bootstrap`. They are
    trained as one stack of arrays, not one after the other.

    PARAMETERS

    Attributes
    ----------
    classes_, network_, n_iter_, faults_, diagnosis_, n_features_in_, feature_names_in_
        As those of `NeuralNetworkClassifier`, errors being those of the ensemble.
    parameters_ : tuple of (W, b)
        The layers of all members: W of shape (members, n_l, n_prev).
    history_ : dict of arrays
        The Records of all members, with the column member in front.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from cutaway.estimators import EnsembleClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> EnsembleClassifier(hidden=(16,), epochs=50, members=3).fit(X, y).predict(X[:3])
    array([0, 0, 0])
    """


@with_parameters(parameters((*_OF_ONE, "class_weight"), _PARAMETERS))
class EnsembleRegressor(Networks, Regressor):
    """Several networks that answer with the mean of their numbers.

    PARAMETERS

    Attributes
    ----------
    network_, n_iter_, faults_, diagnosis_, n_features_in_, feature_names_in_
        As those of `NeuralNetworkRegressor`, errors being those of the ensemble.
    parameters_ : tuple of (W, b)
        The layers of all members: W of shape (members, n_l, n_prev).
    history_ : dict of arrays
        The Records of all members, with the column member in front.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from cutaway.estimators import EnsembleRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> EnsembleRegressor(hidden=(16,), epochs=50, members=3).fit(X, y).predict(X[:3]).shape
    (3,)
    """
