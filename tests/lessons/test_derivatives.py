"""The best nudges lie where round-off and the next terms balance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="module")
def page(run_page: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return run_page("derivatives")


@pytest.mark.parametrize("name", ["a^3", "log a"])
@pytest.mark.parametrize(
    ("way", "nudge", "error"), [("one side", 1e-8, 1e-7), ("both sides", 6e-6, 1e-10)]
)
def test_the_best_nudge(
    page: dict[str, Any], name: str, way: str, nudge: float, error: float
) -> None:
    best, least = page["best"](page["curves"][name, way])
    assert nudge / 3 < best < nudge * 3
    assert least < error


def test_the_courses_values(page: dict[str, Any]) -> None:
    for name, at, value, digits in page["published"]:
        assert round(page["functions"][name][0](at), digits) == value


def test_the_formulas_are_the_chain_rules(page: dict[str, Any]) -> None:
    for name, (_, slope) in page["functions"].items():
        (a,) = page["graph"].variables(a=1.3)
        assert page["formulas"][name](a).derivatives()[a] == pytest.approx(slope(1.3), rel=1e-14)
