"""The step with two loops, with one and with none is the same step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def test_loops_and_arrays_take_the_same_step(run_page: Callable[..., dict[str, Any]]) -> None:
    page = run_page("vectorization")
    expected = page["step_without_a_loop"]()
    assert expected.shape == (page["n_x"] + 2,)
    for name in ("step_with_two_loops", "step_with_one_loop"):
        np.testing.assert_allclose(page[name](), expected, rtol=1e-12)
