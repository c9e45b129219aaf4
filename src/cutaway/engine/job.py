"""What an executor is given: the examples, and the fixed choices of one training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from cutaway.engine import inputs
from cutaway.equations import Network
from cutaway.equations.optimizers import Slots


class Part(NamedTuple):
    """Examples as columns: X (n_x, m), Y (n_y, m), and their weights (1, m), None for all 1.

    X may be another kind of input than an array; see `inputs`.
    """

    X: Any
    Y: Any
    weights: Any = None

    def take(self, index: Any) -> Part:
        """Gather the examples at `index` (b,): a mini-batch."""
        weights = None if self.weights is None else self.weights[:, index]
        return Part(inputs.take(self.X, index), np.take(self.Y.T, index, axis=0).T, weights)

    def block(self, columns: slice) -> Part:
        """Look at some columns, to propagate them forward only."""
        weights = None if self.weights is None else self.weights[:, columns]
        return Part(inputs.block(self.X, columns), self.Y[:, columns], weights)

    @property
    def m(self) -> int:
        """Number of examples."""
        return int(self.Y.shape[1])

    @property
    def M(self) -> float:
        """Sum of the weights: m without any."""
        return float(self.m if self.weights is None else self.weights.sum())


@dataclass(frozen=True)
class Job:
    """The choices that hold for every update of one training.

    keep_prob  share of the units kept, of the input and of each hidden layer: L numbers
    penalties  the penalties that act, with their coefficients: {"l2": 0.7}
    batch_size examples of a mini-batch; None takes them all, in their own order
    """

    network: Network
    optimizer: str
    keep_prob: tuple[float, ...]
    penalties: Mapping[str, float] = field(default_factory=dict)
    batch_size: int | None = None
    seed: int = 0


class Epoch(NamedTuple):
    """What one epoch gives.

    theta, slots  after the last update; `before` and `dtheta` are theta before it and its gradient
    updates       number of updates
    batch_cost    mean of what the updates differentiated
    """

    theta: Any
    slots: Slots
    before: Any
    dtheta: Any
    updates: int
    batch_cost: float


class NotFiniteError(ArithmeticError):
    """The cost at theta, before an update, is infinite or not a number."""

    def __init__(self, value: float, theta: Any) -> None:
        super().__init__(f"the cost is {value}")
        self.theta = theta
