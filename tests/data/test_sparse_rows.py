"""Sparse rows are normalised as the same rows in an array, and stay sparse."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from cutaway.data.moments import Moments
from cutaway.data.sparse_rows import SparseRows
from cutaway.errors import DataError


@pytest.mark.parametrize("weighted", [False, True])
def test_moments_are_those_of_the_array(weighted: bool) -> None:
    random = np.random.default_rng(0)
    matrix = sparse.random_array((40, 6), density=0.2, rng=random, format="csr")
    weights = random.integers(3, size=40).astype(float) if weighted else None
    ours = SparseRows(matrix).moments(weights)
    theirs = Moments.of(iter([matrix.toarray()]), weights, 6)
    for name in ("total", "mean", "squares"):
        assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-12)


def test_entries_that_stand_twice_are_one() -> None:
    twice = sparse.csr_array(([1.0, 2.0], [0, 0], [0, 2, 2]), shape=(2, 1))
    assert SparseRows(twice).moments(None).mean == [1.5]
    assert twice.nnz == 2


def test_inputs_are_normalised() -> None:
    matrix = sparse.random_array((9, 4), density=0.4, rng=np.random.default_rng(1), format="csr")
    mean, scale = np.array([0.1, 0, 2, -1]), np.array([1.0, 2, 0.5, 3])
    X = SparseRows(matrix).inputs(mean, scale, np.float32, np.array([2, 0]))
    assert X.rows.nnz == matrix[[2, 0]].nnz
    assert_allclose(X.to_array().T, (matrix.toarray()[[2, 0]] - mean) / scale, rtol=1e-6)
    with pytest.raises(DataError, match="too large for float32"):
        SparseRows(sparse.csr_array([[1e60]])).inputs(np.zeros(1), np.ones(1), np.float32)
