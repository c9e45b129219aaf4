"""What a notebook shows of an estimator: scikit-learn's diagram, and what training has made."""

from __future__ import annotations

import math
from typing import Any

from sklearn.utils import estimator_html_repr

from cutaway.estimators.judging import what_to_do
from cutaway.notebook.frame import frame
from cutaway.notebook.network_page import words_of
from cutaway.report.charts import Series, line_chart
from cutaway.report.inside import sizes
from cutaway.report.markup import Markup, bullets, element, paragraph
from cutaway.wording import error


def as_html(estimator: Any) -> str:
    """Return scikit-learn's diagram, and below it network, curve, errors, diagnosis, faults."""
    diagram = str(estimator_html_repr(estimator))
    return diagram + str(_of_fit(estimator)) if hasattr(estimator, "network_") else diagram


def _of_fit(estimator: Any) -> Markup:
    network, errors, history = estimator.network_, estimator._errors, estimator.history_
    of_parts = {"train": errors.train_error, "dev": errors.dev_error}
    said = [
        f"{part} error {error(value, errors.metric)}"
        for part, value in of_parts.items()
        if value is not None
    ]
    faults = [f"{one.name}: {one.what}; {what_to_do(one)}" for one in estimator.faults_]
    unit = "root mean squared error" if errors.is_regression else "share of wrong answers"
    return frame(
        sizes(network),
        paragraph(words_of(network)),
        _curve(history) if "member" not in history else "",
        paragraph(f"{', '.join(said)} ({unit})"),
        paragraph(element("b", "Diagnosis: "), estimator.diagnosis_.in_words()),
        bullets(faults) if faults else "",
    )


def _curve(history: dict[str, Any]) -> Markup:
    lines = [
        Series(name, style, _points(history, column))
        for name, style, column in (
            ("cost of the updates", "cost", "batch_cost"),
            ("train loss", "train", "train_loss"),
            ("dev loss", "dev", "dev_loss"),
        )
        if column in history
    ]
    chart = line_chart("Cost", ("epoch", "cost"), [line for line in lines if line.points])
    return element("div", chart, class_="charts")


def _points(history: dict[str, Any], column: str) -> list[tuple[float, float]]:
    pairs = zip(history["epoch"].tolist(), history[column].tolist(), strict=True)
    return [(epoch, value) for epoch, value in pairs if math.isfinite(value)]
