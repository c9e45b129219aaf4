"""A setting that was trained with several seeds: its errors, and what they are beside another's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cutaway.engine.job import Part
from cutaway.errors import OptionError
from cutaway.experiments.baselines import simplest
from cutaway.experiments.gain import Gain, gain_over, misses, paired_interval
from cutaway.insight.evidence import Evidence
from cutaway.insight.part_errors import Errors
from cutaway.training.evaluation import Evaluation, evaluate
from cutaway.training.model import Model, combine
from cutaway.training.run import INTERRUPTED
from cutaway.training.setup import Setup
from cutaway.training.trainee import Run

# Where two dev losses differ by less than this share they are equal
SAME_LOSS = 0.01
Floats = npt.NDArray[np.float64]


class Trained(NamedTuple):
    """The runs of one setting, one a seed; errors and loss are means over them.

    settings  what differs from the start, as it is typed
    dev       how good each is on dev
    misses    (k, m): whether each answer is wrong, or the squared error of a regression
    """

    runs: tuple[Run, ...]
    settings: dict[str, str]
    dev: tuple[Evaluation, ...]
    misses: Floats
    train_error: float
    dev_error: float
    dev_loss: float

    @property
    def middle(self) -> Run:
        """The run whose dev error is the median: the one that is looked at."""
        order = np.argsort([one.error for one in self.dev], kind="stable")
        return self.runs[int(order[len(order) // 2])]

    @property
    def simplest_error(self) -> float:
        """Dev error of an answer that looks at no input."""
        return simplest(self.runs[0].setup.prepared).dev_error or 0.0

    @property
    def model(self) -> Model:
        """All of them as one model, which answers with their mean."""
        good = [run for run in self.runs if run.outcome.status != "diverged"]
        return combine([run.model for run in good or self.runs])

    @property
    def is_interrupted(self) -> bool:
        """Whether it was ended by hand."""
        return any(run.outcome.status == INTERRUPTED for run in self.runs)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the runs."""
        return tuple(run.folder.name for run in self.runs if run.folder)


def judged(runs: Sequence[Run], settings: Mapping[str, str]) -> Trained:
    """Evaluate the runs of a setting on train and dev."""
    prepared = runs[0].setup.prepared
    assert prepared.dev is not None
    dev = tuple(evaluate(run.model, prepared.dev) for run in runs)
    return Trained(
        tuple(runs),
        dict(settings),
        dev,
        np.stack([misses(one.A, prepared.dev.Y, prepared.preparation) for one in dev]),
        float(np.mean([evaluate(run.model, prepared.train).error for run in runs])),
        float(np.mean([one.error for one in dev])),
        float(np.mean([one.loss for one in dev])),
    )


def is_better(new: Trained, old: Trained) -> bool:
    """Whether the mean dev error fell; where it is the same, whether the dev loss did.

    All errors are the same that are no lower than that of an answer without any input.
    """
    if new.is_interrupted:
        return False
    same = 0.0 if new.runs[0].plan.metric == "rmse" else 0.5 / new.misses.shape[1]
    gain = min(old.dev_error, old.simplest_error) - min(new.dev_error, new.simplest_error)
    if abs(gain) > same:
        return gain > 0
    return new.dev_loss < (1 - SAME_LOSS) * old.dev_loss


def interval_of_gain(old: Trained, new: Trained) -> tuple[float, float]:
    """95 % interval of old - new dev error, on the same examples, the runs paired by seed."""
    regression = old.runs[0].plan.metric == "rmse"
    return paired_interval(old.misses, new.misses, regression=regression)


def against(before: Trained, after: Model, part: Part) -> Gain:
    """Compare one network of a setting, the mean over its seeds, with a model, on a part."""
    models = [run.model for run in before.runs]
    *theirs, ours = (
        misses(model.apply(part.X), part.Y, model.preparation) for model in (*models, after)
    )
    regression = after.preparation.task == "regression"
    return gain_over(np.stack(theirs), ours, regression=regression)


def errors_of(now: Trained, aims: Mapping[str, Any]) -> Errors:
    """Return the errors of a setting as the diagnosis takes them."""
    intervals = {}
    if now.runs[0].plan.metric == "rmse":
        low, high = np.mean([one.interval for one in now.dev], axis=0).tolist()
        intervals["dev"] = (low, high)
    errors = _errors(now.runs[0].setup, now.train_error, now.dev_error, aims, intervals)
    lowest = [run.lowest_train_error for run in now.runs]
    known = [error for error in lowest if error is not None]
    mean = float(np.mean(known)) if len(known) == len(lowest) else None
    return replace(errors, lowest_train_error=mean)


def target_of(setup: Setup, aims: Mapping[str, Any]) -> float:
    """Return the error that is aimed at.

    Raises:
        OptionError: there is no dev set, or the target is not above the human-level error.
    """
    if setup.prepared.dev is None:
        raise OptionError(
            "there is no dev set, so nothing can be chosen by it; leave one with --split"
        )
    return _errors(setup, 0.0, 0.0, aims, {}).target


def _errors(
    setup: Setup,
    train_error: float,
    dev_error: float,
    aims: Mapping[str, Any],
    intervals: Mapping[str, tuple[float, float]],
) -> Errors:
    train, dev, metric = setup.prepared.train, setup.prepared.dev, setup.plan.metric
    assert dev is not None
    answers = dev.Y.shape[0] if metric == "label_error" else 1
    return Errors(
        train_error,
        dev_error,
        n_train=train.m * answers,
        n_dev=dev.m * answers,
        metric=metric,
        intervals=intervals,
        trivial_error=simplest(setup.prepared).train_error,
        chosen_on_dev=True,
        **aims,
    )


def evidence_of(now: Trained) -> Evidence:
    """Return what the training of the run in the middle has left behind."""
    run = now.middle
    return Evidence(
        plan=run.plan.to_json(),
        records=run.history,
        ended=run.outcome.status,
        command="cutaway train PATH",
        m=run.setup.prepared.train.m,
        picture=run.setup.dataset.picture,
    )
