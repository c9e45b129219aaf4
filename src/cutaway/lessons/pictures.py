"""Pictures of two classes for the lessons: a person's own, or two of the bundled digits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np

from cutaway.data import load
from cutaway.data.dataset import Dataset
from cutaway.data.parts import part
from cutaway.errors import DataError
from cutaway.lessons import stage
from cutaway.training.evaluation import evaluate
from cutaway.training.trainee import Run

# The first ten bytes of the second of the course's cats, by which its file is known.
_SECOND_CAT = (196, 192, 190, 193, 186, 182, 188, 179, 174, 213)


def two_classes() -> Dataset:
    """Return the pictures at --data, test_.. beside train_.. included; else the digits 3 and 8.

    Raises:
        DataError: the data at --data are no pictures, or of another number of classes.
    """
    given = stage.settings.data
    if given is None:
        return _three_and_eight()
    beside = given.with_name(given.name.replace("train_", "test_"))
    dataset = load(given, test=beside if beside != given and beside.exists() else None)
    if dataset.picture is None or len(dataset.classes) != 2:
        raise DataError(
            f"{given}: this lesson takes pictures of two classes, "
            f"but found {dataset.kind} with {len(dataset.classes)} classes"
        )
    return dataset


def are_the_cats(dataset: Dataset) -> bool:
    """Whether these are the course's own pictures, for which it publishes numbers."""
    rows: Any = dataset.rows
    return rows.shape == (259, 12288) and tuple(rows[1, :10].tolist()) == _SECOND_CAT


def accuracies(run: Run) -> tuple[float, float]:
    """Return the share of right answers in per cent, on the training and on the test set."""
    setup = run.setup
    prepared = setup.prepared
    test, _ = part(setup.dataset, prepared.split.test, prepared.preparation, setup.plan.dtype)
    train_error, test_error = (evaluate(run.model, p).error for p in (prepared.train, test))
    return 100 * (1 - train_error), 100 * (1 - test_error)


def _three_and_eight() -> Dataset:
    digits = load("digits")
    target = cast(Any, digits.target)
    chosen = digits.take(np.flatnonzero((target == 3) | (target == 8)))
    eight = (cast(Any, chosen.target) == 8).astype(np.int64)
    return replace(chosen, name="digits 3 and 8", target=eight, classes=("3", "8"))
