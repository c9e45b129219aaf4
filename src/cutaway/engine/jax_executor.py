"""Runs the equations compiled by JAX, on whatever device it finds: the same `step`, in a loop.

The data lie on the device; between two Records nothing comes back. The order of the examples is
NumPy's, so without dropout the numbers are those of the NumPy executor to rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import Any

import jax
import numpy as np
import numpy.typing as npt

from cutaway.engine.draws import drawn, order
from cutaway.engine.inputs import Augmented, at_once
from cutaway.engine.jax_devices import find_device, keep_compiled, precision
from cutaway.engine.jax_program import (
    Course,
    Numbers,
    Point,
    Program,
    compiled_look,
    updates,
)
from cutaway.engine.job import Epoch, Job, NotFiniteError, Part
from cutaway.engine.measure import Measured, look, measure
from cutaway.engine.numpy_executor import with_mean_weight_1
from cutaway.engine.signals import deferred
from cutaway.equations import Rates
from cutaway.equations.example_space import ExampleSpace
from cutaway.equations.optimizers import Slots

# Ctrl-C is heard between two calls; each is about a second's work of one core at most.
OPERATIONS_OF_A_CALL = 2e10
EPOCHS_OF_A_CALL = 1 << 16
NUMBERS_OF_ORDERS = 1 << 24


class JaxExecutor:
    """Trains one network, or a stack of them, on one training set."""

    compiled = True
    hear: Callable[[], None]

    def __init__(
        self, job: Job, train: Part, device: str = "auto", matmul_precision: str = "float32"
    ):
        keep_compiled()
        self.job, self.device = job, find_device(device)
        self.matmul_precision = matmul_precision
        self.m, self.M, self.dtype = train.m, train.M, np.dtype(train.X.dtype)
        self.updates = job.updates(train.m)
        self.in_space = isinstance(train.X, ExampleSpace)
        self.pictures = train.X if isinstance(train.X, Augmented) else None
        with self._on_device():
            self.rows = self._lying(train)
        self.capacity = 1
        self.operations = 6 * train.m * products((train.X.shape[0], *job.network.sizes[1:]))
        self.kept: tuple[Any, Any] = None, None
        self.drawn_for = -1

    def _lying(self, train: Part) -> Any:
        """Put the examples on the device, as rows; pictures come with their epoch."""
        X, Y, weights = with_mean_weight_1(train)
        X = X if self.in_space else None if self.pictures else np.asarray(at_once(X)).mT
        return self._put(Part(X, np.asarray(Y).mT, weights))

    def epochs(
        self, theta: Any, slots: Slots, epoch: int, iteration: int, rates: Sequence[Rates]
    ) -> Epoch:
        """Pass over the training examples once for each of `rates`, from theta after `epoch`."""
        self.capacity = max(self.capacity, min(len(rates), self._most_epochs(theta)))
        updates = len(rates) * self.updates
        with self._on_device():
            # The last update apart from the others, so that theta before it can be looked at.
            start = self._start(theta, slots)
            before = self._go(start, epoch, iteration, rates, 0, updates - 1)
            point = self._go(before, epoch, iteration, rates, updates - 1, updates)
            cost = np.asarray(point.cost, np.float64) / self.updates
        return Epoch(point.theta, point.slots, updates, cost, before.theta, point.dtheta)

    def not_finite(
        self, theta: Any, slots: Slots, epoch: int, iteration: int, rates: Sequence[Rates]
    ) -> NotFiniteError | None:
        """Return where the cost of one network first is not finite in these epochs."""
        at, (low, high) = (epoch, iteration, rates), (0, len(rates) * self.updates)
        with self._on_device():
            start = self._start(theta, slots)
            # Once it is not finite it stays so: the first such update is found by halving.
            if np.isfinite(self._go(start, *at, low, high).cost):
                return None
            while high - low > 1:
                middle = (low + high) // 2
                finite = np.isfinite(self._go(start, *at, 0, middle).cost)
                low, high = (middle, high) if finite else (low, middle)
            before = np.asarray(self._go(start, *at, 0, high - 1).theta)
        return NotFiniteError(float("nan"), before, epoch + (high - 1) // self.updates)

    def measure(
        self, theta: Any, part: Part, metric: str, scale: Any, *, answers: bool = False
    ) -> list[Measured]:
        """Measure every network of a stack, or the one, on a part of the data."""
        network = self.job.network
        if self.device.platform == "cpu":
            # The numbers lie in the same memory, and NumPy needs no compiling.
            theta, looking = np.asarray(theta), partial(look, network)
            return measure(network, looking, theta, part, metric, scale, answers=answers)
        with self._on_device():
            looking = partial(compiled_look, network, theta.ndim > 1)
            return measure(network, looking, theta, part, metric, scale, answers=answers)

    def _start(self, theta: Any, slots: Slots) -> Point:
        # All of it is put there: what JAX may place as it likes would make another program.
        zeros = np.zeros(theta.shape, self.dtype)
        start: Point = self._put(Point(theta, slots, zeros, zeros[..., 0]))
        return start

    def _go(
        self, point: Point, epoch: int, iteration: int, rates: Sequence[Rates], first: int, end: int
    ) -> Point:
        """Take the updates first, .., end - 1 of the epochs of `rates`, in some calls."""
        in_call, stack = self.capacity * self.updates, point.theta.shape[:-1]
        point = self._own(point)
        program, numbers = self._program(stack), self._numbers(stack, rates[0])
        for u in range(first - first % in_call, end, in_call):
            e = u // self.updates
            course = self._course(stack, rates[e : e + self.capacity], epoch + e)
            span = max(first - u, 0), min(end - u, in_call)
            at = np.int32(iteration + u)
            rows = self._rows(epoch + e)
            point = updates(self.device.platform)(program, rows, numbers, course, at, point, *span)
            jax.tree.map(lambda array: array.block_until_ready(), point)
            self.hear()
        return point

    def _rows(self, epoch: int) -> Part:
        """Return the examples on the device; pictures as the epoch sees them."""
        if self.pictures is not None and self.drawn_for != epoch:
            X = at_once(drawn(self.pictures, self.job, epoch))
            self.rows = self.rows._replace(X=self._lay(X.mT))
            self.drawn_for = epoch
        rows: Part = self.rows
        return rows

    def _program(self, stack: tuple[int, ...]) -> Program:
        job, size = self.job, self.job.batch_size
        return Program(
            job.network,
            job.optimizer,
            self.m,
            size,
            size is not None and self.m % size > 0,
            job.dropped,
            bool(stack),
            size is not None and isinstance(job.seed, tuple),
        )

    def _numbers(self, stack: tuple[int, ...], rates: Rates) -> Numbers:
        """Return the numbers of the job in the type of theta, one for each network of a stack."""
        job = self.job

        def each(number: Any, dtype: npt.DTypeLike = self.dtype) -> Any:
            flat = np.asarray(number, dtype).reshape(-1)
            return np.broadcast_to(flat, stack or (1,)).reshape(stack)

        return Numbers(
            Rates(*(each(number) for number in rates)),
            tuple(each(p) for p in job.keep_prob),
            {name: each(coefficient) for name, coefficient in job.penalties.items()},
            each(job.seeds, np.uint32),
            each(self.M),
        )

    def _course(self, stack: tuple[int, ...], rates: Sequence[Rates], epoch: int) -> Course:
        """Return what happens in these epochs, filled up to the capacity of a call."""
        alpha = np.zeros((self.capacity, *stack), self.dtype)
        for e, of_epoch in enumerate(rates):
            rate: Any = of_epoch.alpha
            alpha[e] = rate if np.isscalar(rate) else rate[:, 0]
        return Course(alpha, *self._orders(epoch, len(rates)), np.int32(epoch))

    def _orders(self, epoch: int, epochs: int) -> tuple[Any, Any]:
        """Return the order of the examples in these epochs, and their ranks in it, on the device.

        The last ones stay there: the last update of an epoch is a call of its own.
        """
        size = self.job.batch_size
        if size is None:
            return None, None
        key = (epoch, epochs, self.capacity)
        if self.kept[0] != key:
            orders = np.stack([order(self.job, epoch + e, self.m) for e in range(epochs)])
            shape = (self.capacity, *orders.shape[1:-1], self.updates * size)
            examples = np.full(shape, self.m, np.int32)
            examples[:epochs, ..., : self.m] = orders
            ranks = None
            if self.in_space:
                ranks = np.zeros((*shape[:-1], self.m), np.int32)
                ranks[:epochs] = np.argsort(orders, axis=-1)
            self.kept = key, self._put((examples, ranks))
        orders_and_ranks: tuple[Any, Any] = self.kept[1]
        return orders_and_ranks

    def _most_epochs(self, theta: Any) -> int:
        """Return how many epochs a call may run: Ctrl-C is heard between two calls."""
        if self.pictures is not None:
            return 1
        k = theta.shape[0] if theta.ndim > 1 else 1
        of_orders = 1 if self.job.batch_size is None else len(self.job.seeds) * self.m
        most = min(OPERATIONS_OF_A_CALL / (k * self.operations), NUMBERS_OF_ORDERS / of_orders)
        return max(1, min(int(most), EPOCHS_OF_A_CALL))

    def _lay(self, rows: npt.NDArray[Any]) -> Any:
        """Put inputs, as rows, where the other examples lie."""
        return self._put(rows)

    def _put(self, tree: Any) -> Any:
        return jax.device_put(tree, self.device)

    def _own(self, point: Point) -> Point:
        """Return a copy that the updates may overwrite."""
        copy: Point = jax.device_put(point, self.device, may_alias=False)
        return copy

    @contextmanager
    def _on_device(self) -> Iterator[None]:
        # Ctrl-C is heard between two calls, by self.hear.
        with deferred() as self.hear, precision(self.dtype, self.matmul_precision, self.device):
            yield


def products(sizes: Sequence[int]) -> int:
    """Return how many numbers the weights of a network have."""
    return sum(n * n_prev for n_prev, n in pairwise(sizes))
