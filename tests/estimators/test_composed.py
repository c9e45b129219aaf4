"""Inside what scikit-learn composes: pipelines, searches, stacks, frames, sparse matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import StackingClassifier
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tests.estimators.conftest import QUICK, QUICK_NETWORK

from cutaway.estimators import LogisticRegression, NeuralNetworkClassifier


@pytest.fixture
def model() -> NeuralNetworkClassifier:
    return NeuralNetworkClassifier(**QUICK_NETWORK)


def test_a_search_over_two_processes(model: Any, blobs: tuple[Any, Any]) -> None:
    pipeline = make_pipeline(StandardScaler(), model)
    search = GridSearchCV(
        pipeline, {"neuralnetworkclassifier__learning_rate": [1e-6, 0.1]}, cv=2, n_jobs=2
    ).fit(*blobs)
    assert search.best_params_ == {"neuralnetworkclassifier__learning_rate": 0.1}


def test_probabilities_out_of_fold(model: Any, blobs: tuple[Any, Any]) -> None:
    X, y = blobs
    P = cross_val_predict(model, X, y, cv=3, method="predict_proba")
    assert (P.argmax(axis=1) == y).mean() > 0.7
    calibrated = CalibratedClassifierCV(model, cv=2).fit(X, y)
    assert_allclose(calibrated.predict_proba(X).sum(axis=1), 1)


def test_a_stack(model: Any, blobs: tuple[Any, Any]) -> None:
    members = [("network", model), ("logistic", LogisticRegression(**QUICK))]
    assert StackingClassifier(members, cv=2).fit(*blobs).score(*blobs) > 0.7


def test_columns_of_a_frame(model: Any, blobs: tuple[Any, Any]) -> None:
    pd = pytest.importorskip("pandas", reason="frames of pandas")
    X = pd.DataFrame(blobs[0], columns=["a", "b", "c"]).assign(d=["x", "y", "z"] * 20)
    columns = ColumnTransformer(
        [("numbers", "passthrough", ["a", "b", "c"]), ("words", OneHotEncoder(), ["d"])]
    ).set_output(transform="default")
    fitted = make_pipeline(columns, model).fit(X, blobs[1])
    assert fitted[-1].network_.n_x == 6


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_names_of_frames_are_remembered_and_checked(
    library: str, model: Any, blobs: tuple[Any, Any]
) -> None:
    module = pytest.importorskip(library, reason=f"frames of {library}")
    frame = module.DataFrame
    X, y = blobs
    columns = dict(zip("abc", X.T, strict=True))
    model.fit(frame(columns), y)
    assert_array_equal(model.feature_names_in_, ["a", "b", "c"])
    assert_array_equal(model.predict(frame(columns)), model.fit(X, y).predict(X))
    model.fit(frame(columns), y)
    with pytest.raises(ValueError, match="feature names should match those that were passed"):
        model.predict(frame({"c": X[:, 0], "b": X[:, 1], "a": X[:, 2]}))


@pytest.mark.parametrize("batch_size", ["full", 16])
def test_a_sparse_matrix_is_trained_on_as_an_array(
    model: Any, blobs: tuple[Any, Any], batch_size: Any
) -> None:
    X, y = blobs
    X = np.where(X > 1, X, 0)
    model.set_params(batch_size=batch_size)
    dense = model.fit(X, y, X_val=X[:9], y_val=y[:9]).predict_proba(X)
    history = model.history_
    model.fit(sparse.csc_array(X), y, X_val=sparse.coo_array(X[:9]), y_val=y[:9])
    assert_allclose(model.predict_proba(sparse.csr_matrix(X)), dense, atol=1e-9)
    assert_allclose(model.history_["dev_loss"], history["dev_loss"], atol=1e-9)
    with pytest.raises(ValueError, match="backend='jax' does not take a sparse X"):
        model.set_params(backend="jax").fit(sparse.csr_array(X), y)


def test_weights_are_routed(model: Any, blobs: tuple[Any, Any]) -> None:
    X, y = blobs
    weights = np.arange(60) % 3
    with config_context(enable_metadata_routing=True):
        model.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        routed = make_pipeline("passthrough", model)
        done = cross_validate(
            routed,
            X,
            y,
            cv=2,
            params={"sample_weight": weights},
            return_estimator=True,
            return_indices=True,
        )
    train, test = (done["indices"][part][0] for part in ("train", "test"))
    alone = clone(model).fit(X[train], y[train], weights[train])
    assert_array_equal(done["estimator"][0].predict_proba(X), alone.predict_proba(X))
    assert done["test_score"][0] == alone.score(X[test], y[test], weights[test])
