"""The course of the training: cost and error over the epochs, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence

from cutaway.report.charts import Point, Series, line_chart
from cutaway.report.markup import Markup, element, paragraph, section
from cutaway.report.results import units
from cutaway.training.trainee import Run
from cutaway.wording import duration, plural


def course(run: Run) -> Markup:
    """Draw the curves for train and dev, with the chosen epoch marked."""
    history = run.history
    has_dev = any(record.dev_loss is not None for record in history)
    mark = (float(run.best_epoch), f"chosen: epoch {run.best_epoch}")
    losses = [Series("train", "train", _points(run, "train_loss"))]
    errors = [Series("train", "train", _points(run, "train_error"))]
    if has_dev:
        losses.append(Series("dev", "dev", _points(run, "dev_loss")))
        errors.append(Series("dev", "dev", _points(run, "dev_error")))
    if run.plan.penalties:
        losses.append(Series("cost J", "cost", _points(run, "cost")))
    regression = run.plan.metric == "rmse"
    error_label = f"root mean squared error{units(run)}" if regression else "error"
    charts = element(
        "div",
        line_chart("Mean loss", ("epoch", "mean loss"), losses, mark=mark, logarithmic=True),
        line_chart(
            "Error",
            ("epoch", error_label),
            errors,
            mark=mark,
            percent=not regression,
        ),
        class_="charts",
    )
    return section("The course of training", paragraph(_ending(run)), charts, *_notes(run))


def _points(run: Run, name: str) -> Sequence[Point]:
    pairs = [(record.epoch, getattr(record, name)) for record in run.history]
    return [(float(epoch), value) for epoch, value in pairs if value is not None]


def _ending(run: Run) -> str:
    state = run.outcome.state
    epochs = plural(state.epoch, "epoch")
    how = {
        "finished": f"Training ran through {epochs}, as planned",
        "stopped": f"Training stopped after {epochs}: {run.outcome.reason}",
        "diverged": f"Training broke off after {epochs}",
        "interrupted": f"Training was interrupted after {epochs}",
    }[run.outcome.status]
    which = f"the parameters kept are those after epoch {run.best_epoch}"
    if run.plan.early_stopping:
        which += ", where the dev loss was least"
        if run.best_epoch == 0:
            which += ": epoch 0 is the start, so training made nothing better"
    updates = f"{plural(state.iteration, 'update')} took {duration(state.seconds)}"
    return f"{how}. {updates}; {which}."


def _notes(run: Run) -> list[Markup]:
    words = []
    if run.plan.penalties:
        words.append("The cost J is the mean training loss plus the penalty on the weights.")
    dead = [
        f"{100 * share:.0f} % of the units of layer {l}"
        for l, share in enumerate((run.kept.dead if run.kept else None) or (), start=1)
        if share > 0.05
    ]
    if dead:
        words.append(f"Dead units, which answer no training example: {', '.join(dead)}.")
    return [paragraph(" ".join(words))] if words else []
