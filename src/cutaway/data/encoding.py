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
# Rows that are looked at a time
BLOCK = 65_536


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
    fits: list[_Numbers | _Categories] = [
        _Categories(name) if kind == "category" else _Numbers(name, kind)
        for name, kind in table.kinds.items()
    ]
    for start in range(0, len(index), BLOCK):
        rows = table[index[start : start + BLOCK]]
        w = np.ones(len(rows)) if weights is None else weights[start : start + BLOCK]
        for fit in fits:
            fit.add(rows.columns[fit.name], w)
    columns, notes = [], []
    for fit in fits:
        column, note = fit.result(len(index))
        if column:
            columns.append(column)
        if note:
            notes.append(note)
    if not columns:
        raise DataError(
            f"every input column ({', '.join(table.columns)}) has a single value in the "
            f"{len(index)} training rows; there is nothing to learn from"
        )
    if gaps := [f"'{column.name}'" for column in columns if column.indicator]:
        notes.append(
            f"missing numbers in {listed(gaps, MOST_LISTED)}: replaced by the mean of the training "
            "rows, and marked by one more input a column"
        )
    return Encoding(tuple(columns)), tuple(notes)


class _Numbers:
    """What the blocks of a column of numbers or booleans hold together."""

    def __init__(self, name: str, kind: ColumnKind) -> None:
        self.name = name
        self.kind = kind
        self.first: float | None = None
        self.constant = True
        self.missing = False
        self.total = self.weight = 0.0

    def add(self, values: Column, weights: npt.NDArray[np.float64]) -> None:
        """Take in the next rows."""
        numbers = values.astype(np.float64)
        missing = np.isnan(numbers)
        present, w = numbers[~missing], weights[~missing]
        self.missing = self.missing or bool(missing.any())
        if not len(present):
            return
        self.first = float(present[0]) if self.first is None else self.first
        self.constant = self.constant and bool(np.all(present == self.first))
        self.total += float(np.multiply(present, w).sum())
        self.weight += float(w.sum())

    def result(self, m: int) -> tuple[EncodedColumn | None, str | None]:
        """Return the column, or why there is none."""
        if self.first is None:
            return None, f"column '{self.name}' is dropped: it is missing in every training row"
        if not self.missing and self.constant:
            same = f"{self.first:g} in every training row"
            return None, f"column '{self.name}' is dropped: it is {same}"
        fill = self.total / self.weight
        return EncodedColumn(self.name, self.kind, (), fill, self.missing), None


class _Categories:
    """What the blocks of a column of texts hold together."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.weights: Counter[str] = Counter()
        self.rows: Counter[str] = Counter()
        self.missing = False

    def add(self, values: Column, weights: npt.NDArray[np.float64]) -> None:
        """Take in the next rows."""
        for value, weight in zip(values, weights.tolist(), strict=True):
            if value is None:
                self.missing = True
            else:
                self.weights[value] += weight
                self.rows[value] += 1

    def result(self, m: int) -> tuple[EncodedColumn | None, str | None]:
        """Return the column, and a note on what of it is left out."""
        name, counts = self.name, self.weights
        if not counts:
            return None, f"column '{name}' is dropped: it is missing in every training row"
        if len(counts) == 1 and not self.missing:
            only = next(iter(counts))
            return None, f"column '{name}' is dropped: it is '{only}' in every training row"
        # Names break ties, so that the order of the rows does not matter
        ranked = sorted(counts, key=lambda category: (-counts[category], category))
        note = None
        if len(ranked) > MOST_CATEGORIES:
            rare = sum(self.rows[category] for category in ranked[MOST_CATEGORIES:])
            note = (
                f"column '{name}' has {len(ranked)} categories: the {MOST_CATEGORIES} most "
                f"frequent are inputs, the others ({rare} of {m} training rows) count as none of "
                "them"
            )
        categories = tuple(sorted(ranked[:MOST_CATEGORIES]))
        return EncodedColumn(name, "category", categories), note


def encode(table: Table, encoding: Encoding) -> tuple[npt.NDArray[np.float64], tuple[str, ...]]:
    """Return the inputs (m, n_x), rows contiguous, and notes.

    A missing or unseen category gives zeros. A missing number is the mean of the training rows,
    and its indicator, where there is one, is 1.
    """
    strange = Strange(encoding)
    return strange.encode(table), strange.notes()


class Strange:
    """Encodes tables, and counts what no training row had: missing numbers, unseen categories."""

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self.missing: Counter[str] = Counter()
        self.unseen = {column.name: Counter[str]() for column in encoding.columns}

    def encode(self, table: Table) -> npt.NDArray[np.float64]:
        """Return the inputs (m, n_x) of some rows, and count."""
        rows, at = np.zeros((len(table), len(self.encoding.names))), 0
        for column in self.encoding.columns:
            values = table.columns[column.name]
            block = rows[:, at : at + len(column.inputs)]
            if column.kind == "category":
                self.unseen[column.name].update(_write_categories(column, values, block))
            else:
                self.missing[column.name] += _write_numbers(column, values, block)
            at += len(column.inputs)
        return rows

    def notes(self) -> tuple[str, ...]:
        """Return a note for each column that had something strange in it."""
        notes = []
        for column in self.encoding.columns:
            if n := self.missing[column.name]:
                notes.append(
                    f"column '{column.name}': {_rows(n)} no value, which no training row lacked: "
                    f"filled with the mean of the training rows, {column.fill:g}"
                )
            if unseen := self.unseen[column.name]:
                such = ", ".join(f"'{category}'" for category, _ in unseen.most_common(3))
                notes.append(
                    f"column '{column.name}': {_rows(unseen.total())} an unknown category, such as "
                    f"{such}: treated as none of the known"
                )
        return tuple(notes)


def _write_numbers(column: EncodedColumn, values: Column, block: npt.NDArray[np.float64]) -> int:
    """Write a column's inputs; return how many rows lack a number that no training row lacked."""
    numbers = values.astype(np.float64)
    missing = np.isnan(numbers)
    block[:, 0] = np.where(missing, column.fill, numbers)
    if column.indicator:
        block[:, 1] = missing
        return 0
    return int(missing.sum())


def _write_categories(
    column: EncodedColumn, values: Column, block: npt.NDArray[np.float64]
) -> Column:
    """Write a column's inputs; return the categories that are none of the known."""
    # One further number each for what is missing and what is unseen
    missing, unseen = len(column.categories), len(column.categories) + 1
    numbers: dict[str | None, int] = {c: i for i, c in enumerate(column.categories)}
    numbers[None] = missing
    codes = np.fromiter((numbers.get(v, unseen) for v in values), dtype=np.intp, count=len(values))
    known = np.flatnonzero(codes < missing)
    block[known, codes[known]] = 1.0
    foreign: Column = values[codes == unseen]
    return foreign


def _rows(n: int) -> str:
    return "1 row has" if n == 1 else f"{n} rows have"
