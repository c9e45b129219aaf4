"""The planted errors are found; 1e-7 for both nudge and threshold calls a right gradient wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="module")
def page(run_page: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return run_page("gradient_check")


def test_the_planted_errors_are_found_where_they_are(page: dict[str, Any]) -> None:
    by_array = {}
    for l, layers in enumerate(zip(page["right"], page["planted"], page["nudged"], strict=True), 1):
        for name, *arrays in zip(("dW", "db"), *layers, strict=True):
            right, planted, nudged = (array.ravel() for array in arrays)
            by_array[f"{name}{l}"] = planted
            assert page["difference"](right, nudged) < 1e-9
            wrong = page["difference"](planted, nudged) > 1e-2
            assert wrong == (f"{name}{l}" in ("dW2", "db1"))
    assert len(by_array) == 6


def test_the_courses_pair_calls_a_right_gradient_wrong(page: dict[str, Any]) -> None:
    late = page["thetas"][5000]
    early = page["thetas"][0]
    assert page["checked"](early, 1e-7) < 1e-7 < page["checked"](late, 3e-8)
    assert page["checked"](late, page["EPSILON"]) < 2e-8
