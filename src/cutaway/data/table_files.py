"""From a table's file to named columns, by DuckDB: CSV, TSV, Parquet and JSON lines.

What a column of text holds is decided by all of its values, never by a sample.
"""

from __future__ import annotations

import csv
import glob
import re
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import numpy.typing as npt

from cutaway.data import csv_text
from cutaway.data.columns import Column, Table
from cutaway.data.dataset import Skipped
from cutaway.data.place import MEMORY, Files, Place
from cutaway.data.table_into_files import Reading, into_files
from cutaway.errors import DataError

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
JSON_SUFFIXES = (".jsonl", ".ndjson", ".json")
COLUMNS_A_QUERY = 50
# What DuckDB may hold of a table that is larger than memory
MEMORY_LIMIT = "500MB"

_NUMBERS = r"TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|U\w+INT|FLOAT|DOUBLE|DECIMAL\(.*\)|BIGNUM"
# All their numbers are exact in float32
_SMALL = "U?TINYINT|U?SMALLINT|FLOAT"
_DATES = r"DATE|TIME.*|INTERVAL"
_TEXTS = r"VARCHAR|ENUM\(.*\)|UUID|JSON|.?NULL.?"
_NUMBER = "TRY_CAST({0} AS DOUBLE)"
_COMMA_NUMBER = (
    r"CASE WHEN regexp_full_match({0}, '[-+]?\d+(,\d+)?')"
    " THEN TRY_CAST(replace({0}, ',', '.') AS DOUBLE) END"
)
_BOOLEAN = "CASE lower({0}) WHEN 'true' THEN true WHEN 'false' THEN false END"
_DATE_FORMATS = [
    f"{date}{time}"
    for time in ("", " %H:%M", " %H:%M:%S")
    for date in ("%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y")
]
_DATE = (
    r"CASE WHEN regexp_matches({0}, '^\d{{1,4}}[-./:]\d') THEN coalesce("
    "CAST(TRY_CAST({0} AS TIMESTAMP) AS VARCHAR), CAST(TRY_CAST({0} AS TIME) AS VARCHAR), "
    f"CAST(try_strptime({{0}}, {_DATE_FORMATS}) AS VARCHAR)) END"
)


class TableFile(NamedTuple):
    """What a file holds.

    table        the columns of numbers, booleans and texts
    unusable     what each of the other columns holds: "dates or times"
    row_numbers  (m,) position of each row in the file, from 1; skipped rows count
    """

    table: Table
    unusable: Mapping[str, str]
    row_numbers: npt.NDArray[np.intp]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]


class _Source(NamedTuple):
    """The table or view `source`: its columns c0, c1, .. and the number of each row, from 0."""

    names: tuple[str, ...]
    first_row: int
    rejected: npt.NDArray[np.intp]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]
    semicolons: bool
    number: str = "rowid"


def is_table(path: Path) -> bool:
    """Say by its suffix whether a file is a table."""
    suffix = _suffix(path)
    return suffix in (*TEXT_SUFFIXES, *JSON_SUFFIXES, ".parquet")


def _suffix(path: Path) -> str:
    name = path.name.casefold().removesuffix(".gz")
    return Path(name).suffix


def read_columns(path: Path, as_text: Collection[str] = (), place: Place = MEMORY) -> TableFile:
    """Read all columns of a file; those in `as_text` stay the texts that they are.

    A text column of which every value is a number, or true or false, becomes one; these texts are
    missing values: nothing, NA, N/A, n/a, NaN, nan, NULL, null and ?.

    Raises:
        DataError: the file cannot be read, is empty or malformed.
    """
    if not path.is_file():
        raise DataError(f"{path} is not a file; give a CSV, TSV, Parquet or JSON-lines file")
    with _connect(place) as con:
        try:
            if _suffix(path) in TEXT_SUFFIXES:
                source = _load_csv(con, path)
            else:
                source = _load_typed(con, path, place)
            return _fetch(con, path, source, as_text, place)
        except (duckdb.Error, OSError, EOFError, zlib.error, csv.Error) as error:
            reason = str(error).strip().splitlines()[0]
            raise DataError(f"{path} cannot be read as a table: {reason}") from error


