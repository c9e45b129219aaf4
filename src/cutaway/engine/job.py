"""What an executor is given: the examples, and the fixed choices of one training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cutaway.engine import inputs
from cutaway.equations import Network
from cutaway.equations._array import take_columns
from cutaway.equations.optimizers import Slots


class Part(NamedTuple):
    """Examples as columns: X (n_x, m), Y (n_y, m), and their weights (1, m), None for all 1.

    X may be another kind of input than an array; see `inputs`.
    """

    X: Any
    Y: Any
    weights: Any = None

    def take(self, columns: Any, place: Any = None) -> Part:
        """Gather a mini-batch; `columns` (b,), or (k, b) for networks with batches of their own.

        place: where each example stands in the batch, (m,) or (k, m), for an ExampleSpace.
        """
        weights = None if self.weights is None else take_columns(self.weights, columns)
        X = inputs.take(self.X, columns, place)
        return Part(X, take_columns(self.Y, columns), weights)

    def block(self, columns: slice) -> Part:
        """Look at some columns, to propagate them forward only."""
        weights = None if self.weights is None else self.weights[..., columns]
        return Part(inputs.block(self.X, columns), self.Y[..., columns], weights)

    def members(self, index: Any) -> Part:
        """Return the part as some networks of a stack see it, or as one sees it."""
        return self._replace(X=inputs.members(self.X, index))

    @property
    def m(self) -> int:
        """Number of examples."""
        return int(self.Y.shape[-1])

    @property
    def M(self) -> float:
        """Sum of the weights: m without any."""
        return float(self.m if self.weights is None else self.weights.sum())


@dataclass(frozen=True)
class Job:
    """The choices that hold for every update of one training, or of a stack of k networks.

    keep_prob  share of the units kept, of the input and of each hidden layer: L numbers
    penalties  the penalties that act, with their coefficients: {"l2": 0.7}
    batch_size examples of a mini-batch; None takes them all, in their own order
    seed       of the order of the examples and of dropout

    In a stack each keep_prob and coefficient may be an array (k,), and the seed k seeds.
    """

    network: Network
    optimizer: str
    keep_prob: tuple[Any, ...]
    penalties: Mapping[str, Any] = field(default_factory=dict)
    batch_size: int | None = None
    seed: int | tuple[int, ...] = 0

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of a stack, or the one."""
        return self.seed if isinstance(self.seed, tuple) else (self.seed,)

    @cached_property
    def dropped(self) -> tuple[bool, ...]:
        """Which of the input and the hidden layers have dropout."""
        return tuple(bool(np.any(np.asarray(p) < 1.0)) for p in self.keep_prob)

    def updates(self, m: int) -> int:
        """Return how many updates an epoch over m examples has."""
        return 1 if self.batch_size is None else -(-m // self.batch_size)


def stack_jobs(jobs: Sequence[Job], dtype: npt.DTypeLike) -> Job:
    """Return one job for networks that differ in nothing but numbers and seeds."""
    first = jobs[0]
    if len(jobs) == 1:
        return first
    seeds = tuple(job.seed for job in jobs)
    return Job(
        first.network,
        first.optimizer,
        tuple(stack_numbers(p, dtype) for p in zip(*(job.keep_prob for job in jobs), strict=True)),
        {
            name: stack_numbers([job.penalties[name] for job in jobs], dtype)
            for name in first.penalties
        },
        first.batch_size,
        # Networks that see the examples in one order share every mini-batch.
        seeds[0] if len(set(seeds)) == 1 else seeds,  # type: ignore[arg-type]
    )


def stack_numbers(numbers: Sequence[float], dtype: npt.DTypeLike) -> Any:
    """Return the one number that all are, or the numbers as an array (k,)."""
    return numbers[0] if len(set(numbers)) == 1 else np.array(numbers, dtype)


class Epoch(NamedTuple):
    """What some epochs of training give; in a stack each array has k rows and costs are (k,).

    theta, slots  after the last update
    updates       number of updates
    batch_cost    mean of what the updates of the last epoch differentiated
    before        theta before the last update, None where nobody looks
    dtheta        its gradient
    """

    theta: Any
    slots: Slots
    updates: int
    batch_cost: Any
    before: Any = None
    dtheta: Any = None


class NotFiniteError(ArithmeticError):
    """The cost at theta, before an update of some epoch, is infinite or not a number."""

    def __init__(self, value: float, theta: Any, epoch: int) -> None:
        super().__init__(f"the cost is {value}")
        self.theta = theta
        self.epoch = epoch
