"""One training from a path to a saved model: read, split, prepare, plan, train, keep."""

from __future__ import annotations

import datetime
import importlib.metadata
import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cutaway.data.dataset import Dataset, Task
from cutaway.data.load import fingerprint, load
from cutaway.data.parts import Prepared, prepare
from cutaway.data.split import PARTS, split_dataset
from cutaway.equations import Layer, flatten
from cutaway.errors import OptionError, TrainingError
from cutaway.hyperparameters import Hyperparameters
from cutaway.training.consumers import Best, EarlyStopper, History
from cutaway.training.keeper import Keeper
from cutaway.training.model import Model
from cutaway.training.plan import Facts, Plan, resolve
from cutaway.training.record import Record, State
from cutaway.training.run import (
    PAUSED,
    Consumer,
    Member,
    Outcome,
    initial_state,
    run_together,
)
from cutaway.training.run_folder import RunFolder, create

VERSIONS = ("cutaway", "numpy", "scikit-learn", "safetensors")


@dataclass(frozen=True, eq=False)
class Setup:
    """Everything decided before the first update."""

    hyperparameters: Hyperparameters
    dataset: Dataset
    prepared: Prepared
    plan: Plan

    @property
    def notes(self) -> tuple[str, ...]:
        """What the person should know of the data, in the order it was found."""
        return (*self.dataset.notes, *self.prepared.split.notes, *self.prepared.notes)


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


