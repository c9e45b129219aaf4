"""The largest rate that converges is 2 / c_max, and normalised data know no units."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

CASES = ("tens of km, as they are", "km, as they are", "tens of km, normalised")


@pytest.fixture(scope="module")
def page(run_page: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return run_page("normalization")


@pytest.mark.parametrize("case", CASES)
def test_two_over_the_largest_curvature_is_the_limit(page: dict[str, Any], case: str) -> None:
    limit = page["limits"][case]
    _, inside = page["train"](*page["cases"][case], 0.98 * limit, 400)
    _, outside = page["train"](*page["cases"][case], 1.05 * limit, 400)
    assert inside.costs[-1] < inside.costs[0] < outside.costs[-1]


def test_units_do_not_matter_once_normalised(page: dict[str, Any]) -> None:
    one, other = (page["reaches"][f"{unit}, normalised"] for unit in ("tens of km", "km"))
    np.testing.assert_allclose(one.costs, other.costs, rtol=1e-9)
    assert page["limits"]["km, as they are"] < page["limits"]["tens of km, as they are"] / 90


@pytest.mark.parametrize("case", CASES)
def test_the_bottom_of_the_bowl_is_the_same(page: dict[str, Any], case: str) -> None:
    (_, lowest), (_, expected) = (
        page["bottom"](page["parts"][name]) for name in (case, "km, normalised")
    )
    assert lowest == pytest.approx(expected, rel=1e-9)
