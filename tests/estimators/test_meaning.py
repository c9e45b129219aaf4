"""What words mean: weights, pieces, warm starts, clones, orders of classes."""

from __future__ import annotations

import io
import pickle
from typing import Any

import cloudpickle
import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from tests.estimators.conftest import QUICK, QUICK_NETWORK

from cutaway.estimators import LogisticRegression, NeuralNetworkClassifier, NeuralNetworkRegressor

KINDS = [
    NeuralNetworkClassifier(**QUICK_NETWORK),
    NeuralNetworkRegressor(**QUICK_NETWORK),
    LogisticRegression(**QUICK),
]
every_estimator = pytest.mark.parametrize("model", KINDS, ids=lambda m: type(m).__name__)
# Mini-batches, dropout, L2 and momentum: whatever an epoch carries on.
USUAL = {"batch_size": 16, "optimizer": "adam", "epochs": 5, "print_every": 1, "l2": 0.1}


def theta(model: Any) -> Any:
    return np.concatenate([array.ravel() for layer in model.parameters_ for array in layer])


def small(model: Any, **more: Any) -> Any:
    dropout = {} if isinstance(model, LogisticRegression) else {"keep_prob": 0.8}
    return clone(model).set_params(**USUAL | dropout | more)


@every_estimator
def test_a_weight_of_2_is_the_row_twice_and_of_0_no_row(model: Any, blobs: tuple[Any, Any]) -> None:
    X, y = blobs
    weights = np.random.default_rng(0).integers(3, size=60)
    weighted = clone(model).set_params(l2=0.5).fit(X, y, weights)
    index = np.repeat(np.arange(60), weights)
    repeated = clone(model).set_params(l2=0.5).fit(X[index], y[index])
    assert_allclose(theta(weighted), theta(repeated), rtol=1e-9, atol=1e-12)


@every_estimator
@pytest.mark.parametrize("optimizer", ["adam", "momentum"])
def test_pieces_and_warm_starts_are_epochs(
    model: Any, blobs: tuple[Any, Any], optimizer: str
) -> None:
    X, y = blobs
    whole = small(model, optimizer=optimizer, learning_rate=0.01).fit(X, y)

    piecewise = clone(whole)
    classes = {} if isinstance(model, NeuralNetworkRegressor) else {"classes": [0, 1, 2]}
    for _ in range(5):
        piecewise.partial_fit(X, y, **classes)
    warm = clone(whole).set_params(epochs=1, warm_start=True)
    for _ in range(5):
        warm.fit(X, y)

    for other in (piecewise, warm):
        assert_array_equal(theta(other), theta(whole))
        assert other.n_iter_ == 5
        assert_array_equal(other.history_["epoch"], np.arange(6))
        assert_array_equal(other.history_["cost"], whole.history_["cost"])


def test_a_warm_start_leaves_example_space_with_the_memory_of_its_optimiser(
    blobs: tuple[Any, Any],
) -> None:
    X = np.random.default_rng(0).normal(size=(20, 50))
    settings = QUICK_NETWORK | {"optimizer": "momentum", "l2": 0.3}
    plain = NeuralNetworkClassifier(**settings, path="plain").fit(X, blobs[1][:20])
    warm = NeuralNetworkClassifier(**settings | {"epochs": 10}, path="example-space")
    warm.set_params(warm_start=True).fit(X, blobs[1][:20]).fit(X, blobs[1][:20])
    assert_allclose(theta(warm), theta(plain), rtol=1e-8, atol=1e-12)


def test_training_goes_on_only_with_the_same_network(blobs: tuple[Any, Any]) -> None:
    model = NeuralNetworkClassifier(**QUICK_NETWORK, warm_start=True).fit(*blobs)
    with pytest.raises(ValueError, match="fit anew, without warm_start"):
        model.set_params(hidden=(9,)).fit(*blobs)
    with pytest.raises(ValueError, match="goes on with the optimizer that was fitted, adam"):
        model.set_params(hidden=(8,), optimizer="rmsprop").fit(*blobs)


