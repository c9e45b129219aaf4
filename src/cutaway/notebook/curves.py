"""Loss and error over the epochs, while a run goes on and when it has ended; its errors."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cutaway.report.charts import Point, Series, line_chart
from cutaway.report.markup import Markup, element, table
from cutaway.training.record import Record

# A line of more points is no finer on a screen, and a notebook is saved with every one of them.
MOST_POINTS = 200


def curves(records: Sequence[Record], metric: str, mark: tuple[int, str] | None = None) -> Markup:
    """Draw mean loss and error of train and dev; `mark` (epoch, text) is a vertical line."""
    regression = metric == "rmse"
    at = None if mark is None else (float(mark[0]), mark[1])
    return element(
        "div",
        line_chart(
            "Mean loss", ("epoch", "mean loss"), _lines(records, "loss"), mark=at, logarithmic=True
        ),
        line_chart(
            "Error",
            ("epoch", "root mean squared error" if regression else "error"),
            _lines(records, "error"),
            mark=at,
            percent=not regression,
        ),
        class_="charts",
    )


def errors(rows: Sequence[Sequence[object]], metric: str) -> Markup:
    """Show the errors of the parts: (part, examples, error, interval)."""
    name = "rmse" if metric == "rmse" else "error"
    return table(["part", "examples", name, "95 % interval"], rows)


def _lines(records: Sequence[Record], what: str) -> list[Series]:
    lines = []
    for part in ("train", "dev"):
        points = [(float(r.epoch), getattr(r, f"{part}_{what}")) for r in records]
        known = [(epoch, value) for epoch, value in points if value is not None]
        if known:
            lines.append(Series(part, part, _thinned(known)))
    return lines


def _thinned(points: Sequence[Point]) -> Sequence[Point]:
    step = math.ceil(len(points) / MOST_POINTS)
    return [*points[:-1][::step], points[-1]]
