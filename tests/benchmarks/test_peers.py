"""The peers that need no PyTorch: the same start, orders and steps end at cutaway's cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ours
import run
from peers import Layers, course, cross_entropy, initial, log_loss, orders, relu, scikit_learn

RNG = np.random.default_rng(3)
ROWS = RNG.standard_normal((50, 6))
BINARY, CLASSES = (ROWS[:, 0] > 0).astype(int), np.arange(50) % 3


def ours_ends(y: Any, start: Layers, steps: int, **settings: Any) -> Layers:
    contenders = ours.one(ours.dataset(ROWS, y), lambda n: n, parameters=start, **settings)
    (ours_64,) = [c for c in contenders if (c.library, c.variant) == (ours.NUMPY, "float64")]
    return ours_64.train(steps)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("train", [course.gradient_descent, scikit_learn.gradient_descent])
def test_gradient_descent(train: Any, activation: str) -> None:
    start, g = initial((6, 4, 3, 1)), {"relu": relu, "tanh": np.tanh}[activation]
    peer = train(ROWS, BINARY, start, activation, 0.1, 20, 1)
    settings = {"hidden": (4, 3), "activation": activation, "optimizer": "gradient_descent"}
    mine = ours_ends(BINARY, start, 20, learning_rate=0.1, batch_size=None, **settings)
    costs = [log_loss(layers, ROWS, BINARY, g) for layers in (start, peer, mine)]
    assert costs[1] == pytest.approx(costs[2], rel=1e-12)
    assert costs[1] < costs[0]


def test_logistic_regression() -> None:
    start = [(np.zeros((1, 6)), np.zeros((1, 1)))]
    peer = course.logistic_regression(ROWS, BINARY, start, "relu", 0.1, 20, 1)
    settings = {"hidden": (), "optimizer": "gradient_descent", "batch_size": None}
    mine = ours_ends(BINARY, start, 20, learning_rate=0.1, **settings)
    costs = [log_loss(layers, ROWS, BINARY, relu) for layers in (peer, mine)]
    assert costs[0] == pytest.approx(costs[1], rel=1e-12)


@pytest.mark.parametrize("train", [course.adam, scikit_learn.adam])
def test_adam_takes_the_mini_batches_in_the_order_of_cutaway(train: Any) -> None:
    start = initial((6, 5, 3))
    peer = train(ROWS, CLASSES, start, 0.01, 16, 4, orders(0, 50), 1)
    settings = {"hidden": (5,), "optimizer": "adam", "learning_rate": 0.01, "batch_size": 16}
    mine = ours_ends(CLASSES, start, 4, **settings)
    costs = [cross_entropy(layers, ROWS, CLASSES, relu) for layers in (peer, mine)]
    # scikit-learn's Adam divides epsilon by the bias correction.
    assert costs[0] == pytest.approx(costs[1], rel=1e-6)


def test_a_peer_leaves_its_start_alone() -> None:
    start = initial((6, 4, 1))
    copies = [(W.copy(), b.copy()) for W, b in start]
    for train in (course.gradient_descent, scikit_learn.gradient_descent):
        train(ROWS, BINARY, start, "relu", 0.1, 3, 1)
    for (W, b), (W_0, b_0) in zip(start, copies, strict=True):
        np.testing.assert_array_equal(W, W_0)
        np.testing.assert_array_equal(b, b_0)


def test_every_case_has_a_file_and_the_variables_are_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for file in run.CASES.values():
        assert (Path(run.HERE) / "cases" / f"{file}.py").exists()
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Prescott")
    assert not set(run.UNSET) & set(run.environment())
