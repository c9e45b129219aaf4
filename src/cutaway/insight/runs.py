"""What a run folder tells of a network: its errors, and the evidence for what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from cutaway.errors import RunError
from cutaway.hyperparameters import Hyperparameters
from cutaway.insight.curve import LearningCurve
from cutaway.insight.evidence import Evidence
from cutaway.insight.faults.search import Search
from cutaway.insight.faults.setting import Found, Setting
from cutaway.insight.faults.table import DATA_FAULTS, FAULTS
from cutaway.insight.labels import Suspects
from cutaway.insight.part_errors import PARTS, Errors
from cutaway.training.files import read_json
from cutaway.training.plan import Plan
from cutaway.training.run_folder import IMPORTED, RunFolder
from cutaway.training.trainee import Run
from cutaway.wording import listed, options

T = TypeVar("T")
MOST_CLASSES = 5


def errors_of(folder: RunFolder, **aims: Any) -> Errors:
    """Return the errors of a run; `aims` are the human-level and the target error.

    Raises:
        RunError: the training has not come to its end, or the folder is damaged.
    """
    values = folder.read()
    if values["status"] == IMPORTED:
        raise RunError(
            f"{folder.path} was imported and has no errors of its own; measure them on labelled "
            f"data, cutaway evaluate {folder.typed} PATH, and give them: "
            "cutaway diagnose --train-error .01 --dev-error .11"
        )
    if not folder.metrics.is_file():
        if values["status"] in ("finished", "stopped") and folder.report.exists():
            raise RunError(
                f"{folder.path} is damaged: {folder.metrics.name} is gone; train it anew"
            )
        raise RunError(
            f"{folder.path} has no closing figures: its training is {values['status']}; "
            f"go on with: cutaway train --resume {folder.typed}"
        )
    figures = read_json(folder.metrics)
    try:
        swept = str(values.get("command") or "").startswith("cutaway sweep ")
        # What `evaluate RUN --test` has left
        return errors_in(figures | {"test": values.get("test")}, swept=swept, **aims)
    except (KeyError, TypeError, IndexError) as error:
        raise RunError(f"{folder.metrics} is damaged: {error!r}") from error


def errors_in(figures: Mapping[str, Any], *, swept: bool = False, **aims: Any) -> Errors:
    """Return the errors among the closing figures of a training, as `describe` tells them.

    swept  whether the run was chosen among others by its dev set

    Raises:
        KeyError, TypeError, IndexError: a figure is missing.
    """
    metric = figures["error"]
    outputs = len(figures["data"]["classes"]) if metric == "label_error" else 1
    there = {part: found for part in PARTS if (found := figures.get(part))}
    # Without a dev set, or early stopping by it, the last epoch is the one that is kept.
    chosen = bool(figures["plan"]["early_stopping"]) and "dev" in there
    simplest = "mean" if metric == "rmse" else "majority class"
    trivial = [b["train_error"] for b in figures["baselines"] if b["name"] == simplest]
    return Errors(
        **{f"{part}_error": found[metric] for part, found in there.items()},
        **{f"n_{part}": found["examples"] * outputs for part, found in there.items()},
        metric=metric,
        intervals={part: tuple(found["interval"]) for part, found in there.items()},
        trivial_error=trivial[0] if trivial else None,
        r2={part: found["r2"] for part, found in there.items() if "r2" in found},
        chosen_on_dev=chosen or swept,
        lowest_train_error=figures["training"].get("lowest_train_error") if chosen else None,
        **aims,
    )


def notes_of(folder: RunFolder, errors: Errors) -> list[str]:
    """Return what of the data limits the verdict.

    Raises:
        RunError: the folder is damaged.
    """
    figures = read_json(folder.metrics)
    try:
        dev = folder.read()["hyperparameters"].get("dev")
        empty = [
            row["class"] for row in (figures["dev"] or {}).get("classes", ()) if not row["examples"]
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise RunError(f"{folder.metrics} is damaged: {error!r}") from error
    notes = []
    if empty:
        notes.append(
            f"the dev set has no example of {listed(empty, MOST_CLASSES)}: "
            "its error says nothing about that"
        )
    if dev not in (None, "none") and errors.train_dev_error is None:
        notes.append(
            f"the dev set is of an origin of its own ({dev}): whether it differs from the "
            "training set, or the network does badly on any new example, only a train-dev set can "
            "tell; train with --train-dev 0.1"
        )
    return notes


def evidence_of(folder: RunFolder) -> Evidence:
    """Return what the training of a run has left behind.

    Raises:
        RunError: the folder is damaged.
    """
    values = folder.read()
    command = values.get("command") or ""
    if not command.startswith(("cutaway train ", "cutaway ensemble ")):
        # Trained from Python, or as one of a sweep or an improvement
        source = values["data"].get("source") or {}
        given = Hyperparameters.of(**values["hyperparameters"]).typed(source)
        path = source.get("path")
        command = f"cutaway train {shlex.quote(path)} {options(given)}".strip() if path else ""
    return Evidence(
        plan=values["plan"],
        records=folder.history(),
        ended=values["status"],
        command=command,
        m=values.get("split", {}).get("train"),
        picture=values["data"].get("picture"),
        run=folder.typed,
        curve=_kept(folder.curve, LearningCurve.from_json),
        suspects=_kept(folder.suspects, Suspects.from_json),
    )


def faults_of(folder: RunFolder) -> Search:
    """Search the history of a run for faults; of its data it has what the training found.

    Raises:
        RunError: the folder is damaged.
    """
    values = folder.read()
    try:
        data, split = values["data"], values.get("split", {})
        plan, command = Plan.from_json(values["plan"]), values.get("command") or ""
        setting = Setting.of_plan(
            plan, data["task"], data.get("classes"), command, split.get("train"), split.get("dev")
        )
        named = [Found(**found) for found in values.get("faults") or ()]
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"{folder.path / 'run.json'} is damaged: {error!r}") from error
    search = Search(setting)
    if "faults" in values:
        search.recall(found for found in named if found.name in DATA_FAULTS)
    for record in folder.history():
        search.see(record)
    search.end(values["status"], values.get("reason") or "")
    # What takes more than a history to tell, the training has told.
    again = {found.name for found in search.found}
    asking = {name for name, fault in FAULTS.items() if fault.asks} - again
    search.found += [found for found in named if found.name in asking]
    return search


def evidence_in(run: Run) -> Evidence:
    """Return the evidence of a training that has just ended; see `evidence_of`."""
    if run.folder is not None:
        return evidence_of(run.folder)
    return Evidence(
        plan=run.plan.to_json(),
        records=run.history,
        ended=run.outcome.status,
        m=run.setup.prepared.train.m,
        picture=run.setup.dataset.picture,
        elsewhere=True,
    )


def _kept(path: Path, read: Callable[[Any], T]) -> T | None:
    """Return what a former diagnosis has left, None where there is nothing.

    Raises:
        RunError: it is damaged.
    """
    if not path.is_file():
        return None
    try:
        return read(read_json(path))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise RunError(
            f"{path} is damaged, or of another version ({error!r}); remove it, and it is made anew"
        ) from error
