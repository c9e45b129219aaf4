"""Equal units stay equal to the last bit; random ones part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest


@pytest.fixture(scope="module")
def page(run_page: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return run_page("symmetry")


@pytest.mark.parametrize(
    ("start", "equal", "moves"),
    [("zeros", True, False), ("all 0.5", True, True), ("random * 0.01", False, True)],
)
def test_units_that_start_equal_stay_equal(
    page: dict[str, Any], start: str, equal: bool, moves: bool
) -> None:
    W = np.array(page["trajectories"][start].thetas)[:, :8].reshape(-1, 4, 2)
    assert bool(np.ptp(W, axis=1).max() == 0) is equal
    assert bool(np.ptp(W, axis=0).max() > 0) is moves
