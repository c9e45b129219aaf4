"""Assignment "Logistic regression with a neural network mindset": w (n_x, 1) and b, from zeros."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cutaway import equations
from cutaway.course._common import (
    Array,
    Number,
    activate,
    examples,
    floats,
    linear,
    log_cost,
    targets,
)

__all__ = ["initialize_with_zeros", "model", "optimize", "predict", "propagate", "sigmoid"]

COST_EVERY = 100


def sigmoid(z: ArrayLike) -> Array:
    """1 / (1 + exp(-z)), elementwise, any shape."""
    return activate("sigmoid", z)


def initialize_with_zeros(dim: int) -> tuple[Array, float]:
    """w = 0 (dim, 1) and b = 0.0."""
    return np.zeros((dim, 1)), 0.0


def _activation(w: ArrayLike, b: Number, X: ArrayLike) -> Array:
    return sigmoid(linear(floats(w).T, np.reshape(b, (1, 1)), X))


def propagate(w: Array, b: Number, X: Array, Y: Array) -> tuple[dict[str, Any], Array]:
    """Return {"dw" (n_x, 1), "db" a scalar} and the cost (), for X (n_x, m) and Y (1, m).

    Raises:
        DataError: the shapes do not fit.
    """
    A = _activation(w, b, X)
    dW, db = equations.linear_backward(A - targets(Y, A), floats(X))
    return {"dw": dW.T, "db": db[0, 0]}, np.array(log_cost(A, Y))


def optimize(
    w: Array,
    b: Number,
    X: Array,
    Y: Array,
    num_iterations: int = 100,
    learning_rate: float = 0.009,
    print_cost: bool = False,
) -> tuple[dict[str, Any], dict[str, Any], list[np.float64]]:
    """Descend from w (n_x, 1) and b; return {"w", "b"}, the last gradients, every 100th cost.

    Raises:
        DataError: the shapes do not fit.
    """
    w, X = floats(w), floats(X)
    grads: dict[str, Any] = {}
    costs = []
    for i in range(num_iterations):
        grads, cost = propagate(w, b, X, Y)
        w = w - learning_rate * grads["dw"]
        b = b - learning_rate * grads["db"]
        if i % COST_EVERY == 0:
            costs.append(np.float64(cost))
            if print_cost:
                print(f"Cost after iteration {i}: {cost:f}")
    return {"w": w, "b": b}, grads, costs


def predict(w: Array, b: Number, X: Array) -> Array:
    """Return (1, m) of 0.0 and 1.0: whether A > 0.5.

    Raises:
        DataError: the shapes do not fit.
    """
    return (_activation(w, b, X) > 0.5).astype(float)


def model(
    X_train: Array,
    Y_train: Array,
    X_test: Array,
    Y_test: Array,
    num_iterations: int = 2000,
    learning_rate: float = 0.5,
    print_cost: bool = False,
) -> dict[str, Any]:
    """Train from zeros; return the costs, the predictions for both sets (1, m), "w", "b" and how.

    Raises:
        DataError: the shapes do not fit.
    """
    network = equations.Network((np.shape(X_train)[0], 1), ())
    X_train, Y_train = examples(X_train, Y_train, network)
    X_test, Y_test = examples(X_test, Y_test, network)
    w, b = initialize_with_zeros(network.n_x)
    params, _, costs = optimize(w, b, X_train, Y_train, num_iterations, learning_rate, print_cost)
    w, b = params["w"], params["b"]
    train, test = predict(w, b, X_train), predict(w, b, X_test)
    if print_cost:
        for name, prediction, Y in (("train", train, Y_train), ("test", test, Y_test)):
            print(f"{name} accuracy: {100 - np.mean(np.abs(prediction - Y)) * 100} %")
    return {
        "costs": costs,
        "Y_prediction_test": test,
        "Y_prediction_train": train,
        "w": w,
        "b": b,
        "learning_rate": learning_rate,
        "num_iterations": num_iterations,
    }
