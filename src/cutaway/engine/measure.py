"""What a Record tells of a network on a part of the data: losses, errors and activity."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from cutaway.engine.inputs import ahead, block, blocks
from cutaway.engine.job import Part
from cutaway.equations import ACTIVATIONS, METRICS, Layer, Network, forward, output_layer, unflatten
from cutaway.equations.penalties import sq_norm

# A bounded activation is saturated within this share of its range from either bound.
SATURATED = 0.01


class Measured(NamedTuple):
    """A network on a part of the data.

    loss       weighted mean of the losses
    error      value of the metric, each example counting once
    dead       per hidden layer, the share of units whose g'(Z) is 0 on every example
    saturated  per hidden layer, the share of the values of A within 1 % of a bound of g
    """

    loss: float
    error: float
    dead: tuple[float, ...]
    saturated: tuple[float, ...]


def outputs(network: Network, parameters: tuple[Layer, ...], X: Any) -> Any:
    """Return A (n_y, m) of the last layer, block by block."""
    some = ahead(X, (block(X, columns) for columns in blocks(X)))
    A = [forward(network, parameters, X_b)[-1].A for X_b in some]
    return np.concatenate(A, axis=1) if len(A) > 1 else A[0]


def measure(network: Network, theta: Any, part: Part, metric: str, scale: Any = 1.0) -> Measured:
    """Measure theta on `part`; `scale` (n_y, 1) turns Y into the units of the metric."""
    parameters = unflatten(network, theta, part.X)
    loss = output_layer(network.output, network.loss).loss
    hidden = [ACTIVATIONS[name] for name in network.activations]
    alive = [np.zeros((n, 1), bool) for n in network.sizes[1:-1]]
    near_bound = [0] * len(hidden)
    A, losses = [], []
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for some in ahead(part.X, map(part.block, blocks(part.X))):
            caches = forward(network, parameters, some.X)
            last = caches[-1]
            A.append(last.A)
            losses.append(loss(last.Z, last.A, some.Y))
            for l, (row, cache) in enumerate(zip(hidden, caches[:-1], strict=True)):
                if row.kink:
                    alive[l] |= (row.dg(cache.Z, cache.A) != 0).any(axis=1, keepdims=True)
                if row.bounds:
                    low, high = row.bounds
                    margin = SATURATED * (high - low)
                    near_bound[l] += int(
                        ((cache.A < low + margin) | (cache.A > high - margin)).sum()
                    )
        every = np.concatenate(losses, axis=1, dtype=np.float64)
        mean = float(np.average(every, weights=part.weights))
        answer = np.concatenate(A, axis=1, dtype=np.float64)
        # Every example counts once: class weights change what is learned, not what is right.
        error = float(METRICS[metric].value(answer * scale, part.Y * scale, None))
    return Measured(
        mean,
        error,
        tuple(
            float(1.0 - a.mean()) if row.kink else 0.0 for a, row in zip(alive, hidden, strict=True)
        ),
        tuple(n / (a.size * part.m) for n, a in zip(near_bound, alive, strict=True)),
    )


def norms(network: Network, theta: Any, X: Any) -> tuple[float, ...]:
    """Return |W| of every layer of a flat vector in the coordinates of X."""
    with np.errstate(over="ignore", invalid="ignore"):
        squares = [float(sq_norm(layer.W)) for layer in unflatten(network, theta, X)]
    # In example space rounding can leave the square of a W near 0 just below 0.
    return tuple(math.sqrt(max(square, 0.0)) for square in squares)
