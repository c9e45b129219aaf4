"""Faults planted into loops of PyTorch, watched by one line; scikit-learn's three calls there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from torch import nn

import cutaway
from cutaway.insight.faults.setting import Found

DATA = {"digits": load_digits, "breast_cancer": load_breast_cancer, "wine": load_wine}
BATCH = 64


class Convolutional(nn.Module):
    """Two convolutions over 8x8 pictures, with functions for activations."""

    def __init__(self, g: Any) -> None:
        super().__init__()
        self.g = g
        self.first, self.second = nn.Conv2d(1, 16, 3, padding=1), nn.Conv2d(16, 32, 3, padding=1)
        self.out = nn.Linear(32 * 4, 10)

    def forward(self, x: Any) -> Any:
        x = x.reshape(-1, 1, 8, 8)
        for layer in (self.first, self.second):
            x = nn.functional.max_pool2d(self.g(layer(x)), 2)
        return self.out(x.flatten(1))


def dense(n_x: int, n_y: int, g: Any, hidden: tuple[int, ...]) -> nn.Module:
    layers: list[nn.Module] = []
    for n in hidden:
        layers += [nn.Linear(n_x, n), g()]
        n_x = n
    return nn.Sequential(*layers, nn.Linear(n_x, n_y))


def loops(seeds: range) -> Iterator[tuple[str, str, str, int, Callable[[], list[Found]]]]:
    """Yield fault ("" for none), case, data, seed, and what trains it and returns what is found."""
    for seed in seeds:
        for data in DATA:
            for name, module, bounded in _modules(data):
                for fault, optimizer, change, epochs in _planted(bounded):
                    one = (data, seed, module, optimizer, change, epochs)
                    yield fault, name, data, seed, lambda one=one: train(*one).faults


def _modules(data: str) -> Iterator[tuple[str, Callable[[int, int, str], nn.Module], str]]:
    def of(hidden: tuple[int, ...]) -> Any:
        kinds = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}
        return lambda n_x, n_y, g: dense(n_x, n_y, kinds[g], hidden)

    yield "64,32", of((64, 32)), "tanh"
    yield "32,32,32", of((32, 32, 32)), "sigmoid"
    if data == "digits":
        yield "convolutional", lambda n_x, n_y, g: Convolutional(getattr(torch, g)), "tanh"


def _planted(bounded: str) -> Iterator[tuple[str, Any, Any, int]]:
    def adam(rate: float = 1e-3) -> Any:
        return lambda p: torch.optim.Adam(p, lr=rate)

    def sgd(rate: float) -> Any:
        return lambda p: torch.optim.SGD(p, lr=rate)

    yield "", adam(), ("relu", None), 10
    yield "", sgd(0.05), ("tanh", None), 10
    yield "symmetric units", adam(), ("tanh", lambda p: 0 * p), 4
    yield "dead units", adam(), ("relu", _killed), 4
    yield "saturated units", adam(), (bounded, lambda p: 80 * p), 4
    yield "learning rate too high", adam(2.0), ("relu", None), 4
    yield "learning rate too high", sgd(100.0), ("relu", None), 4
    yield "learning rate too low", adam(1e-7), ("relu", None), 0
    yield "cost not finite", sgd(1e25), ("relu", None), 4


def _killed(p: Any) -> Any:
    return p - 30 if p.dim() == 1 else p


def train(
    data: str, seed: int, module: Any, optimizer: Any, change: tuple[str, Any], epochs: int
) -> Any:
    """Train by a plain loop; 0 epochs are as many as 700 updates need."""
    rows, target = DATA[data](return_X_y=True)
    X = torch.tensor((rows - rows.mean(0)) / (rows.std(0) + 1e-9), dtype=torch.float32)
    Y = torch.tensor(target)
    torch.manual_seed(seed)
    name, changed = change
    net = module(X.shape[1], int(Y.max()) + 1, name)
    if changed is not None:
        first = True
        with torch.no_grad():
            for p in net.parameters():
                if changed is _killed and not (first and p.dim() == 1):
                    continue
                p.copy_(changed(p))
                first = False
    return watched(net, optimizer(net.parameters()), X, Y, epochs or 1 + 700 * BATCH // len(X))


def watched(
    net: nn.Module,
    optimizer: Any,
    X: Any,
    Y: Any,
    epochs: int,
    batch: int = BATCH,
    loss: Any = None,
) -> Any:
    """Train a module, and return what has watched it."""
    loss = loss or nn.functional.cross_entropy
    watcher = cutaway.watch(net, optimizer, say=lambda found: None)
    for _ in range(epochs):
        for columns in torch.randperm(len(X)).split(batch):
            optimizer.zero_grad()
            loss(net(X[columns]), Y[columns]).backward()
            optimizer.step()
    watcher.close()
    return watcher


def from_scikit_learn() -> Iterator[tuple[str, int, list[Found]]]:
    """Yield the three calls (see fault_cases.py), the updates of 3 epochs, and what is found."""
    pixels, digits = load_digits(return_X_y=True)
    X, classes = torch.tensor(pixels, dtype=torch.float32), torch.tensor(digits)
    numbers = classes[:, None].float()

    def half_squared(A: Any, Y: Any) -> Any:
        return 0.5 * nn.functional.mse_loss(A, Y)

    cross_entropy = nn.functional.cross_entropy
    for name, rate, n_y, Y, loss in (
        ("MLPRegressor, sgd, 0.1", 0.1, 1, numbers, half_squared),
        ("MLPClassifier, sgd, 1", 1.0, 10, classes, cross_entropy),
        ("MLPClassifier, adam, 1", 1.0, 10, classes, cross_entropy),
    ):
        torch.manual_seed(0)
        net = dense(64, n_y, nn.ReLU, (100,))
        if "adam" in name:
            optimizer: Any = torch.optim.Adam(net.parameters(), lr=rate)
        else:
            optimizer = torch.optim.SGD(net.parameters(), lr=rate, momentum=0.9, nesterov=True)
        watcher = watched(net, optimizer, X, Y, 3, 200, loss)
        yield name, watcher.update, watcher.faults
