"""Operations and bytes of a step, counted by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="module")
def page(run_page: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return run_page("hardware")


@pytest.mark.parametrize("m", [1, 3])
def test_operations_and_bytes_of_a_small_network(page: dict[str, Any], m: int) -> None:
    network = page["Network"]((4, 3, 2), ("relu",))
    # Forward 3x4 and 2x3, dW of both, and dA of the second layer only.
    assert page["operations"](network, m) == 2 * m * (12 + 6 + 12 + 6 + 6)
    assert page["moved"](network, m) == 4 * (12 * (15 + 8) + 7 * 9 * m)


def test_every_way_has_a_peak_a_bandwidth_and_times(page: dict[str, Any]) -> None:
    for name, (P, b, _) in page["limits"].items():
        assert P > 0
        assert b > 0
        assert all(page["times"][name, m] > 0 for m in page["batches"])
