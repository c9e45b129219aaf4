"""Many networks on the same data, trained as few stacks: for ensembles, error bars and sweeps."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy.typing as npt

from cutaway.data.dataset import Dataset, Task
from cutaway.engine.executors import NUMPY
from cutaway.errors import OptionError
from cutaway.hyperparameters import ROWS, Hyperparameters
from cutaway.training.run import INTERRUPTED, Consumer, Outcome
from cutaway.training.session import begin
from cutaway.training.setup import Setup, plan_for, set_up
from cutaway.training.trainee import Run, Trainee, train_together

Settings = Sequence[Mapping[str, Any]]

# Bytes of activations and parameters of a stack: on NumPy they should stay in the cache of a core,
# where a stack of more is slower than its networks one by one; elsewhere in memory.
IN_CACHE, IN_MEMORY = 2 << 20, 1 << 30


def grid(**values: Iterable[Any]) -> list[dict[str, Any]]:
    """Return every combination of the values: grid(seed=range(4), learning_rate=(0.1, 1.0))."""
    names = list(values)
    return [dict(zip(names, row, strict=True)) for row in itertools.product(*values.values())]


def train_many(
    data: str | Path | Dataset,
    settings: Settings,
    *,
    runs: str | Path | None = None,
    consumers: Sequence[Consumer] = (),
    **common: Any,
) -> list[Run]:
    """Train one network for each of `settings`, all on the same split of the data.

    settings    hyper-parameters of each network; `common` are those of all, and how to read a
                path, as `train` takes it: labels, task, strict
    runs        folder in which the runs are kept; None keeps them in memory only

    Networks that differ in numbers and seeds only are trained as one: each of their arrays has an
    axis of networks in front. Each is stopped on its own; Ctrl-C ends all of them as interrupted.

    Raises:
        DataError: the data cannot be learned from.
        OptionError: the hyper-parameters do not fit, or a setting changes the data.
        RunError: a folder cannot be written.
    """
    trainees = [
        Trainee(setup, folder=begin(setup, Path(runs)) if runs else None, consumers=consumers)
        for setup in set_up_many(data, settings, **common)
    ]
    with interruptible(trainees):
        train_all(trainees)
    return [trainee.finish() for trainee in trainees]


def set_up_many(
    data: str | Path | Dataset,
    settings: Settings,
    *,
    labels: str | None = None,
    task: Task | None = None,
    strict: bool = False,
    sample_weight: npt.ArrayLike | None = None,
    say: Callable[[str], None] = lambda text: None,
    **common: Any,
) -> list[Setup]:
    """Read and prepare the data once, as `set_up` does, and plan every network.

    Raises:
        DataError: the data cannot be learned from.
        OptionError: the hyper-parameters do not fit, or a setting changes the data.
    """
    for name in dict.fromkeys(name for setting in settings for name in setting):
        if name in ROWS and (ROWS[name].group == "data" or name in CHANGES_DATA):
            raise OptionError(f"{name} changes the data: give it for all networks, not for some")
    # The seeds of the networks leave the split alone, so that all see the same examples.
    shared = Hyperparameters.of(**common)
    if shared.split_seed == "auto":
        common = common | {"split_seed": shared.seed}
    first = set_up(
        data,
        Hyperparameters.of(**common),
        labels=labels,
        task=task,
        strict=strict,
        sample_weight=sample_weight,
        say=say,
    )
    return [
        plan_for(Hyperparameters.of(**common | dict(setting)), first.dataset, first.prepared)
        for setting in settings
    ]


# They are no options of the data, yet X, Y or the weights depend on them.
CHANGES_DATA = ("dtype", "class_weight", "output")


def train_all(trainees: Sequence[Trainee], until: int | None = None) -> None:
    """Train those that have not ended, in as few stacks as there are structures.

    Raises:
        KeyboardInterrupt: Ctrl-C has ended a stack; those after it have not been trained.
    """
    for stack in stacks(trainees):
        train_together(stack, until)
        if any(t.outcome and t.outcome.status == INTERRUPTED for t in stack):
            raise KeyboardInterrupt


@contextmanager
def interruptible(trainees: Sequence[Trainee]) -> Iterator[None]:
    """Let Ctrl-C end all that have not ended as interrupted: their folders can be resumed."""
    try:
        yield
    except KeyboardInterrupt:
        for trainee in trainees:
            if trainee.outcome is None:
                reason = f"interrupted after epoch {trainee.state.epoch}"
                trainee.outcome = Outcome(INTERRUPTED, reason, trainee.state)


def stacks(trainees: Sequence[Trainee]) -> Iterator[list[Trainee]]:
    """Yield those that can be trained as one, a stack being no larger than pays."""
    groups: dict[Any, list[Trainee]] = {}
    for trainee in trainees:
        # Members of an ensemble may have training sets of their own.
        setup = trainee.setup
        key = (setup.plan.structure, trainee.state.epoch, id(setup.prepared))
        groups.setdefault(key, []).append(trainee)
    for group in groups.values():
        plan = group[0].setup.plan
        most = IN_CACHE if plan.execution.backend == NUMPY else IN_MEMORY
        size = max(1, most // _bytes(group[0]))
        for i in range(0, len(group), size):
            yield group[i : i + size]


def _bytes(trainee: Trainee) -> int:
    plan, train = trainee.setup.plan, trainee.setup.prepared.train
    m = min(plan.batch_size or train.m, train.m)
    numbers = plan.network.n_parameters + m * sum(plan.network.sizes[1:])
    return numbers * (8 if plan.dtype == "float64" else 4)
