"""The numbers of the course's graph, and dz = a - y."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

numbers = st.floats(-3, 3)


@pytest.fixture(scope="module")
def page(run_page: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return run_page("computation_graph")


def test_the_courses_numbers(page: dict[str, Any]) -> None:
    nodes = {name: page["derivative"].get(page.get(name)) for name in "uvJ"}
    assert nodes == {"u": 3, "v": 3, "J": 1}
    assert page["J"].value == 33


@given(x1=numbers, w1=numbers, x2=numbers, w2=numbers, b=numbers, y=st.sampled_from([0, 1]))
def test_dz_is_a_minus_y(
    page: dict[str, Any], x1: float, w1: float, x2: float, w2: float, b: float, y: int
) -> None:
    _, _, a, d = page["logistic_unit"](y, x1=x1, w1=w1, x2=x2, w2=w2, b=b)
    # 1 - a loses digits where a is close to 1.
    assert d["z"] == pytest.approx(a.value - y, abs=1e-8)
    assert (d["w1"], d["w2"], d["b"]) == pytest.approx((x1 * d["z"], x2 * d["z"], d["z"]))
