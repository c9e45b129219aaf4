"""What is decided before the first update: the data read, split and prepared, and the plan."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy.typing as npt

from cutaway.data import parts
from cutaway.data.augmentation import augmented
from cutaway.data.builtin import BUILTIN
from cutaway.data.dataset import Dataset, Task
from cutaway.data.load import fingerprint, load
from cutaway.data.parts import Prepared, prepare
from cutaway.data.preparation import Preparation
from cutaway.data.split import split_dataset
from cutaway.engine.job import Part
from cutaway.engine.processes import ALONE, Processes
from cutaway.errors import DataError, OptionError
from cutaway.hyperparameters import Hyperparameters
from cutaway.training.plan import Plan
from cutaway.training.resolve import Facts, resolve


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

    @property
    def train(self) -> Part:
        """The training set as training sees it: pictures changed at random, where asked for."""
        train = self.prepared.train
        if self.plan.augment is None:
            return train
        return train._replace(X=augmented(self.dataset, self.prepared, self.plan.augment))


def set_up(
    data: str | Path | Dataset,
    hyperparameters: Hyperparameters,
    *,
    labels: str | None = None,
    task: Task | None = None,
    strict: bool = False,
    sample_weight: npt.ArrayLike | None = None,
    say: Callable[[str], None] = lambda text: None,
    processes: Processes = ALONE,
    preparation: Preparation | None = None,
) -> Setup:
    """Read, split, prepare and plan; `say` hears how far a long conversion is.

    A `preparation` that an earlier training learned is kept. Of several processes each reads its
    own examples, from the cache unless told otherwise.

    Raises:
        DataError: the data cannot be learned from.
        OptionError: the hyper-parameters do not fit the data.
    """
    given = hyperparameters
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
            ignore=given.ignore,
            labels=labels,
            size=given.size,
            task=task,
            strict=strict,
            dev=None if given.dev == "none" else given.dev,
            test=given.test,
            cache=_cache(given.cache, data, processes),
            say=say,
        )
    prepared = split_and_prepare(given, dataset, sample_weight, processes, preparation)
    return plan_for(given, dataset, prepared)


def split_and_prepare(
    given: Hyperparameters,
    dataset: Dataset,
    sample_weight: npt.ArrayLike | None = None,
    processes: Processes = ALONE,
    preparation: Preparation | None = None,
) -> Prepared:
    """Return the parts of a data set as training takes them; nothing is planned yet.

    Raises:
        DataError: the data cannot be learned from.
        OptionError: the hyper-parameters do not fit the data.
    """
    if processes.N > 1:
        _require_the_same(given, dataset, processes)
    split = split_dataset(
        dataset,
        split=given.split,
        seed=given.seed if given.split_seed == "auto" else given.split_seed,
        dev=given.dev != "none",
        train_dev=given.train_dev,
    )
    return prepare(
        dataset,
        split,
        normalize=given.normalize,
        dtype=given.dtype,
        class_weight=given.class_weight,
        sample_weight=sample_weight,
        output=given.output,
        processes=processes,
        preparation=preparation,
    )


def _cache(asked: str, data: str | Path, processes: Processes) -> str:
    """Return where the examples are kept: in files, of which each process reads its own rows."""
    if asked == "auto" and processes.N > 1 and str(data) not in BUILTIN:
        return "always"
    return asked


def _require_the_same(given: Hyperparameters, dataset: Dataset, processes: Processes) -> None:
    """Refuse processes that were started with other options, or that find other data.

    Raises:
        OptionError: one was started with other options.
        DataError: one has read other data.
    """
    unlike = processes.unlike_first(json.loads(json.dumps(given.to_json())))
    if unlike is not None:
        raise OptionError(
            f"process {unlike} was started with other options than process 0; "
            "start all with the same, --process-id apart"
        )
    unlike = processes.unlike_first(fingerprint(dataset))
    if unlike is not None:
        raise DataError(
            f"process {unlike} has read other data than process 0; give all of them the same files"
        )


def plan_for(given: Hyperparameters, dataset: Dataset, prepared: Prepared) -> Setup:
    """Decide what is left open, for data that are prepared.

    Raises:
        OptionError: the hyper-parameters do not fit the data.
    """
    preparation = prepared.preparation
    facts = Facts(
        task=dataset.task,
        m=len(prepared.split.train),
        n_x=preparation.n_x,
        n_y=preparation.n_y,
        m_dev=len(prepared.split.dev),
        target_scale=tuple(preparation.target_scale.tolist()),
        # Of several processes each holds its own examples.
        stored=dataset.cached is not None and prepared.processes.N == 1,
        pictures=dataset.picture is not None,
    )
    return Setup(given, dataset, prepared, resolve(given, facts))


def gathered(setup: Setup) -> Setup:
    """Return the set-up of one process among several with the examples of all."""
    prepared = parts.gathered(setup.prepared, setup.dataset, setup.hyperparameters.class_weight)
    return replace(setup, prepared=prepared)
