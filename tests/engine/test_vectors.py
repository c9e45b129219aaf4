"""The vectors of a training on NumPy, and what is done in place, against the equations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cutaway.engine.vectors import Vectors
from cutaway.equations import OPTIMIZERS, Network, Rates, flatten, unflatten
from cutaway.equations.example_space import example_space

NETWORK = Network((3, 4, 2), ("tanh",), output="softmax", loss="cross_entropy")
STACKED = Rates(np.array([[0.1], [0.01], [0.3]]), 0.8, np.array([[0.99], [0.9], [0.999]]), 1e-7)
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(3, 5))
SPACE = example_space(X, RANDOM.normal(size=(4, 3)))
IN_SPACE = 1 + 4 * 5 + 4 + 10


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(
    ("shape", "inputs", "rates"),
    [
        ((NETWORK.n_parameters,), X, Rates(0.1)),
        ((3, NETWORK.n_parameters), X, STACKED),
        ((IN_SPACE,), SPACE, Rates(0.1)),
    ],
)
def test_many_updates_equal_the_equations(
    optimizer: str, shape: tuple[int, ...], inputs: Any, rates: Rates
) -> None:
    row, random = OPTIMIZERS[optimizer], np.random.default_rng(1)
    given = plain = theta = random.normal(size=shape)
    first = given.copy()
    plain_slots = given_slots = row.init(theta)
    vectors = Vectors(NETWORK, optimizer, theta, inputs)
    slots = vectors.own(given_slots)
    for t in range(1, 100):
        before, kept = theta, theta.copy()
        assert flatten(vectors.layers(NETWORK, theta, inputs)).tolist() == theta.tolist()
        dtheta = random.normal(size=shape)
        gathered = vectors.gather(unflatten(NETWORK, dtheta, inputs))
        np.testing.assert_array_equal(gathered, dtheta)
        theta, slots = vectors.update(theta, gathered, slots, t, rates)
        plain, plain_slots = row.update(plain, dtheta, plain_slots, t, rates)
        # The parameters before the update are still there: J is computed from them.
        np.testing.assert_array_equal(before, kept)
        np.testing.assert_allclose(theta, plain, rtol=1e-12, atol=1e-13)
    for slot, of_equations in zip(slots, plain_slots, strict=True):
        np.testing.assert_allclose(slot, of_equations, rtol=1e-12, atol=1e-15)
    # What was handed in is left alone.
    np.testing.assert_array_equal(given, first)
    for slot in given_slots:
        assert not slot.any()
