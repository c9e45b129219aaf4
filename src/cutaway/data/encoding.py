"""From the named columns of a table to the numbers that enter a network, always the same way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cutaway.data.columns import Column, ColumnKind, Table
from cutaway.errors import DataError
from cutaway.wording import listed

MOST_CATEGORIES = 100
MOST_LISTED = 5


@dataclass(frozen=True)
class EncodedColumn:
    """How one column becomes inputs.

    categories  those of a category column, one input each; () otherwise
    fill        what stands for a missing number: the mean of the training rows
    indicator   whether one more input says that the number is missing
    """

    name: str
    kind: ColumnKind
    categories: tuple[str, ...] = ()
    fill: float = 0.0
    indicator: bool = False

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs that the column becomes."""
        if self.kind == "category":
            return tuple(f"{self.name}={category}" for category in self.categories)
        return (self.name, f"{self.name} is missing") if self.indicator else (self.name,)


@dataclass(frozen=True)
class Encoding:
    """How the columns of a table become the n_x inputs of a network, in this order."""

    columns: tuple[EncodedColumn, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the n_x inputs: "age", "age is missing", "colour=red"."""
        return tuple(name for column in self.columns for name in column.inputs)

    @property
    def kinds(self) -> dict[str, ColumnKind]:
        """What each column that is read must hold."""
        return {column.name: column.kind for column in self.columns}

    def to_json(self) -> dict[str, Any]:
        """Return the encoding as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Encoding:
        """Make the encoding from what `to_json` returned."""
        return cls(
            tuple(
                EncodedColumn(**{**column, "categories": tuple(column["categories"])})
                for column in values["columns"]
            )
        )


def fit_encoding(
    table: Table, index: npt.NDArray[np.intp], weights: npt.NDArray[np.float64] | None = None
) -> tuple[Encoding, tuple[str, ...]]:
    """Fit an encoding on the rows at `index`, those of the training set; return it and its notes.

    A column with a single value is dropped; of many categories the 100 most frequent are kept. A
    row of weight 2 (weights (m,)) counts as the row twice.

    Raises:
        DataError: every column has a single value, so that no input is left.
    """
    rows = table[index]
    w = np.ones(len(rows)) if weights is None else weights
    columns, notes = [], []
    for name, kind in table.kinds.items():
        fit = _fit_category if kind == "category" else _fit_number
        column, note = fit(name, kind, rows.columns[name], w)
        if column:
            columns.append(column)
        if note:
            notes.append(note)
    if not columns:
        raise DataError(
            f"every input column ({', '.join(table.columns)}) has a single value in the "
            f"{len(rows)} training rows; there is nothing to learn from"
        )
    if gaps := [f"'{column.name}'" for column in columns if column.indicator]:
        notes.append(
            f"missing numbers in {listed(gaps, MOST_LISTED)}: replaced by the mean of the training "
            "rows, and marked by one more input a column"
        )
    return Encoding(tuple(columns)), tuple(notes)


def _fit_number(
    name: str, kind: ColumnKind, values: Column, weights: npt.NDArray[np.float64]
) -> tuple[EncodedColumn | None, str | None]:
    numbers = values.astype(np.float64)
    missing = np.isnan(numbers)
    present = numbers[~missing]
    if not len(present):
        return None, f"column '{name}' is dropped: it is missing in every training row"
    if not missing.any() and np.all(present == present[0]):
        return None, f"column '{name}' is dropped: it is {present[0]:g} in every training row"
    fill = float(np.average(present, weights=weights[~missing]))
    return EncodedColumn(name, kind, (), fill, bool(missing.any())), None


def _fit_category(
    name: str, kind: ColumnKind, values: Column, weights: npt.NDArray[np.float64]
) -> tuple[EncodedColumn | None, str | None]:
    counts: Counter[str] = Counter()
    for value, weight in zip(values, weights.tolist(), strict=True):
        if value is not None:
            counts[value] += weight
    if not counts:
        return None, f"column '{name}' is dropped: it is missing in every training row"
    if len(counts) == 1 and all(value is not None for value in values):
        return None, f"column '{name}' is dropped: it is '{values[0]}' in every training row"
    # Names break ties, so that the order of the rows does not matter
    ranked = sorted(counts, key=lambda category: (-counts[category], category))
    note = None
    if len(ranked) > MOST_CATEGORIES:
        kept = set(ranked[:MOST_CATEGORIES])
        rare = sum(value is not None and value not in kept for value in values)
        note = (
            f"column '{name}' has {len(ranked)} categories: the {MOST_CATEGORIES} most frequent "
            f"are inputs, the others ({rare} of {len(values)} training rows) count as none of them"
        )
    return EncodedColumn(name, kind, tuple(sorted(ranked[:MOST_CATEGORIES]))), note


def encode(table: Table, encoding: Encoding) -> tuple[npt.NDArray[np.float64], tuple[str, ...]]:
    """Return the inputs (m, n_x), rows contiguous, and notes.

    A missing or unseen category gives zeros. A missing number is the mean of the training rows,
    and its indicator, where there is one, is 1.
    """
    rows = np.zeros((len(table), len(encoding.names)))
    notes, at = [], 0
    for column in encoding.columns:
        values = table.columns[column.name]
        block = rows[:, at : at + len(column.inputs)]
        write = _write_categories if column.kind == "category" else _write_numbers
        note = write(column, values, block)
        if note:
            notes.append(f"column '{column.name}': {note}")
        at += len(column.inputs)
    return rows, tuple(notes)


def _write_numbers(
    column: EncodedColumn, values: Column, block: npt.NDArray[np.float64]
) -> str | None:
    numbers = values.astype(np.float64)
    missing = np.isnan(numbers)
    block[:, 0] = np.where(missing, column.fill, numbers)
    if column.indicator:
        block[:, 1] = missing
    elif missing.any():
        return (
            f"{_rows(int(missing.sum()))} no value, which no training row lacked: "
            f"filled with the mean of the training rows, {column.fill:g}"
        )
    return None


def _write_categories(
    column: EncodedColumn, values: Column, block: npt.NDArray[np.float64]
) -> str | None:
    # One further number each for what is missing and what is unseen
    missing, unseen = len(column.categories), len(column.categories) + 1
    numbers: dict[str | None, int] = {c: i for i, c in enumerate(column.categories)}
    numbers[None] = missing
    codes = np.fromiter((numbers.get(v, unseen) for v in values), dtype=np.intp, count=len(values))
    known = np.flatnonzero(codes < missing)
    block[known, codes[known]] = 1.0
    foreign = np.flatnonzero(codes == unseen)
    if not len(foreign):
        return None
    others = Counter(values[foreign]).most_common(3)
    listed = ", ".join(f"'{category}'" for category, _ in others)
    return (
        f"{_rows(len(foreign))} an unknown category, such as {listed}: treated as none of the known"
    )


def _rows(n: int) -> str:
    return "1 row has" if n == 1 else f"{n} rows have"
