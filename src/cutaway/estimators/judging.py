"""What an estimator says of its own training: errors, their diagnosis, and faults as warnings."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from cutaway.engine.job import Part
from cutaway.equations import METRICS
from cutaway.estimators.phrasing import as_call
from cutaway.insight.faults.search import find
from cutaway.insight.faults.setting import Found, Setting
from cutaway.insight.part_errors import Errors
from cutaway.training.trainee import Run

# What the search for faults writes its options behind.
_COMMAND = "cutaway train X"


class FaultWarning(ConvergenceWarning):
    """A fault of the training, and what to do about it."""


def errors_of(run: Run) -> Errors:
    """Return the errors of the parameters that were kept, on the training and the dev set."""
    kept = run.kept
    known = {} if kept is None else {"train": kept.train_error, "dev": kept.dev_error}
    plan, prepared = run.plan, run.setup.prepared
    scale = np.asarray(plan.target_scale)

    def error(name: str, part: Part) -> float:
        of_record = known.get(name)
        if of_record is not None:
            return of_record
        of_y = scale.reshape(-1, 1)
        A = np.asarray(run.model.apply(part.X), np.float64)
        return float(METRICS[plan.metric].value(A * of_y, part.Y * of_y, None))

    train, dev = prepared.train, prepared.dev
    # Of several labels each is an answer.
    answers = plan.network.n_y if plan.metric == "label_error" else 1
    return Errors(
        train_error=error("train", train),
        dev_error=None if dev is None else error("dev", dev),
        n_train=train.m * answers,
        n_dev=None if dev is None else dev.m * answers,
        metric=plan.metric,
        trivial_error=math.sqrt(float(np.mean(scale**2))) if plan.metric == "rmse" else None,
        chosen_on_dev=plan.early_stopping,
        lowest_train_error=run.lowest_train_error,
    )


def faults_of(run: Run, estimator: Any) -> tuple[Found, ...]:
    """Return the faults that the Records show; those with no more than a batch_cost show none.

    The command of each makes the estimator anew, with the parameters that mend it.
    """
    whole = [record for record in run.history if record.cost is not None]
    setting = Setting.of(run.setup, _COMMAND)
    search = find(whole, setting, run.outcome.status, run.outcome.reason)
    return tuple(replace(one, command=as_call(estimator, one.command)) for one in search.found)


def what_to_do(fault: Found) -> str:
    """Return the remedy of a fault, and the parameters that are one."""
    return f"{fault.remedy}: {fault.command}" if fault.command else fault.remedy


def warn(run: Run, faults: Sequence[Found]) -> None:
    """Warn of what has gone wrong in a training, with the remedy."""
    for fault in faults:
        where = f" in {fault.layer}" if fault.layer else ""
        said = f"{fault.name}{where}, {fault.when}: {fault.what}"
        warnings.warn(f"{said}; what to do: {what_to_do(fault)}", FaultWarning, stacklevel=5)
    outcome = run.outcome
    if outcome.status == "interrupted" or (outcome.status == "diverged" and not faults):
        warnings.warn(
            f"the training has {outcome.status}: {outcome.reason}; "
            f"the parameters after epoch {run.best_epoch} are kept",
            ConvergenceWarning,
            stacklevel=5,
        )
