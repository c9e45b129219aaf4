"""A sparse X has the products of the array that it stands for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from cutaway.engine.inputs import at_once, block, take
from cutaway.engine.sparse import Sparse
from cutaway.equations import Network, cost_and_gradient


@pytest.fixture
def X() -> Sparse:
    rows = sparse.random_array((7, 5), density=0.3, rng=np.random.default_rng(0), format="csr")
    return Sparse(rows, np.array([0.5, 0.0, -1.0, 2.0, 0.1]))


@pytest.mark.parametrize("stack", [(), (4,)], ids=["one network", "a stack"])
def test_cost_and_gradient_are_those_of_the_array(X: Sparse, stack: tuple[int, ...]) -> None:
    network = Network((5, 3, 2), ("tanh",), "softmax", "cross_entropy")
    random = np.random.default_rng(1)
    theta = random.normal(size=(*stack, network.n_parameters))
    Y = np.eye(2)[random.integers(2, size=7)].T
    sparse_J, sparse_dtheta = cost_and_gradient(network, theta, X, Y, penalties={"l2": 0.1})
    J, dtheta = cost_and_gradient(network, theta, X.to_array(), Y, penalties={"l2": 0.1})
    assert_allclose(sparse_J, J, rtol=1e-13)
    assert_allclose(sparse_dtheta, dtheta, rtol=1e-12, atol=1e-15)


def test_columns_are_gathered_as_those_of_an_array(X: Sparse) -> None:
    array = X.to_array()
    columns: Any = np.array([6, 0, 3])
    assert_array_equal(take(X, columns, None).to_array(), array[:, columns])
    assert_array_equal(block(X, slice(2, 5)).to_array(), array[:, 2:5])
    assert at_once(X) is X
    own = np.array([[6, 0], [1, 2]])
    assert_array_equal(take(X, own, None), np.stack([array[:, some] for some in own]))


def test_dropout_of_the_inputs_fills_the_zeros(X: Sparse) -> None:
    mask = np.random.default_rng(2).integers(2, size=X.shape) * 2.0
    assert_array_equal(X * mask, X.to_array() * mask)
