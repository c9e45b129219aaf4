"""The baselines are scikit-learn's: the same errors, whoever fits them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression

from cutaway.data.dataset import Dataset
from cutaway.engine.job import Part
from cutaway.experiments import baselines as module
from cutaway.experiments.baselines import baselines
from cutaway.hyperparameters import Hyperparameters
from cutaway.training.setup import set_up

RANDOM = np.random.default_rng(0)
ROWS = RANDOM.standard_normal((300, 12))
SUMS = ROWS @ RANDOM.standard_normal((12, 3)) + RANDOM.standard_normal((300, 3))
SETS: dict[str, Dataset | str] = {
    "digits": "digits",
    "two classes": "breast_cancer",
    "three classes": "iris",
    "one number": "diabetes",
    "wide": Dataset(
        "wide", "array", "classification", np.tile(ROWS, 60)[:60], (SUMS[:60, 0] > 0).astype(int),
        classes=("below", "above"),
    ),
    "labels": Dataset(
        "labels", "array", "multi-label", ROWS, (SUMS > [0, 1, 9]).astype(int),
        classes=("a", "b", "never"), target_names=("a", "b", "never"),
    ),
    "numbers": Dataset(
        "numbers", "array", "regression", np.tile(ROWS, 2), 100 * SUMS,
        target_names=("a", "b", "c"),
    ),
}  # fmt: skip


OF_CLASSES = {
    "majority class": DummyClassifier(),
    "logistic regression": LogisticRegression(max_iter=300),
    "gradient boosting": HistGradientBoostingClassifier(random_state=0),
}
OF_NUMBERS = {
    "mean": DummyRegressor(),
    "linear regression": LinearRegression(),
    "gradient boosting": HistGradientBoostingRegressor(random_state=0),
}


def answers(estimator: Any, train: Part, part: Part, *, classes: bool) -> Any:
    """Return A (n_y, m) of one estimator for several classes, else of one a label or number."""
    if classes:
        numbers = clone(estimator).fit(train.X.T, train.Y.argmax(axis=0)).predict(part.X.T)
        return np.eye(len(train.Y))[:, numbers]
    each = [estimator if np.ptp(y) else DummyRegressor() for y in train.Y]
    pairs = zip(each, train.Y, strict=True)
    return np.stack([clone(one).fit(train.X.T, y).predict(part.X.T) for one, y in pairs])


@pytest.mark.parametrize("name", SETS)
def test_the_errors_are_those_of_scikit_learn(name: str) -> None:
    prepared = set_up(SETS[name], Hyperparameters()).prepared
    train, dev, preparation = prepared.train, prepared.dev, prepared.preparation
    assert dev is not None
    found = baselines(prepared)
    task = preparation.task
    classes = task == "classification" and preparation.n_y > 1
    every = OF_NUMBERS if task == "regression" else OF_CLASSES
    assert [one.name for one in found] == list(every)[: 2 + (preparation.kind == "table")]
    for one in found:
        for part, error in ((train, one.train_error), (dev, one.dev_error)):
            A = answers(every[one.name], train, part, classes=classes)
            if task == "regression":
                squares = ((A - part.Y) * preparation.target_scale[:, np.newaxis]) ** 2
                assert error == pytest.approx(float(np.sqrt(squares.mean())), rel=1e-5)
            elif task == "multi-label":
                assert error == pytest.approx((A != part.Y).mean())
            else:
                assert error == pytest.approx((A != part.Y).any(axis=0).mean())


def test_large_data_are_sampled_and_many_classes_get_fewer_trees(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_NUMBERS", 100)
    monkeypatch.setattr(module, "MOST_TREES", 30)
    setup = set_up("breast_cancer", Hyperparameters())
    assert [one.name for one in baselines(setup.prepared)] == [
        "majority class",
        "logistic regression (on 100 examples)",
        "gradient boosting (30 rounds) (on 100 examples)",
    ]


def test_without_a_dev_set_there_is_no_error_on_it() -> None:
    prepared = set_up("digits", Hyperparameters(dev="none")).prepared
    assert [one.dev_error for one in baselines(prepared)] == [None, None]
