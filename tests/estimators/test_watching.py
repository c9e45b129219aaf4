"""Who watches: functions of a Record, scikit-learn's callbacks, faults as warnings, the page."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from tests.estimators.conftest import QUICK_NETWORK

from cutaway.estimators import FaultWarning, NeuralNetworkClassifier, NeuralNetworkRegressor
from cutaway.training.record import Record

callback = pytest.importorskip("sklearn.callback", reason="callbacks need scikit-learn 1.9")
FEW = {"epochs": 4, "print_every": 1}


def test_functions_of_a_record(blobs: tuple[Any, Any]) -> None:
    seen: list[Record] = []
    model = NeuralNetworkClassifier(**QUICK_NETWORK | FEW, callbacks=[seen.append])
    model.fit(*blobs)
    assert [record.epoch for record in seen] == [0, 1, 2, 3, 4]
    assert all(record.cost is not None and record.W_norm is not None for record in seen)
    ends = clone(model).set_params(callbacks=[lambda record: record.epoch == 2]).fit(*blobs)
    assert ends.n_iter_ == 2


class Counter:
    """A callback by scikit-learn's protocol that stops after some epochs."""

    def __init__(self, most: int = 99) -> None:
        self.most = most
        self.calls: list[tuple[str, str]] = []
        self.scores: list[float] = []

    def setup(self, estimator: Any, context: Any) -> None:
        self.calls.append(("setup", context.task_name))

    def teardown(self, estimator: Any, context: Any) -> None:
        self.calls.append(("teardown", context.task_name))

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        self.calls.append(("begin", context.task_name))

    def on_fit_task_end(
        self, estimator: Any, context: Any, *, X: Any, y: Any, fitted_estimator: Any
    ) -> bool:
        self.calls.append(("end", context.task_name))
        if fitted_estimator is not None:
            self.scores.append(fitted_estimator.score(X, y))
        return len(self.scores) >= self.most


def test_callbacks_of_scikit_learn(blobs: tuple[Any, Any]) -> None:
    counter = Counter()
    model = NeuralNetworkClassifier(**QUICK_NETWORK | FEW).set_callbacks(counter).fit(*blobs)
    epoch = [("begin", "epoch"), ("end", "epoch")]
    assert counter.calls == [
        ("setup", "fit"),
        ("begin", "fit"),
        *(epoch * 4),
        ("end", "fit"),
        ("teardown", "fit"),
    ]
    assert counter.scores[-1] == model.score(*blobs)
    model.set_callbacks(Counter(most=2)).fit(*blobs)
    assert model.n_iter_ == 2
    make_pipeline(NeuralNetworkClassifier(**QUICK_NETWORK)).fit(*blobs)


def test_a_fault_is_a_warning_with_its_remedy(blobs: tuple[Any, Any]) -> None:
    model = NeuralNetworkClassifier(
        hidden=(8,), activation="tanh", initializer="zeros", epochs=20, learning_rate=0.1
    )
    with pytest.warns(FaultWarning, match="symmetric units .* what to do: draw the initial"):
        model.fit(*blobs)
    assert model.faults_[0].name == "symmetric units"
    model.set_params(faults=False).fit(*blobs)
    assert model.faults_ == ()
    assert issubclass(FaultWarning, ConvergenceWarning)


def test_divergence_keeps_what_is_finite(blobs: tuple[Any, Any]) -> None:
    model = NeuralNetworkRegressor(
        hidden=(8,), optimizer="gradient_descent", learning_rate=1e30, epochs=5, faults=False
    )
    with pytest.warns(ConvergenceWarning, match=r"diverged: the cost is not finite in epoch"):
        model.fit(*blobs)
    assert all(np.isfinite(layer.W).all() for layer in model.parameters_)


def test_diagnosis(blobs: tuple[Any, Any]) -> None:
    X, y = blobs
    random = np.random.default_rng(0)
    settings = QUICK_NETWORK | {"hidden": (50,), "epochs": 60}
    noise = NeuralNetworkClassifier(**settings)
    noise.fit(random.normal(size=(60, 50)), y, X_val=random.normal(size=(60, 50)), y_val=y)
    assert noise.diagnosis_.verdict == "variance"
    assert noise.diagnosis_.errors.n_dev == 60
    numbers = NeuralNetworkRegressor(**QUICK_NETWORK | {"epochs": 0}).fit(X, X[:, 0])
    assert numbers.diagnosis_.verdict == "bias"


def test_the_page_in_a_notebook(blobs: tuple[Any, Any]) -> None:
    model = NeuralNetworkClassifier(**QUICK_NETWORK)
    assert 'class="cutaway"' not in model._repr_html_()
    model.fit(*blobs, X_val=blobs[0], y_val=blobs[1])
    page = model._repr_html_()
    for text in ("NeuralNetworkClassifier", "(8, 3)", "<svg", "dev error", "Diagnosis"):
        assert text in page
    assert model._repr_mimebundle_()["text/html"].endswith(page[-200:])
    with config_context(display="text"):
        assert not hasattr(model, "_repr_html_")
        assert set(model._repr_mimebundle_()) == {"text/plain"}
