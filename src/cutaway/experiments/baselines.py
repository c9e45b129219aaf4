"""Honest baselines: what one gets on the same split without a hidden layer, or without a network.

The majority class (the mean of a regression), logistic or linear regression, and for tables
scikit-learn's gradient boosting. The first two are this engine's, so that what is seen first of a
training does not wait for scikit-learn, whose import takes longer than the training.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cutaway.data.parts import Prepared
from cutaway.engine.inputs import ahead, at_once, blocks
from cutaway.engine.job import Part
from cutaway.engine.lbfgs import minimize
from cutaway.engine.measure import outputs
from cutaway.engine.threads import limited_blas
from cutaway.equations import METRICS, Network, cost_and_gradient, unflatten
from cutaway.equations.metrics import ERROR_OF_TASK

# Numbers in X from which a baseline is fitted on a seeded sample of the examples: a few seconds.
MOST_NUMBERS = 4_000_000
# Of logistic regression: weights with a deviation of about 1, as scikit-learn's C = 1.
L2 = 1.0
# Below, the threads of gradient boosting cost more than they bring. Those of BLAS always do: its
# products are small here, and on a busy machine waiting for each other made 2 s into 54 s.
FEWEST_NUMBERS_FOR_THREADS = 1_000_000
# Gradient boosting grows one tree a round and class (or target): more would take minutes.
MOST_TREES = 1_000
ROUNDS = 100

# X (n_x, m) -> A (n_y, m)
Answer = Callable[[Any], npt.NDArray[Any]]


class Baseline(NamedTuple):
    """A baseline and its errors, in the units of the network's error."""

    name: str
    train_error: float
    dev_error: float | None


class _Fitted(NamedTuple):
    """A baseline that is fitted: its name, and how it answers."""

    name: str
    answer: Answer


def baselines(prepared: Prepared) -> list[Baseline]:
    """Fit every baseline of the task on train, and return its errors on train and dev."""
    preparation, train = prepared.preparation, prepared.train
    task = preparation.task
    most, sampled = max(100, MOST_NUMBERS // preparation.n_x), ""
    if train.m > most:
        train = train.take(np.random.default_rng(0).permutation(train.m)[:most])
        sampled = f" (on {most:,} examples)"
    X, Y = at_once(train.X), train.Y
    with limited_blas(1):
        others = [_linear(X, Y) if task == "regression" else _logistic(X, Y, task)]
    if preparation.kind == "table":
        others.append(_boosting(X, Y, task))
    fitted = [one._replace(name=one.name + sampled) for one in others]
    on_train = _errors(fitted, prepared.train, prepared)
    on_dev = _errors(fitted, prepared.dev, prepared) if prepared.dev else [None] * len(fitted)
    return [
        simplest(prepared),
        *(
            Baseline(one.name, train_error, dev_error)
            for one, train_error, dev_error in zip(fitted, on_train, on_dev, strict=True)
        ),
    ]


def simplest(prepared: Prepared) -> Baseline:
    """Return the baseline that looks at no input.

    A = the mean of Y, whose largest share is the majority class.
    """
    mean = prepared.train.Y.mean(axis=1, keepdims=True, dtype=np.float64)
    task, scale = prepared.preparation.task, prepared.preparation.target_scale[:, np.newaxis]
    metric = METRICS[ERROR_OF_TASK[task]]
    errors = [
        float(metric.value(np.broadcast_to(mean, part.Y.shape) * scale, part.Y * scale, None))
        if part
        else None
        for part in (prepared.train, prepared.dev)
    ]
    assert errors[0] is not None
    return Baseline("mean" if task == "regression" else "majority class", errors[0], errors[1])


def _errors(fitted: list[_Fitted], part: Part, prepared: Prepared) -> list[float]:
    """Return the error of each baseline; the examples are gone through once, block by block."""
    metric = METRICS[ERROR_OF_TASK[prepared.preparation.task]]
    scale = prepared.preparation.target_scale[:, np.newaxis]
    totals = np.zeros(len(fitted))
    for some in ahead(part.X, map(part.block, blocks(part.X))):
        errors = [metric.value(one.answer(some.X) * scale, some.Y * scale, None) for one in fitted]
        totals += np.array(errors) ** metric.power * some.m
    means: list[float] = ((totals / part.m) ** (1 / metric.power)).tolist()
    return means


def _logistic(X: Any, Y: Any, task: str) -> _Fitted:
    """A network without a hidden layer, at the minimum of its cost."""
    classes = task == "classification" and len(Y) > 1
    kind = ("softmax", "cross_entropy") if classes else ("sigmoid", "log")
    network = Network((len(X), len(Y)), (), *kind)
    theta = minimize(
        lambda theta: cost_and_gradient(network, theta, X, Y, penalties={"l2": L2}),
        np.zeros(len(Y) * (len(X) + 1), X.dtype),
    )
    return _Fitted("logistic regression", partial(outputs, network, unflatten(network, theta)))


def _linear(X: Any, Y: Any) -> _Fitted:
    """A = W (X - mean of X) + mean of Y, by least squares; of several W the smallest."""
    mean_X, mean_Y = (V.mean(axis=1, keepdims=True, dtype=np.float64) for V in (X, Y))
    # What is no larger than the rounding of X is no direction of it
    rounding = max(X.shape) * np.finfo(X.dtype).eps
    W = np.linalg.lstsq((X - mean_X).T, (Y - mean_Y).T, rcond=rounding)[0].T
    return _Fitted("linear regression", lambda X: W @ (X - mean_X) + mean_Y)


def _boosting(X: Any, Y: Any, task: str) -> _Fitted:
    """scikit-learn's gradient boosting with its own settings: one a label or number."""
    from sklearn.dummy import DummyRegressor
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    classes = task == "classification" and len(Y) > 1
    targets = Y.argmax(axis=0)[np.newaxis] if classes else Y
    rounds = min(ROUNDS, max(1, MOST_TREES // len(Y)))
    few = f" ({rounds} rounds)" if rounds < ROUNDS else ""
    regression = task == "regression"
    family = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
    # A label that never changes has nothing to be learned, and classifiers refuse it.
    estimators = [
        family(max_iter=rounds, random_state=0) if len(np.unique(y)) > 1 else DummyRegressor()
        for y in targets
    ]
    threads = None if X.size >= FEWEST_NUMBERS_FOR_THREADS else 1
    with (
        warnings.catch_warnings(),
        threadpool_limits(1, "blas"),
        threadpool_limits(threads, "openmp"),
    ):
        # A baseline of few examples is still the baseline that one gets.
        warnings.simplefilter("ignore")
        for estimator, y in zip(estimators, targets, strict=True):
            estimator.fit(X.T, y)

    def answer(X: Any) -> npt.NDArray[Any]:
        A = np.stack([estimator.predict(X.T) for estimator in estimators])
        return np.eye(len(Y))[:, A[0].astype(int)] if classes else A

    return _Fitted(f"gradient boosting{few}", answer)
