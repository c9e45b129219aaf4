"""What a model answers for new examples, in the words and units of the data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from cutaway.data.arrays import read_inputs
from cutaway.data.dataset import Rows
from cutaway.data.load import load
from cutaway.data.preparation import Preparation
from cutaway.errors import DataError

# Examples whose answers are put into words at a time
BLOCK = 8192

Answer: TypeAlias = str | tuple[str, ...] | dict[str, float]


@dataclass(frozen=True, eq=False)
class Prediction:
    """The answers of a model, one an example.

    A        (n_y, m) outputs of the network
    origins  where each example came from: a path, or "row 17"
    notes    what the person should know, the skipped examples among it
    """

    preparation: Preparation
    A: npt.NDArray[np.floating[Any]]
    origins: Sequence[str]
    notes: tuple[str, ...]

    @property
    def values(self) -> npt.NDArray[Any]:
        """Class numbers (m,), labels 0/1 (m, n_y), or the numbers of a regression (m, n_y)."""
        return self.preparation.answers(self.A)

    @property
    def probabilities(self) -> npt.NDArray[Any] | None:
        """Probability of each class, or of each label (m, K); None for a regression."""
        preparation = self.preparation
        return None if preparation.task == "regression" else preparation.probabilities(self.A)

    @property
    def answers(self) -> list[Answer]:
        """The class of each example, its labels, or its numbers by the name of the target."""
        preparation = self.preparation
        values = self.values.tolist()
        if preparation.task == "regression":
            return [dict(zip(preparation.target_names, row, strict=True)) for row in values]
        classes = preparation.classes
        if preparation.task == "multi-label":
            return [
                tuple(name for name, is_there in zip(classes, row, strict=True) if is_there)
                for row in values
            ]
        return [classes[number] for number in values]

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield one object an example: its origin, its answer, and rounded probabilities.

        The origin comes first, as "example"; as "origin" where a target is called so.
        """
        for start in range(0, self.A.shape[1], BLOCK):
            some = slice(start, start + BLOCK)
            yield from replace(self, A=self.A[:, some], origins=self.origins[some])._rows()

    def _rows(self) -> list[dict[str, Any]]:
        key = "labels" if self.preparation.task == "multi-label" else "class"
        where = "origin" if "example" in self.preparation.target_names else "example"
        rows: list[dict[str, Any]] = []
        for origin, answer in zip(self.origins, self.answers, strict=True):
            more = answer if isinstance(answer, dict) else {key: answer}
            rows.append({where: origin, **more})
        if self.probabilities is not None:
            for row, p in zip(rows, self.probabilities.tolist(), strict=True):
                by_class = zip(self.preparation.classes, p, strict=True)
                row["probabilities"] = {name: round(x, 6) for name, x in by_class}
        return rows

    def to_json(self) -> list[dict[str, Any]]:
        """Return all rows at once."""
        return list(self.rows())


class Examples(NamedTuple):
    """Examples without targets, as a reader found them."""

    rows: Rows
    origins: Sequence[str]
    notes: tuple[str, ...]


def read_examples(
    data: str | Path | npt.ArrayLike,
    preparation: Preparation,
    cache: str = "auto",
    say: Callable[[str], None] = lambda text: None,
) -> Examples:
    """Read the examples at a path, or rows (m, n_x) as they were before their preparation.

    Raises:
        DataError: there is nothing to read, or it does not fit the model.
    """
    if isinstance(data, str | Path):
        dataset = load(data, preparation=preparation, labelled=False, cache=cache, say=say)
        skipped = (f"skipped {where}: {why}" for where, why in dataset.skipped)
        return Examples(dataset.rows, dataset.origins, (*dataset.notes, *skipped))
    if preparation.encoding is not None:
        raise DataError(
            "this model finds the columns of a table by name, and an array has no names: "
            f"give the path of a file with {', '.join(preparation.encoding.kinds)}"
        )
    try:
        x = np.asarray(data)
    except ValueError as error:
        raise DataError(f"the rows are no array: {error}; give one row an example") from error
    inputs = read_inputs("the array of rows", x, preparation.n_x, preparation.picture)
    origins = [f"row {i}" for i in range(1, len(inputs.rows) + 1)]
    return Examples(inputs.rows, origins, inputs.notes)
