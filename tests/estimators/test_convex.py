"""A network without a hidden layer: the rate that its inputs ask for, and where it ends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn import linear_model
from sklearn.preprocessing import StandardScaler

from cutaway.engine.job import Part
from cutaway.engine.sparse import Sparse
from cutaway.estimators import LogisticRegression, NeuralNetworkClassifier
from cutaway.estimators.convex import SMALL, largest_eigenvalue

RANDOM = np.random.default_rng(0)
X, WEIGHTS = RANDOM.normal(size=(4, 30)) + 1.0, RANDOM.random((1, 30))


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["alike", "weighted"])
@pytest.mark.parametrize(
    "inputs", [X, Sparse(sparse.csr_array(X.T), np.zeros(4))], ids=["array", "sparse"]
)
def test_the_largest_eigenvalue_is_that_of_the_second_moments(inputs: Any, weights: Any) -> None:
    with_bias = np.vstack([X, np.ones(30)])
    w = np.full((1, 30), 1 / 30) if weights is None else weights / weights.sum()
    expected = np.linalg.eigvalsh(with_bias * w @ with_bias.T)[-1]
    part = Part(inputs, np.zeros((1, 30)), weights)
    assert_allclose(largest_eigenvalue(part), expected, rtol=1e-6)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("path", ["plain", "example-space"])
def test_it_ends_at_scikit_learns_minimum(blobs: tuple[Any, Any], classes: int, path: str) -> None:
    X, y = blobs
    X, y = X[y < classes] * [1, 10, 100], y[y < classes]
    ours = LogisticRegression(path=path).fit(X, y)
    scaler = StandardScaler().fit(X)
    theirs = linear_model.LogisticRegression(tol=1e-8).fit(scaler.transform(X), y)
    assert ours.n_iter_ < 500
    assert ours.history_["epoch"][-1] == ours.n_iter_
    # A gradient of 1e-4 where the cost curves least, by l2 / m.
    apart = SMALL * len(y)
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(scaler.transform(X)), atol=apart)
    assert_allclose(ours.coef_ * scaler.scale_, theirs.coef_, atol=2 * apart)


@pytest.mark.parametrize(
    "given", [{"batch_size": 16}, {"optimizer": "adam"}, {"l1": 0.5}, {"loss": "squared"}]
)
def test_what_is_asked_for_is_trained_as_any_network(
    blobs: tuple[Any, Any], given: dict[str, Any]
) -> None:
    model = LogisticRegression(**given, epochs=40, faults=False).fit(*blobs)
    assert model.n_iter_ == 40
    assert len(model.history_["epoch"]) > 20


def test_a_network_with_a_hidden_layer_has_no_such_end(blobs: tuple[Any, Any]) -> None:
    model = NeuralNetworkClassifier(
        hidden=(3,), batch_size="full", epochs=400, l2=0.0, faults=False
    )
    assert model.fit(*blobs).n_iter_ == 400


def test_warm_starts_end_where_the_first_has(blobs: tuple[Any, Any]) -> None:
    model = LogisticRegression(warm_start=True).fit(*blobs)
    first = model.n_iter_
    assert model.fit(*blobs).n_iter_ <= first + 60
