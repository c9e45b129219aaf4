"""Parity, deep and flat, on every input; the published costs of two layers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cutaway.equations import forward


@pytest.fixture(scope="module")
def page(run_page: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return run_page("depth")


@pytest.mark.parametrize("n", [2, 4, 8])
@pytest.mark.parametrize(
    ("build", "units"),
    [
        ("tree", lambda n: 3 * (n - 1) - 1),  # the last of the 3(n - 1) is the output
        ("minterms", lambda n: 2 ** (n - 1)),
        ("counting", lambda n: n),
    ],
)
def test_every_construction_is_the_parity(
    page: dict[str, Any], build: str, units: Callable[[int], int], n: int
) -> None:
    layers = page[build](n)
    network = page["linear_network"](layers)
    X = page["bits"](n)
    assert X.shape == (n, 2**n)
    np.testing.assert_array_equal(
        forward(network, layers, X)[-1].A, X.sum(axis=0, keepdims=True) % 2
    )
    assert sum(network.sizes[1:-1]) == units(n)


def test_a_matrix_and_its_derivative_have_the_same_shape(page: dict[str, Any]) -> None:
    *hidden, last = page["back"](page["four"])
    for arrays in hidden:
        for name in ("W", "b", "Z", "A"):
            assert arrays[name].shape == arrays[f"d{name}"].shape
    assert last["dA"] is None


def test_the_first_published_costs(run_page: Callable[..., dict[str, Any]], cats: Path) -> None:
    page = run_page("depth", cats)
    costs = {record.epoch: record.cost for record in page["two"].history}
    assert costs == pytest.approx({i: page["PUBLISHED"][i] for i in (0, 100)}, abs=1e-12)
