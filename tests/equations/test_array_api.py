"""The equations on array_api_strict, which has nothing beyond the standard: as on NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import array_api_strict as strict
import numpy as np
import pytest

from cutaway.equations import (
    ACTIVATIONS,
    FUSED,
    INITIALIZERS,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    PENALTIES,
    Rates,
    dropout_mask,
    initialize,
)
from cutaway.equations.metrics import confusion_matrix, precision_recall

PAIRS = [(output, loss.name) for loss in LOSSES.values() for output in loss.outputs]
GENERATOR = np.random.default_rng(0)
Z = GENERATOR.normal(size=(3, 4))
A = 1 / (1 + np.exp(-Z))
Y = np.eye(3)[:, [0, 2, 1, 2]]
WEIGHTS = np.array([[1.0, 2.0, 0.5, 0.5]])
THETA = GENERATOR.normal(size=6)


def same(function: Callable[..., Any], *arrays: Any) -> None:
    """Assert that the function gives the same on both libraries, whatever its nest of results."""
    expected = function(*arrays)
    found = function(*(strict.asarray(a) if isinstance(a, np.ndarray) else a for a in arrays))
    compare(found, expected)


def compare(found: Any, expected: Any) -> None:
    if isinstance(expected, tuple):
        assert len(found) == len(expected)
        for f, e in zip(found, expected, strict=True):
            compare(f, e)
        return
    assert isinstance(found, type(strict.asarray(0.0)))
    # Python 3.11 cannot read array_api_strict's buffer; DLPack crosses over.
    values = np.from_dlpack(found)
    assert values.dtype == expected.dtype
    np.testing.assert_allclose(values, expected, rtol=1e-14, atol=1e-16)


@pytest.mark.parametrize("row", ACTIVATIONS.values(), ids=lambda row: row.name)
def test_activations(row: Any) -> None:
    same(row.g, Z)
    same(row.dg, Z, A)


@pytest.mark.parametrize("row", [*LOSSES.values()], ids=lambda row: row.name)
def test_losses(row: Any) -> None:
    same(row.loss, A, Y)
    same(row.dA, A, Y)


@pytest.mark.parametrize("row", FUSED.values(), ids=lambda row: row.output)
def test_fused(row: Any) -> None:
    same(row.g, Z)
    same(row.loss, Z, Y)
    same(row.dZ, A, Y)


@pytest.mark.parametrize("row", PENALTIES.values(), ids=lambda row: row.name)
def test_penalties(row: Any) -> None:
    same(row.cost, Z)
    same(row.dW, Z)


@pytest.mark.parametrize("row", OPTIMIZERS.values(), ids=lambda row: row.name)
def test_optimizers(row: Any) -> None:
    def two_updates(theta: Any, dtheta: Any) -> Any:
        rates = Rates(0.1)
        theta, state = row.update(theta, dtheta, row.init(theta), 1, rates)
        return row.update(theta, dtheta, state, 2, rates)

    same(two_updates, THETA, THETA[::-1].copy())


@pytest.mark.parametrize("row", METRICS.values(), ids=lambda row: row.name)
@pytest.mark.parametrize("n_y", [1, 3])
def test_metrics(row: Any, n_y: int) -> None:
    same(row.value, A[:n_y], Y[:n_y], WEIGHTS)
    same(row.value, A[:n_y], Y[:n_y], None)


@pytest.mark.parametrize("n_y", [1, 3])
def test_confusion(n_y: int) -> None:
    same(confusion_matrix, A[:n_y], Y[:n_y])
    same(lambda A, Y: precision_recall(confusion_matrix(A, Y)), A[:n_y], Y[:n_y])


@pytest.mark.parametrize("name", INITIALIZERS)
def test_initializers(make_problem: Callable[..., Any], name: str) -> None:
    network = make_problem((4, 3), "tanh", "identity", "squared").network
    same(lambda N: initialize(network, (name,), (N,))[0], Z)


def test_dropout_mask() -> None:
    same(dropout_mask, A, 0.5)


@pytest.mark.parametrize(("output", "loss"), PAIRS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_cost_and_gradient(
    make_problem: Callable[..., Any], activation: str, output: str, loss: str
) -> None:
    problem = make_problem((3, 4, 2), activation, output, loss, weighted=True)
    mask = dropout_mask(GENERATOR.random((4, 5)), 0.5)

    def run(theta: Any, X: Any, Y: Any, weights: Any, mask: Any) -> Any:
        arrays = problem._replace(X=X, Y=Y, weights=weights)
        return arrays.cost_and_gradient(theta, {"l1": 0.2, "l2": 0.9}, masks=[None, mask])

    same(run, problem.theta, problem.X, problem.Y, problem.weights, mask)
