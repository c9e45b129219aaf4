"""An ensemble: networks that differ by their seed, or by a resample, and answer with their mean.

Each member is a run of its own, in the folder `members` of the ensemble's run; together they are
one model file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.data.dataset import Dataset
from cutaway.data.parts import resampled
from cutaway.engine.job import Part
from cutaway.errors import OptionError
from cutaway.experiments.gain import Gain, gain
from cutaway.experiments.many import set_up_many
from cutaway.experiments.sweep import train_rungs
from cutaway.training.model import Model, combine
from cutaway.training.resume import reopen, require_unfinished, taken_up
from cutaway.training.run import INTERRUPTED, Consumer, Outcome
from cutaway.training.run_folder import RunFolder
from cutaway.training.runs import is_run
from cutaway.training.session import begin
from cutaway.training.setup import Setup
from cutaway.training.trainee import Run, Trainee, Watch

BOOTSTRAP = 4
MEMBERS = 5


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Networks that answer with the mean of their outputs.

    members  the runs of the networks
    whole    the ensemble as a run: its model, its folder, how it ended
    """

    members: tuple[Run, ...]
    whole: Run
    bootstrap: bool

    @property
    def model(self) -> Model:
        """The model that answers with the mean."""
        return self.whole.model

    def gain(self, part: Part) -> Gain:
        """Compare the ensemble with its members on examples that they have not learned from."""
        return gain(self.model, part)


def ensemble(
    data: str | Path | Dataset,
    members: int = MEMBERS,
    *,
    bootstrap: bool = False,
    runs: str | Path | None = None,
    name: str | None = None,
    consumers: Sequence[Consumer] = (),
    **common: Any,
) -> Ensemble:
    """Train `members` networks of the seeds seed, seed + 1, .. on the same split of the data.

    bootstrap   each learns from as many training examples, drawn with replacement
    runs, name  folder in which the run is kept, and its name; None keeps it in memory only
    common      hyper-parameters of all, and how to read a path, as `train_many` takes them

    Raises:
        DataError: the data cannot be learned from.
        OptionError: the hyper-parameters do not fit, or there are fewer than two members.
        RunError: a folder cannot be written.
    """
    setups = set_up_ensemble(data, members, **common)
    folder = None
    if runs is not None:
        folder = begin_ensemble(setups, Path(runs), name, bootstrap=bootstrap)
    return train_ensemble(setups, folder, bootstrap=bootstrap, watch=lambda *one: consumers)


def set_up_ensemble(data: str | Path | Dataset, members: int, **common: Any) -> list[Setup]:
    """Read the data once and plan every member; see `ensemble`.

    Raises:
        DataError, OptionError: as `ensemble`.
    """
    if members < 2:
        raise OptionError(f"members={members}: an ensemble has two networks at least")
    first = int(common.get("seed", 0))
    return set_up_many(data, [{"seed": first + i} for i in range(members)], **common)


def begin_ensemble(
    setups: Sequence[Setup],
    runs: Path,
    name: str | None = None,
    *,
    bootstrap: bool = False,
    command: str = "",
) -> RunFolder:
    """Make the folder of an ensemble.

    Raises:
        RunError: it exists, or it cannot be made.
    """
    folder = begin(setups[0], runs, name, command=command)
    folder.update(ensemble={"members": len(setups), "bootstrap": bootstrap})
    return folder


def reopen_ensemble(
    folder: RunFolder, say: Callable[[str], None] = lambda text: None
) -> tuple[list[Setup], bool]:
    """Set up the members of an interrupted ensemble again; say also whether they are resampled.

    Raises:
        RunError: it has ended, the data are gone or have changed, or it is one network.
    """
    require_unfinished(folder, "ensemble")
    known = folder.read()["ensemble"]
    first = reopen(folder, say)
    seeds = range(first.plan.seed, first.plan.seed + known["members"])
    return [
        replace(
            first,
            hyperparameters=replace(first.hyperparameters, seed=seed),
            plan=replace(first.plan, seed=seed),
        )
        for seed in seeds
    ], known["bootstrap"]


def train_ensemble(
    setups: Sequence[Setup],
    folder: RunFolder | None,
    *,
    bootstrap: bool = False,
    watch: Watch = lambda setup, folder: (),
) -> Ensemble:
    """Train the members, or go on with them, and keep the ensemble.

    Raises:
        RunError: a folder cannot be written, or a member's is damaged.
    """
    learned = [replace(one, prepared=_resampled(one)) for one in setups] if bootstrap else setups
    trainees = [
        _trainee(setup, folder, number, watch, bootstrap=bootstrap)
        for number, setup in enumerate(learned, 1)
    ]
    train_rungs(trainees, halving=False)
    members = tuple(trainee.finish() for trainee in trainees)
    good = [run for run in members if run.outcome.status != "diverged"]
    model = combine([run.model for run in good or members])
    # Judged on all training examples, whichever its members have drawn
    whole = Run(setups[0], _outcome(members, bootstrap), (), model, 0, folder)
    if folder is not None:
        model.save(folder.model)
    return Ensemble(members, whole, bootstrap)


def _resampled(setup: Setup) -> Any:
    m = setup.prepared.train.m
    generator = np.random.default_rng([setup.plan.seed, BOOTSTRAP])
    return resampled(setup.prepared, generator.integers(0, m, m))


def _trainee(
    setup: Setup,
    folder: RunFolder | None,
    number: int,
    watch: Watch,
    *,
    bootstrap: bool,
) -> Trainee:
    if folder is None:
        return Trainee(setup, consumers=watch(setup, None))
    member = RunFolder(folder.path / "members" / str(number))
    if is_run(member.path):
        return taken_up(member, setup, watch(setup, member))
    member.clear_unbegun()
    # A member with a resample of its own cannot be set up again from its folder alone.
    made = begin(setup, member.path.parent, member.name, given_data=bootstrap)
    return Trainee(setup, folder=made, consumers=watch(setup, made))


def _outcome(members: Sequence[Run], bootstrap: bool) -> Outcome:
    ended = [run.outcome for run in members]
    counts = {o.status: sum(o.status == other.status for other in ended) for o in ended}
    reason = ", ".join(f"{n} {status}" for status, n in counts.items())
    status = "finished"
    if INTERRUPTED in counts:
        status = INTERRUPTED
    elif counts.get("diverged") == len(members):
        status = "diverged"
    state = max((o.state for o in ended), key=lambda state: state.epoch)
    # Without resamples they are trained as one, and all the time is that of the last to end.
    seconds = (sum if bootstrap else max)(o.state.seconds for o in ended)
    return Outcome(status, f"{len(members)} networks: {reason}", state._replace(seconds=seconds))
