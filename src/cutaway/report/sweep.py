"""The page of a sweep: its verdict, one drawing for each swept hyper-parameter, and its table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from cutaway import wording
from cutaway.experiments.sweep import Trial
from cutaway.experiments.values import Range, Values
from cutaway.hyperparameters import ROWS
from cutaway.report.charts import dots
from cutaway.report.markup import Markup, element, join, paragraph, section, table
from cutaway.report.page import STYLE


def write_sweep(
    name: str,
    trials: Sequence[Trial],
    swept: Mapping[str, Values],
    verdict: Sequence[str],
    metric: str,
) -> str:
    """Return the sweep as one HTML page that loads nothing from elsewhere; the best comes first."""
    pictures = [
        element("figure", element("figcaption", what), _picture(what, values, trials, metric))
        for what, values in swept.items()
    ]
    body = element(
        "main",
        element(
            "header",
            element("p", "cutaway: report of a sweep", class_="quiet"),
            element("h1", name),
            join(paragraph(line) for line in verdict),
        ),
        section("What each setting did", element("div", *pictures, class_="charts")),
        section("The trials", _table(trials, swept, metric)),
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{name} - cutaway"),
        element("style", Markup(STYLE.read_text(encoding="utf-8"))),
    )
    return "<!doctype html>\n" + element("html", head, element("body", body), lang="en") + "\n"


def _picture(name: str, values: Values, trials: Sequence[Trial], metric: str) -> Markup:
    """Draw the dev error over one hyper-parameter: numbers on a scale, words side by side."""
    label = "dev rmse" if metric == "rmse" else "dev error"
    drawn = [t for t in trials if t.status != "diverged" and math.isfinite(t.dev_error)]
    numbers = [t.settings[name] for t in drawn]
    ranges = isinstance(values, Range)
    if ranges or all(isinstance(v, int | float) and not isinstance(v, bool) for v in numbers):
        points = [(float(v), t.dev_error) for v, t in zip(numbers, drawn, strict=True)]
        words: Sequence[str] = ()
    else:
        words = [wording.setting(v, ROWS[name].words) for v in values]  # type: ignore[union-attr]
        places = [words.index(wording.setting(v, ROWS[name].words)) for v in numbers]
        points = [(float(x), t.dev_error) for x, t in zip(places, drawn, strict=True)]
    return dots(name, (name, label), points, words=words, percent=metric != "rmse")


def _table(trials: Sequence[Trial], swept: Mapping[str, Any], metric: str) -> Markup:
    head = ("run", *swept, "epochs", "train", "dev", "95 % interval", "ended")
    return table(
        head,
        (
            (
                t.run,
                *(wording.setting(t.settings[name], ROWS[name].words) for name in swept),
                t.epochs,
                wording.error(t.train_error, metric),
                wording.error(t.dev_error, metric),
                wording.interval(t.dev_interval, metric),
                t.reason,
            )
            for t in trials
        ),
        "numbers",
    )
