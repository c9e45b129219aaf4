"""Networks that are trained together: one executor, one array with a row for each.

A stack of one is a network alone; its arrays have no axis in front.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from cutaway.engine.example_space import enter, start
from cutaway.engine.executors import Executor, make_executor
from cutaway.engine.inputs import at_once
from cutaway.engine.job import Epoch, Job, NotFiniteError, Part, stack_jobs, stack_numbers
from cutaway.engine.processes import ALONE, Processes
from cutaway.equations import OPTIMIZERS, SCHEDULES, Rates, unflatten
from cutaway.equations.example_space import EXAMPLE_SPACE
from cutaway.equations.optimizers import Slots
from cutaway.training.plan import Plan
from cutaway.training.record import State

# A compiled program fits one size of stack: rows that have ended stay until they are half of it.
SHRINK_COMPILED = 0.5


class Rows(NamedTuple):
    """The networks of a stack as one array each, and what runs them.

    members       the network of each row
    theta, slots  (k, n), or (n,) for one network alone
    train, dev    the parts as these networks see them
    """

    members: tuple[int, ...]
    theta: Any
    slots: Slots
    train: Part
    dev: Part | None
    job: Job
    executor: Executor

    def of(self, array: Any, member: int) -> Any:
        """Return the row of one network."""
        # A copy, for a view would keep the rows of all the others.
        array = np.asarray(array)
        return array if len(self.members) == 1 else array[self.members.index(member)].copy()


class Stack:
    """The networks that are still trained, at the end of one epoch.

    plans    of all networks; members are those still trained
    epoch, iteration, seconds  what all of them have behind them
    rows     their parameters; rows of networks that have ended may still be among them
    last     what the last epochs gave, None at the start
    rates    the learning rate that each network had in its last epoch
    """

    def __init__(
        self,
        plans: Sequence[Plan],
        train: Part,
        dev: Part | None,
        states: Sequence[State],
        processes: Processes = ALONE,
    ) -> None:
        self.plans = tuple(plans)
        self.plan = self.plans[0]
        first = states[0]
        self.epoch, self.iteration, self.seconds = first.epoch, first.iteration, first.seconds
        self.train, self.dev, self.processes = train, dev, processes
        if self.plan.path == EXAMPLE_SPACE:
            states = self._enter(states)
        self.ways = [state.way for state in states]
        self.members = tuple(range(len(plans)))
        self.rows = self._gather(states)
        self.last: Epoch | None = None
        self.rates: dict[int, float] = {}

    def state(self, member: int) -> State:
        """Return the State of one network."""
        rows = self.rows
        slots = tuple(rows.of(slot, member) for slot in rows.slots)
        theta, way = rows.of(rows.theta, member), self.ways[member]
        return State(theta, slots, self.epoch, self.iteration, self.seconds, way)

    def drop(self, ended: Collection[int]) -> None:
        """Train these networks no longer."""
        self.members = tuple(member for member in self.members if member not in ended)

    def advance(self, epochs: int) -> Mapping[int, NotFiniteError]:
        """Train on; return the networks whose cost is not finite any more, and where it was not."""
        began = time.perf_counter()
        self._shrink()
        rows = self.rows
        at = self.epoch, self.iteration, self._rates(rows.members, epochs)
        last = rows.executor.epochs(rows.theta, rows.slots, *at)
        bad = np.broadcast_to(~np.isfinite(last.batch_cost), len(rows.members))
        diverged = {
            member: error
            for member, is_bad in zip(rows.members, bad, strict=True)
            if is_bad and member in self.members and (error := self._diverged(member, epochs))
        }
        self.last, self.rows = last, rows._replace(theta=last.theta, slots=last.slots)
        self.epoch += epochs
        self.iteration += last.updates
        self.seconds += time.perf_counter() - began
        return diverged

    def _shrink(self) -> None:
        """Leave out the rows of networks that have ended, where that pays.

        Not before the next epochs: the Record of those that go on still tells of the last ones.
        """
        k = len(self.rows.members)
        most = SHRINK_COMPILED * k if self.rows.executor.compiled else k - 1
        if len(self.members) <= most:
            self.rows = self._gather([self.state(member) for member in self.members])

    def _enter(self, states: Sequence[State]) -> Sequence[State]:
        """Take the parts and the States into example space."""
        network, m = self.plan.network, self.train.m
        W1_0 = [s.way.W1_0 if s.way else unflatten(network, s.theta)[0].W for s in states]
        # A run that was planned in example space may find its data in the cache now.
        train = self.train._replace(X=at_once(self.train.X))
        dev = self.dev and self.dev._replace(X=at_once(self.dev.X))
        self.train, self.dev, ways = enter(train, dev, W1_0)
        init = OPTIMIZERS[self.plan.optimizer].init
        inside = []
        for state, way in zip(states, ways, strict=True):
            if state.way is None:
                theta = start(network, state.theta, m)
                state = State(theta, init(theta))
            inside.append(state._replace(way=way))
        return inside

    def _gather(self, states: Sequence[State]) -> Rows:
        """Put the rows of the members together, and make the executor for them."""
        members, first = self.members, states[0]
        # One network alone has no axis in front.
        index: Any = members[0] if len(members) == 1 else list(members)
        theta, slots = first.theta, first.slots
        if len(members) > 1:
            theta = np.stack([state.theta for state in states])
            slots = tuple(np.stack(slot) for slot in zip(*(s.slots for s in states), strict=True))
        train, dev = self.train.members(index), self.dev and self.dev.members(index)
        job = stack_jobs([self.plans[member].job for member in members], theta.dtype)
        executor = make_executor(self.plan.execution, job, train, self.processes)
        return Rows(members, theta, slots, train, dev, job, executor)

    def _rates(self, members: Sequence[int], epochs: int) -> list[Rates]:
        """Return the rates of the next epochs, (k, 1) where those of the networks differ."""
        plans, dtype = [self.plans[member] for member in members], self.rows.theta.dtype

        def stacked(numbers: Sequence[float]) -> Any:
            number = stack_numbers(numbers, dtype)
            return number[:, np.newaxis] if np.ndim(number) else number

        others = [stacked(n) for n in zip(*(plan.rates[1:] for plan in plans), strict=True)]
        alphas = [
            tuple(SCHEDULES[p.schedule].rate(p.rates.alpha, epoch, p.decay) for p in plans)
            for epoch in range(self.epoch, self.epoch + epochs)
        ]
        self.rates |= dict(zip(members, alphas[-1], strict=True))
        # Many epochs have the same rates.
        made = {of_epoch: Rates(stacked(of_epoch), *others) for of_epoch in dict.fromkeys(alphas)}
        return [made[of_epoch] for of_epoch in alphas]

    def _diverged(self, member: int, epochs: int) -> NotFiniteError | None:
        """Train one network again, alone, to find where its cost is not finite."""
        state = self.state(member)
        job, train = self.plans[member].job, self.train.members(member)
        rates = self._rates((member,), epochs)
        alone = make_executor(self.plan.execution, job, train, self.processes)
        error = alone.not_finite(state.theta, state.slots, self.epoch, self.iteration, rates)
        if error is not None:
            self.rates[member] = float(rates[error.epoch - self.epoch].alpha)
        return error
