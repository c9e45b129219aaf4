"""What a notebook shows of an estimator: scikit-learn's diagram, and what training has made."""

from __future__ import annotations

import math
from typing import Any

from sklearn.utils import estimator_html_repr

from cutaway.estimators.judging import what_to_do
from cutaway.report.charts import Series, line_chart
from cutaway.report.markup import Markup, bullets, element, join, paragraph, table

# The colours go with the light and the dark of a notebook.
_STYLE = """
.cutaway-fit { font: 14px system-ui, sans-serif; max-width: 46rem; margin: .6rem 0; }
.cutaway-fit svg { display: block; width: 100%; max-width: 30rem; height: auto; }
.cutaway-fit svg text { font: 12px system-ui, sans-serif; fill: currentColor; }
.cutaway-fit .axis { stroke: currentColor; } .cutaway-fit .grid { stroke: currentColor;
stroke-opacity: .15; } .cutaway-fit .line { fill: none; stroke-width: 2; }
.cutaway-fit .line.cost { stroke: #8a6d00; } .cutaway-fit .dot.cost { fill: #8a6d00; }
.cutaway-fit .line.train { stroke: #2a78b8; stroke-dasharray: 6 3; }
.cutaway-fit .dot.train { fill: #2a78b8; } .cutaway-fit .line.dev { stroke: #c8551b; }
.cutaway-fit .dot.dev { fill: #c8551b; }
.cutaway-fit table { border-collapse: collapse; margin: .4rem 0; }
.cutaway-fit th, .cutaway-fit td { text-align: left; padding: .15rem .9rem .15rem 0; }
""".replace("\n", " ")


def as_html(estimator: Any) -> str:
    """Return scikit-learn's diagram, and below it network, curve, errors, diagnosis, faults."""
    diagram = str(estimator_html_repr(estimator))
    return diagram + _of_fit(estimator) if hasattr(estimator, "network_") else diagram


def _of_fit(estimator: Any) -> str:
    parts: list[object] = [element("style", Markup(_STYLE)), _network(estimator)]
    if "member" not in estimator.history_:
        parts.append(_curve(estimator.history_))
    errors, diagnosis = estimator._errors, estimator.diagnosis_
    unit = "root mean squared error" if errors.is_regression else "share of wrong answers"
    said = [_error("train", errors.train_error, errors.is_regression)]
    if errors.dev_error is not None:
        said.append(_error("dev", errors.dev_error, errors.is_regression))
    parts.append(paragraph(f"{', '.join(said)} ({unit})"))
    parts.append(paragraph(element("b", "Diagnosis: "), diagnosis.in_words()))
    if estimator.faults_:
        parts.append(
            bullets(f"{one.name}: {one.what}; {what_to_do(one)}" for one in estimator.faults_)
        )
    return str(element("div", join(parts), class_="cutaway-fit"))


def _error(part: str, value: float, is_regression: bool) -> str:
    return f"{part} error {value:.4g}" if is_regression else f"{part} error {100 * value:.2f} %"


def _network(estimator: Any) -> Markup:
    """One row a layer, from the inputs to the output, with its shapes."""
    network = estimator.network_
    functions = [*network.activations, network.output]
    rows = [
        (f"layer {l}", g, f"{n_l} x {n_prev}", f"{n_l} x 1", f"{n_l * n_prev + n_l:,}")
        for l, (g, (n_l, n_prev)) in enumerate(zip(functions, network.shapes, strict=True), start=1)
    ]
    return table(("", "activation", "W", "b", "parameters"), rows)


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
    return line_chart("Cost", ("epoch", "cost"), [line for line in lines if line.points])


def _points(history: dict[str, Any], column: str) -> list[tuple[float, float]]:
    pairs = zip(history["epoch"].tolist(), history[column].tolist(), strict=True)
    return [(epoch, value) for epoch, value in pairs if math.isfinite(value)]
