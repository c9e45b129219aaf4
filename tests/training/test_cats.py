"""The course's published costs, from its own pictures, through `cutaway.train`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import cutaway
from cutaway.data.parts import part
from cutaway.training.evaluation import evaluate
from cutaway.training.trainee import Run

OPTIONS: dict[str, Any] = {
    "dev": "none",
    "optimizer": "gradient_descent",
    "batch_size": "full",
    "normalize": "none",
    "l2": 0.0,
    "keep_prob": 1.0,
    "dtype": "float64",
    "print_every": 100,
}


pytestmark = pytest.mark.usefixtures("without_shape_checks")


@pytest.fixture
def train(real_file: Callable[[str], Path]) -> Iterator[Callable[..., Run]]:
    pytest.importorskip("h5py")
    path, test = (real_file(f"{part}_catvnoncat.h5") for part in ("train", "test"))
    # Several tests at once would fight for the cores: ten times slower than with a thread each.
    with threadpool_limits(1):
        yield partial(cutaway.train, path, test=str(test), **OPTIONS)


def accuracies(run: Run) -> tuple[float, float]:
    setup = run.setup
    prepared = setup.prepared
    test, _ = part(setup.dataset, prepared.split.test, prepared.preparation, np.float64)
    return tuple(100 * (1 - evaluate(run.model, p).error) for p in (prepared.train, test))


@pytest.mark.parametrize("path", ["plain", "example-space"])
def test_logistic_regression_gives_the_published_costs(
    train: Callable[..., Run], published: Any, path: str
) -> None:
    run = train(hidden="none", initializer="zeros", learning_rate=0.005, epochs=2000, path=path)
    costs = {record.epoch: record.cost for record in run.history}
    assert {i: round(costs[i] or 0, 6) for i in published.logistic} == published.logistic
    assert accuracies(run) == pytest.approx((99.04306220095694, 70.0))
    assert run.history[-1].train_error == pytest.approx(2 / 209)


@pytest.mark.parametrize(
    ("rate", "on_train", "on_test"),
    [
        (0.01, 99.52153110047847, 68.0),
        (0.001, 88.99521531100478, 64.0),
        (0.0001, 68.42105263157895, 36.0),
    ],
)
def test_other_rates_give_the_published_accuracies(
    train: Callable[..., Run], rate: float, on_train: float, on_test: float
) -> None:
    run = train(hidden="none", initializer="zeros", learning_rate=rate, epochs=1500)
    assert accuracies(run) == pytest.approx((on_train, on_test))


def test_two_layers_give_the_published_costs_to_the_last_digit(
    train: Callable[..., Run], published: Any
) -> None:
    legacy = np.random.RandomState(1)
    W1, W2 = legacy.randn(7, 12288) * 0.01, legacy.randn(1, 7) * 0.01
    run = train(
        hidden=(7,),
        learning_rate=0.0075,
        epochs=2499,
        parameters=[(W1, np.zeros((7, 1))), (W2, np.zeros((1, 1)))],
    )
    costs = {record.epoch: record.cost for record in run.history}
    ours = np.array([costs[iteration] for iteration in published.two_layers], float)
    np.testing.assert_allclose(ours, list(published.two_layers.values()), rtol=0, atol=1e-12)
    assert accuracies(run) == pytest.approx((100.0, 72.0))
