"""A data set: what it holds, its classes with counts, and its first examples."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway.data.columns import Table
from cutaway.data.dataset import Dataset
from cutaway.notebook.frame import frame, words
from cutaway.report import images
from cutaway.report.markup import Markup, bullets, element, paragraph, table
from cutaway.wording import counts, figure, plural, short

MOST_EXAMPLES, MOST_COLUMNS, MOST_ROWS = 12, 8, 5


def dataset(dataset: Dataset) -> Markup:
    """Show a data set as it was read, before it is split."""
    classes = counts(dataset.counts())
    return frame(
        paragraph(words(dataset)),
        paragraph(f"{classes}.", class_="quiet") if classes else "",
        _examples(dataset),
        bullets(dataset.notes) if dataset.notes else "",
    )


def _examples(dataset: Dataset) -> Markup:
    if dataset.picture is not None:
        return _pictures(dataset)
    rows: Any = dataset.rows
    if isinstance(rows, Table):
        some = rows[np.arange(min(MOST_ROWS, len(rows)))]
        names, columns, m = list(some.columns), list(some.columns.values()), len(some)
    else:
        first = np.asarray(rows[:MOST_ROWS])
        names = list(dataset.features or (f"x{i}" for i in range(1, first.shape[1] + 1)))
        columns, m = list(first.T), len(first)
    lines = [
        [i + 1, *(_cell(column[i]) for column in columns[:MOST_COLUMNS]), *_targets(dataset, i)]
        for i in range(m)
    ]
    head = ["", *(short(name, 20) for name in names[:MOST_COLUMNS])]
    head += [short(name, 20) for name in dataset.target_names] if _targets(dataset, 0) else []
    more = len(names) - MOST_COLUMNS
    rest = paragraph(f"and {plural(more, 'column')} more", class_="quiet") if more > 0 else ""
    return element("div", table(head, lines), rest)


def _pictures(dataset: Dataset) -> Markup:
    """Show the first picture of each class, or the first ones."""
    assert dataset.picture is not None
    rows: Any = dataset.rows
    which = np.arange(min(MOST_EXAMPLES, dataset.m))
    names = [f"example {i + 1}" for i in which]
    if dataset.task == "classification" and dataset.target is not None:
        numbers, which = np.unique(dataset.target, return_index=True)
        names = [dataset.classes[number] for number in numbers]
    shown = zip(which[:MOST_EXAMPLES], names, strict=False)
    return element(
        "div",
        *(
            element(
                "figure", images.picture(rows[i], dataset.picture, word),
                element("figcaption", short(word)),
            )
            for i, word in shown
        ),
        class_="gallery",
    )  # fmt: skip


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float | np.floating) and np.isnan(value)):
        return "-"
    if isinstance(value, bool | np.bool_):
        return str(value).lower()
    return figure(float(value)) if isinstance(value, int | float | np.number) else short(str(value))


def _targets(dataset: Dataset, i: int) -> list[str]:
    if dataset.target is None:
        return []
    target = dataset.target[i]
    if dataset.task == "classification":
        return [dataset.classes[int(target)]]
    return [_cell(value) for value in np.atleast_1d(target)]
