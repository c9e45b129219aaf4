"""Weight decay is L2 for gradient descent only; a person's points are read or refused clearly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from cutaway.errors import DataError


@pytest.fixture(scope="module")
def page(run_page: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return run_page("regularization")


@pytest.mark.parametrize(
    ("optimizer", "same"), [("gradient_descent", True), ("rmsprop", False), ("adam", False)]
)
def test_weight_decay_is_l2_for_gradient_descent(
    page: dict[str, Any], optimizer: str, same: bool
) -> None:
    in_cost, decay = (page["descend"](optimizer, way, 50) for way in (True, False))
    assert bool(np.abs(in_cost - decay).max() < 1e-12) is same


def test_one_ball_in_eight_goes_by_luck(page: dict[str, Any]) -> None:
    X, team = page["invented"](20_000, np.random.default_rng(0))
    boundary = 1.2 * np.sin(0.6 * X[:, 0]) - 0.35 * X[:, 0]
    assert np.mean((X[:, 1] > boundary) != team) == pytest.approx(1 / 8, abs=0.01)


def test_a_matlab_file_is_read(page: dict[str, Any], tmp_path: Path) -> None:
    X, y = np.arange(8.0).reshape(4, 2), np.array([[0], [1], [1], [0]], np.uint8)
    savemat(tmp_path / "points.mat", {"X": X, "y": y, "Xval": X[:2], "yval": y[:2]})
    (rows, team), (dev_rows, dev_team) = page["given"](tmp_path / "points.mat")
    np.testing.assert_array_equal(rows, X)
    assert team.tolist() == [0, 1, 1, 0]
    assert len(dev_rows) == len(dev_team) == 2


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"X": np.zeros((2, 2)), "y": np.zeros((2, 1))}, "Xval"),
        (
            {
                name: np.zeros((2, 3 if name[0] == "X" else 1))
                for name in ("X", "y", "Xval", "yval")
            },
            r"X is \(2, 3\)",
        ),
        (None, "MATLAB file"),
    ],
)
def test_another_file_is_refused(
    page: dict[str, Any], tmp_path: Path, arrays: dict[str, Any] | None, message: str
) -> None:
    path = tmp_path / "other.mat"
    if arrays is None:
        path.write_bytes(b"no MATLAB file" * 20)
    else:
        savemat(path, arrays)
    with pytest.raises(DataError, match=message):
        page["given"](path)


def test_the_courses_points_are_taken(
    run_page: Callable[..., dict[str, Any]], test_data: Path
) -> None:
    path = test_data / "data.mat"
    if not path.exists():
        pytest.skip(f"CUTAWAY_TEST_DATA holds no {path.name}")
    parts = run_page("regularization", path)["football"].parts
    assert {name: len(index) for name, index in parts.items()} == {"train": 211, "dev": 200}