def _connect(place: Place) -> duckdb.DuckDBPyConnection:
    config: dict[str, Any] = {"autoinstall_known_extensions": False}
    database = ":memory:"
    if place.folder is not None:
        database = str(place.folder / "source.duckdb")
        config |= {"memory_limit": MEMORY_LIMIT, "temp_directory": str(place.folder)}
    con = duckdb.connect(database, config=config)
    # It would write over what a command prints
    con.execute("SET enable_progress_bar = false")
    return con


def _load_csv(con: duckdb.DuckDBPyConnection, path: Path) -> _Source:
    text = csv_text.sniff(path)
    csv_text.load(con, text)
    first_row = int(_is_header(con, text.fields))
    if first_row:
        names, notes = csv_text.column_names(text)
    else:
        names = tuple(f"column{i + 1}" for i in range(len(text.fields)))
        notes = (f"the first line of {path.name} holds no names: they are column1, column2, ...",)
    rejected, skipped = csv_text.rejected_rows(con, text, first_row)
    return _Source(
        names, first_row, rejected, skipped, (*text.notes, *notes), text.delimiter == ";"
    )


def _load_typed(con: duckdb.DuckDBPyConnection, path: Path, place: Place) -> _Source:
    if path.stat().st_size == 0:
        raise DataError(f"{path} is empty; a table with named columns is expected")
    # DuckDB takes a path for a pattern
    pattern = glob.escape(str(path))
    if _suffix(path) == ".parquet" and place.folder is not None:
        return _view(con, pattern)
    if _suffix(path) == ".parquet":
        function = "read_parquet(?)"
    else:
        function = "read_json(?, format = 'auto', sample_size = -1)"
    con.execute(f"CREATE TABLE source AS FROM {function}", [pattern])
    names = tuple(str(row[0]) for row in con.execute("DESCRIBE source").fetchall())
    for i, name in enumerate(names):
        con.execute(f"ALTER TABLE source RENAME {_quoted(name)} TO c{i}")
    return _Source(names, 0, np.zeros(0, dtype=np.intp), (), (), semicolons=False)


def _view(con: duckdb.DuckDBPyConnection, pattern: str) -> _Source:
    """Look at a Parquet file where it lies, which finds its rows by their numbers."""
    described = con.execute("DESCRIBE FROM read_parquet(?)", [pattern]).fetchall()
    names = tuple(str(row[0]) for row in described)
    columns = ", ".join(f"{_quoted(name)} AS c{i}" for i, name in enumerate(names))
    literal = pattern.replace("'", "''")
    con.execute(
        f"CREATE VIEW source AS SELECT {columns}, file_row_number "
        f"FROM read_parquet('{literal}', file_row_number = true)"
    )
    return _Source(names, 0, np.zeros(0, dtype=np.intp), (), (), False, "file_row_number")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _clean(con: duckdb.DuckDBPyConnection, texts: Mapping[int, str], source: _Source) -> None:
    """Make the view `cleaned`: the rows of data, texts trimmed, and NULL where they are missing."""
    missing = ", ".join(f"'{word}'" for word in csv_text.MISSING)
    trimmed = ", ".join(
        f"CASE WHEN trim({text}) IN ({missing}) THEN NULL ELSE trim({text}) END AS c{i}"
        for i, text in texts.items()
    )
    replaced = f" REPLACE ({trimmed})" if trimmed else ""
    con.execute(
        f"CREATE OR REPLACE VIEW cleaned AS SELECT *{replaced}, {source.number} AS number "
        f"FROM source WHERE {source.number} >= {source.first_row}"
    )


def _all_are(
    con: duckdb.DuckDBPyConnection, columns: Sequence[int], reading: str, rows: str = "cleaned"
) -> list[int]:
    """Return the columns that have a value and whose every value the expression can read."""
    found: list[int] = []
    for batch in _batches(columns):
        counts = ", ".join(f"count(c{i}), count({reading.format(f'c{i}')})" for i in batch)
        row = con.execute(f"SELECT {counts} FROM {rows}").fetchall()[0]
        found += [i for i, n, fit in zip(batch, row[::2], row[1::2], strict=True) if 0 < n == fit]
    return found


def _batches(columns: Sequence[int]) -> Iterator[Sequence[int]]:
    # One query over thousands of columns takes DuckDB gigabytes
    for start in range(0, len(columns), COLUMNS_A_QUERY):
        yield columns[start : start + COLUMNS_A_QUERY]


