"""The updates in place against the equations."""

from __future__ import annotations

import numpy as np
import pytest

from cutaway.engine.in_place import IN_PLACE, own_update
from cutaway.equations import OPTIMIZERS, Rates

STACKED = Rates(np.array([[0.1], [0.01], [0.3]]), 0.8, np.array([[0.99], [0.9], [0.999]]), 1e-7)


@pytest.mark.parametrize("optimizer", IN_PLACE)
@pytest.mark.parametrize(("shape", "rates"), [((50,), Rates(0.1)), ((3, 50), STACKED)])
def test_many_updates_in_place_equal_the_equations(
    optimizer: str, shape: tuple[int, ...], rates: Rates
) -> None:
    random = np.random.default_rng(0)
    row = OPTIMIZERS[optimizer]
    plain = theta = random.normal(size=shape)
    plain_slots = row.init(theta)
    update, slots = own_update(optimizer, theta, plain_slots)
    for t in range(1, 200):
        dtheta, before, kept = random.normal(size=shape), theta, theta.copy()
        theta, slots = update(theta, dtheta, slots, t, rates)
        plain, plain_slots = row.update(plain, dtheta, plain_slots, t, rates)
        # The parameters before the update are still there: J is computed from them.
        np.testing.assert_array_equal(before, kept)
        np.testing.assert_allclose(theta, plain, rtol=1e-12, atol=1e-13)
    for slot, of_equations in zip(slots, plain_slots, strict=True):
        np.testing.assert_allclose(slot, of_equations, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_what_was_handed_in_is_left_alone(optimizer: str) -> None:
    theta = np.linspace(-1, 1, 7)
    given = OPTIMIZERS[optimizer].init(theta)
    update, slots = own_update(optimizer, theta, given)
    for t in (1, 2, 3):
        new, slots = update(theta, np.ones(7), slots, t, Rates(0.1))
    np.testing.assert_array_equal(theta, np.linspace(-1, 1, 7))
    assert not np.shares_memory(new, theta)
    for slot in given:
        np.testing.assert_array_equal(slot, np.zeros(7))
