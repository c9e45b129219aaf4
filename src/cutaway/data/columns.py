"""Named columns of a table: what each of them is, and which of them can be an input."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from cutaway.data.keys import mixed
from cutaway.data.target import class_name
from cutaway.errors import DataError

ColumnKind = Literal["number", "boolean", "category"]
Column = npt.NDArray[Any]

FEW = 20
"""Up to so many distinct values are categories, however few rows there are."""
WORDS_OF_FREE_TEXT = 5.0
SHARE_OF_NUMBERS = 0.9
_IDENTIFIER = re.compile(r"(^|[_\W])(id|uuid|guid|index|idx)$|^(id|index|unnamed)([_\W]|$)", re.I)
_CAMEL_IDENTIFIER = re.compile(r"[a-z](Id|ID)$")


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
        row = next((i for i, v in enumerate(values) if v is not None and not _is_number(v)), row)
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


def find_inputs(table: Table, origins: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the columns that can be inputs, and a note for each that is left out.

    Left out are identifiers (whole numbers that count the rows, or that differ in every row under a
    name like "id") and texts of which more than half, and more than 20, are different.

    Raises:
        DataError: a column holds free text, an infinite number, or numbers and a few other words.
    """
    inputs, notes = [], []
    for name, values in table.columns.items():
        if values.dtype == object:
            why = _why_no_category(name, values, origins)
        else:
            refuse_infinity(name, values, origins)
            why = "" if len(table.columns) == 1 else _why_identifier(name, values)
        if why:
            notes.append(f"column '{name}' is left out of the inputs: {why}")
        else:
            inputs.append(name)
    return tuple(inputs), tuple(notes)


def _why_no_category(column: str, values: Column, origins: Sequence[str]) -> str:
    present = [value for value in values if value is not None]
    distinct = set(present)
    if 2 * len(distinct) <= len(present):
        return ""
    words = sum(len(value.split()) for value in distinct) / max(len(distinct), 1)
    if words >= WORDS_OF_FREE_TEXT:
        raise DataError(
            f"column '{column}' holds free text (on average {words:.0f} words, {len(distinct)} "
            "different texts); remove it from the file, or replace it by numbers or categories"
        )
    if len(distinct) <= FEW:
        return ""
    if sum(map(_is_number, distinct)) >= SHARE_OF_NUMBERS * len(distinct):
        row = _first(values, lambda value: value is not None and not _is_number(value))
        raise DataError(
            f"column '{column}' holds numbers, but '{values[row]}' in {origins[row]}; "
            "mend the value, or leave it empty if it is not known"
        )
    example = next(value for value in values if value is not None)
    return f"it has {len(distinct)} different texts, such as '{example}', in {len(present)} rows"


def _why_identifier(column: str, values: Column) -> str:
    if values.dtype.kind != "f" or len(values) <= 1 or not np.all(values == np.floor(values)):
        return ""
    if values[0] in (0, 1) and len(values) > FEW and np.all(np.diff(values) == 1):
        return "it counts the rows"
    named = _IDENTIFIER.search(column) or _CAMEL_IDENTIFIER.search(column)
    if named and len(np.unique(values)) == len(values):
        return "its numbers identify the rows, all are different"
    return ""


def _first(values: Collection[Any], test: Callable[[Any], bool]) -> int:
    return next(i for i, value in enumerate(values) if test(value))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
