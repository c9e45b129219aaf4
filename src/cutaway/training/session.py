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
from cutaway.engine.example_space import enter, start
from cutaway.engine.inputs import at_once
from cutaway.engine.job import Part
from cutaway.equations import OPTIMIZERS, Layer, flatten, unflatten
from cutaway.equations.example_space import PLAIN
from cutaway.errors import OptionError, TrainingError
from cutaway.hyperparameters import Hyperparameters
from cutaway.training.consumers import Best, EarlyStopper, History
from cutaway.training.keeper import Keeper
from cutaway.training.model import Model
from cutaway.training.plan import Facts, Plan, resolve
from cutaway.training.record import Record, State
from cutaway.training.run import Consumer, Outcome, initial_state, run
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
    split = split_dataset(dataset, split=given.split, seed=given.seed, dev=not no_dev)
    prepared = prepare(
        dataset,
        split,
        normalize=given.normalize,
        dtype=given.dtype,
        class_weight=given.class_weight,
        sample_weight=sample_weight,
        output=given.output,
    )
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


def execute(
    setup: Setup,
    *,
    folder: RunFolder | None = None,
    consumers: Sequence[Consumer] = (),
    state: State | None = None,
    best: Best | None = None,
    history: Iterable[Record] = (),
    checkpoint_interval: float = 2.0,
) -> Run:
    """Train, and keep the run in `folder`; a resumed one hands in its state, best and history.

    Raises:
        RunError: the folder cannot be written.
    """
    plan, prepared = setup.plan, setup.prepared
    collected = History(plan.print_every, history)
    stopper = EarlyStopper(plan.patience, plan.print_every, best) if plan.early_stopping else None
    keeper = Keeper(folder, plan, stopper, checkpoint_interval) if folder else None
    everyone = [c for c in (collected, stopper, keeper, *consumers) if c is not None]
    state = state or initial_state(plan)
    train, dev, state = _in_coordinates(plan, prepared, state)
    # Killed after the last Record, an early stopper has to say again that it was the last.
    stop = stopper(collected.records[-1], state) if stopper and collected.records else None
    outcome = (
        Outcome("stopped", stop.reason, state) if stop else run(plan, train, dev, everyone, state)
    )
    kept = stopper.best if stopper and stopper.best else None
    last = outcome.state
    theta, epoch = (kept.theta, kept.epoch) if kept else (last.theta, last.epoch)
    model = Model(plan.network, last.parameters(plan.network, theta), prepared.preparation)
    if folder and keeper:
        keeper.flush()
        model.save(folder.model)
        _close(folder, outcome, collected.records, epoch)
    return Run(setup, outcome, tuple(collected.records), model, epoch, folder)


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


def _in_coordinates(
    plan: Plan, prepared: Prepared, state: State
) -> tuple[Part, Part | None, State]:
    """Return the parts and the State in the coordinates of the plan's path."""
    if plan.path == PLAIN:
        return prepared.train, prepared.dev, state
    W1_0 = state.way.W1_0 if state.way else unflatten(plan.network, state.theta)[0].W
    # A run that was planned in example space may find its data in the cache now
    train, dev = prepared.train, prepared.dev
    train = train._replace(X=at_once(train.X))
    dev = dev and dev._replace(X=at_once(dev.X))
    train, dev, way = enter(train, dev, W1_0)
    if state.way is None:
        theta = start(plan.network, state.theta, prepared.train.m)
        state = State(theta, OPTIMIZERS[plan.optimizer].init(theta))
    return train, dev, state._replace(way=way)


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
