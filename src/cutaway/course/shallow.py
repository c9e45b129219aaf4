"""Assignment "Planar data classification": one hidden layer, tanh, then a sigmoid unit.

As in the course, `nn_model` seeds NumPy's legacy generator with 3; the other functions do not seed.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cutaway.course._common import (
    Array,
    Arrays,
    activate,
    draw_parameters,
    floats,
    gradient_descent,
    linear,
    log_cost,
    targets,
    update,
)
from cutaway.equations import ACTIVATIONS, Layer, Network, Rates, by_name, linear_backward

__all__ = [
    "backward_propagation",
    "compute_cost",
    "forward_propagation",
    "initialize_parameters",
    "layer_sizes",
    "nn_model",
    "predict",
    "update_parameters",
]

PRINT_EVERY = 1000


def layer_sizes(X: Array, Y: Array) -> tuple[int, int, int]:
    """Return (n_x, 4, n_y) for X (n_x, m) and Y (n_y, m)."""
    return X.shape[0], 4, Y.shape[0]


def initialize_parameters(n_x: int, n_h: int, n_y: int) -> Arrays:
    """W1 (n_h, n_x) and W2 (n_y, n_h) are 0.01 randn, b1 and b2 zeros.

    Raises:
        OptionError: a size is below 1.
    """
    return draw_parameters((n_x, n_h, n_y), lambda N: N * 0.01)


def forward_propagation(X: Array, parameters: Mapping[str, Array]) -> tuple[Array, Arrays]:
    """Return A2 (n_y, m) and the cache {"Z1", "A1", "Z2", "A2"} for X (n_x, m).

    Raises:
        DataError: the shapes do not fit.
    """
    Z1 = linear(parameters["W1"], parameters["b1"], X)
    A1 = activate("tanh", Z1)
    Z2 = linear(parameters["W2"], parameters["b2"], A1)
    A2 = activate("sigmoid", Z2)
    return A2, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}


def compute_cost(A2: Array, Y: Array) -> float:
    """Mean log loss of A2 (n_y, m).

    Raises:
        DataError: the shapes do not fit.
    """
    return float(log_cost(A2, Y))


def backward_propagation(
    parameters: Mapping[str, Array], cache: Mapping[str, Array], X: Array, Y: Array
) -> Arrays:
    """Return {"dW1", "db1", "dW2", "db2"}, each with the shape of its parameter.

    Raises:
        DataError: the shapes do not fit.
    """
    A1, A2 = floats(cache["A1"]), floats(cache["A2"])
    dZ2 = A2 - targets(Y, A2)
    dZ1 = floats(parameters["W2"]).T @ dZ2 * ACTIVATIONS["tanh"].dg(floats(cache["Z1"]), A1)
    gradients = (linear_backward(dZ1, floats(X)), linear_backward(dZ2, A1))
    return by_name([Layer(dW, db) for dW, db in gradients], prefix="d")


def update_parameters(
    parameters: Mapping[str, Array], grads: Mapping[str, Array], learning_rate: float = 1.2
) -> Arrays:
    """Return W - learning_rate * dW and b - learning_rate * db.

    Raises:
        DataError: a gradient is missing or has another shape than its parameter.
    """
    return update("gradient_descent", parameters, grads, Rates(learning_rate))[0]


def nn_model(
    X: Array, Y: Array, n_h: int, num_iterations: int = 10000, print_cost: bool = False
) -> Arrays:
    """Train n_h hidden units on X (n_x, m) and Y (n_y, m) at the learning rate 1.2.

    Raises:
        DataError: the shapes do not fit.
    """
    np.random.seed(3)
    n_x, _, n_y = layer_sizes(X, Y)
    parameters = initialize_parameters(n_x, n_h, n_y)
    network = Network((n_x, n_h, n_y), ("tanh",))

    def watch(i: int, cost: np.float64) -> None:
        if print_cost and i % PRINT_EVERY == 0:
            print(f"Cost after iteration {i}: {cost:f}")

    return gradient_descent(network, parameters, X, Y, 1.2, num_iterations, watch)


def predict(parameters: Mapping[str, Array], X: Array) -> Array:
    """Return whether A2 > 0.5, a boolean array (n_y, m).

    Raises:
        DataError: the shapes do not fit.
    """
    A2, _ = forward_propagation(X, parameters)
    return A2 > 0.5
