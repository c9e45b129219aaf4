"""Weights alone, and what scikit-learn saved."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from safetensors.numpy import save_file
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    PolynomialFeatures,
    RobustScaler,
    StandardScaler,
)

import cutaway
from cutaway.errors import CutawayError
from cutaway.importers.imported import Given
from cutaway.importers.importing import import_file

RANDOM = np.random.default_rng(2)
ROWS = RANDOM.normal(size=(40, 3)) * [1, 20, 0.1] + [0, 300, 5]
TWO, THREE = np.arange(40) % 2, np.arange(40) % 3
SMALL = {"hidden_layer_sizes": (4,), "max_iter": 3, "random_state": 0}


def classifier(**more: Any) -> MLPClassifier:
    return MLPClassifier(**SMALL, **more)


def regressor(**more: Any) -> MLPRegressor:
    return MLPRegressor(**SMALL, **more)


ESTIMATORS: dict[str, tuple[Callable[[], Any], Any]] = {
    "two classes": (lambda: classifier(activation="logistic"), TWO),
    "words": (
        lambda: make_pipeline(StandardScaler(), classifier()), np.array(["a", "b", "c"])[THREE],
    ),
    "labels": (lambda: make_pipeline(MinMaxScaler(), classifier()), np.c_[TWO, THREE > 0] * 1),
    "numbers": (
        lambda: make_pipeline(RobustScaler(), "passthrough", regressor(activation="tanh")),
        ROWS[:, :2] @ [[1, 2], [3, 4]],
    ),
    "one number": (
        lambda: make_pipeline(MaxAbsScaler(), regressor(activation="identity")), ROWS[:, 0],
    ),
}  # fmt: skip


def fitted(estimator: Any, X: Any, y: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(X, y)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_an_estimator_of_scikit_learn_answers_as_before(tmp_path: Path, name: str) -> None:
    make, y = ESTIMATORS[name]
    estimator = fitted(make(), ROWS, y)
    joblib.dump(estimator, tmp_path / "it.joblib")
    kept = import_file(tmp_path / "it.joblib", Given(trust=True), runs=tmp_path / "runs")
    assert kept.difference == pytest.approx(0, abs=1e-12)
    found = cutaway.load(kept.folder.path).predict(ROWS)
    if found.probabilities is None:
        theirs = estimator.predict(ROWS).reshape(len(ROWS), -1)
        np.testing.assert_allclose(found.values, theirs, rtol=1e-10)
        return
    np.testing.assert_allclose(found.probabilities, estimator.predict_proba(ROWS), atol=1e-12)
    if y.ndim == 1:
        assert found.answers == estimator.predict(ROWS).astype(str).tolist()


def test_names_of_columns_come_along_and_a_missing_number_is_the_scalers_mean(
    tmp_path: Path,
) -> None:
    estimator = fitted(make_pipeline(StandardScaler(), classifier()), ROWS, TWO)
    for step in (estimator[0], estimator[-1]):
        step.feature_names_in_ = np.array(["a", "b", "c"], dtype=object)
    joblib.dump(estimator, tmp_path / "it.joblib")
    kept = import_file(tmp_path / "it.joblib", Given(trust=True), runs=tmp_path / "runs")
    (tmp_path / "new.csv").write_text("c,b,a,more\n5.1,280,0.5,x\n,,,y\n")
    found = kept.model.predict(tmp_path / "new.csv")
    rows = np.array([[0.5, 280, 5.1], estimator[0].mean_])
    theirs = make_pipeline(*(step for _, step in estimator.steps))
    for step in (theirs[0], theirs[-1]):
        del step.feature_names_in_
    np.testing.assert_allclose(found.probabilities, theirs.predict_proba(rows), atol=1e-9)


class Evil:
    """Writes a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.write_text, (self.path, "was here"))


def test_a_pickle_is_not_read_unless_it_is_trusted(tmp_path: Path) -> None:
    mark, file = tmp_path / "mark", tmp_path / "it.pkl"
    file.write_bytes(pickle.dumps(Evil(mark)))
    with pytest.raises(CutawayError, match=r"runs whatever code is in it.*--trust"):
        import_file(file, runs=tmp_path / "runs")
    assert not mark.exists()
    with pytest.raises(CutawayError, match="holds int, where MLPClassifier or MLPRegressor"):
        import_file(file, Given(trust=True), runs=tmp_path / "runs")
    assert mark.exists()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: fitted(LogisticRegression(), ROWS, TWO), "holds LogisticRegression"),
        (lambda: classifier(), "MLPClassifier was not fitted"),
        (lambda: Pipeline([("a", "passthrough")]), "an empty Pipeline"),
        (
            lambda: fitted(make_pipeline(PolynomialFeatures(2), classifier()), ROWS, TWO),
            "the step PolynomialFeatures of the Pipeline is no plain scaling",
        ),
        (
            lambda: fitted(make_pipeline(MinMaxScaler(clip=True), classifier()), ROWS, TWO),
            "the step MinMaxScaler",
        ),
    ],
)
def test_another_estimator_is_named(tmp_path: Path, make: Any, says: str) -> None:
    joblib.dump(make(), tmp_path / "it.joblib")
    with pytest.raises(CutawayError) as raised:
        import_file(tmp_path / "it.joblib", Given(trust=True), runs=tmp_path / "runs")
    assert says in str(raised.value)
    assert not (tmp_path / "runs").exists()


