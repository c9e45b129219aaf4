"""Assignments "Building a deep network" and its application: ReLU layers, then a sigmoid layer.

As in the course, the initialisers and both models seed NumPy's legacy generator, each with its own
seed; the models start L layers from randn / sqrt(n_prev), not from `initialize_parameters_deep`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

from cutaway import equations
from cutaway.course._common import (
    Array,
    Arrays,
    activate,
    draw_parameters,
    floats,
    gradient_descent,
    linear,
    log_cost,
    relu_network,
    targets,
    update,
)
from cutaway.errors import OptionError, unknown

__all__ = [
    "L_layer_model",
    "L_model_backward",
    "L_model_forward",
    "compute_cost",
    "initialize_parameters",
    "initialize_parameters_deep",
    "linear_activation_backward",
    "linear_activation_forward",
    "linear_backward",
    "linear_forward",
    "predict",
    "relu",
    "relu_backward",
    "sigmoid",
    "sigmoid_backward",
    "two_layer_model",
    "update_parameters",
]

LinearCache: TypeAlias = tuple[Array, Array, Array]
LayerCache: TypeAlias = tuple[LinearCache, Array]

COST_EVERY = 100


def sigmoid(Z: Array) -> tuple[Array, Array]:
    """Return A = 1 / (1 + exp(-Z)) and Z, any shape."""
    return activate("sigmoid", Z), Z


def relu(Z: Array) -> tuple[Array, Array]:
    """Return A = max(0, Z) and Z, any shape."""
    return activate("relu", Z), Z


def sigmoid_backward(dA: Array, cache: Array) -> Array:
    """Return dZ = dA * A (1 - A); the cache is Z, of the shape of dA."""
    return _activation_backward(dA, cache, "sigmoid")


def relu_backward(dA: Array, cache: Array) -> Array:
    """Return dZ = dA where Z > 0, else 0; the cache is Z, of the shape of dA."""
    return _activation_backward(dA, cache, "relu")


def _activation_backward(dA: Array, Z: Array, activation: str) -> Array:
    Z = floats(Z)
    dZ: Array = floats(dA) * equations.ACTIVATIONS[activation].dg(Z, activate(activation, Z))
    return dZ


_ACTIVATIONS = {"sigmoid": (sigmoid, sigmoid_backward), "relu": (relu, relu_backward)}


def _check_activation(activation: str) -> None:
    if activation not in _ACTIVATIONS:
        raise OptionError(unknown("activation", activation, _ACTIVATIONS))


def initialize_parameters(n_x: int, n_h: int, n_y: int) -> Arrays:
    """W1 (n_h, n_x) and W2 (n_y, n_h) are 0.01 randn, b1 and b2 zeros; seeds with 1.

    Raises:
        OptionError: a size is below 1.
    """
    np.random.seed(1)
    return draw_parameters((n_x, n_h, n_y), lambda N: N * 0.01)


def initialize_parameters_deep(layer_dims: Sequence[int]) -> Arrays:
    """W (n_l, n_prev) is 0.01 randn and b zeros, for every layer; seeds with 3.

    Raises:
        OptionError: fewer than two sizes, or a size below 1.
    """
    np.random.seed(3)
    return draw_parameters(layer_dims, lambda N: N * 0.01)


def linear_forward(A: Array, W: Array, b: Array) -> tuple[Array, LinearCache]:
    """Return Z = W @ A + b (n_l, m) and (A, W, b).

    Raises:
        DataError: the shapes of A (n_prev, m), W (n_l, n_prev) and b (n_l, 1) do not fit.
    """
    return linear(W, b, A), (A, W, b)


def linear_activation_forward(
    A_prev: Array, W: Array, b: Array, activation: str
) -> tuple[Array, LayerCache]:
    """Return A = g(W @ A_prev + b) (n_l, m) and ((A_prev, W, b), Z).

    Raises:
        OptionError: the activation is neither "sigmoid" nor "relu".
        DataError: the shapes do not fit.
    """
    _check_activation(activation)
    Z, linear_cache = linear_forward(A_prev, W, b)
    A, Z = _ACTIVATIONS[activation][0](Z)
    return A, (linear_cache, Z)


def L_model_forward(X: Array, parameters: Mapping[str, Array]) -> tuple[Array, list[LayerCache]]:
    """Return AL (n_y, m) and the caches of the layers, first to last, for X (n_x, m).

    Raises:
        DataError: the shapes do not fit.
    """
    A, caches = X, []
    L = len(parameters) // 2
    for l in range(1, L + 1):
        activation = "relu" if l < L else "sigmoid"
        A, cache = linear_activation_forward(
            A, parameters[f"W{l}"], parameters[f"b{l}"], activation
        )
        caches.append(cache)
    return A, caches


def compute_cost(AL: Array, Y: Array) -> Array:
    """Mean log loss of AL (n_y, m), as an array of shape ().

    Raises:
        DataError: the shapes do not fit.
    """
    return np.array(log_cost(AL, Y))


def linear_backward(dZ: Array, cache: LinearCache) -> tuple[Array, Array, Array]:
    """Return dA_prev (n_prev, m), dW (n_l, n_prev), db (n_l, 1) from dZ (n_l, m)."""
    A_prev, W, _ = cache
    dZ = floats(dZ)
    dW, db = equations.linear_backward(dZ, floats(A_prev))
    return floats(W).T @ dZ, dW, db


def linear_activation_backward(
    dA: Array, cache: LayerCache, activation: str
) -> tuple[Array, Array, Array]:
    """Return dA_prev (n_prev, m), dW (n_l, n_prev), db (n_l, 1) from dA (n_l, m).

    Raises:
        OptionError: the activation is neither "sigmoid" nor "relu".
    """
    _check_activation(activation)
    linear_cache, Z = cache
    return linear_backward(_ACTIVATIONS[activation][1](dA, Z), linear_cache)


def L_model_backward(AL: Array, Y: Array, caches: Sequence[LayerCache]) -> Arrays:
    """Return dA0 .. dA(L-1), dW1 .. dWL and db1 .. dbL.

    Raises:
        DataError: Y does not have the shape of AL (n_y, m).
    """
    AL = floats(AL)
    dA = equations.LOSSES["log"].dA(AL, targets(Y, AL))
    L = len(caches)
    grads: Arrays = {}
    for l in range(L, 0, -1):
        activation = "relu" if l < L else "sigmoid"
        dA, dW, db = linear_activation_backward(dA, caches[l - 1], activation)
        grads |= {f"dA{l - 1}": dA, f"dW{l}": dW, f"db{l}": db}
    return grads


def update_parameters(
    params: Mapping[str, Array], grads: Mapping[str, Array], learning_rate: float
) -> Arrays:
    """Return W - learning_rate * dW and b - learning_rate * db.

    Raises:
        DataError: a gradient is missing or has another shape than its parameter.
    """
    return update("gradient_descent", params, grads, equations.Rates(learning_rate))[0]


def two_layer_model(
    X: Array,
    Y: Array,
    layers_dims: Sequence[int],
    learning_rate: float = 0.0075,
    num_iterations: int = 3000,
    print_cost: bool = False,
) -> tuple[Arrays, list[np.float64]]:
    """Train (n_x, n_h, n_y) from 0.01 randn, seed 1; return the parameters and every 100th cost.

    Raises:
        DataError: the shapes do not fit.
        OptionError: layers_dims has not three sizes.
    """
    if len(layers_dims) != 3:
        raise OptionError(
            f"layers_dims={tuple(layers_dims)}: two layers have three sizes (n_x, n_h, n_y); "
            "for another depth use L_layer_model"
        )
    parameters = initialize_parameters(*layers_dims)
    return _train(X, Y, layers_dims, parameters, learning_rate, num_iterations, print_cost)


def L_layer_model(
    X: Array,
    Y: Array,
    layers_dims: Sequence[int],
    learning_rate: float = 0.0075,
    num_iterations: int = 3000,
    print_cost: bool = False,
) -> tuple[Arrays, list[np.float64]]:
    """Train from randn / sqrt(n_prev), seed 1; return the parameters and every 100th cost.

    Raises:
        DataError: the shapes do not fit.
        OptionError: fewer than two sizes, or a size below 1.
    """
    np.random.seed(1)
    parameters = draw_parameters(layers_dims, lambda N: N / math.sqrt(N.shape[1]))
    return _train(X, Y, layers_dims, parameters, learning_rate, num_iterations, print_cost)


def _train(
    X: Array,
    Y: Array,
    layers_dims: Sequence[int],
    parameters: Arrays,
    learning_rate: float,
    num_iterations: int,
    print_cost: bool,
) -> tuple[Arrays, list[np.float64]]:
    network = relu_network(layers_dims)
    costs: list[np.float64] = []

    def watch(i: int, cost: np.float64) -> None:
        if i % COST_EVERY == 0:
            costs.append(cost)
        if print_cost and (i % COST_EVERY == 0 or i == num_iterations - 1):
            print(f"Cost after iteration {i}: {cost}")

    parameters = gradient_descent(network, parameters, X, Y, learning_rate, num_iterations, watch)
    return parameters, costs


def predict(X: Array, y: Array, parameters: Mapping[str, Array]) -> Array:
    """Return (n_y, m) of 0.0 and 1.0, whether AL > 0.5; print how many of them are as y says.

    Raises:
        DataError: the shapes do not fit.
    """
    AL, _ = L_model_forward(X, parameters)
    p = (AL > 0.5).astype(float)
    print(f"Accuracy: {np.mean(p == targets(y, p))}")
    return p
