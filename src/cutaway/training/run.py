"""The driver: the only loop that trains. Consumers look at its Records and may stop it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from cutaway.engine.inputs import blocks
from cutaway.engine.job import Epoch, NotFiniteError, Part
from cutaway.engine.measure import Measured, measure, norms
from cutaway.engine.numpy_executor import NumpyExecutor
from cutaway.equations import OPTIMIZERS, SCHEDULES, flatten, forward, unflatten
from cutaway.equations.penalties import penalty
from cutaway.training.plan import Plan, initial_theta
from cutaway.training.record import Record, State, Stop

Needs = frozenset[str]
"""What of a Record a consumer looks at: any of "train", "dev", "layers"."""
EVERYTHING: Needs = frozenset({"train", "dev", "layers"})
# Operations of an update's largest matrix product from which BLAS may use all its threads. On two
# idle cores a smaller one gains less than half of its 5 ms; where another process takes one of the
# cores, its threads wait for each other, and it takes 30 to 300 ms.
FEWEST_OPERATIONS_FOR_THREADS = 500_000_000


class Consumer(Protocol):
    """Whatever watches a training: a progress bar, the early stopper, the run folder.

    needs  parts of the Record that it looks at; what nobody needs is not computed
    every  epochs between two Records that it wants; the first and the last are always given
    """

    @property
    def needs(self) -> Needs:
        """Parts of the Record that it looks at."""

    @property
    def every(self) -> int:
        """Epochs between two Records."""

    def __call__(self, record: Record, state: State) -> Stop | None:
        """Look at the Record; return a Stop to end the training."""


class Outcome(NamedTuple):
    """How a training ended.

    status  "finished" (all epochs), "stopped" (by a consumer), "diverged" or "interrupted"
    reason  in words
    state   the last State whose cost is finite
    """

    status: str
    reason: str
    state: State


class DivergedError(ArithmeticError):
    """The cost is not finite any more; the message says when, where and at which rate."""


def initial_state(plan: Plan, theta: Any = None) -> State:
    """Return the State before the first epoch, with drawn parameters unless theta is given."""
    theta = initial_theta(plan) if theta is None else np.asarray(theta, plan.dtype)
    return State(theta, OPTIMIZERS[plan.optimizer].init(theta))


def records(
    plan: Plan,
    train: Part,
    dev: Part | None,
    state: State,
    wanted: Callable[[int], Needs | None],
) -> Iterator[tuple[Record, State]]:
    """Train from `state` and yield (Record, State) wherever `wanted(epoch)` is not None.

    Raises:
        DivergedError: a cost is not finite.
    """
    executor = NumpyExecutor(plan.job, train)
    began = time.perf_counter() - state.seconds
    last: Epoch | None = None
    rate: float | None = None
    first = state.epoch
    while True:
        needs = wanted(state.epoch)
        # A resumed training has written the Record that it starts from already.
        if needs is not None and (state.epoch == 0 or state.epoch > first):
            record = _record(plan, train, dev, state, executor.M, needs, last, rate)
            if record.cost is not None and not math.isfinite(record.cost):
                raise DivergedError(_where(plan, train, state.theta, state.epoch, rate))
            yield record, state
        if state.epoch >= plan.epochs:
            return
        rate = SCHEDULES[plan.schedule].rate(plan.rates.alpha, state.epoch, plan.decay)
        try:
            last = executor.epoch(
                state.theta,
                state.slots,
                state.epoch,
                state.iteration,
                plan.rates._replace(alpha=rate),
            )
        except NotFiniteError as error:
            reason = _where(plan, train, error.theta, state.epoch + 1, rate)
            raise DivergedError(reason) from error
        state = State(
            last.theta,
            last.slots,
            state.epoch + 1,
            state.iteration + last.updates,
            time.perf_counter() - began,
            state.way,
        )


def run(
    plan: Plan,
    train: Part,
    dev: Part | None,
    consumers: Sequence[Consumer],
    state: State,
) -> Outcome:
    """Train from `state` and hand every Record to the consumers that want it.

    Ctrl-C ends the training as a consumer's Stop does. Consumers are called in their order.
    """

    def due(epoch: int) -> list[Consumer]:
        last = epoch in (0, plan.epochs)
        return [consumer for consumer in consumers if last or epoch % consumer.every == 0]

    def wanted(epoch: int) -> Needs | None:
        watching = due(epoch)
        return frozenset().union(*(c.needs for c in watching)) if watching else None

    good = state
    try:
        with threadpool_limits(_threads(plan, train), "blas"):
            for record, good in records(plan, train, dev, state, wanted):
                stops = [stop for c in due(record.epoch) if (stop := c(record, good))]
                if stops:
                    return Outcome("stopped", stops[0].reason, good)
    except DivergedError as error:
        return Outcome("diverged", str(error), good)
    except KeyboardInterrupt:
        return Outcome("interrupted", f"interrupted after epoch {good.epoch}", good)
    return Outcome("finished", f"all {plan.epochs} epochs", good)


def _threads(plan: Plan, train: Part) -> int | None:
    """Return how many threads BLAS may use; None leaves it to BLAS."""
    sizes = (train.X.shape[0], *plan.network.sizes[1:])
    largest = max(n * n_prev for n_prev, n in pairwise(sizes))
    operations = 2 * largest * min(plan.job.batch_size or train.m, train.m)
    return None if operations >= FEWEST_OPERATIONS_FOR_THREADS else 1


def _record(
    plan: Plan,
    train: Part,
    dev: Part | None,
    state: State,
    M: float,
    needs: Needs,
    last: Epoch | None,
    rate: float | None,
) -> Record:
    scale = np.asarray(plan.target_scale).reshape(-1, 1)

    def look(part: Part) -> Measured:
        return measure(plan.network, state.theta, part, plan.metric, scale)

    on_train = look(train) if needs & {"train", "layers"} else None
    on_dev = look(dev) if dev is not None and "dev" in needs else None
    W_norm = norms(plan.network, state.theta, train.X) if "layers" in needs else None
    cost = None
    if on_train:
        weights = [layer.W for layer in unflatten(plan.network, state.theta, train.X)]
        with np.errstate(over="ignore", invalid="ignore"):
            cost = on_train.loss + float(penalty(weights, plan.penalties, M))
    dW_norm = ratio = None
    if last is not None and W_norm is not None:
        dW_norm = norms(plan.network, last.dtheta, train.X)
        change = norms(plan.network, last.theta - last.before, train.X)
        ratio = tuple(d / n if n > 0 else 0.0 for d, n in zip(change, W_norm, strict=True))
    return Record(
        epoch=state.epoch,
        iteration=state.iteration,
        cost=cost,
        batch_cost=last.batch_cost if last else None,
        train_loss=on_train.loss if on_train else None,
        dev_loss=on_dev.loss if on_dev else None,
        train_error=on_train.error if on_train else None,
        dev_error=on_dev.error if on_dev else None,
        learning_rate=rate,
        seconds=round(state.seconds, 6),
        W_norm=W_norm,
        dW_norm=dW_norm,
        update_ratio=ratio,
        dead=on_train.dead if on_train and W_norm else None,
        saturated=on_train.saturated if on_train and W_norm else None,
    )


def _where(plan: Plan, train: Part, theta: Any, epoch: int, rate: float | None) -> str:
    """Say when the cost stopped being finite, and the first layer whose numbers did."""
    parameters = unflatten(plan.network, theta, train.X)
    finite = [bool(np.isfinite(flatten([layer])).all()) for layer in parameters]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for some in map(train.block, blocks(train.X)):
            for l, cache in enumerate(forward(plan.network, parameters, some.X)):
                finite[l] = finite[l] and bool(np.isfinite(cache.Z).all())
    bad = finite.index(False) + 1 if False in finite else None
    layer = f"first in layer {bad}" if bad else f"in the loss of layer {plan.network.L}"
    return f"the cost is not finite in epoch {epoch} ({layer}, learning rate {rate or 0:g})"