def _is_header(con: duckdb.DuckDBPyConnection, fields: Sequence[str]) -> bool:
    """Say whether the first line has names: a word stands over numbers, or all is words."""
    numbers = _all_are(con, range(len(fields)), _NUMBER, "source WHERE rowid >= 1")
    letter = re.compile(r"[^\W\d_]")
    return not numbers or any(letter.search(fields[i]) for i in numbers)


def _fetch(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    source: _Source,
    as_text: Collection[str],
    place: Place,
) -> TableFile:
    names, notes = source.names, list(source.notes)
    rows = f"source WHERE {source.number} >= {source.first_row}"
    m = con.execute(f"SELECT count(*) FROM {rows}").fetchall()[0][0]
    if m == 0:
        raise DataError(f"{path} has names of columns, but no rows")

    expressions: dict[int, str] = {}
    unusable: dict[str, str] = {}
    texts: dict[int, str] = {}
    types = [str(row[1]) for row in con.execute("DESCRIBE source").fetchall()]
    for i, type_ in enumerate(types[: len(names)]):
        if re.fullmatch(_NUMBERS, type_):
            expressions[i] = f"CAST(c{i} AS DOUBLE)"
        elif re.fullmatch(_TEXTS, type_):
            texts[i] = f"c{i} ->> '$'" if type_ == "JSON" else f"CAST(c{i} AS VARCHAR)"
        elif type_ == "BOOLEAN":
            expressions[i] = f"c{i}"
        else:
            dates = re.fullmatch(_DATES, type_)
            unusable[names[i]] = "dates or times" if dates else f"values of the type {type_}"

    undecided = [i for i in texts if names[i] not in as_text]
    # Most columns are numbers as they stand; only the others are worth the time of cleaning
    for i in _all_are(con, undecided, _NUMBER, rows):
        expressions[i] = _NUMBER.format(f"c{i}")
        undecided.remove(i)
        del texts[i]
    _clean(con, texts, source)
    readings = [_NUMBER, *([_COMMA_NUMBER] if source.semicolons else []), _BOOLEAN, _DATE]
    for reading in readings:
        for i in _all_are(con, undecided, reading):
            undecided.remove(i)
            expressions[i] = reading.format(f"c{i}")
            if reading is _COMMA_NUMBER:
                notes.append(f"column '{names[i]}': the comma is read as the decimal point")
            if reading is _DATE:
                unusable[names[i]] = "dates or times"
                del expressions[i], texts[i]
    expressions = {**{i: f"c{i}" for i in texts}, **expressions}

    every = np.arange(1, m + len(source.rejected) + 1, dtype=np.intp)
    numbers = np.setdiff1d(every, source.rejected)[:m]
    if isinstance(place, Files):
        found = [
            _reading(names[i], f"c{i}", expressions[i], types[i], i in texts)
            for i in sorted(expressions)
        ]
        table = into_files(con, found, m, source.first_row, place)
        return TableFile(table, unusable, numbers, source.skipped, tuple(notes))
    columns: dict[str, Column] = {}
    for batch in _batches(sorted(expressions)):
        selected = ", ".join(f"{expressions[i]} AS c{i}" for i in batch)
        fetched = con.execute(f"SELECT {selected} FROM cleaned").fetchnumpy()
        columns.update((names[i], _column(fetched[f"c{i}"])) for i in batch)
    return TableFile(Table(columns), unusable, numbers, source.skipped, tuple(notes))


def _reading(name: str, column: str, expression: str, type_: str, is_text: bool) -> Reading:
    if is_text and expression == column:
        return Reading(name, "category", expression, small=True)
    if expression in (column, _BOOLEAN.format(column)):
        return Reading(name, "boolean", expression, small=True)
    return Reading(name, "number", expression, re.fullmatch(_SMALL, type_) is not None)


def _column(values: Column) -> Column:
    missing = np.ma.getmaskarray(values)
    column: Column = np.ma.getdata(values)
    if column.dtype == object:
        column[missing] = None
        return column
    if column.dtype == bool and not missing.any():
        return column
    column = column.astype(np.float64)
    column[missing] = np.nan
    return column
