from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from cutaway.data import generated

MAKERS = [generated.planar, generated.circles, generated.moons, generated.xor]


@pytest.mark.parametrize("make", MAKERS)
def test_two_classes_of_points_that_are_the_same_every_time(
    make: Callable[[], generated.Points],
) -> None:
    rows, target = make()
    assert rows.shape == (generated.POINTS, 2)
    assert np.isfinite(rows).all()
    assert set(target) == {0, 1}
    assert np.bincount(target).min() >= 0.4 * generated.POINTS
    np.testing.assert_array_equal(make().rows, rows)
    np.testing.assert_array_equal(make().target, target)


def test_planar_is_the_flower_drawn_as_in_the_course() -> None:
    rows, target = generated.planar()
    np.random.seed(1)
    t = np.linspace(0, 3.12, 200) + np.random.randn(200) * 0.2
    r = 4 * np.sin(4 * t) + np.random.randn(200) * 0.2
    np.testing.assert_array_equal(rows[:200], np.column_stack([r * np.sin(t), r * np.cos(t)]))
    np.testing.assert_array_equal(target, np.repeat([0, 1], 200))


def test_xor_is_not_separable_by_either_input() -> None:
    rows, target = generated.xor()
    same_sign = (rows[:, 0] > 0) == (rows[:, 1] > 0)
    assert 0.85 < np.mean(same_sign == (target == 0)) < 1
    for x in rows.T:
        assert abs(np.mean((x > 0) == target) - 0.5) < 0.1
