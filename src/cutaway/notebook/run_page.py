"""A training that has ended, and a diagnosis: curves, errors with intervals, network, verdict."""

from __future__ import annotations

from cutaway.equations import wilson_interval
from cutaway.insight.diagnosis import Diagnosis, Quantity
from cutaway.notebook.curves import curves, errors
from cutaway.notebook.frame import frame, words
from cutaway.report.answer_map import answer_map
from cutaway.report.inside import sizes
from cutaway.report.markup import Markup, bullets, paragraph, table
from cutaway.training.trainee import Run
from cutaway.wording import error, interval


def run(run: Run) -> Markup:
    """Show how a training went and what it came to."""
    mark = (run.best_epoch, f"kept: epoch {run.best_epoch}")
    return frame(
        paragraph(words(run)),
        curves(run.history, run.plan.metric, mark),
        errors(_errors(run), run.plan.metric),
        sizes(run.plan.network),
        answer_map(run),
    )


def _errors(run: Run) -> list[list[object]]:
    prepared, metric, kept = run.setup.prepared, run.plan.metric, run.kept
    on_train, on_dev = (kept.train_error, kept.dev_error) if kept else (None, None)
    rows: list[list[object]] = [["train", f"{prepared.train.m:,}", error(on_train, metric), ""]]
    if prepared.dev is not None and on_dev is not None:
        m = prepared.dev.m * (prepared.dev.Y.shape[0] if metric == "label_error" else 1)
        between = ""
        if metric != "rmse":
            between = interval(wilson_interval(round(on_dev * m), m), metric)
        rows.append(["dev", f"{prepared.dev.m:,}", error(on_dev, metric), between])
    if held := len(prepared.split.test):
        rows.append(["test", f"{held:,}", "not looked at", ""])
    return rows


def diagnosis(diagnosis: Diagnosis) -> Markup:
    """Show the verdict, what it rests on, and what limits it."""
    metric = diagnosis.errors.metric
    rows = [
        [q.name, error(q.value, metric), _between(q, metric), q.verdict, q.why]
        for q in diagnosis.quantities
    ]
    return frame(
        paragraph(words(diagnosis)),
        table(["", "value", "95 % interval", "verdict", "because"], rows),
        bullets(diagnosis.notes) if diagnosis.notes else "",
    )


def _between(quantity: Quantity, metric: str) -> str:
    return interval(quantity.interval, metric) if quantity.interval else "-"
