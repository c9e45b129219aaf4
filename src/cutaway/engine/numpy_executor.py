"""Runs the equations eagerly on NumPy.

Whatever is random is drawn anew for each epoch from (seed, stream, epoch): an epoch depends on
nothing but the parameters that it starts from, so a resumed training repeats it bit by bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from cutaway.engine.inputs import ahead, at_once
from cutaway.engine.job import Epoch, Job, NotFiniteError, Part
from cutaway.engine.step import step
from cutaway.equations import Rates, dropout_mask
from cutaway.equations.optimizers import Slots

PERMUTATION, DROPOUT = 1, 2


class NumpyExecutor:
    """Trains one network on one training set."""

    def __init__(self, job: Job, train: Part) -> None:
        self.job = job
        self.M = train.M
        # Mean 1 over the training set, so that a mini-batch estimates the same J; in the precision
        # of X, for float64 weights would turn float32 parameters into float64.
        weights = train.weights
        if weights is not None:
            weights = (weights * (train.m / self.M)).astype(train.X.dtype)
        X = train.X if job.batch_size else at_once(train.X)
        self.train = train._replace(X=X, weights=weights)

    def epoch(self, theta: Any, slots: Slots, epoch: int, iteration: int, rates: Rates) -> Epoch:
        """Pass once over the training examples, from theta after `iteration` updates.

        Raises:
            NotFiniteError: the cost of an update is not finite.
        """
        job = self.job
        dropout = np.random.default_rng([job.seed, DROPOUT, epoch])
        costs = []
        for t, batch in enumerate(self._batches(epoch), start=iteration + 1):
            before = theta
            # An overflow shows in the cost, which is looked at below.
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                J, dtheta, theta, slots = step(
                    job.network,
                    job.optimizer,
                    theta,
                    slots,
                    t,
                    *batch,
                    self._masks(dropout, batch.m, theta.dtype),
                    job.penalties,
                    self.M,
                    rates,
                )
            costs.append(float(J))
            if not math.isfinite(costs[-1]):
                raise NotFiniteError(costs[-1], before)
        return Epoch(theta, slots, before, dtheta, len(costs), math.fsum(costs) / len(costs))

    def _batches(self, epoch: int) -> Iterator[Part]:
        size = self.job.batch_size
        if size is None:
            yield self.train
            return
        generator = np.random.default_rng([self.job.seed, PERMUTATION, epoch])
        order = generator.permutation(self.train.m)
        batches = (self.train.take(order[i : i + size]) for i in range(0, len(order), size))
        yield from ahead(self.train.X, batches)

    def _masks(
        self, generator: np.random.Generator, m: int, dtype: npt.DTypeLike
    ) -> list[npt.NDArray[Any] | None] | None:
        if all(keep_prob == 1.0 for keep_prob in self.job.keep_prob):
            return None
        return [
            None if p == 1.0 else dropout_mask(generator.random((n, m), dtype=dtype), p)  # type: ignore[arg-type]
            for n, p in zip(self.job.network.sizes, self.job.keep_prob, strict=False)
        ]
