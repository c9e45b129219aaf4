"""A table whose values lie in a mapped file, one row of numbers an example.

A number stands as it is (NaN is missing), a boolean as 0 or 1, a text as its place in the list of
the column's texts. A column that is asked for is made as `Table` holds it: one at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cutaway.data.columns import Column, ColumnKind, Table, as_kind, kind_of
from cutaway.data.encoding import BLOCK, Encoding
from cutaway.data.place import Files, row_blocks

Indices = npt.NDArray[np.intp]


class Field(NamedTuple):
    """One column: its place in a row, its kind, and its texts where it holds categories."""

    at: int
    kind: ColumnKind
    texts: tuple[str, ...] = ()

    def read(self, values: npt.NDArray[Any]) -> Column:
        """Turn stored values (m,) into what a `Table` holds."""
        if self.kind == "category":
            # The last place stands for what is missing
            texts = np.array([*self.texts, None], dtype=object)
            return np.asarray(texts[codes(values)])
        return values.astype(bool if self.kind == "boolean" else np.float64)

    def write(self, values: Column) -> npt.NDArray[Any]:
        """Turn what a `Table` holds into stored values (m,); an unknown text raises KeyError."""
        if self.kind == "category":
            code = {text: float(i) for i, text in enumerate(self.texts)} | {None: np.nan}
            return np.fromiter((code[value] for value in values), np.float64, len(values))
        return values.astype(np.float64)


def codes(values: npt.NDArray[Any]) -> Indices:
    """Return the places of texts in their list; -1 for what is missing."""
    return np.where(np.isnan(values), -1, values).astype(np.intp)


class _Columns(Mapping[str, Column]):
    """The columns by name, each made when it is asked for."""

    def __init__(
        self, matrix: npt.NDArray[Any], fields: Mapping[str, Field], index: Indices | None
    ) -> None:
        self.matrix = matrix
        self.fields = fields
        self.index = index

    def __getitem__(self, name: str) -> Column:
        field = self.fields[name]
        values = self.matrix[:, field.at]
        return field.read(values if self.index is None else values[self.index])

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)


@dataclass(frozen=True, eq=False, init=False)
class StoredTable(Table):
    """The rows of `matrix` (n, c) at `index` (all where it is None), and how they are read."""

    matrix: npt.NDArray[Any]
    fields: Mapping[str, Field]
    index: Indices | None

    def __init__(
        self, matrix: npt.NDArray[Any], fields: Mapping[str, Field], index: Indices | None = None
    ) -> None:
        super().__init__(_Columns(matrix, fields, index))
        for name, value in (("matrix", matrix), ("fields", fields), ("index", index)):
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.matrix if self.index is None else self.index)

    def __getitem__(self, index: Any, /) -> Table:
        rows = self.matrix[index if self.index is None else self.index[index]]
        return Table({name: f.read(rows[..., f.at]) for name, f in self.fields.items()})

    @property
    def kinds(self) -> dict[str, ColumnKind]:
        """What each column holds."""
        return {name: field.kind for name, field in self.fields.items()}

    def keep(self, index: Indices) -> Table:
        """Return the rows at `index`, still in the file."""
        if len(index) == len(self):
            return self
        return StoredTable(
            self.matrix, self.fields, index if self.index is None else self.index[index]
        )

    def select(self, names: Iterable[str]) -> Table:
        """Return the columns with these names, still in the file."""
        return StoredTable(self.matrix, {name: self.fields[name] for name in names}, self.index)

    def as_kinds(self, kinds: Mapping[str, ColumnKind], origins: Sequence[str]) -> Table:
        """Return these columns as the kinds that a model expects, still in the file; see `Table`.

        Numbers that are to be categories are written anew, as places in the list of their texts.
        """
        fields = {}
        for name, kind in kinds.items():
            values, field = as_kind(name, self.columns[name], kind, origins), self.fields[name]
            found = kind_of(values)
            if found == "category" and field.kind != found:
                field = Field(field.at, found, tuple(sorted(set(values) - {None})))
                rows = slice(None) if self.index is None else self.index
                self.matrix[rows, field.at] = field.write(values)
            fields[name] = field._replace(kind=found)
        return StoredTable(self.matrix, fields, self.index)

    def settle(self, place: Files) -> StoredTable:
        """Write these rows and columns into the file "rows", row by row."""
        at = [field.at for field in self.fields.values()]
        shape = (len(self), len(at))
        matrix = place.empty("rows", shape, self.matrix.dtype)
        for rows in row_blocks(matrix):
            some = rows if self.index is None else self.index[rows]
            # One column after the other lies in the file: a block of each is read in one piece
            for j, column in enumerate(at):
                matrix[rows, j] = self.matrix[some, column]
            place.progress(0.5 + 0.5 * rows.stop / len(matrix))
        fields = {name: field._replace(at=j) for j, (name, field) in enumerate(self.fields.items())}
        return StoredTable(matrix, fields)

    def with_rows(self, other: Table, place: Files) -> StoredTable:
        """Write the rows of `other`, which has the same columns, below these, into a new file."""
        fields = {}
        for name, field in self.fields.items():
            new = set(other.columns[name]) if field.kind == "category" else set()
            more = sorted(new - {None} - set(field.texts))
            fields[name] = field._replace(texts=(*field.texts, *more))

        def blocks() -> Iterator[tuple[slice, npt.NDArray[np.float64]]]:
            """Yield the rows of `other` as they are stored, some at a time."""
            for start in range(0, len(other), BLOCK):
                some = np.arange(start, min(start + BLOCK, len(other)))
                table = other[some]
                values = [field.write(table.columns[name]) for name, field in fields.items()]
                yield slice(start, start + len(some)), np.column_stack(values)

        dtype, m = self.matrix.dtype, len(self)
        exact = (np.array_equal(b.astype(dtype), b, equal_nan=True) for _, b in blocks())
        shape = (m + len(other), len(fields))
        joined = place.empty("joined", shape, dtype if all(exact) else np.float64)
        for rows in row_blocks(self.matrix):
            joined[rows] = self.matrix[rows]
        for rows, below in blocks():
            joined[m + rows.start : m + rows.stop] = below
        return StoredTable(joined, fields)

    def encoder(self, encoding: Encoding) -> Encoder:
        """Return the function from stored rows (b, c) to inputs (b, n_x), those of `encode`."""
        return Encoder(self.fields, encoding)


class Encoder:
    """From stored rows (b, c) to inputs (b, n_x) in float64: all columns of a kind at once."""

    def __init__(self, fields: Mapping[str, Field], encoding: Encoding) -> None:
        self.n_x = len(encoding.names)
        numbers: list[tuple[int, int, float]] = []
        indicators: list[tuple[int, int]] = []
        self.categories: list[tuple[int, Indices]] = []
        to = 0
        for column in encoding.columns:
            field = fields[column.name]
            if column.kind == "category":
                place = {text: to + i for i, text in enumerate(column.categories)}
                # The last one stands for what is missing
                inputs = [*(place.get(text, -1) for text in field.texts), -1]
                self.categories.append((field.at, np.array(inputs, np.intp)))
            else:
                numbers.append((field.at, to, column.fill))
                indicators += [(field.at, to + 1)] if column.indicator else []
            to += len(column.inputs)
        self.sources, self.inputs = _places(numbers)
        self.fills = np.array([fill for _, _, fill in numbers])
        self.marked, self.marks = _places(indicators)

    def __call__(self, rows: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Encode rows."""
        values = rows[:, self.sources].astype(np.float64)
        missing = np.isnan(values)
        if missing.any():
            values = np.where(missing, self.fills, values)
        if values.shape[1] == self.n_x:
            return values
        inputs = np.zeros((len(rows), self.n_x))
        inputs[:, self.inputs] = values
        inputs[:, self.marks] = np.isnan(rows[:, self.marked])
        for at, places in self.categories:
            found = places[codes(rows[:, at])]
            known = np.flatnonzero(found >= 0)
            inputs[known, found[known]] = 1.0
        return inputs


def _places(pairs: Sequence[tuple[Any, ...]]) -> tuple[Any, Any]:
    """Return where values come from and where they go; as slices where they lie in a row."""
    found = []
    for places in ([p[0] for p in pairs], [p[1] for p in pairs]):
        first = places[0] if places else 0
        in_a_row = places == list(range(first, first + len(places)))
        found.append(slice(first, first + len(places)) if in_a_row else np.array(places, np.intp))
    return found[0], found[1]
