"""A network without a hidden layer: its cost is convex, so the inputs tell how to train it.

With the loss convex in Z and its curvature at most c, the cost curves at most by L = c s + l2 / M,
s being the largest eigenvalue of [X; 1] [X; 1]ᵀ / m. A full batch may then take the largest steps
that are surely stable, and is done where the gradient is small.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from cutaway.engine.executors import NUMPY
from cutaway.engine.job import Part
from cutaway.engine.numpy_executor import with_mean_weight_1
from cutaway.equations import OPTIMIZERS
from cutaway.equations.propagation import cost_and_gradient
from cutaway.hyperparameters import Hyperparameters
from cutaway.training.plan import Plan
from cutaway.training.record import NOTHING, Needs, Record, State, Stop
from cutaway.training.setup import Setup

# The largest eigenvalue of the loss's second derivative in Z: A (1 - A) of a sigmoid, and of
# diag(A) - A Aᵀ of a softmax.
CURVATURE: Mapping[tuple[str, str], float] = {
    ("sigmoid", "log"): 1 / 4,
    ("softmax", "cross_entropy"): 1 / 2,
    ("identity", "squared"): 1.0,
}
SMALL = 1e-4
RECORD_EVERY = 20
_POWERS = 30


def is_convex(read: Hyperparameters) -> bool:
    """Whether the cost is convex and smooth, and the way to its minimum left open."""
    known = read.loss == "auto" and read.output in ("auto", *(output for output, _ in CURVATURE))
    return (
        (known or (read.output, read.loss) in CURVATURE)
        and read.hidden == ()
        and read.l1 == 0
        and read.keep_prob in ("auto", 1.0)
        and read.batch_size == read.learning_rate == "auto"
        and (read.optimizer == "auto" or OPTIMIZERS[read.optimizer].linear)
    )


def full_batch(read: Hyperparameters) -> Hyperparameters:
    """Decide for a full batch with momentum, begun at once."""
    return replace(
        read,
        batch_size="full",  # type: ignore[arg-type]
        optimizer="momentum" if read.optimizer == "auto" else read.optimizer,
        backend=NUMPY if read.backend == read.device == "auto" else read.backend,
    )


def with_rate(setup: Setup) -> Setup:
    """Return the set-up with the learning rate that the inputs ask for.

    Momentum with the rate alpha is stable below alpha (1 - beta1) = 2 (1 + beta1) / L, and gradient
    descent below 2 / L; the half of it is taken.
    """
    plan = setup.plan
    beta1 = plan.rates.beta1 if plan.optimizer == "momentum" else 0.0
    curvature = CURVATURE[plan.network.output, plan.network.loss]
    train = setup.prepared.train
    L = curvature * largest_eigenvalue(train) + plan.penalties.get("l2", 0.0) / train.M
    rates = plan.rates._replace(alpha=float((1 + beta1) / ((1 - beta1) * L)))
    return replace(setup, plan=replace(plan, rates=rates))


def largest_eigenvalue(train: Part) -> float:
    """Return that of [X; 1] [X; 1]ᵀ / m, an example counting as often as its weight says."""
    X, _, weights = with_mean_weight_1(train)
    v, size = np.ones((1, X.shape[0]), X.dtype), 0.0
    bias = np.ones((1, 1), X.dtype)
    for _ in range(_POWERS):
        length = float(np.sqrt(np.sum(v**2) + np.sum(bias**2)))
        Z = (v / length) @ X + bias / length
        if weights is not None:
            Z = Z * weights
        v, bias = Z @ X.mT / train.m, Z.mean(keepdims=True)
        size = float(np.sqrt(np.sum(v**2) + np.sum(bias**2)))
    return size


class Flat:
    """Ends a training where no entry of the gradient is larger than 1e-4."""

    needs: Needs = NOTHING

    def __init__(self, plan: Plan, train: Part) -> None:
        self.every = plan.print_every
        self.plan, self.train = plan, train

    def __call__(self, record: Record, state: State) -> Stop | None:
        """Compute the gradient of the whole training set."""
        network, (X, Y, weights) = self.plan.network, with_mean_weight_1(self.train)
        theta: Any = state.parameters(network)
        theta = np.asarray(theta, X.dtype)
        _, dtheta = cost_and_gradient(
            network, theta, X, Y, weights, None, self.plan.penalties, self.train.M
        )
        largest = float(abs(dtheta).max())
        return Stop(f"the gradient is at most {largest:.1g}") if largest <= SMALL else None
