"""Pictures: what is drawn, on which axes, and that nothing loads matplotlib before."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.inspection import DecisionBoundaryDisplay
from tests.estimators.conftest import QUICK_NETWORK

from cutaway.estimators import NeuralNetworkClassifier
from cutaway.estimators.displays import CostCurveDisplay, LayersDisplay, WeightsDisplay

matplotlib = pytest.importorskip("matplotlib", reason="pictures: pip install 'cutaway[plots]'")
matplotlib.use("Agg")


@pytest.fixture(scope="module")
def model(blobs: tuple[Any, Any]) -> NeuralNetworkClassifier:
    X, y = blobs
    settings = QUICK_NETWORK | {"hidden": (6, 5), "print_every": "auto", "keep_prob": 1.0}
    X = np.column_stack([X, X[:, :1]])
    return NeuralNetworkClassifier(**settings).fit(X, y, X_val=X, y_val=y)


def test_cost_curves(model: Any) -> None:
    drawn = CostCurveDisplay.from_estimator(model)
    labels = [line.get_label() for line in drawn.lines_]
    assert labels == ["cost of the updates", "train loss", "dev loss"]
    assert drawn.ax_.figure is drawn.figure_
    assert_allclose(drawn.lines_[0].get_ydata(), model.history_["batch_cost"][1:])
    on_the_same = CostCurveDisplay.from_estimator(model, ax=drawn.ax_)
    assert on_the_same.ax_ is drawn.ax_


def test_weights_as_pictures(model: Any) -> None:
    drawn = WeightsDisplay.from_estimator(model, (2, 2))
    sizes = np.linalg.norm(model.parameters_[0].W, axis=1)
    first = drawn.axes_.flat[0].images[0].get_array()
    assert_allclose(first, model.parameters_[0].W[sizes.argmax()].reshape(2, 2))
    assert sum(bool(ax.images) for ax in drawn.axes_.flat) == 6
    with pytest.raises(ValueError, match="has 9 pixels, and the network 4 inputs"):
        WeightsDisplay.from_estimator(model, (3, 3))


def test_activations_and_gradients(model: Any, blobs: tuple[Any, Any]) -> None:
    X, y = blobs
    X = np.column_stack([X, X[:, :1]])
    drawn = LayersDisplay.from_estimator(model, X, y)
    assert [A.shape for A in drawn.activations] == [(6, 60), (5, 60)]
    # Without a penalty the last dW says how far the cost of the training set is from its minimum.
    dW = drawn.axes_[1].lines[0].get_ydata()
    assert_allclose(dW, [np.sqrt(np.mean(one**2)) for one in drawn.gradients])
    assert len(dW) == 3


def test_scikit_learn_draws_the_decision_boundary(blobs: tuple[Any, Any]) -> None:
    X, y = blobs
    model = NeuralNetworkClassifier(**QUICK_NETWORK).fit(X[:, :2], y)
    drawn = DecisionBoundaryDisplay.from_estimator(model, X[:, :2], response_method="predict")
    assert set(np.unique(drawn.response)) == {0, 1, 2}


def test_nothing_loads_matplotlib_before_it_draws() -> None:
    code = "import sys, cutaway.estimators.displays; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