def set_up(
    data: str | Path | Dataset,
    hyperparameters: Hyperparameters,
    *,
    labels: str | None = None,
    task: Task | None = None,
    strict: bool = False,
    sample_weight: npt.ArrayLike | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Setup:
    """Read, split, prepare and plan; `say` hears how far a long conversion is.

    Raises:
        DataError: the data cannot be learned from.
        OptionError: the hyper-parameters do not fit the data.
    """
    given = hyperparameters
    no_dev = given.dev == "none"
    if isinstance(data, Dataset):
        for name, value in (("labels", labels), ("task", task), ("strict", strict)):
            if value:
                raise OptionError(
                    f"{name}={value!r} says how to read a path, and this data set is read "
                    f"already; load(path, {name}={value!r}) reads it so"
                )
        for part, where in (("dev", given.dev), ("test", given.test)):
            if where not in (None, "none") and part not in data.parts:
                raise OptionError(
                    f"{part}='{where}' names a path, which goes with a path only; "
                    f"load both as one: load(path, {part}='{where}')"
                )
        dataset = data
    else:
        dataset = load(
            data,
            target=given.target,
            labels=labels,
            size=given.size,
            task=task,
            strict=strict,
            dev=None if no_dev else given.dev,
            test=given.test,
            cache=given.cache,
            say=say,
        )
    seed = given.seed if given.split_seed == "auto" else given.split_seed
    split = split_dataset(dataset, split=given.split, seed=seed, dev=not no_dev)
    prepared = prepare(
        dataset,
        split,
        normalize=given.normalize,
        dtype=given.dtype,
        class_weight=given.class_weight,
        sample_weight=sample_weight,
        output=given.output,
    )
    return plan_for(given, dataset, prepared)


def plan_for(given: Hyperparameters, dataset: Dataset, prepared: Prepared) -> Setup:
    """Decide what is left open, for data that are prepared.

    Raises:
        OptionError: the hyper-parameters do not fit the data.
    """
    preparation = prepared.preparation
    facts = Facts(
        task=dataset.task,
        m=prepared.train.m,
        n_x=preparation.n_x,
        n_y=preparation.n_y,
        m_dev=prepared.dev.m if prepared.dev else 0,
        target_scale=tuple(preparation.target_scale.tolist()),
        stored=dataset.cached is not None,
    )
    return Setup(given, dataset, prepared, resolve(given, facts))


class Trainee:
    """One training between its first update and its Run: what watches it, and where it stands.

    state    where it stands; outcome is how it ended, None before
    history  Records that were written before, best the best parameters then
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
        checkpoint_interval: float = 2.0,
    ) -> None:
        plan = setup.plan
        self.setup, self.folder = setup, folder
        self.history = History(plan.print_every, history)
        self.stopper = (
            EarlyStopper(plan.patience, plan.print_every, best) if plan.early_stopping else None
        )
        self.keeper = Keeper(folder, plan, self.stopper, checkpoint_interval) if folder else None
        own = (self.history, self.stopper, self.keeper)
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
        if self.folder and self.keeper:
            self.keeper.flush()
            model.save(self.folder.model)
            _close(self.folder, outcome, self.history.records, epoch)
        return Run(self.setup, outcome, tuple(self.history.records), model, epoch, self.folder)


def train_together(trainees: Sequence[Trainee], until: int | None = None) -> None:
    """Train those that have not ended, as one stack; pause at the end of epoch `until`.

    They have the same data, the same `Plan.structure`, and stand at the same epoch.
    """
    going = [trainee for trainee in trainees if trainee.outcome is None]
    if not going:
        return
    prepared = going[0].setup.prepared
    members = [trainee.member for trainee in going]
    outcomes = run_together(members, prepared.train, prepared.dev, until)
    for trainee, outcome in zip(going, outcomes, strict=True):
        trainee.go_on(outcome)


def execute(setup: Setup, **more: Any) -> Run:
    """Train one network; `more` are the arguments of `Trainee`.

    Raises:
        RunError: the folder cannot be written.
    """
    trainee = Trainee(setup, **more)
    train_together([trainee])
    return trainee.finish()


def train(
    data: str | Path | Dataset,
    *,
    runs: str | Path | None = None,
    name: str | None = None,
    labels: str | None = None,
    task: Task | None = None,
    strict: bool = False,
    parameters: Sequence[Layer] | None = None,
    sample_weight: npt.ArrayLike | None = None,
    consumers: Sequence[Consumer] = (),
    **hyperparameters: Any,
) -> Run:
    """Train a network on a path, a built-in name or a Dataset.

    runs, name      folder in which the run is kept, and its name; None keeps it in memory only
    labels          table or array file with the label of each example, for a path
    task            what to learn where the target leaves it open, for a path
    strict          stop at the first unreadable picture
    parameters      initial layers (W (n_l, n_prev), b (n_l, 1)); drawn from the seed unless given
    sample_weight   (m,) weights of all examples
    consumers       called with every Record and State

    Raises:
        DataError: the data cannot be learned from.
        OptionError: the hyper-parameters or the initial parameters do not fit.
        RunError: the run's folder cannot be written.
        TrainingError: an initial parameter is not finite.
    """
    setup = set_up(
        data,
        Hyperparameters.of(**hyperparameters),
        labels=labels,
        task=task,
        strict=strict,
        sample_weight=sample_weight,
    )
    state = None if parameters is None else _given(setup.plan, parameters)
    folder = None
    if runs is not None:
        folder = begin(setup, Path(runs), name, given_data=sample_weight is not None, state=state)
    return execute(setup, folder=folder, consumers=consumers, state=state)


def begin(
    setup: Setup,
    runs: Path,
    name: str | None = None,
    *,
    command: str = "",
    given_data: bool = False,
    state: State | None = None,
) -> RunFolder:
    """Make the folder of a new run, with its run.json.

    Raises:
        RunError: it exists, or it cannot be made.
    """
    dataset, split = setup.dataset, setup.prepared.split
    folder = create(runs, name, dataset.name)
    if state is not None:
        folder.save_checkpoint(state, setup.plan.optimizer, None)
    source = dict(dataset.source)
    folder.write(
        {
            "created": datetime.datetime.now().astimezone().isoformat(timespec="milliseconds"),
            "command": command,
            "status": "running",
            "hyperparameters": setup.hyperparameters.to_json(),
            "plan": setup.plan.to_json(),
            "data": {
                "name": dataset.name,
                "kind": dataset.kind,
                "task": dataset.task,
                "examples": dataset.m,
                "classes": dataset.counts(),
                "fingerprint": fingerprint(dataset),
                "source": source if source and not given_data else None,
            },
            "split": {
                "method": split.method,
                **{part: len(getattr(split, part)) for part in PARTS},
            },
            "notes": list(setup.notes),
            "test_reads": 0,
            "versions": {name: importlib.metadata.version(name) for name in VERSIONS}
            | {"python": platform.python_version()},
        }
    )
    return folder


def _close(folder: RunFolder, outcome: Outcome, records: list[Record], epoch: int) -> None:
    chosen = next((r for r in records if r.epoch == epoch), None)
    folder.update(
        status=outcome.status,
        reason=outcome.reason,
        epochs=outcome.state.epoch,
        best_epoch=epoch,
        seconds=outcome.state.seconds,
        train_error=chosen.train_error if chosen else None,
        dev_error=chosen.dev_error if chosen else None,
    )


def _given(plan: Plan, parameters: Sequence[Layer]) -> State:
    try:
        layers = [Layer(*(np.asarray(array, plan.dtype) for array in pair)) for pair in parameters]
    except (TypeError, ValueError) as error:
        raise OptionError(
            f"parameters: {error}; give one pair (W (n_l, n_prev), b (n_l, 1)) a layer"
        ) from error
    shapes = [layer.W.shape for layer in layers]
    biases = [layer.b.shape for layer in layers]
    if shapes != list(plan.network.shapes) or biases != [(n, 1) for n, _ in plan.network.shapes]:
        raise OptionError(
            f"parameters: W of shapes {shapes} and b of shapes {biases} do not fit the network, "
            f"which needs W of shapes {list(plan.network.shapes)} and b (n_l, 1)"
        )
    theta = flatten(layers)
    if not np.isfinite(theta).all():
        raise TrainingError("parameters: an initial parameter is not finite")
    return initial_state(plan, theta)
