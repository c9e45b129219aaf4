"""The first steps of each optimiser under a derivative that is always 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="module")
def page(run_page: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return run_page("optimizers")


@pytest.mark.parametrize(
    ("optimizer", "first", "hundredth"),
    [
        ("gradient_descent", 1.0, 1.0),
        ("momentum", 1 - 0.9, 1 - 0.9**100),
        ("rmsprop", (1 - 0.999) ** -0.5, (1 - 0.999**100) ** -0.5),
        ("adam", 1.0, 1.0),
    ],
)
def test_only_adam_corrects_the_start(
    page: dict[str, Any], optimizer: str, first: float, hundredth: float
) -> None:
    steps = page["first_steps"](optimizer, (1, 100))
    assert steps == pytest.approx([first, hundredth], rel=1e-5)


def test_a_training_stops_at_its_goal(page: dict[str, Any]) -> None:
    run = page["train"](500, 64, (page["Reach"](0.5),), optimizer="adam", learning_rate=0.01)
    costs = [record.cost for record in run.history]
    assert run.outcome.reason == "reached"
    assert costs[-1] <= 0.5 < min(costs[:-1])
