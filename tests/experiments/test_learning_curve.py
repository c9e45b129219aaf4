"""Learning curves: a law that is known is found, and networks are trained on nested parts."""

from __future__ import annotations

import numpy as np
import pytest

from cutaway.errors import DataError, RunError
from cutaway.experiments.learning_curve import (
    Trained,
    _replicate,
    extrapolate,
    learning_curve,
    order_of,
)
from cutaway.hyperparameters import Hyperparameters
from cutaway.insight.curve import LearningCurve
from cutaway.training.setup import Setup, set_up


def drawn(law: tuple[float, float, float], n_dev: int, seed: int) -> list[Trained]:
    """Draw what networks would get wrong whose error follows a law exactly."""
    a, b, c = law
    random = np.random.default_rng(seed)
    # The same examples are hard for every network
    hard = random.random(n_dev)
    return [
        Trained(m, np.zeros(3), np.tile(hard < a + b * m**-c, (3, 1)).astype(float))
        for m in (100, 200, 400, 800)
    ]


def test_a_known_law_is_extrapolated_within_its_interval() -> None:
    a, b, c = law = (0.02, 2.0, 0.5)
    covered = 0
    for seed in range(10):
        curve = extrapolate(drawn(law, 2000, seed), 0.05, "error")
        truth = a + b * 3200**-c
        covered += curve.further[1].interval[0] <= truth <= curve.further[1].interval[1]
        low, high = curve.needed_interval
        assert low is not None
        assert low <= 1.5 * (b / (0.05 - a)) ** (1 / c)
        assert high is None or high >= (b / (0.05 - a)) ** (1 / c) / 1.5
    assert covered >= 9


def test_three_draws_spread_as_the_mean_of_three() -> None:
    random = np.random.default_rng(0)
    # Every dev example costs the same: what is left is the spread between the draws.
    costs = [np.repeat([[0.1], [0.2], [0.6]], 5, axis=1)]
    errors = np.array([_replicate(costs, random, np.asarray)[0] for _ in range(4000)])
    assert errors.var() == pytest.approx(costs[0][:, 0].var(ddof=1) / 3, rel=0.1)


def test_what_more_data_cannot_reach_is_said() -> None:
    curve = extrapolate(drawn((0.2, 1.0, 0.5), 5000, 0), 0.02, "error")
    assert curve.needed is None
    assert "out of reach of more examples" in curve.needed_in_words()
    good = extrapolate(drawn((0.0, 1.0, 0.5), 5000, 0), 0.3, "error")
    assert "is reached with the 800 that there are" in good.needed_in_words()


def test_a_curve_tells_what_another_target_takes_as_if_it_had_been_measured_for_it() -> None:
    trained = drawn((0.02, 2.0, 0.5), 2000, 0)
    kept = LearningCurve.from_json(extrapolate(trained, 0.05, "error").to_json())
    for target in (0.01, 0.08, 0.5):
        assert kept.aimed_at(target) == extrapolate(trained, target, "error")


@pytest.fixture(scope="module")
def setup() -> Setup:
    return set_up("moons", Hyperparameters.of(epochs=5, hidden="8", split="160,100,0"))


def test_networks_are_trained_on_nested_parts(setup: Setup) -> None:
    order = order_of(setup, 0)
    assert sorted(order) == list(range(160))
    labels = setup.dataset.target[setup.prepared.split.train]  # type: ignore[index]
    for count in (20, 40, 80):
        assert abs(labels[order[:count]].mean() - labels.mean()) <= 1 / count
    said: list[str] = []
    curve = learning_curve(setup, 0.05, draws=2, say=said.append)
    assert [point.m for point in curve.points] == [20, 40, 80, 160]
    assert [point.m for point in curve.further] == [320, 640, 1280]
    assert said[0] == "training 2 networks on 20 of 160 examples"
    assert all(p.interval[0] <= p.dev <= p.interval[1] for p in curve.points)
    assert LearningCurve.from_json(curve.to_json()) == curve


def test_what_has_no_curve_is_refused() -> None:
    few = set_up("iris", Hyperparameters.of(split="50,100,0"))
    with pytest.raises(DataError, match="50 training examples are too few"):
        learning_curve(few, 0.1)
    with pytest.raises(RunError, match="needs a dev set"):
        learning_curve(set_up("iris", Hyperparameters.of(dev="none")), 0.1)
