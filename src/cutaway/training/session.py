"""One training from a path to a saved model: set up, begin its folder, train, keep."""

from __future__ import annotations

import datetime
import importlib.metadata
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cutaway.data.dataset import Dataset, Task
from cutaway.data.load import fingerprint
from cutaway.data.split import PARTS
from cutaway.engine.processes import ALONE, Processes
from cutaway.equations import Layer, flatten
from cutaway.errors import OptionError, TrainingError
from cutaway.hyperparameters import Hyperparameters
from cutaway.training.plan import Plan
from cutaway.training.record import State
from cutaway.training.run import Consumer, initial_state
from cutaway.training.run_folder import RunFolder
from cutaway.training.runs import create
from cutaway.training.setup import Setup, set_up
from cutaway.training.trainee import Run, Trainee, train_together

VERSIONS = ("cutaway", "numpy", "scikit-learn", "safetensors")


def execute(setup: Setup, **more: Any) -> Run:
    """Train one network; `more` are the arguments of `Trainee`.

    Raises:
        RunError: the folder cannot be written.
    """
    trainee = Trainee(setup, **more)
    train_together([trainee])
    return trainee.finish()


def state_of(plan: Plan, parameters: Sequence[Layer]) -> State:
    """Return the State before the first epoch, with the given parameters of the network.

    Raises:
        OptionError: they do not fit the network.
        TrainingError: one is not finite.
    """
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
    watch: Callable[[Setup], Sequence[Consumer]] = lambda setup: (),
    processes: Processes = ALONE,
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
    watch           makes further consumers for what was set up
    processes       those that train this network together, each calling this

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
        processes=processes,
    )
    state = None if parameters is None else state_of(setup.plan, parameters)
    folder = None
    if runs is not None:
        folder = begin(setup, Path(runs), name, given_data=sample_weight is not None, state=state)
    watching = [*consumers, *watch(setup)]
    return execute(setup, folder=folder, consumers=watching, state=state)


def begin(
    setup: Setup,
    runs: Path,
    name: str | None = None,
    *,
    stem: str | None = None,
    command: str = "",
    given_data: bool = False,
    state: State | None = None,
) -> RunFolder:
    """Make the folder of a new run, with its run.json: `name`, or numbered after `stem`.

    Raises:
        RunError: it exists, or it cannot be made.
    """
    dataset, split = setup.dataset, setup.prepared.split
    folder = create(runs, name, stem or dataset.name)
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
                "picture": dataset.picture,
                "classes": dataset.counts(),
                "fingerprint": fingerprint(dataset),
                "source": source if source and not given_data else None,
            },
            "split": {
                "method": split.method,
                **{part: len(getattr(split, part)) for part in PARTS},
                "train_dev": len(split.train_dev),
            },
            "notes": list(setup.notes),
            "test_reads": 0,
            "versions": {name: importlib.metadata.version(name) for name in VERSIONS}
            | {"python": platform.python_version()},
        }
    )
    return folder
