"""Inputs of which most are 0: products take the entries that are not, whatever the mean.

Rows (m, n_x), each input divided by its scale, keep their zeros; the mean would fill them. So X is
rows.T - shift 1ᵀ with shift = mean / scale (n_x,), and stands where an array stands:

    W @ X     = W @ rows.T - (W @ shift) 1ᵀ
    dZ @ X.T  = dZ @ rows - (sum_i dZ_i) shiftᵀ
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


class Sparse:
    """Columns X (n_x, m) = rows.T - shift 1ᵀ of a matrix of scipy in rows, `csr_array`."""

    # NumPy then leaves W @ X and mask * X to the methods below.
    __array_ufunc__ = None

    def __init__(self, rows: Any, shift: npt.NDArray[Any]) -> None:
        self.rows, self.shift = rows, shift
        self.shape, self.dtype = rows.shape[::-1], rows.dtype

    def take(self, columns: Any) -> Any:
        """Return columns (b,); those of a stack, (k, b), become an array (k, n_x, b)."""
        if columns.ndim == 1:
            return Sparse(self.rows[columns], self.shift)
        inputs = Sparse(self.rows[columns.reshape(-1)], self.shift).to_array()
        return inputs.T.reshape(*columns.shape, -1).mT

    def block(self, columns: slice) -> Sparse:
        """Return some columns in their order."""
        return Sparse(self.rows[columns], self.shift)

    def to_array(self) -> npt.NDArray[Any]:
        """Return X (n_x, m) itself."""
        return np.asarray(self.rows.toarray() - self.shift).T

    def __rmatmul__(self, W: npt.NDArray[Any]) -> Any:
        rows_of_W = W.reshape(-1, self.shape[0])
        Z = (self.rows @ rows_of_W.T).T - (rows_of_W @ self.shift)[:, np.newaxis]
        return Z.reshape(*W.shape[:-1], -1)

    @property
    def mT(self) -> Transposed:
        """The transpose, for dW."""
        return Transposed(self)

    def __mul__(self, mask: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Multiply by a mask: dropout of the inputs takes their means away, and fills the zeros."""
        return np.asarray(self.to_array() * mask)


class Transposed:
    """The transpose of a `Sparse`, (m, n_x)."""

    __array_ufunc__ = None

    def __init__(self, X: Sparse) -> None:
        self.X = X

    def __rmatmul__(self, dZ: npt.NDArray[Any]) -> Any:
        X, rows_of_dZ = self.X, dZ.reshape(-1, dZ.shape[-1])
        dW = (X.rows.T @ rows_of_dZ.T).T
        dW -= rows_of_dZ.sum(axis=1, keepdims=True) * X.shift
        return dW.reshape(*dZ.shape[:-1], -1)