@pytest.mark.parametrize(
    ("given", "call", "message"),
    [
        ({}, {}, "classes must be passed on the first call to partial_fit"),
        ({"early_stopping": True}, {"classes": [0, 1, 2]}, "partial_fit does not support early"),
        ({"class_weight": "balanced"}, {"classes": [0, 1, 2]}, "not supported for partial_fit"),
    ],
)
def test_what_a_piece_cannot_do(
    blobs: tuple[Any, Any], given: dict[str, Any], call: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        NeuralNetworkClassifier(**QUICK_NETWORK, **given).partial_fit(*blobs, **call)


def test_a_piece_may_lack_classes(blobs: tuple[Any, Any]) -> None:
    X, y = blobs
    model = NeuralNetworkClassifier(**QUICK_NETWORK)
    model.partial_fit(X[y == 0], y[y == 0], classes=[0, 1, 2]).partial_fit(X, y)
    assert model.predict_proba(X).shape == (60, 3)
    with pytest.raises(ValueError, match="not the same as in the first call"):
        model.partial_fit(X, y, classes=[0, 1])


def test_class_weights_go_by_label(blobs: tuple[Any, Any]) -> None:
    X, y = blobs
    by_label = NeuralNetworkClassifier(**QUICK_NETWORK, class_weight={1: 3.0, 2.0: 0.5}).fit(X, y)
    by_row = NeuralNetworkClassifier(**QUICK_NETWORK).fit(X, y, np.array([1, 3, 0.5])[y])
    assert_allclose(theta(by_label), theta(by_row))
    names = np.array([" no", "yes", "yes, 2=2"])
    by_name = clone(by_label).set_params(class_weight={"yes": 3.0, "yes, 2=2": 0.5})
    assert_allclose(theta(by_name.fit(X, names[y])), theta(by_row))
    with pytest.raises(ValueError, match=r"names the class 'yess', .* did you mean 'yes'"):
        by_name.set_params(class_weight={"yess": 2}).fit(X, names[y])


def test_the_order_of_the_classes_is_irrelevant(blobs: tuple[Any, Any]) -> None:
    # The rows of the last W go with the classes: without the random draw only the names differ.
    X, y = blobs
    ours = LogisticRegression(**QUICK).fit(X, np.array(["a", "b", "c"])[y])
    turned = LogisticRegression(**QUICK).fit(X, np.array(["c", "a", "b"])[y])
    assert_allclose(turned.predict_proba(X)[:, [2, 0, 1]], ours.predict_proba(X), rtol=1e-9)


@every_estimator
def test_a_clone_and_a_copy_are_the_same_to_the_bit(model: Any, blobs: tuple[Any, Any]) -> None:
    fitted = small(model).fit(*blobs)
    assert_array_equal(theta(clone(fitted).fit(*blobs)), theta(fitted))
    file = io.BytesIO()
    joblib.dump(fitted, file)
    file.seek(0)
    for copy in (joblib.load(file), pickle.loads(cloudpickle.dumps(fitted))):
        assert_array_equal(copy.predict(blobs[0]), fitted.predict(blobs[0]))
        # It goes on from the same place.
        copy.set_params(warm_start=True, epochs=1).fit(*blobs)
        assert copy.n_iter_ == 6


@pytest.mark.parametrize(
    "make", [lambda: np.random.RandomState(1), lambda: np.random.default_rng(1)]
)
def test_generators_as_random_state(make: Any, blobs: tuple[Any, Any]) -> None:
    state = make()
    first = NeuralNetworkClassifier(**QUICK_NETWORK, random_state=state).fit(*blobs)
    second = NeuralNetworkClassifier(**QUICK_NETWORK, random_state=state).fit(*blobs)
    again = NeuralNetworkClassifier(**QUICK_NETWORK, random_state=make()).fit(*blobs)
    assert_array_equal(theta(first), theta(again))
    assert (theta(first) != theta(second)).any()
