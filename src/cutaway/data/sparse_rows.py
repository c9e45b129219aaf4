"""Rows of which most inputs are 0, as scipy keeps them: learned from and normalised as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cutaway.data.moments import Floats, Moments
from cutaway.engine.sparse import Sparse
from cutaway.errors import DataError


class SparseRows:
    """Rows (m, n_x): what a `Dataset` asks of its rows, of a sparse matrix."""

    def __init__(self, matrix: Any) -> None:
        # Whoever has a sparse matrix has imported it, and nobody else waits for it
        from scipy.sparse import csr_array

        rows = csr_array(matrix)
        if not rows.has_canonical_format:
            # Entries that stand twice would be counted twice.
            rows = rows.copy()
            rows.sum_duplicates()
        self.matrix = rows
        self.shape, self.dtype = rows.shape, rows.dtype

    def __len__(self) -> int:
        return int(self.shape[0])

    def __getitem__(self, index: Any) -> SparseRows:
        return SparseRows(self.matrix[index])

    def moments(self, weights: Floats | None) -> Moments:
        """Return what the rows amount to, each of the weights (m,) or of weight 1."""
        m, n = self.shape
        w = np.ones(m) if weights is None else weights
        column, x = self.matrix.indices, self.matrix.data.astype(np.float64)
        w_of = np.repeat(w, np.diff(self.matrix.indptr))
        total = w.sum()
        with np.errstate(over="ignore", invalid="ignore"):
            mean: Floats = np.bincount(column, w_of * x, n) / total
            present = np.bincount(column, w_of, n)
            of_present = np.bincount(column, w_of * (x - mean[column]) ** 2, n)
            squares = of_present + (total - present) * mean**2
        largest = np.zeros(n)
        np.maximum.at(largest, column, np.abs(x))
        return Moments(total, mean, squares, largest)

    def inputs(
        self,
        mean: Floats,
        scale: Floats,
        dtype: npt.DTypeLike,
        index: npt.NDArray[np.intp] | None = None,
    ) -> Sparse:
        """Return X (n_x, m) with (row - mean) / scale for columns; index: all rows.

        Raises:
            DataError: a number is too large for `dtype`.
        """
        rows = self.matrix if index is None else self.matrix[index]
        with np.errstate(over="ignore"):
            values = (rows.data / scale[rows.indices]).astype(dtype)
        if not np.isfinite(values).all():
            raise DataError(f"an input is too large for {np.dtype(dtype)}; divide the column")
        divided = type(rows)((values, rows.indices, rows.indptr), shape=rows.shape)
        return Sparse(divided, (mean / scale).astype(dtype))
