"""Ensembles: the mean of networks that one by one are those of the single estimators."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.base import clone
from tests.estimators.conftest import QUICK_NETWORK

from cutaway.estimators import (
    EnsembleClassifier,
    EnsembleRegressor,
    FaultWarning,
    NeuralNetworkClassifier,
    NeuralNetworkRegressor,
)


@pytest.mark.parametrize("K", [2, 3])
def test_it_answers_with_the_mean_of_its_members(blobs: tuple[Any, Any], K: int) -> None:
    X, y = blobs[0], blobs[1] % K
    weights = np.arange(60) % 3
    together = EnsembleClassifier(**QUICK_NETWORK, members=3, random_state=4).fit(X, y, weights)
    alone = [
        NeuralNetworkClassifier(**QUICK_NETWORK, random_state=seed).fit(X, y, weights)
        for seed in (4, 5, 6)
    ]
    P = together.predict_proba(X)
    assert_allclose(P, np.mean([one.predict_proba(X) for one in alone], axis=0))
    Z = together.decision_function(X)
    odds = np.exp(Z if K > 2 else np.column_stack([np.zeros(60), Z]))
    assert_allclose(odds / odds.sum(axis=1, keepdims=True), P)
    assert together.parameters_[0].W.shape == (3, 8, 3)
    assert set(together.history_["member"]) == {1, 2, 3}


def test_numbers(blobs: tuple[Any, Any]) -> None:
    X = blobs[0]
    together = EnsembleRegressor(**QUICK_NETWORK, members=2).fit(X, X[:, :2] ** 2)
    alone = [
        NeuralNetworkRegressor(**QUICK_NETWORK, random_state=seed).fit(X, X[:, :2] ** 2)
        for seed in (0, 1)
    ]
    assert_allclose(together.predict(X), np.mean([one.predict(X) for one in alone], axis=0))


def test_resamples_dev_sets_and_sparse_rows(blobs: tuple[Any, Any]) -> None:
    X, y = blobs
    settings = QUICK_NETWORK | {"batch_size": 16, "print_every": 1}
    model = EnsembleClassifier(**settings, members=2, bootstrap=True, early_stopping=True)
    model.fit(sparse.csr_array(X), y, X_val=X, y_val=y)
    dense = clone(model).fit(X, y, X_val=X, y_val=y)
    assert_allclose(dense.predict_proba(X), model.predict_proba(X), atol=1e-9)
    assert model.diagnosis_.errors.dev_error == 1 - model.score(X, y)
    unlike = clone(model).set_params(bootstrap=False).fit(X, y, X_val=X, y_val=y)
    assert (unlike.predict_proba(X) != dense.predict_proba(X)).any()
    assert "dev error" in model._repr_html_()


def test_what_is_wrong_is_said_once(blobs: tuple[Any, Any]) -> None:
    with pytest.raises(ValueError, match="an ensemble has two networks at least"):
        EnsembleClassifier(**QUICK_NETWORK, members=1).fit(*blobs)
    seen: list[Any] = []
    model = EnsembleClassifier(
        hidden=(8,), activation="tanh", initializer="zeros", epochs=20, members=2
    ).set_params(callbacks=[seen.append])
    with pytest.warns(FaultWarning, match="symmetric units") as warned:
        model.fit(*blobs)
    names = [fault.name for fault in model.faults_]
    assert len(names) == len(set(names)) == len(warned)
    assert len(seen) == 2 * 21


def test_what_goes_on_from_one_network_is_no_part_of_it() -> None:
    model = EnsembleClassifier()
    assert not hasattr(model, "partial_fit")
    assert "warm_start" not in model.get_params()
    with pytest.raises(TypeError, match="parameter 'warm_start' is unknown"):
        EnsembleClassifier(warm_start=True)
