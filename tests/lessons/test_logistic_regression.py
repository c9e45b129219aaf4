"""The published costs of the cats, and what the lesson says to other data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cutaway.errors import DataError


def test_the_first_published_costs(run_page: Callable[..., dict[str, Any]], cats: Path) -> None:
    page = run_page("logistic_regression", cats)
    costs = [round(record.cost, 6) for record in page["trained"].history]
    assert costs == page["PUBLISHED"][:3]


def test_the_digits_are_parted_without_the_cats(run_page: Callable[..., dict[str, Any]]) -> None:
    page = run_page("logistic_regression")
    assert not page["cats"]
    assert page["pictures"].counts() == {"3": 183, "8": 174}
    assert page["on_test"] > 90


def test_a_table_is_refused(run_page: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "houses.csv"
    path.write_text("size,target\n1,a\n3,b\n5,c\n", encoding="utf-8")
    with pytest.raises(DataError, match="takes pictures of two classes"):
        run_page("logistic_regression", path)
