"""Runs one training over processes: each has its own examples, all have the same parameters.

Example j of the training set belongs to process j mod N, which has no other. Every process knows
the order of all examples, takes its own out of each mini-batch and fills up with columns that weigh
0, so that all have as many; the mean of their gradients is the gradient of the mini-batch. One mean
of theta's size crosses the network in an update, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import numpy as np
import numpy.typing as npt

from cutaway.engine.draws import order
from cutaway.engine.inputs import Augmented, at_once
from cutaway.engine.jax_devices import keep_compiled
from cutaway.engine.jax_executor import JaxExecutor, products
from cutaway.engine.jax_program import SHARD, Course, Numbers, Point, Program, sharded_updates
from cutaway.engine.job import Job, Part
from cutaway.engine.measure import Measured, look, pooled, see
from cutaway.engine.processes import Processes
from cutaway.equations import Rates
from cutaway.equations.example_space import ExampleSpace
from cutaway.equations.optimizers import Slots
from cutaway.errors import OptionError

# The share of a mini-batch is rounded up to a multiple of this: it seldom has to grow, and each
# time that it grows the program is compiled anew.
ROUNDED = 8


class Own:
    """Which of the m columns of the training set this process has, and where they stand."""

    def __init__(self, m: int, processes: Processes) -> None:
        self.m, self.N, self.i = m, processes.N, processes.i
        self.columns = processes.own(np.arange(m))
        self.padded = -(-m // self.N)

    def fill(self, rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return own rows (m_own, ..) filled up with zeros to as many as any process has."""
        more = self.padded - len(rows)
        return np.concatenate([rows, np.zeros((more, *rows.shape[1:]), rows.dtype)])

    def shares(self, orders: npt.NDArray[Any], size: int) -> tuple[int, Callable[[int], Any]]:
        """Return the largest share of a mini-batch, and what cuts orders (epochs, m) to shares.

        It gives own row and column in the batch, (epochs, updates * share) each.
        """
        epochs, updates = len(orders), -(-self.m // size)
        cut = np.full((epochs, updates * size), -1, np.int64)
        cut[:, : self.m] = orders
        batches = cut.reshape(epochs, updates, size)
        owner = np.where(batches >= 0, batches % self.N, -1)
        largest = max(int((owner == p).sum(axis=-1).max()) for p in range(self.N))

        def take(share: int) -> Any:
            mine = owner == self.i
            columns = np.argsort(~mine, axis=-1, kind="stable")[..., :share]
            there = np.take_along_axis(mine, columns, axis=-1)
            rows = np.take_along_axis(batches, columns, axis=-1) // self.N
            rows = np.where(there, rows, self.padded)
            return tuple(a.astype(np.int32).reshape(epochs, -1) for a in (rows, columns))

        return largest, take


class ShardedExecutor(JaxExecutor):
    """Trains one network on the examples of all processes; `train` are those of this one."""

    def __init__(
        self, job: Job, train: Part, processes: Processes, matmul_precision: str = "float32"
    ):
        if isinstance(train.X, ExampleSpace):
            raise OptionError(
                "path=example-space needs all examples in one place; use --path plain with "
                "--distributed"
            )
        keep_compiled()
        self.job, self.device = job, jax.local_devices()[0]
        self.matmul_precision = matmul_precision
        self.processes, self.dtype = processes, np.dtype(train.X.dtype)
        self.m, self.M = int(processes.sum(train.m)), processes.sum(train.M)
        self.updates = job.updates(self.m)
        self.own, self.share, self.in_space = Own(self.m, processes), 0, False
        one_each = [
            next(d for d in jax.devices() if d.process_index == i) for i in range(self.own.N)
        ]
        self.mesh = jax.make_mesh(
            (self.own.N,), (SHARD,), (jax.sharding.AxisType.Auto,), devices=one_each
        )
        self.capacity, own = 1, self.own
        self.operations = 6 * own.padded * products((train.X.shape[0], *job.network.sizes[1:]))
        self.kept: tuple[Any, Any] = None, None
        self.pictures = train.X if isinstance(train.X, Augmented) else None
        self.drawn_for = -1
        self.compiled_for: tuple[Any, Any] = None, None
        weights = np.ones(train.m) if train.weights is None else train.weights[0]
        # Of mean 1 over the examples of all processes
        weights = own.fill((weights * (self.m / self.M)).astype(self.dtype))
        if job.batch_size is None:
            # The mean over the padded columns divides by their number.
            weights *= own.N * own.padded / own.m
        with self._on_device():
            self.rows = Part(
                None if self.pictures else self._lay(np.asarray(at_once(train.X)).mT),
                self._shard(own.fill(np.asarray(train.Y).mT), 0),
                self._shard(weights[np.newaxis], 1),
            )

    def measure(
        self, theta: Any, part: Part, metric: str, scale: Any, *, answers: bool = False
    ) -> list[Measured]:
        """Measure the network on a part of the data: each process on its own examples."""
        network = self.job.network
        theta = np.asarray(theta)
        looking = partial(look, network)
        (seen,) = see(network, looking, theta, part, metric, scale, answers=answers)
        return [pooled(self.processes.gather(seen.to_array()), network, metric).measured(network)]

    def _start(self, theta: Any, slots: Slots) -> Point:
        theta = np.asarray(theta)
        point = Point(theta, slots, np.zeros_like(theta), np.zeros((), self.dtype))
        # Laid out as what an update returns, so that one program takes the first and all others.
        started: Point = jax.tree.map(lambda array: self._laid(np.asarray(array)), point)
        return started

    def _go(
        self, point: Point, epoch: int, iteration: int, rates: Sequence[Rates], first: int, end: int
    ) -> Point:
        """Take the updates first, .., end - 1 of the epochs of `rates`, in some calls."""
        in_call = self.capacity * self.updates
        numbers: Numbers = self._numbers((), rates[0])
        for u in range(first - first % in_call, end, in_call):
            e = u // self.updates
            course = self._course((), rates[e : e + self.capacity], epoch + e)
            span = np.int32(max(first - u, 0)), np.int32(min(end - u, in_call))
            at = np.int32(iteration + u)
            rows = self._rows(epoch + e)
            self.processes.meet()
            point = self._compiled()(rows, numbers, course, at, point, *span)
            # More than one call under way can deadlock.
            jax.tree.map(lambda array: array.block_until_ready(), point)
            self.hear()
        return point

    def _compiled(self) -> Any:
        job = self.job
        program = Program(
            job.network,
            job.optimizer,
            self.m,
            job.batch_size,
            job.batch_size is not None,
            job.dropped,
            False,
            False,
            self.own.N,
            self.share,
        )
        if self.compiled_for[0] != program:
            self.compiled_for = program, sharded_updates(self.mesh, program)
        return self.compiled_for[1]

    def _course(self, stack: tuple[int, ...], rates: Sequence[Rates], epoch: int) -> Course:
        alpha = np.zeros(self.capacity, self.dtype)
        alpha[: len(rates)] = [float(of_epoch.alpha) for of_epoch in rates]
        rows, columns = self._orders(epoch, len(rates))
        return Course(alpha, rows, None, np.int32(epoch), columns)

    def _orders(self, epoch: int, epochs: int) -> tuple[Any, Any]:
        """Return own rows of these epochs and their columns in the mini-batches of all."""
        size, dropped = self.job.batch_size, any(self.job.dropped)
        if size is None:
            columns = self.own.fill(self.own.columns).astype(np.int32)
            return None, self._shard(columns, 0) if dropped else None
        key = (epoch, epochs, self.capacity)
        if self.kept[0] != key:
            orders = np.stack([order(self.job, epoch + e, self.m) for e in range(epochs)])
            largest, take = self.own.shares(orders, size)
            if largest > self.share:
                self.share = min(size, -(-largest // ROUNDED) * ROUNDED)
            filled = []
            for numbers in take(self.share):
                empty = np.zeros((self.capacity - epochs, numbers.shape[1]), np.int32)
                filled.append(self._shard(np.concatenate([numbers, empty]), 1))
            self.kept = key, (filled[0], filled[1] if dropped else None)
        kept: tuple[Any, Any] = self.kept[1]
        return kept

    def _lay(self, rows: npt.NDArray[Any]) -> Any:
        return self._shard(self.own.fill(rows), 0)

    def _shard(self, own: npt.NDArray[Any], axis: int) -> Any:
        """Put together what the processes have, along an axis."""
        return self._laid(own, *(None,) * axis, SHARD)

    def _laid(self, array: npt.NDArray[Any], *axes: str | None) -> Any:
        """Lay an array out over the mesh: every process has all of it where no axis is named."""
        of_jax: Any = jax
        sharding = jax.sharding.NamedSharding(self.mesh, of_jax.P(*axes))
        return of_jax.make_array_from_process_local_data(sharding, array)
