"""Five hundred compiled updates in example space are five hundred plain ones on NumPy."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from cutaway.engine.example_space import enter, start
from cutaway.engine.job import Job, Part
from cutaway.engine.numpy_executor import NumpyExecutor
from cutaway.equations import OPTIMIZERS, Network, Rates, flatten, initialize, unflatten

pytest.importorskip("jax", reason="the compiled executor needs JAX: pip install 'cutaway[jax]'")

from cutaway.engine.jax_executor import JaxExecutor

N_X, M_TRAIN, STEPS = 60, 12, 500
HIDDEN = ((), (5,), (5, 4), (5, 4, 3))
# One program each; l2 = 0 and weights that are all 1 are numbers in it.
PROGRAMS = list(itertools.product(HIDDEN, ("gradient_descent", "momentum"), (None, 5)))


pytestmark = pytest.mark.usefixtures("without_shape_checks")


def problem(hidden: tuple[int, ...], weighted: bool) -> tuple[Network, Part, Any]:
    random = np.random.default_rng(0)
    network = Network((N_X, *hidden, 2), ("tanh",) * len(hidden), "sigmoid", "log")
    X = random.standard_normal((N_X, M_TRAIN))
    # Pictures are rank deficient: a duplicate, and pixels that never change.
    X[:, 3], X[:7] = X[:, 5], 0.5
    Y = np.asarray(random.integers(2, size=(2, M_TRAIN)), float)
    weights = random.random((1, M_TRAIN)) + 0.5 if weighted else np.ones((1, M_TRAIN))
    normals = tuple(random.standard_normal(shape) for shape in network.shapes)
    theta = flatten(initialize(network, ("lecun",) * network.L, normals))
    return network, Part(X, Y, weights), theta


@pytest.mark.parametrize(("hidden", "optimizer", "batch_size"), PROGRAMS)
def test_it_is_the_same_training(
    hidden: tuple[int, ...], optimizer: str, batch_size: int | None
) -> None:
    for l2, weighted in itertools.product((0.0, 0.7), (False, True)):
        compare(hidden, optimizer, batch_size, l2, weighted)


def compare(
    hidden: tuple[int, ...], optimizer: str, batch_size: int | None, l2: float, weighted: bool
) -> None:
    network, train, theta = problem(hidden, weighted)
    job = Job(network, optimizer, (1.0,) * network.L, {"l2": l2}, batch_size)
    epochs = -(-STEPS // job.updates(M_TRAIN))
    row, rates = OPTIMIZERS[optimizer], [Rates(0.01)] * epochs
    plain = NumpyExecutor(job, train).epochs(theta, row.init(theta), 0, 0, rates)

    W1_0 = unflatten(network, theta)[0].W
    space, _, (way,) = enter(train, None, [W1_0])
    short = start(network, theta, M_TRAIN)
    compiled = JaxExecutor(job, space.members(0), "cpu").epochs(short, row.init(short), 0, 0, rates)
    assert abs(compiled.batch_cost - plain.batch_cost) <= 1e-12 * max(1, plain.batch_cost)
    lifted = way.out(network, np.asarray(compiled.theta))
    np.testing.assert_allclose(lifted, plain.theta, atol=1e-10, rtol=0)
