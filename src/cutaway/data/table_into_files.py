"""From a query of DuckDB to a file of numbers, in bounded memory: one column after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import duckdb
import numpy as np

from cutaway.data.columns import ColumnKind
from cutaway.data.place import Files
from cutaway.data.stored_table import Field, StoredTable

# Numbers that one query returns: 32 MB of float64
NUMBERS_A_QUERY = 4_000_000
COLUMNS_A_QUERY = 50
EXACT_IN_FLOAT32 = 1 << 24


class Reading(NamedTuple):
    """One column: how it is read from the view `cleaned`, and whether float32 holds it exactly."""

    name: str
    kind: ColumnKind
    expression: str
    small: bool


def into_files(
    con: duckdb.DuckDBPyConnection,
    readings: Sequence[Reading],
    m: int,
    first: int,
    place: Files,
) -> StoredTable:
    """Write the m rows of `cleaned` from number `first` on; a text as its place in a list.

    Raises:
        DataError: the disk has no room.
        duckdb.Error: the rows cannot be read.
    """
    texts = {
        i: _make_type(con, i, reading.expression)
        for i, reading in enumerate(readings)
        if reading.kind == "category"
    }
    narrow = all(
        len(texts[i]) < EXACT_IN_FLOAT32 if i in texts else reading.small
        for i, reading in enumerate(readings)
    )
    selected = [
        f"enum_code(CAST({reading.expression} AS texts_of_{i})) AS r{i}"
        if texts.get(i)
        else f"{reading.expression if i not in texts else 'NULL::INTEGER'} AS r{i}"
        for i, reading in enumerate(readings)
    ]
    columns = place.empty("columns", (len(readings), m), np.float32 if narrow else np.float64)
    gaps = [False] * len(readings)
    size = NUMBERS_A_QUERY // min(len(readings), COLUMNS_A_QUERY)
    for start in range(0, m, size):
        for at in range(0, len(readings), COLUMNS_A_QUERY):
            fetched = con.execute(
                f"SELECT {', '.join(selected[at : at + COLUMNS_A_QUERY])} FROM cleaned "
                f"WHERE number BETWEEN {first + start} AND {first + start + size - 1}"
            ).fetchnumpy()
            for i, values in enumerate(fetched.values(), start=at):
                missing = np.ma.getmaskarray(values)
                some = columns[i, start : start + size]
                some[:] = np.ma.getdata(values)
                if missing.any():
                    gaps[i] = True
                    some[missing] = np.nan
        place.progress(0.5 * min(1.0, (start + size) / m))
    fields = {}
    for i, reading in enumerate(readings):
        # A boolean with gaps holds numbers, as it does in memory
        kind: ColumnKind = "number" if reading.kind == "boolean" and gaps[i] else reading.kind
        fields[reading.name] = Field(i, kind, texts.get(i, ()))
    return StoredTable(columns.T, fields)


def _make_type(con: duckdb.DuckDBPyConnection, i: int, expression: str) -> tuple[str, ...]:
    """Make the enumeration of a column's texts; return them in their order."""
    con.execute(
        f"CREATE TEMP TABLE texts_{i} AS SELECT DISTINCT {expression} AS text FROM cleaned "
        f"WHERE {expression} IS NOT NULL ORDER BY text"
    )
    found = con.execute(f"SELECT text FROM texts_{i} ORDER BY text").fetchall()
    if found:
        con.execute(f"CREATE TYPE texts_of_{i} AS ENUM (SELECT text FROM texts_{i} ORDER BY text)")
    return tuple(row[0] for row in found)
