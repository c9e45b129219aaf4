"""Every initialiser: its scale, and the layers that it gives."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutaway.equations import ACTIVATIONS, INITIALIZERS, Network, initialize

every_row = pytest.mark.parametrize("row", INITIALIZERS.values(), ids=lambda row: row.name)


@pytest.mark.parametrize(
    ("name", "scale"),  # of a layer with n_prev = 8 and n_l = 2
    [
        ("zeros", 0.0),
        ("small", 0.01),
        ("lecun", math.sqrt(1 / 8)),
        ("glorot", math.sqrt(2 / 10)),
        ("xavier", math.sqrt(2 / 10)),
        ("he", 0.5),
    ],
)
def test_scales(name: str, scale: float) -> None:
    assert INITIALIZERS[name].scale(8, 2) == pytest.approx(scale)


@every_row
@given(n_prev=st.integers(1, 1000), n_l=st.integers(1, 1000))
def test_the_equation_is_the_scale(row: Any, n_prev: int, n_l: int) -> None:
    names = {"sqrt": math.sqrt, "n_prev": n_prev, "n_l": n_l}
    assert row.scale(n_prev, n_l) == pytest.approx(eval(row.equation, names))


@every_row
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sizes", [(1, 1), (3, 4, 2)])
def test_layers(row: Any, sizes: tuple[int, ...], dtype: Any) -> None:
    network = Network(sizes, ("tanh",) * (len(sizes) - 2))
    normals = tuple(np.full(shape, -2.0, dtype) for shape in network.shapes)
    layers = initialize(network, (row.name,) * network.L, normals)
    for (W, b), (n_l, n_prev) in zip(layers, network.shapes, strict=True):
        assert W.dtype == b.dtype == dtype
        assert b.shape == (n_l, 1)
        np.testing.assert_allclose(W, np.full((n_l, n_prev), -2 * row.scale(n_prev, n_l), dtype))
        assert not b.any()


def test_one_name_and_one_draw_a_layer() -> None:
    network = Network((3, 4, 2), ("tanh",))
    normals = tuple(np.ones(shape) for shape in network.shapes)
    first, last = initialize(network, ("small", "zeros"), normals)
    assert (first.W == 0.01).all()
    assert (last.W == 0).all()
    with pytest.raises(ValueError, match="zip"):
        initialize(network, ("small",), normals)


@pytest.mark.parametrize("row", ACTIVATIONS.values(), ids=lambda row: row.name)
def test_an_activation_names_the_initializer_that_keeps_its_variance(row: Any) -> None:
    random = np.random.default_rng(0)
    network = Network((256,) * 11, (row.name,) * 9, "identity", "squared")
    normals = tuple(random.normal(size=shape) for shape in network.shapes)
    layers = initialize(network, (row.initializer,) * network.L, normals)
    A = random.normal(size=(256, 100))
    for W, b in layers:
        Z = W @ A + b
        A = row.g(Z)
    assert 0.05 < Z.std() < 2.0
