"""Regression: one number or several, in their own units."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler
from tests.estimators.conftest import QUICK, QUICK_NETWORK

from cutaway.estimators import NeuralNetworkRegressor


@pytest.fixture
def numbers(blobs: tuple[Any, Any]) -> tuple[Any, Any]:
    X = blobs[0]
    return X, np.column_stack([100 + 10 * X[:, 0], X[:, 1] ** 2])


def test_y_comes_back_as_it_was(numbers: tuple[Any, Any]) -> None:
    X, Y = numbers
    model = NeuralNetworkRegressor(**QUICK_NETWORK | {"epochs": 200})
    assert model.fit(X, Y).predict(X).shape == (60, 2)
    assert model.score(X, Y) > 0.9
    rmse = np.sqrt(np.mean((model.predict(X) - Y) ** 2))
    assert_allclose(rmse, model.history_["train_error"][-1])
    assert model.fit(X, Y[:, :1]).predict(X).shape == (60, 1)
    assert model.fit(X, Y[:, 0]).predict(X).shape == (60,)
    assert model.fit(X.astype(np.float32), Y[:, 0]).predict(X).dtype == np.float32


def test_without_a_hidden_layer_it_is_ridge_regression(numbers: tuple[Any, Any]) -> None:
    # J = (1/m) [sum (A - Y)^2 / 2 + (l2/2) sum W^2], Y standardised: Ridge with alpha = l2.
    X, Y = numbers
    ours = NeuralNetworkRegressor(**QUICK | {"l2": 3.0, "epochs": 500}, hidden=()).fit(X, Y)
    inputs, targets = StandardScaler().fit(X), StandardScaler().fit(Y)
    theirs = Ridge(alpha=3.0).fit(inputs.transform(X), targets.transform(Y))
    answers = targets.inverse_transform(theirs.predict(inputs.transform(X)))
    assert_allclose(ours.predict(X), answers, rtol=1e-6)


def test_a_dev_set_has_as_many_numbers(numbers: tuple[Any, Any]) -> None:
    X, Y = numbers
    with pytest.raises(ValueError, match=r"y has the shape \(60,\); expected \(60, 2\)"):
        NeuralNetworkRegressor(**QUICK_NETWORK).fit(X, Y, X_val=X, y_val=Y[:, 0])


def test_classes_have_no_weights_here() -> None:
    assert "class_weight" not in NeuralNetworkRegressor().get_params()
