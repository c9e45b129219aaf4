"""Runs the equations eagerly on NumPy: one network, or a stack of k with an axis in front."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from cutaway.engine.draws import Uniform, batches, drawn, order, place
from cutaway.engine.inputs import ahead, at_once
from cutaway.engine.job import Epoch, Job, NotFiniteError, Part
from cutaway.engine.measure import Measured, look, measure
from cutaway.engine.memory import keep_freed_memory
from cutaway.engine.step import step
from cutaway.engine.vectors import Vectors
from cutaway.equations import Rates, dropout_mask
from cutaway.equations.example_space import ExampleSpace
from cutaway.equations.optimizers import Slots


class NumpyExecutor:
    """Trains one network, or a stack of them, on one training set."""

    compiled = False

    def __init__(self, job: Job, train: Part) -> None:
        keep_freed_memory()
        self.job = job
        self.M = train.M
        whole = job.batch_size is None
        train = train._replace(X=at_once(train.X)) if whole else train
        self.train = with_mean_weight_1(train)
        self.updates = job.updates(train.m)
        self.dropped = job.dropped

    def epochs(
        self,
        theta: Any,
        slots: Slots,
        epoch: int,
        iteration: int,
        rates: Sequence[Rates],
        *,
        careful: bool = False,
    ) -> Epoch:
        """Pass over the training examples once for each of `rates`, from theta after `epoch`.

        The cost is computed for the updates of the last epoch only; if `careful`, for every one.

        Raises:
            NotFiniteError: if `careful`, the cost of an update is not finite.
        """
        job, last = self.job, epoch + len(rates) - 1
        costs: list[Any] = []
        t, drops = iteration, any(self.dropped)
        vectors = Vectors(job.network, job.optimizer, theta, self.train.X)
        slots = vectors.own(slots)
        # An overflow shows in the cost, which is looked at by whoever asked.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for e, rates_of_epoch in enumerate(rates, start=epoch):
                uniform = Uniform(job, e) if drops else None
                costs.clear()
                for batch in self._batches(e):
                    t, before = t + 1, theta
                    J, dtheta, theta, slots = step(
                        job.network,
                        vectors.update,
                        theta,
                        slots,
                        t,
                        *batch,
                        self._masks(uniform, batch.m, theta.dtype) if uniform else None,
                        job.penalties,
                        self.M,
                        rates_of_epoch,
                        layers=vectors.layers,
                        gather=vectors.gather,
                    )
                    if careful or e == last:
                        costs.append(J())
                    if careful and not np.isfinite(costs[-1]):
                        raise NotFiniteError(float(costs[-1]), before, e)
        batch_cost = np.mean(costs, axis=0, dtype=np.float64)
        return Epoch(theta, slots, t - iteration, batch_cost, before, dtheta)

    def not_finite(
        self, theta: Any, slots: Slots, epoch: int, iteration: int, rates: Sequence[Rates]
    ) -> NotFiniteError | None:
        """Return where the cost of one network first is not finite in these epochs."""
        try:
            self.epochs(theta, slots, epoch, iteration, rates, careful=True)
        except NotFiniteError as error:
            return error
        return None

    def measure(
        self, theta: Any, part: Part, metric: str, scale: Any, *, answers: bool = False
    ) -> list[Measured]:
        """Measure every network of a stack, or the one, on a part of the data."""
        looking = partial(look, self.job.network)
        return measure(self.job.network, looking, theta, part, metric, scale, answers=answers)

    def _batches(self, epoch: int) -> Iterable[Part]:
        X, size = drawn(self.train.X, self.job, epoch), self.job.batch_size
        if size is None:
            # Making the same full batch anew would be a tenth of a small network's update.
            same = X is self.train.X
            return (self.train if same else self.train._replace(X=at_once(X)),)
        return self._mini_batches(self.train._replace(X=X), size, epoch)

    def _mini_batches(self, train: Part, size: int, epoch: int) -> Iterator[Part]:
        examples = order(self.job, epoch, train.m)
        rank = np.argsort(examples) if isinstance(train.X, ExampleSpace) else None
        yield from ahead(
            self.train.X,
            (
                train.take(
                    columns,
                    None if rank is None else place(rank, begin, columns.shape[-1], np.where),
                )
                for columns, begin in batches(examples, size)
            ),
        )

    def _masks(self, uniform: Uniform, m: int, dtype: Any) -> list[Any]:
        job = self.job
        return [
            dropout_mask(uniform((n, m), dtype), keep_prob) if dropped else None
            for n, keep_prob, dropped in zip(
                job.network.sizes, job.keep_prob, self.dropped, strict=False
            )
        ]


def with_mean_weight_1(train: Part) -> Part:
    """Return the part with weights of mean 1, so that a mini-batch estimates the same J.

    They have the precision of X, for float64 weights would turn float32 parameters into float64.
    """
    if train.weights is None:
        return train
    weights = (train.weights * (train.m / train.M)).astype(train.X.dtype)
    return train._replace(weights=weights)
