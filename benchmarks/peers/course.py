"""The course's plain NumPy code: its functions and dictionaries, one array a parameter.

X is the transposed view of contiguous rows, which its matrix products take as it is and faster.
"""

from __future__ import annotations

import numpy as np
from threadpoolctl import threadpool_limits

from peers import Layers, Orders, Rows


def logistic_regression(
    rows: Rows, y: Rows, layers: Layers, _: str, alpha: float, steps: int, threads: int
) -> Layers:
    """`optimize` around `propagate`."""
    X, Y, m = rows.T, y[np.newaxis].astype(rows.dtype), len(rows)
    w, b = layers[0][0].T.astype(rows.dtype), rows.dtype.type(layers[0][1][0, 0])
    costs = []
    with threadpool_limits(threads):
        for i in range(steps):
            A = 1 / (1 + np.exp(-(np.dot(w.T, X) + b)))
            cost = -1 / m * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
            dw = 1 / m * np.dot(X, (A - Y).T)
            db = 1 / m * np.sum(A - Y)
            w = w - alpha * dw
            b = b - alpha * db
            if i % 100 == 0:
                costs.append(cost)
    return [(w.T, np.reshape(b, (1, 1)))]


def gradient_descent(
    rows: Rows, y: Rows, layers: Layers, activation: str, alpha: float, steps: int, threads: int
) -> Layers:
    """`L_layer_model`: a sigmoid output, the whole set a batch."""
    X, Y = rows.T, y[np.newaxis].astype(rows.dtype)
    parameters = _dictionary(layers, rows.dtype)
    costs = []
    with threadpool_limits(threads):
        for i in range(steps):
            AL, caches = _forward(X, parameters, activation, "sigmoid")
            cost = -np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / Y.shape[1]
            grads = _backward(AL, Y, parameters, caches, activation)
            for name in parameters:
                parameters[name] = parameters[name] - alpha * grads[name]
            if i % 100 == 0:
                costs.append(cost)
    return _layers(parameters)


def adam(
    rows: Rows,
    y: Rows,
    layers: Layers,
    alpha: float,
    batch: int,
    epochs: int,
    orders: Orders,
    threads: int,
) -> Layers:
    """`model` of the optimisation assignment: ReLU, a softmax output, shuffled mini-batches, Adam.

    A mini-batch is gathered from the rows, which takes less time than shuffling all of X.
    """
    onehot = np.eye(int(y.max()) + 1, dtype=rows.dtype)[y]
    parameters = _dictionary(layers, rows.dtype)
    v = {name: np.zeros_like(array) for name, array in parameters.items()}
    s = {name: np.zeros_like(array) for name, array in parameters.items()}
    t = 0
    with threadpool_limits(threads):
        for epoch in range(epochs):
            order = orders(epoch)
            cost_total = 0.0
            for k in range(0, len(order), batch):
                at = order[k : k + batch]
                X, Y = rows[at].T, onehot[at].T
                AL, caches = _forward(X, parameters, "relu", "softmax")
                # The smallest number of float32 is added, or the logarithm of 0 would be taken
                cost_total += -np.sum(Y * np.log(AL + 1e-38))
                grads = _backward(AL, Y, parameters, caches, "relu")
                t += 1
                for name in parameters:
                    v[name] = 0.9 * v[name] + 0.1 * grads[name]
                    s[name] = 0.999 * s[name] + 0.001 * grads[name] ** 2
                    v_corrected = v[name] / (1 - 0.9**t)
                    s_corrected = s[name] / (1 - 0.999**t)
                    step = alpha * v_corrected / (np.sqrt(s_corrected) + 1e-8)
                    parameters[name] = parameters[name] - step
    return _layers(parameters)


def _forward(X, parameters, activation, output):
    caches = []
    A = X
    L = len(parameters) // 2
    for l in range(1, L + 1):
        A_prev = A
        Z = np.dot(parameters[f"W{l}"], A_prev) + parameters[f"b{l}"]
        if l == L:
            A = _softmax(Z) if output == "softmax" else 1 / (1 + np.exp(-Z))
        else:
            A = np.maximum(0, Z) if activation == "relu" else np.tanh(Z)
        caches.append((A_prev, Z, A))
    return A, caches


def _softmax(Z):
    e = np.exp(Z - np.max(Z, axis=0))
    return e / np.sum(e, axis=0)


def _backward(AL, Y, parameters, caches, activation):
    grads = {}
    m = Y.shape[1]
    dZ = AL - Y
    for l in range(len(caches), 0, -1):
        A_prev = caches[l - 1][0]
        grads[f"W{l}"] = np.dot(dZ, A_prev.T) / m
        grads[f"b{l}"] = np.sum(dZ, axis=1, keepdims=True) / m
        if l > 1:
            _, Z, A = caches[l - 2]
            dA = np.dot(parameters[f"W{l}"].T, dZ)
            dZ = dA * (Z > 0) if activation == "relu" else dA * (1 - A**2)
    return grads


def _dictionary(layers: Layers, dtype):
    parameters = {}
    for l, (W, b) in enumerate(layers, start=1):
        parameters |= {f"W{l}": W.astype(dtype), f"b{l}": b.astype(dtype)}
    return parameters


def _layers(parameters) -> Layers:
    return [(parameters[f"W{l}"], parameters[f"b{l}"]) for l in range(1, len(parameters) // 2 + 1)]
