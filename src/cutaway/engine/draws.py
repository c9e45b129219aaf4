"""Whatever is random in an epoch, drawn anew from (seed, stream, epoch).

An epoch then depends on nothing but the parameters that it starts from, and a resumed training
repeats it bit by bit. The order of the examples is NumPy's for every executor.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cutaway.engine.inputs import Augmented, Drawn
from cutaway.engine.job import Job

PERMUTATION, DROPOUT, AUGMENTATION = 1, 2, 3
Integers = npt.NDArray[np.integer[Any]]


def order(job: Job, epoch: int, m: int) -> Integers:
    """Return the order of the examples in an epoch (m,); (k, m) where the seeds differ."""
    orders = [np.random.default_rng([s, PERMUTATION, epoch]).permutation(m) for s in job.seeds]
    return orders[0] if len(orders) == 1 else np.stack(orders)


class Batch(NamedTuple):
    """Which examples a mini-batch holds, and where it begins in the order of the epoch."""

    columns: Integers
    begin: int


def batches(order: Integers, size: int) -> Iterator[Batch]:
    """Cut the order of an epoch into mini-batches; the last one may be short."""
    for begin in range(0, order.shape[-1], size):
        yield Batch(order[..., begin : begin + size], begin)


def drawn(X: Any, job: Job, epoch: int) -> Any:
    """Return X as an epoch sees it: pictures are drawn anew, all else stays what it is."""
    if not isinstance(X, Augmented):
        return X
    sequences = [np.random.SeedSequence([s, AUGMENTATION, epoch]) for s in job.seeds]
    return Drawn(X, [sequence.generate_state(2, np.uint64) for sequence in sequences])


def place(rank: Any, begin: Any, size: int, where: Any) -> Any:
    """Return where each example stands in the batch of `size` from `begin` on, `size` if nowhere.

    rank: where each example stands in the order of the epoch; where: that of the array library.
    """
    inside = rank - begin
    return where((inside >= 0) & (inside < size), inside, size)


class Uniform:
    """Uniform numbers in [0, 1) for the dropout of one epoch, a generator a seed."""

    def __init__(self, job: Job, epoch: int) -> None:
        self.generators = [np.random.default_rng([s, DROPOUT, epoch]) for s in job.seeds]

    def __call__(self, shape: tuple[int, int], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """Draw U (n, m); (k, n, m) where the seeds of a stack differ."""
        drawn = [g.random(shape, dtype=dtype) for g in self.generators]  # type: ignore[arg-type]
        return drawn[0] if len(drawn) == 1 else np.stack(drawn)
