from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from cutaway.engine import inputs
from cutaway.engine.job import Part
from cutaway.engine.measure import Measured, look, measure, norms, outputs, pooled, see
from cutaway.equations import Layer, Network, unflatten
from cutaway.equations.network import flatten

RANDOM = np.random.default_rng(2)
# Rows that each class of network is measured on: activations, output, loss, metric, n_y
NETWORKS = [
    (("relu", "tanh"), "sigmoid", "log", "error", 1),
    (("leaky_relu", "sigmoid"), "softmax", "cross_entropy", "error", 3),
    (("tanh", "relu"), "sigmoid", "log", "label_error", 2),
    (("identity", "relu"), "identity", "squared", "rmse", 2),
]


def measured_alone(network: Network, theta: Any, part: Part, *more: Any) -> Measured:
    (measured,) = measure(network, partial(look, network), theta, part, *more)
    return measured


def example(row: tuple[Any, ...], weights: bool, m: int = 23) -> tuple[Network, Any, Part, str]:
    activations, output, loss, metric, n_y = row
    network = Network((4, 6, 5, n_y), activations, output, loss)
    Y = RANDOM.normal(size=(n_y, m))
    if output == "softmax":
        Y = np.eye(n_y)[RANDOM.integers(n_y, size=m)].T
    elif output == "sigmoid":
        Y = (Y > 0).astype(float)
    part = Part(RANDOM.normal(size=(4, m)), Y, RANDOM.random((1, m)) if weights else None)
    return network, RANDOM.normal(size=network.n_parameters), part, metric


@pytest.mark.parametrize("row", NETWORKS, ids=lambda row: row[1] + "-" + row[3])
@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize("block", [1, 7, 23])
def test_blocks_give_what_one_block_gives(
    monkeypatch: pytest.MonkeyPatch, row: tuple[Any, ...], weights: bool, block: int
) -> None:
    network, theta, part, metric = example(row, weights)
    whole = measured_alone(network, theta, part, metric)
    A = outputs(network, unflatten(network, theta), part.X)
    monkeypatch.setattr(inputs, "MOST_COLUMNS", block)
    blocks = measured_alone(network, theta, part, metric)
    np.testing.assert_allclose(blocks.loss, whole.loss, rtol=1e-13)
    np.testing.assert_allclose(blocks.error, whole.error, rtol=1e-13)
    assert blocks.dead == whole.dead
    assert blocks.saturated == whole.saturated
    np.testing.assert_allclose(
        outputs(network, unflatten(network, theta), part.X), A, rtol=1e-13, atol=1e-15
    )


@pytest.mark.parametrize("row", NETWORKS, ids=lambda row: row[1] + "-" + row[3])
@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize("N", [2, 5, 30])
def test_shares_pooled_give_what_the_whole_gives(
    row: tuple[Any, ...], weights: bool, N: int
) -> None:
    network, theta, part, metric = example(row, weights)
    whole = measured_alone(network, theta, part, metric)
    # Of 30 processes 7 have no example.
    shares = [part.block(slice(i, None, N)) for i in range(N)]
    looking = partial(look, network)
    arrays = [see(network, looking, theta, share, metric)[0].to_array() for share in shares]
    together = pooled(np.stack(arrays), network, metric).measured(network)
    np.testing.assert_allclose(together.loss, whole.loss, rtol=1e-13)
    np.testing.assert_allclose(together.error, whole.error, rtol=1e-13)
    assert together.dead == whole.dead
    assert together.saturated == whole.saturated


def test_the_loss_is_weighted_and_the_error_is_not() -> None:
    network = Network((1, 1), (), "sigmoid", "log")
    theta = np.array([1.0, 0.0])
    part = Part(np.array([[2.0, 2.0]]), np.array([[1.0, 0.0]]), np.array([[3.0, 1.0]]))
    right, wrong = np.log1p(np.exp(-2.0)), np.log1p(np.exp(2.0))
    measured = measured_alone(network, theta, part, "error")
    assert measured.loss == pytest.approx((3 * right + wrong) / 4, rel=1e-14)
    assert measured.error == 0.5
    assert measured.dead == measured.saturated == ()


def test_the_error_of_a_regression_is_in_original_units() -> None:
    network = Network((1, 2), (), "identity", "squared")
    theta = np.array([0.0, 0.0, 0.0, 0.0])
    part = Part(np.zeros((1, 2)), np.array([[1.0, -1.0], [0.5, 0.5]]))
    measured = measured_alone(network, theta, part, "rmse", np.array([[10.0], [2.0]]))
    assert measured.error == pytest.approx(np.sqrt((100 + 100 + 1 + 1) / 4))
    assert measured.loss == pytest.approx((1 + 0.25) / 2)


def constructed(activation: str, W: list[float], b: list[float]) -> Any:
    """One input, one hidden unit a number, inputs 0, 1, .., 9."""
    network = Network((1, len(W), 1), (activation,), "sigmoid", "log")
    layers = [
        Layer(np.array(W)[:, np.newaxis], np.array(b)[:, np.newaxis]),
        Layer(np.zeros((1, len(W))), np.zeros((1, 1))),
    ]
    part = Part(np.arange(10.0)[np.newaxis], np.ones((1, 10)))
    return measured_alone(network, flatten(layers), part, "error")


@pytest.mark.parametrize(
    ("activation", "W", "b", "dead"),
    [
        ("relu", [1.0, 1.0], [0.0, -20.0], 0.5),
        ("relu", [-1.0, -1.0, -1.0, 1.0], [0.0, 0.5, -9.0, -9.0], 0.75),
        ("relu", [-1.0], [0.0], 1.0),
        ("leaky_relu", [-1.0], [-5.0], 0.0),
        ("tanh", [100.0], [100.0], 0.0),
        ("identity", [1.0], [0.0], 0.0),
    ],
)
def test_a_unit_is_dead_when_no_example_moves_it(
    activation: str, W: list[float], b: list[float], dead: float
) -> None:
    assert constructed(activation, W, b).dead == (dead,)


@pytest.mark.parametrize(
    ("activation", "W", "b", "saturated"),
    [
        ("sigmoid", [100.0, 0.0], [-450.0, 0.0], 0.5),
        ("sigmoid", [-100.0], [50.0], 1.0),
        # tanh(x) is within 0.02 of 1 from x = 2.3 on: of 0 .. 9 these are 3 .. 9
        ("tanh", [1.0], [0.0], 0.7),
        ("tanh", [0.0], [2.2], 0.0),
        ("relu", [100.0], [0.0], 0.0),
        ("identity", [100.0], [0.0], 0.0),
    ],
)
def test_an_activation_is_saturated_near_a_bound(
    activation: str, W: list[float], b: list[float], saturated: float
) -> None:
    assert constructed(activation, W, b).saturated == (pytest.approx(saturated),)


def test_a_network_whose_numbers_overflow_is_measured_without_a_warning() -> None:
    network, theta, part, metric = example(NETWORKS[3], weights=False)
    assert not np.isfinite(measured_alone(network, theta * 1e200, part, metric).loss)


def test_norms_are_those_of_W_alone() -> None:
    network = Network((1, 2, 1), ("relu",))
    layers = [
        Layer(np.array([[3.0], [4.0]]), np.full((2, 1), 100.0)),
        Layer(np.array([[0.0, -2.0]]), np.full((1, 1), 100.0)),
    ]
    assert norms(network, flatten(layers), None) == [(5.0, 2.0)]
