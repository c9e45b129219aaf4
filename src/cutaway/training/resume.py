"""Going on with a run that was interrupted or killed, from nothing but its folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cutaway.data.load import fingerprint, reload
from cutaway.engine.example_space import n_parameters
from cutaway.engine.processes import ALONE, Processes
from cutaway.errors import RunError
from cutaway.hyperparameters import Hyperparameters
from cutaway.training.model import Model
from cutaway.training.plan import Plan
from cutaway.training.record import State
from cutaway.training.run import Consumer, Outcome, initial_state
from cutaway.training.run_folder import IMPORTED, RunFolder
from cutaway.training.setup import Setup, split_and_prepare
from cutaway.training.trainee import Run, Trainee, train_together

# What run.json has of a run that is more than one network, and what it is then.
_KINDS = {"ensemble": "an ensemble", "improve": "an improvement"}


def reopen(
    folder: RunFolder,
    say: Callable[[str], None] = lambda text: None,
    processes: Processes = ALONE,
) -> Setup:
    """Set up a run again from its folder: the same data, split, preparation and plan.

    `say` hears how far a long conversion of the data is.

    Raises:
        RunError: the data are gone or have changed, or they were never in a file.
    """
    values = folder.read()
    if values["status"] == IMPORTED:
        raise RunError(
            f"{folder.path} was imported ({values.get('reason')}) and has no data of its own; "
            f"measure it on labelled data: cutaway evaluate {folder.typed} PATH"
        )
    try:
        source, known = values["data"]["source"], values["data"]["fingerprint"]
        given = Hyperparameters.of(**values["hyperparameters"])
        plan = Plan.from_json(values["plan"])
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"{folder.path / 'run.json'} is damaged: {error!r}") from error
    if source is None:
        raise RunError(
            f"{folder.path} was trained on arrays from Python, which are in no file to read again"
        )
    dataset = reload(source, say)
    if fingerprint(dataset) != known:
        raise RunError(
            f"the data of {folder.path} have changed since ({dataset.name}: "
            f"{values['data'].get('examples')} examples then, {dataset.m} now, or other content); "
            "bring them back, or train a new run"
        )
    # Not planned anew: what it was trained with may not be at hand where it is judged.
    prepared = split_and_prepare(given, dataset, processes=processes)
    return Setup(given, dataset, prepared, plan)


def ended(folder: RunFolder, setup: Setup | None = None) -> Run:
    """Return the Run of a training that has ended, from its folder.

    `setup` is that of the run, where it is known: the data need not be read again.

    Raises:
        RunError: it has not ended, or the folder is damaged; or see `reopen`.
    """
    values = folder.read()
    try:
        # What is more than one network has no best epoch.
        epoch, best = int(values["epochs"]), int(values.get("best_epoch", 0))
        reason, seconds = str(values["reason"]), float(values["seconds"])
    except (KeyError, TypeError, ValueError):
        if (kind := _kind(values)) in _KINDS and values["status"] == "finished":
            raise RunError(
                f"{folder.path} is {_KINDS[kind]}, and this is told of one network alone; name a "
                "run of `cutaway train`"
            ) from None
        raise RunError(
            f"{folder.path} has not ended: its training is {values['status']}; "
            f"go on with: cutaway {_kind(values)} --resume {folder.typed}"
        ) from None
    setup = setup or reopen(folder)
    model, history = Model.load(folder.model), folder.history()
    iteration = history[-1].iteration if history else 0
    state = State(model.theta, (), epoch, iteration, seconds)
    outcome = Outcome(values["status"], reason, state)
    return Run(setup, outcome, tuple(history), model, best, folder)


def _kind(values: Mapping[str, Any]) -> str:
    """Return the command that goes on with a run."""
    return next((key for key in _KINDS if key in values), "train")


def require_unfinished(folder: RunFolder, kind: str = "train") -> None:
    """Refuse a run that has ended and has its report, the last file that is written.

    kind: the command that goes on; ensembles and improvements are gone on with by their own.

    Raises:
        RunError: it has, or another command goes on with it.
    """
    values = folder.read()
    if values["status"] == IMPORTED:
        raise RunError(f"{folder.path} was imported and not trained here: it cannot be resumed")
    theirs = _kind(values)
    if theirs != kind:
        what = _KINDS.get(theirs, "one network")
        raise RunError(
            f"{folder.path} is {what}; go on with: cutaway {theirs} --resume {folder.typed}"
        )
    last, instead = folder.report, "train a new run with more --epochs instead"
    if kind == "improve":
        last, instead = folder.story, "begin another one with more --budget instead"
    if values["status"] in ("finished", "stopped") and last.exists():
        raise RunError(
            f"{folder.path} has ended ({values.get('reason', values['status'])}): "
            f"there is nothing to resume; {instead}"
        )


def resume(folder: RunFolder, setup: Setup, consumers: Sequence[Consumer] = (), **more: Any) -> Run:
    """Go on with an interrupted run from its checkpoint; one that has ended stays as it is.

    Raises:
        RunError: the run has its report, or its checkpoint is damaged.
    """
    require_unfinished(folder)
    trainee = taken_up(folder, setup, consumers, **more)
    train_together([trainee])
    return trainee.finish()


def taken_up(
    folder: RunFolder, setup: Setup, consumers: Sequence[Consumer] = (), **more: Any
) -> Trainee:
    """Return a training that stands where the checkpoint of its folder does.

    Raises:
        RunError: the checkpoint is damaged.
    """
    state, best = initial_state(setup.plan), None
    if folder.has_checkpoint:
        state, best = folder.checkpoint(setup.plan.optimizer)
        network, m = setup.plan.network, setup.prepared.train.m
        n = network.n_parameters if state.way is None else n_parameters(network, m)
        if state.theta.shape != (n,):
            raise RunError(f"the checkpoint of {folder.path} belongs to another network")
    # A training that starts at epoch 0 gives Record 0 itself.
    history = folder.rewind(state.epoch or -1)
    folder.update(status="running")
    return Trainee(
        setup,
        folder=folder,
        consumers=consumers,
        state=state,
        best=best,
        history=history,
        **more,
    )
