"""What a run folder tells of a network: its errors, and the evidence for what to do next."""

from __future__ import annotations

import shlex
from typing import Any

from cutaway.errors import RunError
from cutaway.insight.diagnosis import Errors
from cutaway.insight.recipe import Evidence
from cutaway.training.files import read_json
from cutaway.training.run_folder import RunFolder


def errors_of(folder: RunFolder, **aims: Any) -> Errors:
    """Return the errors of a run; `aims` are the human-level and the target error.

    Raises:
        RunError: the training has not come to its end, or the folder is damaged.
    """
    values = folder.read()
    if not folder.metrics.is_file():
        raise RunError(
            f"{folder.path} has no closing figures: its training is {values['status']}; "
            f"go on with: cutaway train --resume {folder.name}"
        )
    figures = read_json(folder.metrics)
    try:
        metric, train, dev = figures["error"], figures["train"], figures["dev"]
        outputs = len(figures["data"]["target"]) if metric == "label_error" else 1
        means = [b["train_error"] for b in figures["baselines"] if b["name"] == "mean"]
        return Errors(
            train[metric],
            dev and dev[metric],
            n_train=train["examples"] * outputs,
            n_dev=dev and dev["examples"] * outputs,
            metric=metric,
            dev_interval=tuple(dev["interval"]) if dev else None,
            trivial_error=means[0] if means else None,
            chosen_on_dev=bool(figures["plan"]["early_stopping"]),
            **aims,
        )
    except (KeyError, TypeError, IndexError) as error:
        raise RunError(f"{folder.metrics} is damaged: {error!r}") from error


def evidence_of(folder: RunFolder) -> Evidence:
    """Return what the training of a run has left behind.

    Raises:
        RunError: the folder is damaged.
    """
    values = folder.read()
    command = values.get("command") or ""
    if not command.startswith("cutaway train "):
        # Trained from Python
        source = values["data"].get("source", {}).get("path")
        command = f"cutaway train {shlex.quote(str(source))}" if source else ""
    return Evidence(
        plan=values["plan"],
        records=folder.history(),
        ended=values["status"],
        command=command,
        m=values.get("split", {}).get("train"),
        picture=values["data"].get("picture"),
    )
