"""Assignment "Gradient checking": entry by entry, with a step of 1e-7, as in the course.

`cutaway.equations.gradient_check` checks along random directions with the best step instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cutaway.course._common import Array, Arrays, floats, layers, log_cost, relu_network
from cutaway.course.regularization import (
    Cache,
    backward_propagation_with_regularization,
    forward_three_layers,
)
from cutaway.equations import by_name, unflatten
from cutaway.errors import DataError

__all__ = [
    "backward_propagation",
    "backward_propagation_n",
    "dictionary_to_vector",
    "forward_propagation",
    "forward_propagation_n",
    "gradient_check",
    "gradient_check_n",
    "gradients_to_vector",
    "vector_to_dictionary",
]

# At epsilon = 1e-7 the round-off of the cost alone makes a right gradient differ by about 1e-7.
TOLERANCE = 2e-7


def forward_propagation(x: float, theta: float) -> float:
    """J = theta x."""
    return theta * x


def backward_propagation(x: float, theta: float) -> float:
    """Return dtheta = x, the derivative of J = theta x."""
    return x


def gradient_check(
    x: float, theta: float, epsilon: float = 1e-7, print_msg: bool = False
) -> np.float64:
    """Return |grad - gradapprox| / (|grad| + |gradapprox|) of J = theta x."""
    plus = forward_propagation(x, theta + epsilon)
    minus = forward_propagation(x, theta - epsilon)
    difference = _difference(backward_propagation(x, theta), (plus - minus) / (2 * epsilon))
    if print_msg:
        _report(difference)
    return difference


def forward_propagation_n(
    X: Array, Y: Array, parameters: Mapping[str, Array]
) -> tuple[np.float64, Cache]:
    """Return the mean log loss and (Z1, A1, W1, b1, .., Z3, A3, W3, b3): ReLU, ReLU, sigmoid.

    Raises:
        DataError: the shapes of X (n_x, m), Y (n_y, m) and the parameters do not fit.
    """
    A3, cache = forward_three_layers(X, parameters)
    return log_cost(A3, Y), cache


def backward_propagation_n(X: Array, Y: Array, cache: Cache) -> Arrays:
    """Return dZ3, dW3, db3, dA2, .., dW1, db1.

    Raises:
        DataError: Y does not have the shape of A3 (n_y, m).
    """
    return backward_propagation_with_regularization(X, Y, cache, lambd=0)


def dictionary_to_vector(parameters: Mapping[str, Array]) -> tuple[Array, list[str]]:
    """Return W1, b1, W2, .. as one column (n, 1), and for each of its rows where it is from."""
    theta = _column(parameters, prefix="")
    keys = [key for key, array in by_name(layers(parameters)).items() for _ in range(array.size)]
    return theta, keys


def vector_to_dictionary(theta: Array, layers_dims: Sequence[int] = (4, 5, 3, 1)) -> Arrays:
    """Return {"W1", "b1", ..} from one column (n, 1); the sizes are those of the assignment.

    Raises:
        DataError: theta has not as many entries as the network parameters.
    """
    network = relu_network(layers_dims)
    if np.size(theta) != network.n_parameters:
        raise DataError(
            f"theta has {np.size(theta)} entries, a network of sizes {network.sizes} has "
            f"{network.n_parameters} parameters: give layers_dims"
        )
    return by_name(unflatten(network, floats(theta).reshape(-1)))


def gradients_to_vector(gradients: Mapping[str, Array]) -> Array:
    """Return dW1, db1, dW2, .. as one column (n, 1); other entries are left out."""
    return _column(gradients, prefix="d")


def gradient_check_n(
    parameters: Mapping[str, Array],
    gradients: Mapping[str, Array],
    X: Array,
    Y: Array,
    epsilon: float = 1e-7,
    print_msg: bool = False,
) -> np.float64:
    """Return ||grad - gradapprox|| / (||grad|| + ||gradapprox||) over all parameters.

    Raises:
        DataError: the gradients are not as many as the parameters, or the shapes do not fit.
    """
    theta, _ = dictionary_to_vector(parameters)
    grad = gradients_to_vector(gradients)
    if grad.shape != theta.shape:
        raise DataError(
            f"there are {grad.size} gradients for {theta.size} parameters: "
            "each needs one, db with the shape of its b"
        )
    weights = [layer.W for layer in layers(parameters)]
    sizes = (weights[0].shape[1], *(W.shape[0] for W in weights))
    gradapprox = np.zeros_like(theta)
    for i in range(theta.size):
        costs = []
        for step in (epsilon, -epsilon):
            moved = theta.copy()
            moved[i] += step
            costs.append(forward_propagation_n(X, Y, vector_to_dictionary(moved, sizes))[0])
        gradapprox[i] = (costs[0] - costs[1]) / (2 * epsilon)
    difference = _difference(grad, gradapprox)
    if print_msg:
        _report(difference)
    return difference


def _column(arrays: Mapping[str, Array], prefix: str) -> Array:
    names = (f"{prefix}{letter}{l}" for l in range(1, len(arrays) + 1) for letter in "Wb")
    parts = [floats(arrays[name]).reshape(-1, 1) for name in names if name in arrays]
    return np.concatenate(parts)


def _difference(grad: Any, gradapprox: Any) -> np.float64:
    total = np.linalg.norm(grad) + np.linalg.norm(gradapprox)
    # Both are zero: they agree.
    return np.float64(np.linalg.norm(grad - gradapprox) / total if total > 0 else 0.0)


def _report(difference: np.float64) -> None:
    if difference > TOLERANCE:
        print(f"There is a mistake in the backward propagation! difference = {difference}")
    else:
        print(f"The backward propagation works perfectly fine! difference = {difference}")
