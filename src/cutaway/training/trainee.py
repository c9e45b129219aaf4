"""A training from its first update to its Run, alone or together with others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from cutaway import wording
from cutaway.equations import Layer
from cutaway.training.consumers import Best, EarlyStopper, Ends, History
from cutaway.training.keeper import Keeper
from cutaway.training.model import Model
from cutaway.training.plan import Plan
from cutaway.training.record import Record, State, lowest_train_error
from cutaway.training.run import (
    PAUSED,
    Consumer,
    Member,
    Outcome,
    initial_state,
    run_together,
)
from cutaway.training.run_folder import RunFolder
from cutaway.training.setup import Setup

Watch = Callable[[Setup, RunFolder | None], Sequence[Consumer]]
"""From what was set up, and the folder that keeps it, to who watches one training of several."""


@dataclass(frozen=True, eq=False)
class Run:
    """A training that has ended: its network, its history and where it is kept."""

    setup: Setup
    outcome: Outcome
    history: tuple[Record, ...]
    model: Model
    best_epoch: int
    folder: RunFolder | None = None

    @property
    def plan(self) -> Plan:
        """What was trained, with every "auto" resolved."""
        return self.setup.plan

    @property
    def parameters(self) -> tuple[Layer, ...]:
        """The layers (W, b) of the model."""
        return self.model.parameters

    @property
    def kept(self) -> Record | None:
        """The Record of the model, None where the history has none of that epoch."""
        return next((r for r in self.history if r.epoch == self.best_epoch), None)

    @property
    def lowest_train_error(self) -> float | None:
        """The lowest error on the training examples in its history, None where there is none."""
        return lowest_train_error(self.history)

    def __repr__(self) -> str:
        name = self.folder.path if self.folder else self.setup.dataset.name
        metric = self.plan.metric
        kept = self.kept
        errors = {"train": kept.train_error, "dev": kept.dev_error} if kept else {}
        figures = "".join(
            f", {part} {wording.error(value, metric)}"
            for part, value in errors.items()
            if value is not None
        )
        epochs = wording.plural(self.outcome.state.epoch, "epoch")
        return (
            f"<Run {name}: {self.outcome.status} after {epochs}; "
            f"kept: epoch {self.best_epoch}{figures}>"
        )


class Trainee:
    """One training between its first update and its Run: what watches it, and where it stands.

    state    where it stands; outcome is how it ended, None before
    history  Records that were written before, best the best parameters then
    sparing  whether the history may have what is computed anew only now and then
    """

    def __init__(
        self,
        setup: Setup,
        *,
        folder: RunFolder | None = None,
        consumers: Sequence[Consumer] = (),
        state: State | None = None,
        best: Best | None = None,
        history: Iterable[Record] = (),
        sparing: bool = False,
        checkpoint_interval: float = 2.0,
    ) -> None:
        plan = setup.plan
        self.setup, self.folder = setup, folder
        probing = setup.hyperparameters.faults
        self.history = History(plan.print_every, history, probing=probing, sparing=sparing)
        self.stopper = (
            EarlyStopper(plan.patience, plan.print_every, best) if plan.early_stopping else None
        )
        self.keeper = Keeper(folder, plan, self.stopper, checkpoint_interval) if folder else None
        ends = Ends(plan.epochs) if sparing else None
        own = (self.history, ends, self.stopper, self.keeper)
        self.consumers = [c for c in (*own, *consumers) if c is not None]
        self.state = (state or initial_state(plan)).with_inputs(setup.prepared.train.X)
        self.outcome: Outcome | None = None
        # Killed after the last Record, an early stopper has to say again that it was the last.
        if self.stopper and self.history.records:
            stop = self.stopper(self.history.records[-1], self.state)
            self.outcome = Outcome("stopped", stop.reason, self.state) if stop else None

    @property
    def member(self) -> Member:
        """Return what is trained together with others."""
        return Member(self.setup.plan, self.state, self.consumers)

    def go_on(self, outcome: Outcome) -> None:
        """Stand where a training ended or paused."""
        self.state = outcome.state
        self.outcome = None if outcome.status == PAUSED else outcome

    def finish(self) -> Run:
        """Return the Run, and keep its model; what was paused ends as stopped.

        Raises:
            RunError: the folder cannot be written.
        """
        plan, last = self.setup.plan, self.state
        outcome = self.outcome or Outcome("stopped", f"ended after epoch {last.epoch}", last)
        kept = self.stopper.best if self.stopper and self.stopper.best else None
        theta, epoch = (kept.theta, kept.epoch) if kept else (last.theta, last.epoch)
        theta = last.parameters(plan.network, theta)
        model = Model(plan.network, theta, self.setup.prepared.preparation)
        run = Run(self.setup, outcome, tuple(self.history.records), model, epoch, self.folder)
        if self.folder and self.keeper:
            self.keeper.flush()
            model.save(self.folder.model)
            _close(self.folder, run)
        return run


def train_together(trainees: Sequence[Trainee], until: int | None = None) -> None:
    """Train those that have not ended, as one stack; pause at the end of epoch `until`.

    They have the same data, the same `Plan.structure`, and stand at the same epoch.
    """
    going = [trainee for trainee in trainees if trainee.outcome is None]
    if not going:
        return
    setup = going[0].setup
    members = [trainee.member for trainee in going]
    processes = setup.prepared.processes
    outcomes = run_together(members, setup.train, setup.prepared.dev, until, processes)
    for trainee, outcome in zip(going, outcomes, strict=True):
        trainee.go_on(outcome)


def _close(folder: RunFolder, run: Run) -> None:
    outcome, figures = run.outcome, run.kept.to_json() if run.kept else {}
    folder.update(
        status=outcome.status,
        reason=outcome.reason,
        epochs=outcome.state.epoch,
        best_epoch=run.best_epoch,
        seconds=outcome.state.seconds,
        train_error=figures.get("train_error"),
        dev_error=figures.get("dev_error"),
    )
