"""A dense network as other programs say it: scalings, products and activations in their order."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cutaway.errors import DataError

Floats = npt.NDArray[Any]
OPEN = ""
"""Stands for the activation of a layer that has none yet: its Z may still be scaled."""


class Chain:
    """What is applied to a row x, step by step; scalings are folded into the layers they meet.

    layers     (W (n_l, n_prev), b (n_l,)) of each layer
    functions  its activation; OPEN where nothing came after its Z
    mean, scale  (n_x,) of the input (x - mean) / scale, from what was applied before any layer
    """

    def __init__(self) -> None:
        self.layers: list[tuple[Floats, Floats]] = []
        self.functions: list[str] = []
        self.mean: Floats | None = None
        self.scale: Floats | None = None
        # What scales the last A, or the input: a * A + c
        self._a: Floats = np.ones(1)
        self._c: Floats = np.zeros(1)

    @property
    def width(self) -> int | None:
        """Units of the last layer; None before the first, where nobody has said."""
        return len(self.layers[-1][1]) if self.layers else None

    def affine(self, a: Floats, c: Floats, where: str = "") -> None:
        """Scale every unit: a * A + c, with a and c of one number or one a unit.

        Raises:
            DataError: they are of another size.
        """
        a, c = np.ravel(a), np.ravel(c)
        if self.layers and {a.size, c.size} - {1, self.width}:
            raise DataError(
                f"{where} scales {max(a.size, c.size)} units, but there are {self.width}"
            )
        if self.layers and self.functions[-1] == OPEN:
            W, b = self.layers[-1]
            self.layers[-1] = (W * np.broadcast_to(a, b.shape)[:, np.newaxis], a * b + c)
        else:
            self._a, self._c = self._a * a, self._c * a + c

    def dense(self, W: Floats, b: Floats | None, where: str = "") -> None:
        """Add a layer Z = W A + b; W (n_l, n_prev), b (n_l,) or None.

        Raises:
            DataError: it does not fit the layer before it.
        """
        if W.ndim != 2 or 0 in W.shape:
            raise DataError(f"{where} has weights of shape {W.shape}, where (n_l, n_prev) is due")
        n_l, n_prev = W.shape
        b = np.zeros(n_l, W.dtype) if b is None else np.ravel(b)
        if b.size not in (1, n_l):
            raise DataError(f"{where} has {b.size} biases for {n_l} units")
        b = np.broadcast_to(b, n_l)
        if self.width not in (None, n_prev):
            raise DataError(f"{where} takes {n_prev} inputs, but the layer before has {self.width}")
        if self.layers and self.functions[-1] == OPEN:
            self.functions[-1] = "identity"
        if not self.layers and {self._a.size, self._c.size} <= {1, n_prev} and self._a.all():
            a, c = (np.broadcast_to(x, n_prev).astype(np.float64) for x in (self._a, self._c))
            self.mean, self.scale = -c / a, 1 / a
        else:
            W, b = W * self._a, b + W @ np.broadcast_to(self._c, n_prev)
        self._a, self._c = np.ones(1), np.zeros(1)
        self.layers.append((W, b))
        self.functions.append(OPEN)

    def activate(self, name: str, where: str = "") -> None:
        """Give the last layer its activation.

        Raises:
            DataError: it has one, or there is no layer.
        """
        if not self.layers or self.functions[-1] != OPEN:
            raise DataError(f"{where} is an activation that follows no dense layer")
        self.functions[-1] = name

    def end(self) -> tuple[Floats, Floats]:
        """Return (a, c) of the scaling a * A + c that followed the last activation.

        Raises:
            DataError: there is no layer.
        """
        if not self.layers:
            raise DataError("there is no dense layer")
        return self._a, self._c
