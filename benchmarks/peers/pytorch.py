"""PyTorch in float32 on the CPU: eager by modules and autograd, and compiled."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from peers import Layers, Orders, Rows

MODULES = {"relu": nn.ReLU, "tanh": nn.Tanh}
FUNCTIONS = {"relu": torch.relu, "tanh": torch.tanh}


def forget() -> None:
    """Forget what was compiled; run.py has switched its cache on the disk off."""
    torch._dynamo.reset()
    _compiled_update.cache_clear()


def gradient_descent(
    rows: Rows, y: Rows, layers: Layers, activation: str, alpha: float, steps: int, threads: int
) -> Layers:
    """Eager: a Sequential network, BCEWithLogitsLoss, SGD, the whole set a batch."""
    torch.set_num_threads(threads)
    X, Y = torch.from_numpy(rows), torch.from_numpy(y[:, np.newaxis].astype(np.float32))
    network = _network(layers, activation)
    # One by one: on so few arrays it is faster than `fused` and `foreach`
    optimizer = torch.optim.SGD(network.parameters(), lr=alpha, foreach=False)
    loss = nn.BCEWithLogitsLoss()
    for _ in range(steps):
        optimizer.zero_grad()
        loss(network(X), Y).backward()
        optimizer.step()
    return _layers(network)


def compiled_gradient_descent(
    rows: Rows,
    y: Rows,
    layers: Layers,
    activation: str,
    alpha: float | Any,
    steps: int,
    threads: int,
    unroll: int = 1,
    columns: bool = True,
) -> Layers:
    """The whole update is one compiled function, `unroll` updates a call; its derivative by func.

    Examples are columns, or rows as in `nn.Linear`. Layers with a leading axis, W (S, n_l, n_prev),
    are S networks at once, alpha then being an array (S, 1, 1).
    """
    torch.set_num_threads(threads)
    alpha = torch.tensor(alpha, dtype=torch.float32)
    Y = torch.from_numpy(y.astype(np.float32))
    X = torch.from_numpy(np.ascontiguousarray(rows.T) if columns else rows)
    theta = [torch.from_numpy(np.float32(array)) for layer in layers for array in layer]
    if not columns:
        theta = [array if i % 2 == 0 else array[:, 0] for i, array in enumerate(theta)]
    update = _compiled_update(activation, unroll, columns)
    for _ in range(steps // unroll):
        theta = update(theta, X, Y, alpha)
    arrays = [array.numpy() for array in theta]
    if not columns:
        arrays = [a if i % 2 == 0 else a[:, np.newaxis] for i, a in enumerate(arrays)]
    return list(zip(arrays[::2], arrays[1::2], strict=True))


@lru_cache
def _compiled_update(activation: str, unroll: int, columns: bool) -> Any:
    g = FUNCTIONS[activation]

    def cost(theta: list[Any], X: Any, Y: Any) -> Any:
        A = X
        for l in range(0, len(theta), 2):
            W, b = theta[l : l + 2]
            Z = W @ A + b if columns else F.linear(A, W, b)
            A = g(Z)
        Z = Z[..., 0, :] if columns else Z[:, 0]
        # The mean over the examples, the sum over the networks
        return F.binary_cross_entropy_with_logits(Z, Y.expand(Z.shape)) * (Z.numel() / Y.numel())

    gradient = torch.func.grad(cost)

    def update(theta: list[Any], X: Any, Y: Any, alpha: Any) -> list[Any]:
        for _ in range(unroll):
            dtheta = gradient(theta, X, Y)
            theta = [array - alpha * d for array, d in zip(theta, dtheta, strict=True)]
        return theta

    return torch.compile(update, dynamic=False)


def adam(
    rows: Rows,
    y: Rows,
    layers: Layers,
    alpha: float,
    batch: int,
    epochs: int,
    orders: Orders,
    threads: int,
    compiled: bool = False,
) -> Layers:
    """A Sequential network, CrossEntropyLoss, fused Adam; `compiled` compiles network and loss."""
    torch.set_num_threads(threads)
    X, Y = torch.from_numpy(rows), torch.from_numpy(y)
    network = _network(layers, "relu")
    optimizer = torch.optim.Adam(network.parameters(), lr=alpha, fused=True)
    cross_entropy = nn.CrossEntropyLoss()

    def cost(X: Any, Y: Any) -> Any:
        return cross_entropy(network(X), Y)

    if compiled:
        cost = torch.compile(cost, dynamic=False)
    for epoch in range(epochs):
        for at in torch.from_numpy(orders(epoch)).split(batch):
            optimizer.zero_grad()
            cost(X[at], Y[at]).backward()
            optimizer.step()
    return _layers(network)


def _network(layers: Layers, activation: str) -> nn.Sequential:
    modules: list[nn.Module] = []
    for W, b in layers:
        linear = nn.utils.skip_init(nn.Linear, W.shape[1], W.shape[0])
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(W))
            linear.bias.copy_(torch.tensor(b[:, 0]))
        modules += [linear, MODULES[activation]()]
    return nn.Sequential(*modules[:-1])


def _layers(network: nn.Sequential) -> Layers:
    return [
        (m.weight.detach().numpy(), m.bias.detach().numpy()[:, np.newaxis])
        for m in network
        if isinstance(m, nn.Linear)
    ]
