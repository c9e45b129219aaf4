"""Nudging, the gradient and theta_0 walk the same path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def test_the_three_paths_are_one(run_page: Callable[[str], dict[str, Any]]) -> None:
    page = run_page("one_feature")
    gradient = page["gradient"]
    assert len(gradient) == page["iterations"] + 1
    assert np.abs(page["nudged"] - gradient).max() < 1e-9
    assert np.abs(page["with_one"][:, ::-1] - gradient).max() < 1e-14
    assert gradient[-1, 0] > 1
