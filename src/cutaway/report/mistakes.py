"""The examples on which the network was most wrong, as pictures or as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from cutaway.data.columns import Table
from cutaway.data.dataset import Dataset
from cutaway.engine.job import Part
from cutaway.report import images
from cutaway.report.charts import scatter
from cutaway.report.markup import Markup, element, join, paragraph, section, table
from cutaway.report.results import Judged
from cutaway.training.trainee import Run
from cutaway.wording import figure, plural

MOST_MISTAKES = 24
MOST_COLUMNS = 8
MOST_POINTS = 1000
MOST_TARGETS = 4
LONGEST_TEXT = 40


@dataclass(frozen=True, eq=False)
class Shown:
    """Examples that are shown: as the network takes them, and their numbers in the data set."""

    part: Part
    index: npt.NDArray[np.intp]


def mistakes(run: Run, judged: Judged) -> Markup:
    """Show up to 24 wrong examples with the largest loss; of a regression the largest misses."""
    task = run.setup.dataset.task
    who = judged.examples(run.setup.dataset)
    if task == "regression":
        return section(
            "The largest misses",
            *_scatters(run, judged),
            paragraph(f"Of {who}, these are answered farthest from the truth."),
            _rows(run, judged, _order(judged.evaluation.losses), _numbers(run, judged)),
        )
    wrong = _wrong(run, judged)
    order = _order(np.where(wrong, judged.evaluation.losses, -np.inf))[: int(wrong.sum())]
    if not len(order):
        return section("The worst mistakes", paragraph(f"Of {who}, none is answered wrong."))
    count = int(wrong.sum())
    words = f"Of {who}, {count:,} {'is' if count == 1 else 'are'} answered wrong"
    if count > len(order):
        words += f"; these are the worst {len(order)}"
    words += ". The surest wrong answers come first."
    answers = _labels(run, judged) if task == "multi-label" else _classes(run, judged)
    show = _pictures if run.setup.dataset.picture else _rows
    return section("The worst mistakes", paragraph(words), show(run, judged, order, answers))


def show_examples(
    run: Run, index: npt.NDArray[np.intp], heads: Sequence[str], answers: Sequence[Sequence[str]]
) -> Markup:
    """Show training examples by their numbers in the data set, with what is said of each."""
    split, train = run.setup.prepared.split, run.setup.prepared.train
    judged = Shown(train.take(np.searchsorted(split.train, index)), index)
    show = _pictures if run.setup.dataset.picture else _rows
    return show(run, judged, np.arange(len(index)), (heads, answers.__getitem__))


def _wrong(run: Run, judged: Judged) -> npt.NDArray[np.bool_]:
    answers = run.model.preparation.answers(judged.evaluation.A)
    differs = np.not_equal(answers, _truth(run, judged)).reshape(len(answers), -1)
    return np.asarray(differs.any(axis=1), dtype=np.bool_)


def _truth(run: Run, judged: Judged) -> npt.NDArray[Any]:
    target = run.setup.dataset.target
    assert target is not None
    return target[judged.index]


def _order(losses: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    return np.argsort(-losses, kind="stable")[:MOST_MISTAKES]


# What is said of every example: the heads of the columns, and a function from its place.
Answers = tuple[Sequence[str], Any]


def _classes(run: Run, judged: Judged) -> Answers:
    preparation = run.model.preparation
    names = preparation.classes
    numbers = preparation.answers(judged.evaluation.A)
    truth = _truth(run, judged)
    probabilities = preparation.probabilities(judged.evaluation.A)

    def say(i: int) -> list[str]:
        return [names[truth[i]], names[numbers[i]], _percent(probabilities[i, numbers[i]])]

    return ("true class", "answer", "probability"), say


def _labels(run: Run, judged: Judged) -> Answers:
    names = run.model.preparation.classes
    truth = _truth(run, judged)

    def say(i: int) -> list[str]:
        p = judged.evaluation.A[:, i]
        given = [f"{names[k]} {_percent(p[k])}" for k in np.flatnonzero(p > 0.5)]
        missed = np.flatnonzero((p <= 0.5) & (truth[i] > 0.5))
        true = [names[k] for k in np.flatnonzero(truth[i] > 0.5)]
        lacking = [f"{names[k]} {_percent(p[k])}" for k in missed]
        return [", ".join(texts) or "none" for texts in (true, given, lacking)]

    return ("true labels", "given", "missed"), say


def _percent(probability: float) -> str:
    # No sigmoid and no softmax is ever certain
    if not 0.005 <= probability <= 0.995:
        return ">\u00a099\u00a0%" if probability > 0.5 else "<\u00a01\u00a0%"
    return f"{100 * probability:.0f}\u00a0%"


def _numbers(run: Run, judged: Judged) -> Answers:
    names = run.model.preparation.target_names
    truth = _truth(run, judged)
    answers = run.model.preparation.answers(judged.evaluation.A)
    several = len(names) > 1
    heads = [
        f"{head} {name}" if several else head
        for name in names[:MOST_TARGETS]
        for head in ("true", "answer", "off by")
    ]

    def say(i: int) -> list[str]:
        pairs = zip(truth[i, :MOST_TARGETS], answers[i, :MOST_TARGETS], strict=True)
        return [
            text
            for t, a in pairs
            for text in (figure(t), figure(a), f"{'+' if a > t else ''}{figure(a - t)}")
        ]

    return heads, say


def _origin(dataset: Dataset, example: int) -> str:
    return dataset.origins[example] if dataset.origins else f"example {example + 1}"


def _pictures(
    run: Run, judged: Judged | Shown, order: npt.NDArray[np.intp], answers: Answers
) -> Markup:
    dataset: Any = run.setup.dataset
    heads, say = answers
    cards = []
    for i in order:
        example = int(judged.index[i])
        origin = _origin(dataset, example)
        facts = [
            join([element("dt", head), element("dd", value)])
            for head, value in zip(heads, say(i), strict=True)
        ]
        cards.append(
            element(
                "figure",
                images.picture(dataset.rows[example], dataset.picture, origin),
                element(
                    "figcaption",
                    element("dl", *facts),
                    element("span", origin, class_="origin"),
                ),
            )
        )
    return element("div", *cards, class_="gallery")


def _rows(
    run: Run, judged: Judged | Shown, order: npt.NDArray[np.intp], answers: Answers
) -> Markup:
    """Show rows with the values of their most telling columns: the farthest from the mean."""
    dataset = run.setup.dataset
    heads, say = answers
    names, spans = _columns(run)
    X = np.abs(judged.part.take(order).X)
    farthest = np.array([X[span].max(axis=0).mean() for span in spans])
    kept = np.sort(np.argsort(-farthest, kind="stable")[:MOST_COLUMNS])
    values = _raw(dataset, judged.index[order], [names[k] for k in kept], kept)
    rows = [
        [_origin(dataset, int(judged.index[i])), *say(i), *map(_short, cells)]
        for i, cells in zip(order, zip(*values, strict=True), strict=True)
    ]
    note = Markup()
    if len(kept) < len(names):
        note = paragraph(
            f"The {len(kept)} of {plural(len(names), 'column')} shown are those in which these "
            "rows are farthest from the mean.",
            class_="quiet",
        )
    head = ["where", *heads, *(names[k] for k in kept)]
    return join([note, table(head, rows, class_="numbers")])


def _columns(run: Run) -> tuple[list[str], list[slice]]:
    """Return the columns as they were read, and the inputs that each of them became."""
    preparation = run.model.preparation
    if preparation.encoding is None:
        names = preparation.features or [f"x{i + 1}" for i in range(preparation.n_x)]
        return list(names), [slice(i, i + 1) for i in range(preparation.n_x)]
    encoded = preparation.encoding.columns
    ends = np.cumsum([0, *(len(column.inputs) for column in encoded)]).tolist()
    spans = [slice(a, b) for a, b in pairwise(ends)]
    return [column.name for column in encoded], spans


def _raw(
    dataset: Dataset, index: npt.NDArray[np.intp], names: Sequence[str], columns: Any
) -> list[npt.NDArray[Any]]:
    rows: Any = dataset.rows
    if isinstance(rows, Table):
        some = rows[index]
        return [some.columns[name] for name in names]
    return list(rows[index][:, columns].T)


def _short(value: Any) -> str:
    if value is None or (isinstance(value, float | np.floating) and np.isnan(value)):
        return "missing"
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT else value[: LONGEST_TEXT - 1] + "\u2026"
    return figure(value)


def _scatters(run: Run, judged: Judged) -> list[Markup]:
    """Draw answers against the truth, one drawing a target."""
    truth = _truth(run, judged)
    answers = run.model.preparation.answers(judged.evaluation.A)
    step = max(1, -(-len(truth) // MOST_POINTS))
    names = run.model.preparation.target_names[:MOST_TARGETS]
    drawings = [
        scatter(
            f"{name}: answer against truth",
            (f"true {name}", "answer"),
            list(zip(truth[::step, k].tolist(), answers[::step, k].tolist(), strict=True)),
            diagonal=True,
        )
        for k, name in enumerate(names)
    ]
    words = "On the dashed line answer and truth are equal."
    if step > 1:
        words += f" One of {step} examples is drawn."
    return [element("div", *drawings, class_="charts"), paragraph(words)]
