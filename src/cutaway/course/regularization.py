"""Assignment "Regularization": three layers with an L2 penalty or with dropout, not with both.

As in the course, the forward pass with dropout seeds NumPy's legacy generator with 1 whenever it is
called, so that the model drops the same units of the same examples in every iteration.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

from cutaway.course._common import (
    Array,
    Arrays,
    activate,
    draw_parameters,
    examples,
    floats,
    layers,
    linear,
    log_cost,
    relu_network,
    targets,
    update,
)
from cutaway.equations import ACTIVATIONS, Layer, Rates, linear_backward, penalty
from cutaway.equations.penalties import penalty_derivative
from cutaway.errors import DataError, OptionError

__all__ = [
    "backward_propagation_with_dropout",
    "backward_propagation_with_regularization",
    "compute_cost_with_regularization",
    "forward_propagation_with_dropout",
    "model",
]

Cache: TypeAlias = tuple[Array, ...]

PRINT_EVERY = 10000


def compute_cost_with_regularization(
    A3: Array, Y: Array, parameters: Mapping[str, Array], lambd: float
) -> np.float64:
    """Mean log loss of A3 (n_y, m) plus lambd / 2m times the sum of W^2 over all layers.

    Raises:
        DataError: the shapes do not fit.
    """
    weights = [floats(array) for name, array in parameters.items() if name.startswith("W")]
    return np.float64(log_cost(A3, Y) + penalty(weights, {"l2": lambd}, np.shape(A3)[1]))


def forward_three_layers(X: Array, parameters: Mapping[str, Array]) -> tuple[Array, Cache]:
    """Return A3 (n_y, m) and the cache (Z1, A1, W1, b1, .., Z3, A3, W3, b3) for X (n_x, m).

    Raises:
        DataError: there are not three layers, or the shapes do not fit.
    """
    A, cache = X, []
    for (W, b), activation in zip(_three(parameters), ("relu", "relu", "sigmoid"), strict=True):
        Z = linear(W, b, A)
        A = activate(activation, Z)
        cache += [Z, A, W, b]
    return A, tuple(cache)


def backward_propagation_with_regularization(
    X: Array, Y: Array, cache: Cache, lambd: float
) -> Arrays:
    """Return dZ3, dW3, db3, dA2, .., dW1, db1 of the penalised cost.

    The cache is (Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3).

    Raises:
        DataError: Y does not have the shape of A3 (n_y, m).
    """
    _, A1, W1, _, _, A2, W2, _, _, A3, W3, _ = cache
    return _backward(Y, (X, A1, A2, A3), (W1, W2, W3), lambd)


def forward_propagation_with_dropout(
    X: Array, parameters: Mapping[str, Array], keep_prob: float = 0.5
) -> tuple[Array, Cache]:
    """Return A3 (n_y, m) and (Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3).

    D (n_l, m) is true where a unit is kept; A1 and A2 are divided by keep_prob.

    Raises:
        OptionError: keep_prob is not in (0, 1].
        DataError: there are not three layers, or the shapes do not fit.
    """
    _check_keep_prob(keep_prob)
    np.random.seed(1)
    (W1, b1), (W2, b2), (W3, b3) = _three(parameters)
    Z1 = linear(W1, b1, X)
    D1 = np.random.rand(*Z1.shape) < keep_prob
    A1 = activate("relu", Z1) * D1 / keep_prob
    Z2 = linear(W2, b2, A1)
    D2 = np.random.rand(*Z2.shape) < keep_prob
    A2 = activate("relu", Z2) * D2 / keep_prob
    Z3 = linear(W3, b3, A2)
    A3 = activate("sigmoid", Z3)
    return A3, (Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3)


def backward_propagation_with_dropout(X: Array, Y: Array, cache: Cache, keep_prob: float) -> Arrays:
    """Return dZ3, dW3, db3, dA2, .., dW1, db1 of the cost with the units in the cache dropped.

    The cache is (Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3).

    Raises:
        OptionError: keep_prob is not in (0, 1].
        DataError: Y does not have the shape of A3 (n_y, m).
    """
    _check_keep_prob(keep_prob)
    _, D1, A1, W1, _, _, D2, A2, W2, _, _, A3, W3, _ = cache
    return _backward(Y, (X, A1, A2, A3), (W1, W2, W3), kept=(D1, D2), keep_prob=keep_prob)


def _backward(
    Y: Array,
    A: Sequence[Array],
    W: Sequence[Array],
    lambd: float = 0.0,
    kept: Sequence[Array] | None = None,
    keep_prob: float = 1.0,
) -> Arrays:
    A, W = [floats(array) for array in A], [floats(array) for array in W]
    dZ = A[3] - targets(Y, A[3])
    m = dZ.shape[1]
    gradients: Arrays = {}
    for l in (3, 2, 1):
        dW, db = linear_backward(dZ, A[l - 1])
        dW = dW + penalty_derivative(W[l - 1], {"l2": lambd}, m)
        gradients |= {f"dZ{l}": dZ, f"dW{l}": dW, f"db{l}": db}
        if l > 1:
            dA = W[l - 1].T @ dZ
            if kept is not None:
                dA = dA * kept[l - 2] / keep_prob
            gradients[f"dA{l - 1}"] = dA
            # A > 0 exactly where Z > 0 and the unit was kept
            dZ = dA * ACTIVATIONS["relu"].dg(A[l - 1], A[l - 1])
    return gradients


def _three(parameters: Mapping[str, Array]) -> tuple[Layer, ...]:
    if set(parameters) != {"W1", "b1", "W2", "b2", "W3", "b3"}:
        raise DataError(
            f"parameters are {', '.join(parameters)}: three layers have W1, b1, W2, b2, W3, b3"
        )
    return layers(parameters)


def _check_keep_prob(keep_prob: float) -> None:
    if not 0 < keep_prob <= 1:
        raise OptionError(f"keep_prob={keep_prob} is no share of units to keep: give 0 < it <= 1")


def model(
    X: Array,
    Y: Array,
    learning_rate: float = 0.3,
    num_iterations: int = 30000,
    print_cost: bool = True,
    lambd: float = 0,
    keep_prob: float = 1,
) -> Arrays:
    """Train three layers (n_x, 20, 3, 1) from randn / sqrt(n_prev), seed 3; return the parameters.

    With dropout the printed cost is that of the pass with units dropped.

    Raises:
        OptionError: lambd and keep_prob both act, or keep_prob is not in (0, 1].
        DataError: the shapes of X (n_x, m) and Y (1, m) do not fit.
    """
    _check_keep_prob(keep_prob)
    if lambd != 0 and keep_prob < 1:
        raise OptionError(
            f"lambd={lambd} and keep_prob={keep_prob}: this assignment takes one of them at a time;"
            " cutaway.train takes both"
        )
    network = relu_network((np.shape(X)[0], 20, 3, 1))
    X, Y = examples(X, Y, network)
    np.random.seed(3)
    parameters = draw_parameters(network.sizes, lambda N: N / math.sqrt(N.shape[1]))
    for i in range(num_iterations):
        if keep_prob < 1:
            A3, cache = forward_propagation_with_dropout(X, parameters, keep_prob)
            grads = backward_propagation_with_dropout(X, Y, cache, keep_prob)
        else:
            A3, cache = forward_three_layers(X, parameters)
            grads = backward_propagation_with_regularization(X, Y, cache, lambd)
        if print_cost and i % PRINT_EVERY == 0:
            cost = compute_cost_with_regularization(A3, Y, parameters, lambd)
            print(f"Cost after iteration {i}: {cost}")
        parameters, _ = update("gradient_descent", parameters, grads, Rates(learning_rate))
    return parameters
