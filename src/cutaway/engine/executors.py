"""What every executor offers, and which one runs a job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from cutaway.engine.job import Epoch, Job, NotFiniteError, Part
from cutaway.engine.measure import Measured
from cutaway.engine.numpy_executor import NumpyExecutor
from cutaway.equations import Rates
from cutaway.equations.optimizers import Slots

BACKENDS = ("numpy", "jax")


class Executor(Protocol):
    """Trains one network, or a stack of k with an axis in front, on one training set.

    compiled  whether another size of the stack would have to be compiled anew
    """

    compiled: bool

    def epochs(
        self, theta: Any, slots: Slots, epoch: int, iteration: int, rates: Sequence[Rates]
    ) -> Epoch:
        """Pass over the training examples once for each of `rates`, from theta after `epoch`."""

    def not_finite(
        self, theta: Any, slots: Slots, epoch: int, iteration: int, rates: Sequence[Rates]
    ) -> NotFiniteError | None:
        """Return where the cost of one network first is not finite in these epochs."""

    def measure(self, theta: Any, part: Part, metric: str, scale: Any) -> list[Measured]:
        """Measure every network of a stack, or the one, on a part of the data."""


def make_executor(backend: str, device: str, job: Job, train: Part) -> Executor:
    """Return the executor that runs a job on a training set."""
    if backend == "jax":
        from cutaway.engine.jax_executor import JaxExecutor

        return JaxExecutor(job, train, device)
    return NumpyExecutor(job, train)
