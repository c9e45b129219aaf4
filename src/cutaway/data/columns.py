"""Named columns of a table, and what each of them holds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from cutaway.data.keys import mixed
from cutaway.data.target import class_name
from cutaway.errors import DataError

FEW = 20
"""Up to so many distinct values are categories, however few rows there are."""

ColumnKind = Literal["number", "boolean", "category"]
Column = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Table:
    """Columns by name, of equal length: float64 (NaN is missing), bool, texts (None is missing)."""

    columns: Mapping[str, Column]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def __getitem__(self, index: npt.NDArray[np.intp], /) -> Table:
        return Table({name: values[index] for name, values in self.columns.items()})

    @property
    def kinds(self) -> dict[str, ColumnKind]:
        """What each column holds; a boolean column with missing values holds numbers 0 and 1."""
        return {name: kind_of(values) for name, values in self.columns.items()}

    def as_kinds(self, kinds: Mapping[str, ColumnKind], origins: Sequence[str]) -> Table:
        """Return these columns as the kinds that a model expects.

        Raises:
            DataError: a value does not fit; column, row and value are named.
        """
        columns = self.columns
        return Table({name: as_kind(name, columns[name], k, origins) for name, k in kinds.items()})

    def keep(self, index: npt.NDArray[np.intp]) -> Table:
        """Return the rows at `index`; all of them are the table itself."""
        return self if len(index) == len(self) else self[index]

    def select(self, names: Iterable[str]) -> Table:
        """Return the columns with these names, in that order."""
        return Table({name: self.columns[name] for name in names})

    def concatenate(self, other: Table) -> Table:
        """Return the rows of this table, then those of `other`, which has the same columns."""
        return Table(
            {name: np.concatenate([a, other.columns[name]]) for name, a in self.columns.items()}
        )

    def keys(self) -> npt.NDArray[np.uint64]:
        """Hash every row (m,): equal where all values are equal, and the same on every machine."""
        keys = np.zeros(len(self), dtype=np.uint64)
        for values in self.columns.values():
            keys = mixed(keys ^ _hashes(values))
        return keys


def kind_of(values: Column) -> ColumnKind:
    """Say what a column holds."""
    by_dtype: dict[str, ColumnKind] = {"f": "number", "b": "boolean", "O": "category"}
    return by_dtype[values.dtype.kind]


def _hashes(values: Column) -> npt.NDArray[np.uint64]:
    if values.dtype != object:
        # + 0.0 makes -0.0 equal to 0.0; every NaN becomes the same one
        numbers = np.where(np.isnan(f := values.astype(np.float64)), np.nan, f) + 0.0
        return numbers.view(np.uint64)
    hashes = {
        value: int.from_bytes(hashlib.blake2b(repr(value).encode(), digest_size=8).digest())
        for value in set(values)
    }
    return np.fromiter((hashes[value] for value in values), dtype=np.uint64, count=len(values))


def refuse_infinity(column: str, values: Column, origins: Sequence[str]) -> None:
    """Check that a column of numbers is finite where it is not missing.

    Raises:
        DataError: a value is infinite; column and row are named.
    """
    infinite = np.isinf(values) if values.dtype.kind == "f" else np.zeros(0, dtype=bool)
    if infinite.any():
        raise DataError(
            f"column '{column}' is infinite in {origins[int(infinite.argmax())]}; "
            "mend the value, or leave it empty if it is not known"
        )


def as_kind(column: str, values: Column, kind: ColumnKind, origins: Sequence[str]) -> Column:
    """Return a column as the kind that a model expects.

    Raises:
        DataError: a value does not fit; column, row and value are named.
    """
    if kind == "category":
        if values.dtype == object:
            return values
        missing = np.isnan(values.astype(np.float64))
        names = [None if gone else class_name(v) for v, gone in zip(values, missing, strict=True)]
        return np.array(names, dtype=object)
    if values.dtype == object:
        row = next((i for i, value in enumerate(values) if value is not None), None)
        if row is None:
            return np.full(len(values), np.nan)
        row = next((i for i, v in enumerate(values) if v is not None and not is_number(v)), row)
        raise DataError(
            f"column '{column}' holds '{values[row]}' in {origins[row]}, "
            f"where {'numbers are' if kind == 'number' else 'true or false is'} expected"
        )
    refuse_infinity(column, values, origins)
    numbers = values.astype(np.float64)
    if kind == "boolean":
        wrong = ~np.isnan(numbers) & (numbers != 0) & (numbers != 1)
        if wrong.any():
            row = int(wrong.argmax())
            raise DataError(
                f"column '{column}' holds {numbers[row]:g} in {origins[row]}, "
                "where true, false, 1 or 0 is expected"
            )
        return numbers if np.isnan(numbers).any() else numbers.astype(bool)
    return numbers


def is_number(text: str) -> bool:
    """Say whether a text is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True
