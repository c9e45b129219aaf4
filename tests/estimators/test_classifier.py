"""Classifiers: what y may be, what a dev set and weights mean, and an oracle for the numbers."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import linear_model
from sklearn.preprocessing import StandardScaler
from tests.estimators.conftest import QUICK, QUICK_NETWORK

from cutaway.estimators import LogisticRegression, NeuralNetworkClassifier


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["cat", "dog", "eel"]),
        np.array(["cat", "dog", "eel"], dtype=object),
        np.array([-7, 3, 1000], dtype=np.int16),
        np.array([0.0, 1.0, 2.0]),
        np.array([False, True]),
    ],
    ids=["words", "objects", "integers", "floats", "booleans"],
)
def test_labels_of_any_kind(blobs: tuple[Any, Any], labels: Any) -> None:
    X, y = blobs[0], labels[blobs[1] % len(labels)]
    model = NeuralNetworkClassifier(**QUICK_NETWORK).fit(X, y)
    assert_array_equal(model.classes_, labels)
    assert model.predict(X).dtype == y.dtype
    K = len(labels)
    assert model.predict_proba(X).shape == (60, K)
    assert model.decision_function(X).shape == ((60,) if K == 2 else (60, K))
    assert model.score(X, y) == 1 - model.history_["train_error"][-1] > 0.7


def test_several_labels(blobs: tuple[Any, Any]) -> None:
    X, Y = blobs[0], (blobs[0] > 1).astype(int)
    model = NeuralNetworkClassifier(**QUICK_NETWORK).fit(X, Y)
    probabilities = model.predict_proba(X)
    assert probabilities.shape == (60, 3)
    assert_array_equal(model.predict(X), probabilities > 0.5)
    assert (model.network_.output, model.network_.loss) == ("sigmoid", "log")
    assert model.score(X, Y) > 0.7


@pytest.mark.parametrize("K", [2, 3])
def test_logistic_regression_is_that_of_scikit_learn(blobs: tuple[Any, Any], K: int) -> None:
    # J = (1/m) [sum loss + (l2/2) sum W^2] is scikit-learn's with C = 1 / l2.
    X, y = blobs[0], blobs[1] % K
    ours = LogisticRegression(**QUICK | {"epochs": 3000, "l2": 1.0}).fit(X, y)
    scaler = StandardScaler().fit(X)
    theirs = linear_model.LogisticRegression(C=1.0, tol=1e-8).fit(scaler.transform(X), y)
    assert_allclose(ours.coef_, theirs.coef_ / scaler.scale_, atol=1e-4)
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(scaler.transform(X)), atol=1e-4)
    Z = X @ ours.coef_.T + ours.intercept_
    assert_allclose(ours.decision_function(X), Z[:, 0] if K == 2 else Z, atol=1e-9)


def test_a_dev_set_is_only_looked_at(blobs: tuple[Any, Any]) -> None:
    X, y = blobs
    model = NeuralNetworkClassifier(
        **QUICK_NETWORK | {"patience": 1, "print_every": 1, "learning_rate": 2.0}
    )
    alone = model.fit(X[:40], y[:40])
    theta = [np.array(layer.W) for layer in alone.parameters_]
    watched = model.fit(X[:40], y[:40], X_val=X[40:], y_val=y[40:])
    assert_array_equal(theta[0], watched.parameters_[0].W)
    stopped = model.set_params(early_stopping=True).fit(
        X[:40], y[:40], X_val=X[40:], y_val=y[40:], sample_weight_val=np.arange(20)
    )
    assert stopped.n_iter_ < 20
    dev_loss = stopped.history_["dev_loss"]
    assert stopped.history_["epoch"][dev_loss.argmin()] == stopped.best_epoch_
    P = stopped.predict_proba(X[40:])[np.arange(20), y[40:]]
    assert_allclose(np.average(-np.log(P), weights=np.arange(20)), dev_loss.min())


def test_early_stopping_holds_a_fifth_out(blobs: tuple[Any, Any]) -> None:
    model = NeuralNetworkClassifier(**QUICK_NETWORK, early_stopping=True, patience=2)
    assert "dev_error" in model.fit(*blobs).history_
    assert "dev_error" not in model.set_params(early_stopping=False).fit(*blobs).history_


def test_float32_stays(blobs: tuple[Any, Any]) -> None:
    X, y = blobs[0].astype(np.float32), blobs[1]
    model = NeuralNetworkClassifier(**QUICK_NETWORK).fit(X, y)
    assert model.parameters_[0].W.dtype == np.float32
    assert model.predict_proba(X).dtype == model.decision_function(X).dtype == np.float32


@pytest.mark.parametrize(
    ("of_y", "message"),
    [
        (lambda y: 0 * y, "at least 2 classes in the data, but the data contains only one class: "),
        (lambda y: np.column_stack([y, y]), "MultiOutputClassifier"),
        (lambda y: y + 0.5, "Unknown label type: continuous"),
    ],
    ids=["one class", "columns of classes", "numbers"],
)
def test_what_y_may_not_be(blobs: tuple[Any, Any], of_y: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        NeuralNetworkClassifier(**QUICK_NETWORK).fit(blobs[0], of_y(blobs[1]))


@pytest.mark.parametrize(
    ("of_dev", "message"),
    [
        ({"y_val": None}, "a dev set needs X_val and y_val"),
        ({"X_val": None}, "a dev set needs X_val and y_val"),
        ({"y_val": np.full(60, 7)}, "the label 7, which is none of the classes [0, 1, 2]"),
        ({"X_val": np.ones((60, 2))}, "X has 2 features, but NeuralNetworkClassifier is expecting"),
        ({"sample_weight_val": [1.0]}, "sample_weight_val has the shape (1,); one weight for each"),
    ],
)
def test_a_dev_set_that_does_not_fit(
    blobs: tuple[Any, Any], of_dev: dict[str, Any], message: str
) -> None:
    X, y = blobs
    with pytest.raises(ValueError, match=re.escape(message)):
        NeuralNetworkClassifier(**QUICK_NETWORK).fit(X, y, **{"X_val": X, "y_val": y} | of_dev)


def test_probabilities_only_of_outputs_that_give_them(blobs: tuple[Any, Any]) -> None:
    one_a_class = NeuralNetworkClassifier(**QUICK_NETWORK, output="sigmoid").fit(*blobs)
    assert_allclose(one_a_class.predict_proba(blobs[0]).sum(axis=1), 1)
    assert not hasattr(NeuralNetworkClassifier(output="tanh", loss="squared"), "predict_proba")


def test_parameters_handed_in(blobs: tuple[Any, Any]) -> None:
    first = NeuralNetworkClassifier(**QUICK_NETWORK).fit(*blobs)
    again = NeuralNetworkClassifier(**QUICK_NETWORK | {"epochs": 0}, parameters=first.parameters_)
    again.fit(*blobs)
    assert_array_equal(again.predict_proba(blobs[0]), first.predict_proba(blobs[0]))
    with pytest.raises(ValueError, match="do not fit the network"):
        again.set_params(hidden=(9,)).fit(*blobs)
