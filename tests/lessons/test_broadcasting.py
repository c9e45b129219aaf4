"""The shares of the calories, the trap, and its refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest


def test_shares_sum_to_a_hundred_and_the_trap_is_refused(
    run_page: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    page = run_page("broadcasting")
    np.testing.assert_allclose(page["share"].sum(axis=0), 100)
    assert page["share"][0, 0] == pytest.approx(100 * 56 / 59)
    assert page["wrong"].shape == (50, 50)
    assert np.mean(page["wrong"] ** 2) > 100 * np.mean(page["right"] ** 2)
    assert "cutaway.train refuses: parameters: W of shapes" in capsys.readouterr().out
