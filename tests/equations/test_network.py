"""A network as data: what is refused, its shapes, and its parameters as views of one vector."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, asdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutaway.equations import ACTIVATIONS, Network, by_name, flatten, unflatten
from cutaway.errors import OptionError


@given(
    sizes=st.lists(st.integers(1, 5), min_size=2, max_size=5),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_flatten_undoes_unflatten(sizes: list[int], dtype: Any) -> None:
    network = Network(tuple(sizes), ("tanh",) * (len(sizes) - 2))
    theta = np.arange(network.n_parameters, dtype=dtype)
    layers = unflatten(network, theta)
    assert len(layers) == network.L
    for (W, b), (n_l, n_prev) in zip(layers, network.shapes, strict=True):
        assert W.shape == (n_l, n_prev)
        assert b.shape == (n_l, 1)
        assert np.shares_memory(W, theta)
        assert np.shares_memory(b, theta)
    again = flatten(layers)
    assert again.dtype == dtype
    np.testing.assert_array_equal(again, theta)


def test_theta_is_W1_b1_W2_b2_each_W_row_by_row() -> None:
    first, second = unflatten(Network((2, 2, 1), ("tanh",)), np.arange(9.0))
    np.testing.assert_array_equal(first.W, [[0, 1], [2, 3]])
    np.testing.assert_array_equal(first.b, [[4], [5]])
    np.testing.assert_array_equal(second.W, [[6, 7]])
    np.testing.assert_array_equal(second.b, [[8]])


def test_layers_by_name_are_views_in_their_order() -> None:
    layers = unflatten(Network((2, 3, 1), ("tanh",)), np.arange(13.0))
    assert list(by_name(layers)) == ["W1", "b1", "W2", "b2"]
    assert by_name(layers, "d")["dW2"] is layers[1].W


def test_a_network_comes_back_from_json() -> None:
    network = Network((4, 3, 2), ("relu",), "softmax", "cross_entropy")
    assert Network.from_json(json.loads(json.dumps(asdict(network)))) == network


def test_its_numbers() -> None:
    network = Network((12288, 20, 7, 1), ("relu", "relu"))
    assert (network.n_x, network.n_y, network.L) == (12288, 1, 3)
    assert network.shapes == ((20, 12288), (7, 20), (1, 7))
    assert network.n_parameters == 12288 * 20 + 20 + 20 * 7 + 7 + 7 + 1


def test_it_is_frozen_and_hashable() -> None:
    network = Network((2, 1), ())
    assert {network: 1}[Network((2, 1), ())] == 1
    with pytest.raises(FrozenInstanceError):
        network.output = "identity"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((2,), ()), "at least 1"),
        (((2, 0, 1), ("relu",)), "at least 1"),
        (((2, 3, 1), ()), "0 given for 1 hidden layers"),
        (((2, 1), ("relu",)), "1 given for 0 hidden layers"),
        (((2, 3, 1), ("rellu",)), "'rellu' is unknown; did you mean 'relu'?"),
        (((2, 1), (), "sigmoid", "lgo"), "'lgo' is unknown; did you mean 'log'?"),
        (((2, 1), (), "softmax", "cross_entropy"), "use 'sigmoid'"),
        (((2, 2), (), "softmax", "log"), "goes with sigmoid"),
        (((2, 2), (), "sofmax", "log"), "'sofmax' is unknown; did you mean 'softmax'?"),
        (((2, 3, 1), ("softmax",)), "'softmax' is unknown"),
    ],
)
def test_what_is_no_network_is_refused(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(OptionError) as caught:
        Network(*arguments)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_is_a_hidden_layer_and_an_output(name: str) -> None:
    assert Network((1, 1, 1), (name,), name, "squared").activations == (name,)
