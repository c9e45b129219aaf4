"""A CSV file as rows of text: its encoding, its delimiter, and the rows that do not fit.

A file is read with one delimiter and as many fields as its first line has. Guessing both from all
rows, as sniffers do, turns a file with one ragged row into a table of one column without a word.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import glob
import gzip
import io
import re
import tempfile
from bisect import bisect
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple, cast

import duckdb
import numpy as np
import numpy.typing as npt

from cutaway.data.dataset import Skipped
from cutaway.errors import DataError

MOST_LISTED = 20
MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "?")


class CsvText(NamedTuple):
    """How a file is written, and the fields of its first line."""

    path: Path
    encoding: str
    delimiter: str
    fields: tuple[str, ...]
    notes: tuple[str, ...]


def sniff(path: Path) -> CsvText:
    """Find the encoding, the delimiter and the fields of the first line.

    Raises:
        DataError: the file is empty or no text.
        OSError, EOFError, zlib.error, csv.Error: it cannot be read.
    """
    encoding = _encoding(path)
    first = next((line for line in _lines(path, encoding) if line.strip()), None)
    if first is None:
        raise DataError(f"{path} is empty; a first line with the names of columns is expected")
    unquoted = re.sub(r'"[^"]*"', "", first)
    tabs = path.name.casefold().removesuffix(".gz").endswith(".tsv")
    preferred = "\t,;|" if tabs else ",;\t|"
    delimiter = max(preferred, key=unquoted.count)
    fields = next(record for record in _records(path, encoding, delimiter) if record)
    said = {"utf-16": "is read as UTF-16", "latin-1": "is not UTF-8: it is read as Latin-1"}
    notes = (f"{path.name} {said[encoding]}",) if encoding in said else ()
    return CsvText(
        path, encoding, delimiter, tuple(" ".join(field.split()) for field in fields), notes
    )


def load(con: duckdb.DuckDBPyConnection, text: CsvText) -> None:
    """Fill the table `source` with the columns c0, c1, ... of text, the first line included."""
    if text.encoding == "utf-8":
        with contextlib.suppress(duckdb.InvalidInputException):
            _read(con, text.path, text)
            return
        # What DuckDB refuses there is a file with two kinds of line ends
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "table.csv")
        with copy.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(_lines(text.path, text.encoding, newline=None))
        _read(con, copy, text)


def _read(con: duckdb.DuckDBPyConnection, path: Path, text: CsvText) -> None:
    types = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(text.fields)))
    con.execute(
        "CREATE TABLE source AS FROM read_csv(?, auto_detect = false, header = false, delim = ?, "
        f"quote = '\"', escape = '\"', columns = {{{types}}}, nullstr = ?, store_rejects = true)",
        # DuckDB takes a path for a pattern
        [glob.escape(str(path)), text.delimiter, list(MISSING)],
    )


def column_names(text: CsvText) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names that the first line gives, and a note for each column without one.

    Raises:
        DataError: a name occurs twice.
    """
    names = tuple(field or f"column{i + 1}" for i, field in enumerate(text.fields))
    for i, name in enumerate(names):
        if name in names[:i]:
            raise DataError(
                f"{text.path}: the name '{name}' stands over column {names.index(name) + 1} and "
                f"over column {i + 1}; rename one of them"
            )
    unnamed = [name for name, field in zip(names, text.fields, strict=True) if not field]
    return names, tuple(f"a column without a name is called '{name}'" for name in unnamed)


def rejected_rows(
    con: duckdb.DuckDBPyConnection, text: CsvText, first_row: int
) -> tuple[npt.NDArray[np.intp], tuple[Skipped, ...]]:
    """Return the numbers of the rows that do not have as many fields as the first line, and why.

    Raises:
        DataError: a quotation mark is not closed, or most rows do not fit the first line.
    """
    n = len(text.fields)
    errors = con.execute(
        "SELECT line, min(error_type), max(column_idx), min(error_message), min(csv_line) "
        "FROM reject_errors GROUP BY line ORDER BY line"
    ).fetchall()
    if not errors:
        return np.zeros(0, dtype=np.intp), ()
    # DuckDB counts records, blank lines included; a row number counts rows
    records = enumerate(_records(text.path, text.encoding, text.delimiter), start=1)
    blank = [line for line, record in records if not record]
    numbers = [error[0] - bisect(blank, error[0]) - first_row for error in errors]

    for number, (_, kind, _, _, row) in zip(numbers, errors, strict=True):
        # The rest of the file is inside such a quotation: skipping it would lose rows silently
        if kind == "UNQUOTED VALUE":
            raise DataError(
                f"{text.path}: row {number} has a quotation mark that is not closed: {row[:60]!r}; "
                "close it, or write it twice where it is part of the text"
            )
    kept = max(con.execute("SELECT count(*) FROM source").fetchall()[0][0] - first_row, 0)
    if len(errors) > kept:
        raise DataError(
            f"{text.path}: {len(errors)} of {len(errors) + kept} rows do not have the {n} fields "
            f"of the first line, such as row {numbers[0]}: {errors[0][4][:60]!r}; "
            "give every row as many fields as there are names"
        )
    skipped = []
    for number, (_, kind, index, message, _) in zip(numbers, errors, strict=True):
        found = {"MISSING COLUMNS": f"{index} fields", "TOO MANY COLUMNS": "more fields"}
        why = f"{found[kind]} where {n} are expected" if kind in found else message
        skipped.append(Skipped(f"row {number}", why))
    return np.array(numbers, dtype=np.intp), shorten(skipped)


def shorten(skipped: list[Skipped]) -> tuple[Skipped, ...]:
    """Keep the first 20 and sum up the others."""
    if len(skipped) <= MOST_LISTED:
        return tuple(skipped)
    more = Skipped(f"{len(skipped) - MOST_LISTED} more rows", skipped[MOST_LISTED].why)
    return (*skipped[:MOST_LISTED], more)


def _open(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path)) if path.suffix.casefold() == ".gz" else path.open("rb")


def _encoding(path: Path) -> str:
    with _open(path) as file:
        chunk = file.read(1 << 20)
        if chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        if b"\0" in chunk:
            raise DataError(
                f"{path} holds zero bytes: it is no text, or UTF-16 without its mark; "
                "save it as CSV in UTF-8"
            )
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while chunk:
                decoder.decode(chunk)
                chunk = file.read(1 << 20)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "latin-1"
    return "utf-8"


def _lines(path: Path, encoding: str, newline: str | None = "") -> Iterator[str]:
    python = "utf-8-sig" if encoding == "utf-8" else encoding
    with _open(path) as file, io.TextIOWrapper(file, encoding=python, newline=newline) as lines:
        yield from lines


def _records(path: Path, encoding: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(_lines(path, encoding), delimiter=delimiter, skipinitialspace=True)
