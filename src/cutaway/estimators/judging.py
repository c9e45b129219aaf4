"""What an estimator says of its own training: errors, their diagnosis, and faults as warnings."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from functools import partial

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from cutaway.engine.job import Part
from cutaway.engine.measure import look, measure
from cutaway.insight.diagnosis import Errors
from cutaway.insight.faults.search import find
from cutaway.insight.faults.setting import Found, Setting
from cutaway.training.trainee import Run


class FaultWarning(ConvergenceWarning):
    """A fault of the training, and what to do about it."""


def errors_of(run: Run) -> Errors:
    """Return the errors of the parameters that were kept, on the training and the dev set."""
    plan, prepared = run.plan, run.setup.prepared
    kept = next((r for r in run.history if r.epoch == run.best_epoch), None)
    scale = np.asarray(plan.target_scale)

    def error(part: Part, known: float | None) -> float:
        if known is not None:
            return known
        looking = partial(look, plan.network)
        theta, of_y = run.model.theta, scale.reshape(-1, 1)
        return measure(plan.network, looking, theta, part, plan.metric, of_y)[0].error

    train, dev = prepared.train, prepared.dev
    # Of several labels each is an answer.
    answers = plan.network.n_y if plan.metric == "label_error" else 1
    return Errors(
        train_error=error(train, None if kept is None else kept.train_error),
        dev_error=None if dev is None else error(dev, None if kept is None else kept.dev_error),
        n_train=train.m * answers,
        n_dev=None if dev is None else dev.m * answers,
        metric=plan.metric,
        trivial_error=math.sqrt(float(np.mean(scale**2))) if plan.metric == "rmse" else None,
        chosen_on_dev=plan.early_stopping,
    )


def faults_of(run: Run) -> tuple[Found, ...]:
    """Return the faults that the Records show; those with no more than a batch_cost show none."""
    whole = [record for record in run.history if record.cost is not None]
    search = find(whole, Setting.of(run.setup), run.outcome.status, run.outcome.reason)
    return tuple(search.found)


def warn(run: Run, faults: Sequence[Found]) -> None:
    """Warn of what has gone wrong in a training, with the remedy."""
    for fault in faults:
        where = f" in {fault.layer}" if fault.layer else ""
        said = f"{fault.name}{where}, after epoch {fault.epoch}: {fault.what}"
        warnings.warn(f"{said}; what to do: {fault.remedy}", FaultWarning, stacklevel=5)
    outcome = run.outcome
    if outcome.status == "interrupted" or (outcome.status == "diverged" and not faults):
        warnings.warn(
            f"the training has {outcome.status}: {outcome.reason}; "
            f"the parameters after epoch {run.best_epoch} are kept",
            ConvergenceWarning,
            stacklevel=5,
        )
