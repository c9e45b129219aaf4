"""What the assignments share: dictionaries of parameters, checks of shapes, cost, update, loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from cutaway import equations
from cutaway.equations import Layer, Network, Rates, by_name, flatten, unflatten
from cutaway.errors import DataError

Array: TypeAlias = np.ndarray[Any, Any]
Arrays: TypeAlias = dict[str, Array]
# b of logistic regression: a Python float at first, an np.float64 after an update.
Number: TypeAlias = Any


def floats(values: ArrayLike) -> Array:
    """Return `values` as an array of float64: the same array where it is one already."""
    return np.asarray(values, dtype=float)


def layers(parameters: Mapping[str, Array]) -> tuple[Layer, ...]:
    """Return the layers of a dictionary "W1", "b1", "W2", .."""
    return tuple(
        Layer(floats(parameters[f"W{l}"]), floats(parameters[f"b{l}"]))
        for l in range(1, len(parameters) // 2 + 1)
    )


def relu_network(sizes: Sequence[int]) -> Network:
    """Return the course's deep network: ReLU in the hidden layers, then one sigmoid layer.

    Raises:
        OptionError: fewer than two sizes, or a size below 1.
    """
    return Network(tuple(int(n) for n in sizes), ("relu",) * (len(sizes) - 2))


def draw_parameters(sizes: Sequence[int], rescale: Callable[[Array], Array]) -> Arrays:
    """W = rescale(randn(n_l, n_prev)), layer after layer, and b = 0.

    Raises:
        OptionError: fewer than two sizes, or a size below 1.
    """
    shapes = relu_network(sizes).shapes
    return by_name(
        [Layer(rescale(np.random.randn(*shape)), np.zeros((shape[0], 1))) for shape in shapes]
    )


def examples(X: ArrayLike, Y: ArrayLike, network: Network) -> tuple[Array, Array]:
    """Return X (n_x, m) and Y (n_y, m) as floats.

    Raises:
        DataError: they are no matrices, or do not fit together or to the network.
    """
    X, Y = floats(X), floats(Y)
    for name, array, n in (("X", X, network.n_x), ("Y", Y, network.n_y)):
        if array.ndim != 2 or array.shape[0] != n or array.shape[1] == 0:
            raise DataError(
                f"{name} has the shape {array.shape}, the network takes ({n}, m): "
                "give one column an example and one row a unit"
            )
    if X.shape[1] != Y.shape[1]:
        raise DataError(f"X has {X.shape[1]} examples (columns) and Y {Y.shape[1]}: give as many")
    return X, Y


def targets(Y: ArrayLike, A: Array) -> Array:
    """Return Y as floats in the shape of A (n_y, m); one output may come as (m,).

    Raises:
        DataError: the shapes do not fit.
    """
    Y = floats(Y)
    if A.shape[0] == 1 and Y.size == A.size:
        return Y.reshape(A.shape)
    if Y.shape != A.shape:
        raise DataError(
            f"Y has the shape {Y.shape} and the network's output {A.shape}: they must be the same"
        )
    return Y


def linear(W: ArrayLike, b: ArrayLike, A_prev: ArrayLike) -> Array:
    """Z = W @ A_prev + b (n_l, m).

    Raises:
        DataError: the shapes of W (n_l, n_prev), b (n_l, 1) and A_prev (n_prev, m) do not fit.
    """
    W, b, A_prev = floats(W), floats(b), floats(A_prev)
    if W.ndim != 2 or A_prev.ndim != 2 or W.shape[1] != A_prev.shape[0]:
        raise DataError(
            f"W has the shape {W.shape} and A_prev {A_prev.shape}: "
            "W (n_l, n_prev) needs as many columns as A_prev (n_prev, m) has rows"
        )
    if b.shape != (W.shape[0], 1):
        raise DataError(f"b has the shape {b.shape}, W {W.shape}: b must be ({W.shape[0]}, 1)")
    Z: Array = equations.linear_forward(W, b, A_prev)
    return Z


def activate(activation: str, Z: ArrayLike) -> Array:
    """A = g(Z) of a row of ACTIVATIONS, any shape."""
    A: Array = equations.ACTIVATIONS[activation].g(floats(Z))
    return A


def log_cost(A: ArrayLike, Y: ArrayLike) -> np.float64:
    """J = -(1/m) sum [Y log A + (1 - Y) log(1 - A)] from A (n_y, m), inf where A is quite wrong.

    Raises:
        DataError: the shapes do not fit.
    """
    A = floats(A)
    # The course's cost is written from A: where a wrong A has rounded to 0 or 1 it is infinite.
    with np.errstate(divide="ignore"):
        losses = equations.LOSSES["log"].loss(A, targets(Y, A))
    return np.float64(losses.sum() / A.shape[1])


def update(
    optimizer: str,
    parameters: Mapping[str, Array],
    grads: Mapping[str, Array],
    rates: Rates,
    slots: Sequence[Mapping[str, Array]] = (),
    t: int = 1,
) -> tuple[Arrays, tuple[Arrays, ...]]:
    """Update every array by one row of OPTIMIZERS; parameters "W1", slots and grads "dW1".

    Raises:
        DataError: a gradient is missing or has another shape than its parameter.
    """
    updated: Arrays = {}
    updated_slots: tuple[Arrays, ...] = tuple({} for _ in slots)
    for name, values in parameters.items():
        key = f"d{name}"
        if key not in grads:
            raise DataError(f"grads lacks '{key}', the gradient of '{name}': it has {list(grads)}")
        theta, dtheta = floats(values), floats(grads[key])
        if dtheta.shape != theta.shape:
            raise DataError(
                f"{key} has the shape {dtheta.shape} and {name} {theta.shape}: "
                "a gradient has the shape of its parameter (sum over axis=1, keepdims=True)"
            )
        state = tuple(floats(slot[key]).reshape(-1) for slot in slots)
        step, state = equations.OPTIMIZERS[optimizer].update(
            theta.reshape(-1), dtheta.reshape(-1), state, t, rates
        )
        updated[name] = step.reshape(theta.shape)
        for slot, vector in zip(updated_slots, state, strict=True):
            slot[key] = vector.reshape(theta.shape)
    return updated, updated_slots


def gradient_descent(
    network: Network,
    parameters: Arrays,
    X: ArrayLike,
    Y: ArrayLike,
    learning_rate: float,
    num_iterations: int,
    watch: Callable[[int, np.float64], None],
) -> Arrays:
    """Return the parameters after full-batch descent; watch(iteration, cost) before each update.

    Raises:
        DataError: X (n_x, m) or Y (n_y, m) does not fit.
    """
    X, Y = examples(X, Y, network)
    theta, rates = flatten(layers(parameters)), Rates(learning_rate)
    for i in range(num_iterations):
        weights = unflatten(network, theta)
        caches = equations.forward(network, weights, X)
        watch(i, log_cost(caches[-1].A, Y))
        dtheta = flatten(equations.backward(network, weights, caches, Y))
        theta, _ = equations.OPTIMIZERS["gradient_descent"].update(theta, dtheta, (), i + 1, rates)
    return by_name(unflatten(network, theta))
