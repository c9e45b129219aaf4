"""Small trained networks of every kind, one training each for all tests of a format."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import cutaway
from cutaway.data.columns import Table
from cutaway.data.dataset import Dataset, PictureShape
from cutaway.export.subject import Subject

M = 60
RANDOM = np.random.default_rng(3)
NUMBERS = RANDOM.normal(size=(M, 3))
TWO, THREE = np.arange(M) % 2, np.arange(M) % 3
# Names that would end a comment, a string, or be two of the graph
WORDS = np.array(['*/ "ré"', "größer\\n", None, "blue"] * (M // 4), dtype=object)
TABLE = Table(
    {
        "width": np.where(NUMBERS[:, 0] > 1, np.nan, NUMBERS[:, 0]),
        "label": WORDS,
        "new": NUMBERS[:, 1] > 0,
        "time": 1_700_000_000 + 1000 * NUMBERS[:, 2],
    }
)
PIXELS = RANDOM.integers(0, 256, (M, 4 * 3 * 3), dtype=np.uint8)
PRICES = NUMBERS[:, :2] * [3000, 1] + [250_000, 5]
SHAPE = PictureShape(4, 3, 3)
LABELS = np.stack([TWO, THREE > 0], 1)


def _data(kind: Any, task: Any, rows: Any, target: Any, *names: tuple[str, ...]) -> Dataset:
    shape = SHAPE if kind == "pictures" else None
    return Dataset("some data", kind, task, rows, target, *names, picture=shape)


EACH = {"hidden": (5, 4, 4, 3), "activation": ("sigmoid", "tanh", "leaky_relu", "identity")}
CASES: dict[str, tuple[Dataset, dict[str, Any]]] = {
    "two classes": (_data("array", "classification", NUMBERS, TWO, ("no", "yes")), {}),
    "every activation": (_data("array", "classification", NUMBERS, THREE, ("1", "2", "ü")), EACH),
    "no hidden layer": (
        _data("array", "classification", NUMBERS, THREE, ("a", "b", "c")),
        {"hidden": "none", "dtype": "float64", "normalize": "none"},
    ),
    "labels": (_data("array", "multi-label", NUMBERS, LABELS, ("x", "y"), ("x", "y")), {}),
    "squared loss": (
        _data("array", "classification", NUMBERS, THREE, ("a", "b", "c")),
        {"loss": "squared"},
    ),
    "prices": (_data("table", "regression", TABLE, PRICES, (), ("price", "rent")), {}),
    "positive prices": (
        _data("array", "regression", NUMBERS, PRICES[:, :1], (), ("price",)),
        {"output": "relu"},
    ),
    "table": (_data("table", "classification", TABLE, THREE, ("1", '"', "\\")), {}),
    "pictures": (_data("pictures", "classification", PIXELS, TWO, ("cat", "dog")), {}),
}


@pytest.fixture(scope="session")
def subject() -> Callable[[str], Subject]:
    """Return subject(case): a trained network as the formats see it."""

    @functools.cache
    def make(case: str) -> Subject:
        data, given = CASES[case]
        run = cutaway.train(data, **{"hidden": (5, 4), "epochs": 3} | given)
        return Subject(case, run.model, {"data": data.name, "fingerprint": "0123"})

    return make
