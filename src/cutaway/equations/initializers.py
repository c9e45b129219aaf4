"""Initialisers: the standard deviation of the initial W (n_l, n_prev), one row each; b starts at 0.

W = scale(n_prev, n_l) * N, where N is a standard normal draw that is handed in: the random draw
itself is no part of the equations.

Derived in docs/equations/initializers.md.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from cutaway.equations._array import Array, namespace
from cutaway.equations.network import Layer, Network

if TYPE_CHECKING or "jaxtyping" in sys.modules:
    from cutaway.equations._array import Float


class Initializer(NamedTuple):
    """One initialiser: scale(n_prev, n_l) is the standard deviation of W."""

    name: str
    scale: Callable[[int, int], float]
    equation: str


def _glorot(n_prev: int, n_l: int) -> float:
    return math.sqrt(2.0 / (n_prev + n_l))


_ROWS = (
    Initializer("zeros", lambda n_prev, n_l: 0.0, "0"),
    Initializer("small", lambda n_prev, n_l: 0.01, "0.01"),
    Initializer("lecun", lambda n_prev, n_l: math.sqrt(1.0 / n_prev), "sqrt(1 / n_prev)"),
    Initializer("glorot", _glorot, "sqrt(2 / (n_prev + n_l))"),
    Initializer("xavier", _glorot, "sqrt(2 / (n_prev + n_l))"),
    Initializer("he", lambda n_prev, n_l: math.sqrt(2.0 / n_prev), "sqrt(2 / n_prev)"),
)
INITIALIZERS: Mapping[str, Initializer] = {row.name: row for row in _ROWS}


def initialize(
    network: Network, initializers: tuple[str, ...], normals: tuple[Float[Array, "_ _"], ...]
) -> tuple[Layer, ...]:
    """W = scale * N and b = 0 for every layer.

    initializers: one name a layer; normals: standard normal draws, N (n_l, n_prev) a layer.
    """
    layers = []
    for (n_l, n_prev), name, N in zip(network.shapes, initializers, normals, strict=True):
        scale = INITIALIZERS[name].scale(n_prev, n_l)
        layers.append(Layer(scale * N, namespace(N).zeros((n_l, 1), dtype=N.dtype)))
    return tuple(layers)
