from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cutaway.course.gradient_checking import forward_propagation_n
from cutaway.course.regularization import (
    backward_propagation_with_dropout,
    backward_propagation_with_regularization,
    compute_cost_with_regularization,
    forward_propagation_with_dropout,
    model,
)
from cutaway.equations import Layer, Network, cost_and_gradient, dropout_mask, flatten
from cutaway.errors import DataError, OptionError

KEYS = ["dZ3", "dW3", "db3", "dA2", "dZ2", "dW2", "db2", "dA1", "dZ1", "dW1", "db1"]
NAMES = [f"{name}{l}" for l in (1, 2, 3) for name in ("W", "b")]


def equations(parameters: Any, X: Any, Y: Any, **options: Any) -> tuple[Any, Any]:
    theta = flatten([Layer(parameters[f"W{l}"], parameters[f"b{l}"]) for l in (1, 2, 3)])
    network = Network((4, 5, 3, 1), ("relu", "relu"))
    return cost_and_gradient(network, theta, X, Y.astype(float), **options)


def flat(gradients: dict[str, Any]) -> Any:
    return np.concatenate([gradients[f"d{name}"].ravel() for name in NAMES])


@pytest.mark.parametrize("lambd", [0, 0.7])
def test_the_penalised_cost_and_its_gradient(
    three_layers: Any, numeric: Callable[..., Any], lambd: float
) -> None:
    parameters, X, Y = three_layers

    def cost(p: dict[str, Any]) -> Any:
        _, cache = forward_propagation_n(X, Y, p)
        return compute_cost_with_regularization(cache[9], Y, p, lambd)

    cross_entropy, cache = forward_propagation_n(X, Y, parameters)
    squares = sum((parameters[f"W{l}"] ** 2).sum() for l in (1, 2, 3))
    assert cost(parameters) == pytest.approx(cross_entropy + lambd / (2 * 7) * squares)
    gradients = backward_propagation_with_regularization(X, Y, cache, lambd)
    assert set(gradients) == set(KEYS)
    J, dtheta = equations(parameters, X, Y, penalties={"l2": lambd})
    assert cost(parameters) == pytest.approx(J)
    np.testing.assert_allclose(flat(gradients), dtheta, rtol=1e-12)
    for name, slope in numeric(cost, parameters).items():
        np.testing.assert_allclose(gradients[name], slope, rtol=1e-6, atol=1e-9)


def test_dropout_draws_the_same_units_every_time(three_layers: Any) -> None:
    parameters, X, _ = three_layers
    np.random.seed(99)
    A3, cache = forward_propagation_with_dropout(X, parameters)
    Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3_cached, W3, b3 = cache
    np.random.seed(1)
    np.testing.assert_array_equal(D1, np.random.rand(5, 7) < 0.5)
    np.testing.assert_array_equal(D2, np.random.rand(3, 7) < 0.5)
    np.testing.assert_allclose(A1, np.maximum(Z1, 0) * D1 / 0.5)
    np.testing.assert_allclose(A2, np.maximum(W2 @ A1 + b2, 0) * D2 / 0.5)
    np.testing.assert_allclose(Z2, W2 @ A1 + b2)
    np.testing.assert_allclose(Z3, W3 @ A2 + b3)
    np.testing.assert_allclose(Z1, W1 @ X + b1)
    np.testing.assert_array_equal(A3_cached, A3)
    np.testing.assert_array_equal(forward_propagation_with_dropout(X, parameters)[0], A3)


@pytest.mark.parametrize("keep_prob", [0.5, 0.8, 1])
def test_the_gradient_with_units_dropped(
    three_layers: Any, numeric: Callable[..., Any], keep_prob: float
) -> None:
    parameters, X, Y = three_layers

    def cost(p: dict[str, Any]) -> Any:
        A3, _ = forward_propagation_with_dropout(X, p, keep_prob)
        return compute_cost_with_regularization(A3, Y, p, 0)

    _, cache = forward_propagation_with_dropout(X, parameters, keep_prob)
    gradients = backward_propagation_with_dropout(X, Y, cache, keep_prob)
    assert set(gradients) == set(KEYS)
    for name, slope in numeric(cost, parameters).items():
        np.testing.assert_allclose(gradients[name], slope, rtol=1e-6, atol=1e-9)
    np.random.seed(1)
    masks = [None, *(dropout_mask(np.random.rand(n, 7), keep_prob) for n in (5, 3))]
    J, dtheta = equations(parameters, X, Y, masks=masks)
    assert cost(parameters) == pytest.approx(J)
    np.testing.assert_allclose(flat(gradients), dtheta, rtol=1e-12, atol=1e-15)


def test_keeping_all_units_is_no_dropout(three_layers: Any) -> None:
    parameters, X, Y = three_layers
    _, plain = forward_propagation_n(X, Y, parameters)
    A3, cache = forward_propagation_with_dropout(X, parameters, keep_prob=1)
    np.testing.assert_array_equal(A3, plain[9])
    dropped = backward_propagation_with_dropout(X, Y, cache, keep_prob=1)
    for key, array in backward_propagation_with_regularization(X, Y, plain, 0).items():
        np.testing.assert_array_equal(dropped[key], array)


@pytest.mark.parametrize(
    ("options", "first"),
    [({}, 0.0), ({"lambd": 0.7}, 0.7), ({"keep_prob": 0.86}, 0.0)],
)
def test_model_is_the_loop_of_its_parts(
    moons: Any, capsys: pytest.CaptureFixture[str], options: dict[str, float], first: float
) -> None:
    X, Y = moons
    np.random.seed(3)
    parameters: dict[str, Any] = {}
    for l, (n_l, n_prev) in enumerate([(20, 2), (3, 20), (1, 3)], start=1):
        parameters |= {
            f"W{l}": np.random.randn(n_l, n_prev) / np.sqrt(n_prev),
            f"b{l}": np.zeros((n_l, 1)),
        }
    costs = []
    for _ in range(3):
        if "keep_prob" in options:
            A3, cache = forward_propagation_with_dropout(X, parameters, options["keep_prob"])
            grads = backward_propagation_with_dropout(X, Y, cache, options["keep_prob"])
        else:
            _, cache = forward_propagation_n(X, Y, parameters)
            A3 = cache[9]
            grads = backward_propagation_with_regularization(X, Y, cache, first)
        costs.append(compute_cost_with_regularization(A3, Y, parameters, first))
        parameters = {n: array - 0.3 * grads[f"d{n}"] for n, array in parameters.items()}
    trained = model(X, Y, num_iterations=3, **options)
    assert capsys.readouterr().out == f"Cost after iteration 0: {costs[0]}\n"
    for name, array in parameters.items():
        np.testing.assert_allclose(trained[name], array, rtol=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lambd": 0.7, "keep_prob": 0.8}, "one of them at a time"),
        ({"keep_prob": 0}, "keep_prob=0 is no share"),
        ({"keep_prob": 1.2}, "keep_prob=1.2 is no share"),
    ],
)
def test_options_that_make_no_sense(moons: Any, options: dict[str, float], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        model(*moons, num_iterations=1, **options)


def test_three_layers_are_three(three_layers: Any) -> None:
    parameters, X, _ = three_layers
    del parameters["W3"], parameters["b3"]
    with pytest.raises(DataError, match="parameters are W1, b1, W2, b2: three layers"):
        forward_propagation_with_dropout(X, parameters)
