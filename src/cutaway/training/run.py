"""The driver: the only loop that trains. Consumers look at its Records and may stop it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from cutaway.engine.job import Part
from cutaway.engine.processes import ALONE, Processes
from cutaway.engine.threads import largest_product, limited_blas, threads_of_blas
from cutaway.equations import OPTIMIZERS
from cutaway.training.plan import Plan, initial_theta
from cutaway.training.reading import read_records, where
from cutaway.training.record import Needs, Record, State, Stop
from cutaway.training.stack import Stack

PAUSED, INTERRUPTED = "paused", "interrupted"


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

    status  "finished" (all epochs), "stopped" (by a consumer), "diverged", "interrupted", or
            "paused" (at the epoch until which it was to be trained)
    reason  in words
    state   the last State whose cost is finite
    """

    status: str
    reason: str
    state: State


@dataclass(eq=False)
class Member:
    """One network of those that are trained together: what it is, where it stands, who watches."""

    plan: Plan
    state: State
    consumers: Sequence[Consumer] = ()

    def due(self, epoch: int) -> list[Consumer]:
        """Return the consumers that want the Record of an epoch."""
        last = epoch in (0, self.plan.epochs)
        return [consumer for consumer in self.consumers if last or epoch % consumer.every == 0]

    def next_due(self, epoch: int) -> int:
        """Return the next epoch after this one whose Record somebody wants."""
        wanted = [(epoch // consumer.every + 1) * consumer.every for consumer in self.consumers]
        return min([self.plan.epochs, *wanted])


def initial_state(plan: Plan, theta: Any = None) -> State:
    """Return the State before the first epoch, with drawn parameters unless theta is given."""
    theta = initial_theta(plan) if theta is None else np.asarray(theta, plan.dtype)
    return State(theta, OPTIMIZERS[plan.optimizer].init(theta))


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
    return run_together([Member(plan, state, consumers)], train, dev)[0]


def run_together(
    members: Sequence[Member],
    train: Part,
    dev: Part | None,
    until: int | None = None,
    processes: Processes = ALONE,
) -> list[Outcome]:
    """Train networks as one stack, each stopped on its own; pause at the end of epoch `until`.

    They differ in numbers and seeds only (see `Plan.structure`) and stand at the same epoch. Of
    several processes each has its own examples in `train` and `dev`.
    """
    outcomes: dict[int, Outcome] = {}
    plan = members[0].plan
    with limited_blas(_threads(plan, train)):
        states = [m.state for m in members]
        stack = Stack([m.plan for m in members], train, dev, states, processes)
    with limited_blas(_threads(plan, stack.rows.train)):
        good = {i: stack.state(i) for i in stack.members}
        try:
            _train(stack, members, outcomes, good, until)
        except KeyboardInterrupt:
            for i in stack.members:
                reason = f"interrupted after epoch {good[i].epoch}"
                outcomes[i] = Outcome(INTERRUPTED, reason, good[i])
    return [outcomes[i] for i in range(len(members))]


def _train(
    stack: Stack,
    members: Sequence[Member],
    outcomes: dict[int, Outcome],
    good: dict[int, State],
    until: int | None,
) -> None:
    first, epochs = stack.epoch, members[0].plan.epochs
    while stack.members:
        # A resumed training has written the Record that it starts from already.
        if stack.epoch == 0 or stack.epoch > first:
            _show(stack, members, outcomes, good)
        stack.drop(outcomes)
        if stack.epoch >= epochs or (until is not None and stack.epoch >= until):
            for i in stack.members:
                finished = stack.epoch >= epochs
                status, reason = ("finished", f"all {epochs} epochs") if finished else (PAUSED, "")
                outcomes[i] = Outcome(status, reason, stack.state(i))
            stack.drop(outcomes)
        if stack.members:
            wanted = min(members[i].next_due(stack.epoch) for i in stack.members)
            last = epochs if until is None else min(epochs, until)
            for i, error in stack.advance(min(wanted, last) - stack.epoch).items():
                reason = where(stack, i, error.theta, error.epoch + 1)
                outcomes[i] = Outcome("diverged", reason, good[i])
            stack.drop(outcomes)


def _show(
    stack: Stack,
    members: Sequence[Member],
    outcomes: dict[int, Outcome],
    good: dict[int, State],
) -> None:
    """Hand the Records of an epoch to the consumers that want them."""
    due = {i: members[i].due(stack.epoch) for i in stack.members}
    if not any(due.values()):
        return
    needs: Needs = frozenset().union(*(c.needs for watching in due.values() for c in watching))
    for i, record in read_records(stack, needs).items():
        state = stack.state(i)
        if record.cost is not None and not math.isfinite(record.cost):
            reason = where(stack, i, state.theta, stack.epoch)
            outcomes[i] = Outcome("diverged", reason, good[i])
            continue
        good[i] = state
        stops = [stop for consumer in due[i] if (stop := consumer(record, state))]
        if stops:
            outcomes[i] = Outcome("stopped", stops[0].reason, state)


def _threads(plan: Plan, train: Part) -> int | None:
    """Return how many threads BLAS may use; None leaves it to BLAS."""
    sizes = (train.X.shape[0], *plan.network.sizes[1:])
    batch = min(plan.job.batch_size or train.m, train.m)
    return threads_of_blas(largest_product(sizes, batch))
