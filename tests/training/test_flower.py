"""The course's published figures on the flower, through `cutaway.train`."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import cutaway
from cutaway.training.trainee import Run

pytestmark = pytest.mark.usefixtures("without_shape_checks")


def train(n_h: int, seed: int, iterations: int) -> Run:
    legacy = np.random.RandomState(seed)
    return cutaway.train(
        "planar",
        parameters=[
            (0.01 * legacy.randn(n_l, n_prev), np.zeros((n_l, 1)))
            for n_prev, n_l in pairwise((2, n_h, 1))
        ],
        hidden=(n_h,),
        activation="tanh",
        optimizer="gradient_descent",
        learning_rate=1.2,
        batch_size=None,
        epochs=iterations,
        print_every=1000,
        normalize="none",
        split="1,0,0",
        dev="none",
        l2=0,
        keep_prob=1,
        dtype="float64",
    )


def accuracy(run: Run) -> float:
    return 100 * (1 - (run.history[-1].train_error or 0.0))


PUBLISHED = {
    2: [0.693048, 0.288083, 0.254385, 0.233864, 0.226792, 0.222644, 0.219731],
    3: [0.693162, 0.258625, 0.239334, 0.230802, 0.225528, 0.221845],
}


@pytest.mark.parametrize(("seed", "right"), [(2, 90), (3, 90.75)])
def test_costs_and_accuracy_of_four_units(seed: int, right: float) -> None:
    run = train(4, seed, 10_000)
    costs = [round(record.cost or 0, 6) for record in run.history]
    assert costs[: len(PUBLISHED[seed])] == PUBLISHED[seed]
    # The first one was printed without decimals. From iteration 6000 on rounding moves the fourth
    # digit of the cost, and with it an example at the border.
    got = accuracy(run)
    assert (int(got) if seed == 2 else got) == pytest.approx(right, abs=100 / 400)


@pytest.mark.parametrize(
    ("n_h", "right"), [(1, 67.5), (2, 67.25), (3, 90.75), (4, 90.5), (5, 91.25)]
)
def test_accuracy_by_hidden_units(n_h: int, right: float) -> None:
    assert accuracy(train(n_h, 3, 5000)) == pytest.approx(right)
