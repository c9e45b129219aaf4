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
from cutaway.training.session import Run

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
LOGISTIC = (
    0.693147, 0.584508, 0.466949, 0.376007, 0.331463, 0.303273, 0.279880, 0.260042, 0.242941,
    0.228004, 0.214820, 0.203078, 0.192544, 0.183033, 0.174399, 0.166521, 0.159305, 0.152667,
    0.146542, 0.140872,
)  # fmt: skip
TWO_LAYERS = {
    0: 0.693049735659989,
    100: 0.6464320953428849,
    200: 0.6325140647912677,
    500: 0.5158304772764729,
    1000: 0.3394281538366412,
    1500: 0.1744831811255665,
    2000: 0.07439078704319081,
    2400: 0.04855478562877017,
    2499: 0.04421498215868951,
}


@pytest.fixture
def train(test_data: Path) -> Iterator[Callable[..., Run]]:
    pytest.importorskip("h5py")
    path = test_data / "train_catvnoncat.h5"
    if not path.exists():
        pytest.skip(f"CUTAWAY_TEST_DATA holds no {path.name}")
    # Several tests at once would fight for the cores: ten times slower than with a thread each.
    with threadpool_limits(1):
        yield partial(
            cutaway.train, path, test=str(path.with_name("test_catvnoncat.h5")), **OPTIONS
        )


def accuracies(run: Run) -> tuple[float, float]:
    setup = run.setup
    prepared = setup.prepared
    test, _ = part(setup.dataset, prepared.split.test, prepared.preparation, np.float64)
    return tuple(100 * (1 - evaluate(run.model, p).error) for p in (prepared.train, test))


def test_logistic_regression_gives_the_published_costs(train: Callable[..., Run]) -> None:
    run = train(hidden="none", initializer="zeros", learning_rate=0.005, epochs=2000)
    costs = {record.epoch: record.cost for record in run.history}
    assert [round(costs[100 * i] or 0, 6) for i in range(20)] == list(LOGISTIC)
    assert accuracies(run) == pytest.approx((99.04306220095694, 70.0))
    assert run.history[-1].train_error == pytest.approx(2 / 209)


def test_two_layers_give_the_published_costs_to_the_last_digit(train: Callable[..., Run]) -> None:
    legacy = np.random.RandomState(1)
    W1, W2 = legacy.randn(7, 12288) * 0.01, legacy.randn(1, 7) * 0.01
    run = train(
        hidden=(7,),
        learning_rate=0.0075,
        epochs=2499,
        parameters=[(W1, np.zeros((7, 1))), (W2, np.zeros((1, 1)))],
    )
    costs = {record.epoch: record.cost for record in run.history}
    ours = np.array([costs[iteration] for iteration in TWO_LAYERS], float)
    np.testing.assert_allclose(ours, list(TWO_LAYERS.values()), rtol=0, atol=1e-12)
    assert accuracies(run) == pytest.approx((100.0, 72.0))
