"""What two errors mean, and parts that do not move with the seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest


@pytest.fixture(scope="module")
def page(run_page: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return run_page("train_dev_test")


@pytest.mark.parametrize(
    ("train", "dev", "best", "meaning"),
    [
        (1, 11, 0, "high variance"),
        (15, 14, 0, "high bias"),
        (15, 30, 0, "high bias and variance"),
        (0.5, 1, 0, "low bias, low variance"),
        (15, 14, 15, "low bias, low variance"),
        (15, 30, 15, "high variance"),
    ],
)
def test_the_verdicts_of_the_notes(
    page: dict[str, Any], train: float, dev: float, best: float, meaning: str
) -> None:
    assert page["verdict"](train, dev, best) == meaning


def test_members_differ_in_their_parameters_only(page: dict[str, Any]) -> None:
    one, other = page["members"][:2]
    np.testing.assert_array_equal(one.setup.prepared.train.X, other.setup.prepared.train.X)
    np.testing.assert_array_equal(one.setup.prepared.dev.Y, other.setup.prepared.dev.Y)
    assert (one.parameters[0].W != other.parameters[0].W).all()


def test_the_test_set_stays_out(page: dict[str, Any]) -> None:
    parts = page["test"], page["dev"], page["pool"]
    together = np.concatenate(parts)
    assert len(np.unique(together)) == len(together) == page["digits"].m
