"""One hollow for the log loss, two for the squared error of the same neuron."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest


@pytest.fixture(scope="module")
def page(run_page: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return run_page("log_loss")


def test_only_the_log_loss_is_convex(page: dict[str, Any]) -> None:
    assert min(page["bends"]["log"]) > 0
    assert min(page["bends"]["squared"]) < -0.1


@pytest.mark.parametrize(
    ("loss", "near", "J"),
    [
        ("log", (-0.1189, -0.3199), 0.654321),
        ("squared", (-0.0880, -0.3371), 0.116234),
        ("squared", (1.4142, -0.0039), 0.166959),
    ],
)
def test_the_hollows(page: dict[str, Any], loss: str, near: tuple[float, float], J: float) -> None:
    cost, slope = page["J"](loss, near)
    assert cost == pytest.approx(J, abs=1e-6)
    # Nothing slopes there, and everything bends up: a minimum.
    assert np.abs(slope).max() < 1e-4
    assert page["smallest_eigenvalue"](loss, np.array(near)) > 0.001


def test_where_training_ends(page: dict[str, Any]) -> None:
    ends = {key: path[-1] for key, (path, _) in page["paths"].items()}
    for start in page["starts"]:
        np.testing.assert_allclose(ends["log", start], (-0.1189, -0.3199), atol=1e-3)
    assert ends["squared", (0.0, 0.0)][0] < 0 < 1 < ends["squared", (2.0, 1.5)][0]


def test_it_is_maximum_likelihood(page: dict[str, Any]) -> None:
    for _, _, from_P, J, _ in page["rows"]:
        assert float(from_P) == pytest.approx(float(J), abs=2e-12)