def tensors(kernel: bool = False) -> dict[str, Any]:
    """Eleven layers, so that the order of their names is not that of the alphabet."""
    found = {}
    for l in range(11):
        W = RANDOM.normal(size=(3, 3)).astype(np.float32)
        name = f"dense_{l}/kernel" if kernel else f"net.{2 * l}.weight"
        found[name] = np.ascontiguousarray(W.T) if kernel else W
        if l % 2:
            bias = f"dense_{l}/bias" if kernel else f"net.{2 * l}.bias"
            found[bias] = RANDOM.normal(size=3).astype(np.float32)
    return found


GIVEN = Given(activation="tanh", output="softmax")


@pytest.mark.parametrize("kernel", [False, True])
def test_weights_alone_become_the_network_that_is_said(tmp_path: Path, kernel: bool) -> None:
    found = tensors(kernel)
    save_file(found, tmp_path / "w.safetensors")
    kept = import_file(tmp_path / "w.safetensors", GIVEN, runs=tmp_path / "runs")
    assert kept.difference is None
    A = RANDOM.normal(size=(6, 3)).astype(np.float32)
    answers = kept.model.predict(A).probabilities
    for l in range(11):
        name = f"dense_{l}/" if kernel else f"net.{2 * l}."
        W = found[f"{name}kernel"] if kernel else found[f"{name}weight"].T
        Z = A @ W + found.get(f"{name}bias", 0)
        A = np.tanh(Z)
    e = np.exp(Z)
    np.testing.assert_allclose(answers, e / e.sum(axis=1, keepdims=True), rtol=1e-5)


def test_pytorchs_own_file_is_read(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is one of the programs")
    from safetensors.torch import save_model

    net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    save_model(net, str(tmp_path / "w.safetensors"))
    given = Given(activation="relu", output="identity", target=("x", "y"))
    kept = import_file(tmp_path / "w.safetensors", given, runs=tmp_path / "runs")
    rows = RANDOM.normal(size=(5, 3)).astype(np.float32)
    with torch.no_grad():
        theirs = net(torch.from_numpy(rows)).numpy()
    np.testing.assert_allclose(kept.model.predict(rows).values, theirs, atol=1e-6)


def test_a_model_file_of_cutaway_becomes_a_run(tmp_path: Path) -> None:
    run = cutaway.train("iris", hidden=(3,), epochs=1)
    run.model.save(tmp_path / "m.safetensors")
    kept = import_file(tmp_path / "m.safetensors", runs=tmp_path / "runs")
    assert (tmp_path / "m.safetensors").read_bytes() == kept.folder.model.read_bytes()


@pytest.mark.parametrize(
    ("found", "given", "says"),
    [
        (tensors(), Given(), "say it, as in --activation relu --output softmax"),
        ({"a.weight": np.ones((2, 3))}, Given(), "say it, as in --output softmax"),
        ({"c.weight": np.ones((2, 3, 3, 3))}, GIVEN, "'c.weight' of shape (2, 3, 3, 3)"),
        ({"a.weight": np.ones((2, 3)), "b.bias": np.ones(2)}, GIVEN, "'b.bias' has no weights"),
        ({"a.weight": np.ones((2, 3)), "b.weight": np.ones((2, 3))}, GIVEN, "takes 3 inputs, but"),
        ({"a.weight": np.ones((2, 3)), "a.bias": np.ones(3)}, GIVEN, "has 3 biases for 2 units"),
        ({"a.weight": np.full((2, 3), np.inf)}, GIVEN, "layer 1 has parameters that are not"),
    ],
)
def test_tensors_that_are_no_dense_network_are_named(
    tmp_path: Path, found: dict[str, Any], given: Given, says: str
) -> None:
    save_file(found, tmp_path / "w.safetensors")
    with pytest.raises(CutawayError) as raised:
        import_file(tmp_path / "w.safetensors", given, runs=tmp_path / "runs")
    assert says in str(raised.value)
    assert not (tmp_path / "runs").exists()
