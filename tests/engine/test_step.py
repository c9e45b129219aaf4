from __future__ import annotations

import numpy as np
import pytest

from cutaway.engine.job import Part
from cutaway.engine.step import Step, step
from cutaway.equations import OPTIMIZERS, Network, Rates, cost_and_gradient

RANDOM = np.random.default_rng(1)
NETWORK = Network((2, 3, 1), ("tanh",))
THETA = RANDOM.normal(size=NETWORK.n_parameters)
X, Y = RANDOM.normal(size=(2, 6)), np.array([[0.0, 1, 1, 0, 1, 0]])
TWICE = np.array([0, 1, 1, 2, 3, 3, 5])
WEIGHTS = np.array([[1.0, 2, 1, 2, 0, 1]])
PENALTIES = {"l1": 0.3, "l2": 0.7}


def taken(optimizer: str, part: Part) -> Step:
    slots = OPTIMIZERS[optimizer].init(THETA)
    weights = None if part.weights is None else part.weights * part.m / part.M
    return step(
        NETWORK, OPTIMIZERS[optimizer].update, THETA, slots, 1, part.X, part.Y, weights, None,
        PENALTIES, part.M, Rates(0.1),
    )  # fmt: skip


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_an_update_with_weights_is_one_with_repeated_examples(optimizer: str) -> None:
    weighted = taken(optimizer, Part(X, Y, WEIGHTS))
    repeated = taken(optimizer, Part(X[:, TWICE], Y[:, TWICE]))
    assert weighted.J() == pytest.approx(repeated.J(), rel=1e-14)
    np.testing.assert_allclose(weighted.dtheta, repeated.dtheta, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(weighted.theta, repeated.theta, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_step_is_the_gradient_and_the_update_rule(optimizer: str) -> None:
    slots = OPTIMIZERS[optimizer].init(THETA)
    J, dtheta = cost_and_gradient(NETWORK, THETA, X, Y, None, None, PENALTIES, 6.0)
    theta, new_slots = OPTIMIZERS[optimizer].update(THETA, dtheta, slots, 1, Rates(0.1))
    done = taken(optimizer, Part(X, Y))
    assert done.J() == J
    np.testing.assert_array_equal(done.theta, theta)
    assert len(done.slots) == len(new_slots) == len(OPTIMIZERS[optimizer].slots)


@pytest.mark.parametrize(("weights", "M"), [(None, 6.0), (WEIGHTS, 7.0)])
def test_M_is_the_sum_of_the_weights(weights: np.ndarray | None, M: float) -> None:
    assert Part(X, Y, weights).M == M
    assert Part(X, Y, weights).m == 6
