"""Runs the compiled equations on examples that stay in files: mini-batches are fed to the device.

A thread gathers the examples of some updates, in their order, while the device computes with those
before. The program is that of the JaxExecutor: what is fed lies where else all examples would.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import jax
import numpy as np
import numpy.typing as npt

from cutaway.engine.draws import drawn, order
from cutaway.engine.inputs import ahead
from cutaway.engine.jax_executor import JaxExecutor
from cutaway.engine.jax_program import Point, updates
from cutaway.engine.job import Job, Part
from cutaway.engine.numpy_executor import with_mean_weight_1
from cutaway.equations import Rates

# Of the inputs that are fed at once
MOST_BYTES = 32 << 20


class Feed:
    """Gathers the examples of `span` updates at a time, those of each order one below the other."""

    def __init__(self, train: Part, job: Job) -> None:
        assert job.batch_size is not None
        self.job, self.train = job, with_mean_weight_1(train)
        self.size, self.k = job.batch_size, len(job.seeds)
        self.updates = job.updates(train.m)
        of_update = self.k * self.size * train.X.shape[0] * train.X.dtype.itemsize
        self.span = min(self.updates, max(1, MOST_BYTES // of_update))

    def places(self) -> npt.NDArray[np.int32]:
        """Return where the examples of an epoch stand in what is fed, (1, m) or (1, k, m).

        It is filled up to whole mini-batches with the number of rows that are fed.
        """
        fed = self.span * self.size
        column = np.arange(self.updates * self.size)
        places = column % fed + fed * np.arange(self.k)[:, np.newaxis]
        places[:, self.train.m :] = self.k * fed
        stacked: npt.NDArray[np.int32] = places.astype(np.int32)[np.newaxis]
        return stacked[:, 0] if self.k == 1 else stacked

    def chunks(
        self, orders: npt.NDArray[Any], epoch: int, first: int, end: int
    ) -> Iterator[tuple[Part, int, int]]:
        """Yield the examples of the updates first, .., end - 1 as rows, and which ones they are."""
        train = self.train._replace(X=drawn(self.train.X, self.job, epoch))
        inner = range(first - first % self.span + self.span, end, self.span)
        begins = (first, *inner)
        pairs = zip(begins, (*inner, end), strict=True)
        yield from ahead(self.train.X, (self._chunk(train, orders, *pair) for pair in pairs))

    def _chunk(
        self, train: Part, orders: npt.NDArray[Any], first: int, end: int
    ) -> tuple[Part, int, int]:
        columns = orders[..., first * self.size : end * self.size]
        at, given = first % self.span * self.size, columns.shape[-1]
        part = train.take(columns)

        def filled(rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
            n = rows.shape[-1]
            if given == self.span * self.size:
                return rows.reshape(-1, n)
            fed = np.zeros((self.k, self.span * self.size, n), rows.dtype)
            fed[:, at : at + given] = rows.reshape(self.k, given, n)
            return fed.reshape(-1, n)

        weights = None if part.weights is None else filled(part.weights.mT).mT
        return Part(filled(part.X.mT), filled(part.Y.mT), weights), first, end


class FedExecutor(JaxExecutor):
    """Trains one network, or a stack of them, on a training set that is larger than memory."""

    def _lying(self, part: Part) -> Any:
        self.feed = Feed(part, self.job)
        self.places = self._put(self.feed.places())
        return None

    def _go(
        self, point: Point, epoch: int, iteration: int, rates: Sequence[Rates], first: int, end: int
    ) -> Point:
        """Take the updates first, .., end - 1 of the epochs of `rates`, some of them in a call."""
        stack = point.theta.shape[:-1]
        program, numbers = self._program(stack), self._numbers(stack, rates[0])
        run, point = updates(self.device.platform), self._own(point)
        for e in range(first // self.updates, -(-end // self.updates)):
            u = e * self.updates
            course = self._course(stack, rates[e : e + 1], epoch + e)
            at = np.int32(iteration + u)
            span = max(first - u, 0), min(end - u, self.updates)
            for rows, *part_of_span in self.feed.chunks(self._order(epoch + e), epoch + e, *span):
                on_device = self._put(rows)
                point = run(program, on_device, numbers, course, at, point, *part_of_span)
                jax.tree.map(lambda array: array.block_until_ready(), point)
                self.hear()
        return point

    def _order(self, epoch: int) -> npt.NDArray[Any]:
        """Return the order of the examples in an epoch; its last update is a call of its own."""
        if self.kept[0] != epoch:
            self.kept = epoch, order(self.job, epoch, self.m)
        orders: npt.NDArray[Any] = self.kept[1]
        return orders

    def _orders(self, epoch: int, epochs: int) -> tuple[Any, Any]:
        return self.places, None

    def _most_epochs(self, theta: Any) -> int:
        return 1
