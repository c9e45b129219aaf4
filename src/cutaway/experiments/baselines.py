"""Honest baselines: what one gets on the same split without a network.

The majority class (the mean of a regression), logistic or linear regression, and for tables
scikit-learn's gradient boosting, each with scikit-learn's own settings.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from cutaway.data.parts import Prepared
from cutaway.engine.inputs import ahead, at_once, blocks
from cutaway.engine.job import Part

# Numbers in X from which a baseline is fitted on a seeded sample of the examples: a few seconds.
MOST_NUMBERS = 4_000_000
ITERATIONS = 300
# Below, the threads of gradient boosting cost more than they bring. Those of BLAS always do: its
# products are small here, and on a busy machine waiting for each other made 2 s into 54 s.
FEWEST_NUMBERS_FOR_THREADS = 1_000_000
# Gradient boosting grows one tree a round and class (or target): more would take minutes.
MOST_TREES = 1_000
ROUNDS = 100


class Baseline(NamedTuple):
    """A baseline and its errors, in the units of the network's error."""

    name: str
    train_error: float
    dev_error: float | None


class _Family(NamedTuple):
    """One baseline: its name by task, and a function that makes the estimator of one output."""

    classifier: tuple[str, Callable[[], Any]]
    regressor: tuple[str, Callable[[], Any]]
    tables_only: bool = False


def _majority() -> Any:
    from sklearn.dummy import DummyClassifier

    return DummyClassifier()


def _mean() -> Any:
    from sklearn.dummy import DummyRegressor

    return DummyRegressor()


def _logistic() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=ITERATIONS)


def _linear() -> Any:
    from sklearn.linear_model import LinearRegression

    return LinearRegression()


def _boosting_classifier(rounds: int = ROUNDS) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(max_iter=rounds, random_state=0)


def _boosting_regressor(rounds: int = ROUNDS) -> Any:
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(max_iter=rounds, random_state=0)


FAMILIES = (
    _Family(("majority class", _majority), ("mean", _mean)),
    _Family(("logistic regression", _logistic), ("linear regression", _linear)),
    _Family(
        ("gradient boosting", _boosting_classifier),
        ("gradient boosting", _boosting_regressor),
        tables_only=True,
    ),
)


def baselines(prepared: Prepared) -> list[Baseline]:
    """Fit every baseline of the task on train, and return its errors on train and dev."""
    regression = prepared.preparation.task == "regression"
    table = prepared.preparation.kind == "table"
    rows = [family for family in FAMILIES if table or not family.tables_only]
    fitted = [_fit(*(row.regressor if regression else row.classifier), prepared) for row in rows]
    on_train = _errors(fitted, prepared.train, prepared)
    on_dev = _errors(fitted, prepared.dev, prepared) if prepared.dev else [None] * len(fitted)
    return [
        Baseline(one.name, train, dev)
        for one, train, dev in zip(fitted, on_train, on_dev, strict=True)
    ]


class _Fitted(NamedTuple):
    """A baseline that is fitted: one estimator an output."""

    name: str
    estimators: list[Any]


def _fit(name: str, make: Callable[[], Any], prepared: Prepared) -> _Fitted:
    preparation, train = prepared.preparation, prepared.train
    n_x = train.X.shape[0]
    most = max(100, MOST_NUMBERS // n_x)
    if make in (_majority, _mean):
        # They look at the targets alone
        X, targets = np.empty((train.m, 1)), _targets(train, preparation.task)
    else:
        if train.m > most:
            train = train.take(np.random.default_rng(0).permutation(train.m)[:most])
            name = f"{name} (on {most:,} examples)"
        X, targets = at_once(train.X).T, _targets(train, preparation.task)
    # Of a single column of targets, each class is an output.
    outputs = targets.shape[1] if targets.shape[1] > 1 else preparation.n_y
    rounds = max(1, MOST_TREES // outputs)
    if make in (_boosting_classifier, _boosting_regressor) and rounds < ROUNDS:
        name = f"{name} ({rounds} rounds)"
        make = partial(make, rounds)
    threads = None if X.size >= FEWEST_NUMBERS_FOR_THREADS else 1
    with (
        warnings.catch_warnings(),
        threadpool_limits(1, "blas"),
        threadpool_limits(threads, "openmp"),
    ):
        # A baseline that needs more iterations is still the baseline that one gets.
        warnings.simplefilter("ignore")
        return _Fitted(name, [_estimator(make, y).fit(X, y) for y in targets.T])


def _errors(fitted: list[_Fitted], part: Part, prepared: Prepared) -> list[float]:
    """Return the error of each baseline; the examples are gone through once, block by block."""
    preparation = prepared.preparation
    totals = [0.0] * len(fitted)
    for some in ahead(part.X, map(part.block, blocks(part.X))):
        truth = _targets(some, preparation.task)
        for k, one in enumerate(fitted):
            predicted = np.stack([e.predict(some.X.T) for e in one.estimators], axis=1)
            if preparation.task == "regression":
                wrong = np.mean(((predicted - truth) * preparation.target_scale) ** 2, axis=1)
            else:
                wrong = np.mean(predicted != truth, axis=1)
            totals[k] += float(wrong.sum())
    means = [total / part.m for total in totals]
    return [math.sqrt(mean) for mean in means] if preparation.task == "regression" else means


def _estimator(make: Callable[[], Any], y: npt.NDArray[Any]) -> Any:
    # A label that never changes has nothing to be learned, and classifiers refuse it.
    return make() if len(np.unique(y)) > 1 else _mean()


def _targets(part: Part, task: str) -> npt.NDArray[Any]:
    """Return one column an output: numbers, 0/1 labels, or the class number (m, ..)."""
    rows: npt.NDArray[Any] = part.Y.T
    if task == "classification" and rows.shape[1] > 1:
        rows = rows.argmax(axis=1)[:, np.newaxis]
    return rows
