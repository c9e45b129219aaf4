"""The whole assignments against a second derivation: plain arrays, no function of cutaway.

Every weight is drawn, every cost summed and every slope taken here by the definitions alone, so a
slip in the order of the draws, in a seed, a scale, a factor 1/m or a printed format shows.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_circles, make_moons

from cutaway.course import deep, initialization, optimization, regularization, shallow

SEEDS = [0, 1]


def sigmoid(Z: Any) -> Any:
    return 1 / (1 + np.exp(-Z))


def draw(sizes: list[int], seed: int, scale: Callable[[int], float]) -> list[list[Any]]:
    """Return [W, b] of each layer from the legacy generator."""
    random = np.random.RandomState(seed)
    return [
        [random.randn(n, n_prev) * scale(n_prev), np.zeros((n, 1))]
        for n_prev, n in itertools.pairwise(sizes)
    ]


def log_cost(A: Any, Y: Any) -> float:
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.nansum(-np.log(A) * Y - np.log(1 - A) * (1 - Y)) / Y.shape[1])


def gradient(
    layers: list[list[Any]], X: Any, Y: Any, l2: float = 0.0, keep: float = 1.0, tanh: bool = False
) -> tuple[float, list[list[Any]]]:
    """Return the cost and [dW, db] of each layer: hidden ReLU or tanh, then a sigmoid."""
    m = X.shape[1]
    drop = np.random.RandomState(1)
    A, inputs, slopes = X, [], []
    for W, b in layers[:-1]:
        Z = W @ A + b
        D = (drop.rand(*Z.shape) < keep) / keep if keep < 1 else np.ones_like(Z)
        inputs.append(A)
        A = np.tanh(Z) if tanh else np.where(Z > 0, Z, 0)
        slopes.append(((1 - A**2) if tanh else (Z > 0)) * D)
        A = A * D
    W, b = layers[-1]
    inputs.append(A)
    AL = sigmoid(W @ A + b)
    cost = log_cost(AL, Y) + l2 / (2 * m) * sum(np.sum(W**2) for W, _ in layers)
    dZ, grads = AL - Y, []
    for l in range(len(layers) - 1, -1, -1):
        W = layers[l][0]
        dW = np.einsum("ik,jk->ij", dZ, inputs[l]) / m + l2 / m * W
        grads.insert(0, [dW, dZ.mean(axis=1, keepdims=True)])
        if l:
            dZ = (W.T @ dZ) * slopes[l - 1]
    return cost, grads


def descend(layers: list[list[Any]], grads: list[list[Any]], rate: float) -> list[list[Any]]:
    pairs = zip(layers, grads, strict=True)
    return [[p - rate * g for p, g in zip(layer, d, strict=True)] for layer, d in pairs]


def train(layers: list[list[Any]], X: Any, Y: Any, rate: float, n: int, **how: Any) -> Any:
    costs = []
    for _ in range(n):
        cost, grads = gradient(layers, X, Y, **how)
        costs.append(cost)
        layers = descend(layers, grads, rate)
    return layers, costs


def agree(parameters: dict[str, Any], layers: list[list[Any]], rtol: float = 1e-8) -> None:
    names = [f"{letter}{l}" for l in range(1, len(layers) + 1) for letter in "Wb"]
    assert sorted(parameters) == sorted(names)
    for name, ours in zip(names, (p for layer in layers for p in layer), strict=True):
        np.testing.assert_allclose(parameters[name], ours, rtol=rtol, atol=1e-12)


def printed(out: str, every: str) -> list[tuple[int, str]]:
    """Return (number, cost as it was printed) of every line, which must all have that form."""
    found = [re.fullmatch(rf"Cost after {every} (\d+): (\S+)", line) for line in out.splitlines()]
    assert found
    assert all(found)
    return [(int(match[1]), match[2]) for match in found if match]


@pytest.fixture(params=SEEDS)
def points(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    """Return X (2, m) and Y (1, m): circles for odd seeds, moons for even ones."""
    make = make_circles if request.param % 2 else make_moons
    X, y = make(n_samples=60 + request.param, noise=0.1, random_state=request.param)
    return X.T.copy(), y.reshape(1, -1)


@pytest.mark.parametrize(
    ("name", "scale"), [("he", lambda n: np.sqrt(2 / n)), ("zeros", lambda _: 0.0)]
)
def test_initialization(points: Any, capsys: Any, name: str, scale: Any) -> None:
    X, Y = points
    parameters = initialization.model(X, Y, num_iterations=1001, initialization=name)
    layers, costs = train(draw([2, 10, 5, 1], 3, scale), X, Y, 0.01, 1001)
    agree(parameters, layers)
    lines = printed(capsys.readouterr().out, "iteration")
    assert [i for i, _ in lines] == [0, 1000]
    for i, cost in lines:
        assert float(cost) == pytest.approx(costs[i], rel=1e-10)
        assert len(cost) >= 15


def test_large_initial_weights(points: Any, capsys: Any) -> None:
    X, Y = points
    with np.errstate(over="ignore"):
        initialization.model(X, Y, num_iterations=1, initialization="random")
        _, costs = train(draw([2, 10, 5, 1], 3, lambda _: 10.0), X, Y, 0.01, 1)
    ((_, cost),) = printed(capsys.readouterr().out, "iteration")
    assert float(cost) == pytest.approx(costs[0], rel=1e-10)


@pytest.mark.parametrize(
    ("given", "how"),
    [({}, {}), ({"lambd": 0.7}, {"l2": 0.7}), ({"keep_prob": 0.86}, {"keep": 0.86})],
)
def test_regularization(points: Any, capsys: Any, given: Any, how: Any) -> None:
    X, Y = points
    parameters = regularization.model(X, Y, num_iterations=300, **given)
    start = draw([2, 20, 3, 1], 3, lambda n: 1 / np.sqrt(n))
    layers, costs = train(start, X, Y, 0.3, 300, **how)
    agree(parameters, layers, rtol=1e-6)
    ((i, cost),) = printed(capsys.readouterr().out, "iteration")
    assert i == 0
    assert float(cost) == pytest.approx(costs[0], rel=1e-12)


def test_shallow(points: Any, capsys: Any) -> None:
    X, Y = points
    # Four units that lie close together part in ways that the last digit decides: no longer run.
    parameters = shallow.nn_model(X, Y, 4, num_iterations=100, print_cost=True)
    layers, costs = train(draw([2, 4, 1], 3, lambda _: 0.01), X, Y, 1.2, 100, tanh=True)
    agree(parameters, layers, rtol=1e-6)
    assert printed(capsys.readouterr().out, "iteration") == [(0, f"{costs[0]:f}")]


@pytest.mark.parametrize(
    ("model", "sizes", "scale"),
    [
        (deep.two_layer_model, [2, 7, 1], lambda _: 0.01),
        (deep.L_layer_model, [2, 20, 7, 5, 1], lambda n: 1 / np.sqrt(n)),
    ],
)
def test_deep(points: Any, capsys: Any, model: Any, sizes: list[int], scale: Any) -> None:
    X, Y = points
    parameters, found = model(X, Y, sizes, num_iterations=250, print_cost=True)
    layers, costs = train(draw(sizes, 1, scale), X, Y, 0.0075, 250)
    agree(parameters, layers)
    np.testing.assert_allclose(found, costs[::100], rtol=1e-10)
    assert [i for i, _ in printed(capsys.readouterr().out, "iteration")] == [0, 100, 200, 249]


def epochs(X: Any, Y: Any, optimizer: str, n: int, decay: bool) -> tuple[Any, list[float]]:
    """Return the layers and costs of mini-batches of 16, updated by the definitions."""
    layers = draw([2, 5, 2, 1], 3, lambda n: np.sqrt(2 / n))
    v = [[0 * p for p in layer] for layer in layers]
    s = [[0 * p for p in layer] for layer in layers]
    m, t, rate, costs = X.shape[1], 0, 0.01, []
    for epoch in range(n):
        order, total = np.random.RandomState(11 + epoch).permutation(m), 0.0
        for start in range(0, m, 16):
            batch = order[start : start + 16]
            cost, grads = gradient(layers, X[:, batch], Y[:, batch])
            total += cost * len(batch)
            t += 1
            for layer, d, vl, sl in zip(layers, grads, v, s, strict=True):
                for i in (0, 1):
                    step = d[i]
                    if optimizer != "gd":
                        step = vl[i] = 0.9 * vl[i] + 0.1 * d[i]
                    if optimizer == "adam":
                        sl[i] = 0.999 * sl[i] + 0.001 * d[i] ** 2
                        step = vl[i] / (1 - 0.9**t) / (np.sqrt(sl[i] / (1 - 0.999**t)) + 1e-8)
                    layer[i] = layer[i] - rate * step
        costs.append(total / m)
        if decay:
            rate = 0.01 / (1 + epoch)
    return layers, costs


@pytest.mark.parametrize("optimizer", ["gd", "momentum", "adam"])
@pytest.mark.parametrize("decay", [False, True])
def test_optimization(points: Any, capsys: Any, optimizer: str, decay: bool) -> None:
    X, Y = points
    parameters = optimization.model(
        X,
        Y,
        [2, 5, 2, 1],
        optimizer,
        learning_rate=0.01,
        mini_batch_size=16,
        num_epochs=30,
        decay=optimization.update_lr if decay else None,
    )
    layers, costs = epochs(X, Y, optimizer, 30, decay)
    agree(parameters, layers, rtol=1e-6)
    assert printed(capsys.readouterr().out, "epoch") == [(0, f"{costs[0]:f}")]
