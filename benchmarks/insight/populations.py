"""Examples to draw from: what is not drawn for train and dev tells the error on the population."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cutaway.data.builtin import read_builtin
from cutaway.data.dataset import Dataset
from cutaway.errors import DataError

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Population:
    """Examples (m, n_x), their classes (m,), and the same as another origin would have them.

    train   training examples that are enough for a low error
    narrow  hidden units that are too few
    short   epochs that are too few
    small   training examples that are far too few
    goal    error that a good network reaches with room to spare
    """

    name: str
    rows: Floats
    target: npt.NDArray[np.int64]
    elsewhere: Callable[[Floats], Floats]
    train: int
    narrow: str
    short: int
    small: int
    goal: float

    @property
    def m(self) -> int:
        return len(self.rows)

    def dataset(self, index: npt.NDArray[np.intp], **changes: Any) -> Dataset:
        """Return some examples as a data set."""
        rows = changes.get("rows", self.rows)[index]
        target = changes.get("target", self.target)[index]
        classes = tuple(str(c) for c in range(int(self.target.max()) + 1))
        return Dataset(self.name, "array", "classification", rows, target, classes)


def digits() -> Population:
    data: Any = read_builtin("digits")
    rows = np.asarray(data.rows, dtype=np.float64)

    def elsewhere(rows: Floats) -> Floats:
        # Written by somebody who starts a pixel lower and to the right
        pictures = rows.reshape(-1, 8, 8)
        return np.roll(pictures, (1, 1), axis=(1, 2)).reshape(len(rows), -1)

    return Population("digits", rows, data.target, elsewhere, 800, "2", 2, 60, 0.08)


def fashion() -> Population:
    """Trousers, pullovers, sandals, bags and boots: classes that a small network can tell apart."""
    data: Any = read_builtin("fashion_mnist")
    kept = np.flatnonzero(np.isin(data.target, (1, 2, 5, 8, 9)))[:9000]
    pictures = np.asarray(data.rows[kept], dtype=np.float64).reshape(-1, 14, 2, 14, 2)
    rows = pictures.mean(axis=(2, 4)).reshape(len(kept), -1)
    target = np.searchsorted((1, 2, 5, 8, 9), data.target[kept])

    def elsewhere(rows: Floats) -> Floats:
        return 255 - rows

    return Population("fashion", rows, target, elsewhere, 1500, "1", 1, 40, 0.05)


def teacher() -> Population:
    """Four classes of ten inputs, told by a network of 12 units that was drawn, not trained."""
    random = np.random.default_rng(5)
    rows = random.normal(size=(12_000, 10))
    hidden = np.maximum(rows @ random.normal(size=(10, 12)) / 3 + random.normal(size=12) / 2, 0)
    logits = hidden @ random.normal(size=(12, 4))
    logits -= np.median(logits, axis=0)
    target = logits.argmax(axis=1)
    # Left out is what lies so near a border that chance alone would decide
    ordered = np.sort(logits, axis=1)
    clear = ordered[:, -1] - ordered[:, -2] > 0.3

    def elsewhere(rows: Floats) -> Floats:
        return rows + np.where(np.arange(rows.shape[1]) % 2, 1.2, -1.2)

    return Population("teacher", rows[clear], target[clear], elsewhere, 2500, "1", 2, 80, 0.12)


POPULATIONS = {"digits": digits, "fashion": fashion, "teacher": teacher}


def available(say: Callable[[str], None]) -> dict[str, Population]:
    """Return the populations by name; one whose files are not installed is left out, and said."""
    found = {}
    for name, make in POPULATIONS.items():
        try:
            found[name] = make()
        except DataError as error:
            say(f"{name} is left out: {error}")
    return found
