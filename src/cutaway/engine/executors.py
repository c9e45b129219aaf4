"""What every executor offers, and which one runs a job."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from cutaway.engine.inputs import Augmented, Stored
from cutaway.engine.job import Epoch, Job, NotFiniteError, Part
from cutaway.engine.measure import Measured
from cutaway.engine.numpy_executor import NumpyExecutor
from cutaway.engine.processes import ALONE, Processes
from cutaway.equations import Rates
from cutaway.equations.optimizers import Slots
from cutaway.errors import MissingExtraError
from cutaway.hyperparameters import BACKENDS

NUMPY, JAX = BACKENDS


class Executor(Protocol):
    """Trains one network, or a stack of k with an axis in front, on one training set.

    compiled  whether another size of the stack would have to be compiled anew
    M         sum of the weights of all training examples
    """

    compiled: bool
    M: float

    def epochs(
        self, theta: Any, slots: Slots, epoch: int, iteration: int, rates: Sequence[Rates]
    ) -> Epoch:
        """Pass over the training examples once for each of `rates`, from theta after `epoch`."""

    def not_finite(
        self, theta: Any, slots: Slots, epoch: int, iteration: int, rates: Sequence[Rates]
    ) -> NotFiniteError | None:
        """Return where the cost of one network first is not finite in these epochs."""

    def measure(
        self, theta: Any, part: Part, metric: str, scale: Any, *, answers: bool = False
    ) -> list[Measured]:
        """Measure every network of a stack, or the one, on a part of the data."""


class Execution(NamedTuple):
    """How a job is run: by which array library, and on JAX where and with which products."""

    backend: str = NUMPY
    device: str = "auto"
    matmul_precision: str = "float32"


def make_executor(
    execution: Execution, job: Job, train: Part, processes: Processes = ALONE
) -> Executor:
    """Return the executor that runs a job on a training set, of which `train` may be one's share.

    Raises:
        OptionError: JAX finds no such device.
        MissingExtraError: JAX is not installed.
    """
    if execution.backend == JAX:
        if importlib.util.find_spec("jax") is None:
            raise MissingExtraError("JAX", "jax", "a training by backend=jax")
        from cutaway.engine.fed_executor import FedExecutor
        from cutaway.engine.jax_executor import JaxExecutor
        from cutaway.engine.sharded_executor import ShardedExecutor

        if processes.N > 1:
            return ShardedExecutor(job, train, processes, execution.matmul_precision)
        X = train.X.X if isinstance(train.X, Augmented) else train.X
        fed = isinstance(X, Stored) and job.batch_size is not None
        kind = FedExecutor if fed else JaxExecutor
        return kind(job, train, execution.device, execution.matmul_precision)
    return NumpyExecutor(job, train)
