"""Training on from where an earlier training ended: warm starts, and data that come in pieces."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from cutaway.data.preparation import Preparation
from cutaway.equations.example_space import PLAIN
from cutaway.errors import OptionError
from cutaway.hyperparameters import Hyperparameters
from cutaway.training.plan import Plan
from cutaway.training.record import Record, State
from cutaway.training.setup import Setup
from cutaway.training.trainee import Run


@dataclass(frozen=True, eq=False)
class Ended:
    """Where a training ended, without its examples.

    preparation  what the first training learned of the inputs; the parameters hold for no other
    state        in the network's own coordinates
    history      the Records of all trainings so far
    """

    plan: Plan
    preparation: Preparation
    state: State
    history: tuple[Record, ...]

    @classmethod
    def of(cls, run: Run) -> Ended:
        """Return where a training ended."""
        state, network = run.outcome.state, run.plan.network
        # The memory of an optimiser that is linear in the gradient leaves example space as W does.
        own = State(
            state.parameters(network),
            tuple(state.parameters(network, slot) for slot in state.slots),
            state.epoch,
            state.iteration,
            state.seconds,
        )
        return cls(run.plan, run.model.preparation, own, run.history)

    def kept(self, given: Hyperparameters) -> Hyperparameters:
        """Return the hyper-parameters of a training that goes on, for which some are decided."""
        asked = given.optimizer
        return dataclasses.replace(
            given,
            optimizer=self.plan.optimizer if asked == "auto" else asked,
            seed=self.plan.seed,
            path=PLAIN,
        )

    def start(self, plan: Plan) -> State:
        """Return the State from which a training by `plan` goes on.

        Raises:
            OptionError: it is one of another network, or by another optimiser.
        """
        for what in ("network", "optimizer"):
            before, now = getattr(self.plan, what), getattr(plan, what)
            if before != now:
                raise OptionError(
                    f"training goes on with the {what} that was fitted, {before}; "
                    f"the parameters ask for {now}: fit anew, without warm_start"
                )
        theta, slots = self.state.theta, self.state.slots
        return self.state._replace(
            theta=np.asarray(theta, plan.dtype),
            slots=tuple(np.asarray(slot, plan.dtype) for slot in slots),
        )


def until(setup: Setup, epoch: int) -> Setup:
    """Return the set-up of a training that ends after `epoch`, whatever was planned."""
    plan = setup.plan
    decay = plan.decay._replace(epochs=max(plan.decay.epochs, epoch))
    return dataclasses.replace(setup, plan=dataclasses.replace(plan, epochs=epoch, decay=decay))
