from __future__ import annotations

import codecs
import gzip
from pathlib import Path

import duckdb
import numpy as np
import pytest

from cutaway.data.table_files import is_table, read_columns
from cutaway.errors import DataError


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *((name, True) for name in ("a.csv", "a.CSV", "a.tsv", "a.csv.gz", "a.parquet")),
        *((name, True) for name in ("a.jsonl", "a.ndjson", "a.json", "a.txt")),
        *((name, False) for name in ("a.npz", "a.jpg", "csv")),
    ],
)
def test_a_table_is_known_by_its_suffix(name: str, expected: bool) -> None:
    assert is_table(Path(name)) is expected


CAFE = "a,b\ncafé,1\nthé,2\n"


@pytest.mark.parametrize(
    ("name", "content", "columns", "note"),
    [
        ("plain.csv", CAFE, {"a": ["café", "thé"], "b": [1, 2]}, None),
        ("a[1]*.csv", "a,b\nx,1\ny,2\n", {"a": ["x", "y"], "b": [1, 2]}, None),
        ("mark.csv", CAFE.encode("utf-8-sig"), {"a": ["café", "thé"], "b": [1, 2]}, None),
        ("c.csv", CAFE.encode("latin-1"), {"a": ["café", "thé"], "b": [1, 2]}, "read as Latin-1"),
        ("c.csv", CAFE.encode("utf-16"), {"a": ["café", "thé"], "b": [1, 2]}, "read as UTF-16"),
        (
            "c.csv",
            codecs.BOM_UTF16_BE + CAFE.encode("utf-16-be"),
            {"a": ["café", "thé"], "b": [1, 2]},
            "read as UTF-16",
        ),
        (
            "c.csv.gz",
            gzip.compress(CAFE.encode(), mtime=0),
            {"a": ["café", "thé"], "b": [1, 2]},
            None,
        ),
        ("c.csv", "a,b\r\n1,2\r\n3,4\r\n", {"a": [1, 3], "b": [2, 4]}, None),
        ("c.csv", "a,b\r\n1,2\r\n3,4\n5,6\n", {"a": [1, 3, 5], "b": [2, 4, 6]}, None),
        ("c.csv", "\n\na,b\n1,2\n\n3,4\n\n", {"a": [1, 3], "b": [2, 4]}, None),
        ("c.csv", 'a,"b\nc"\n1,"x\n\ny"\n', {"a": [1], "b c": ["x\n\ny"]}, None),
        ("c.csv", 'a, "b", c\n1, "x, z", 2\n', {"a": [1], "b": ["x, z"], "c": [2]}, None),
        ("c.tsv", "a\tb\n1,5\t2\n", {"a": ["1,5"], "b": [2]}, None),
        ("c.csv", "a;b\n1,5;x\n-2;y\n", {"a": [1.5, -2], "b": ["x", "y"]}, "decimal point"),
        ("c.csv", ",b\n5,1\n", {"column1": [5], "b": [1]}, "is called 'column1'"),
        ("c.csv", "1,x\n2,y\n", {"column1": [1, 2], "column2": ["x", "y"]}, "holds no names"),
        ("c.csv", "a,b\nNA,?\n 2 , \n,NaN\n", {"a": [None, 2, None], "b": [None] * 3}, None),
        ("c.csv", "a,b\nTrue,yes\nfalse,no\n", {"a": [True, False], "b": ["yes", "no"]}, None),
        ("c.csv", "a,b\ntrue,1\n,1\n", {"a": [1, None], "b": [1, 1]}, None),
        ("c.jsonl", '{"a":1,"b":"x"}\n{"b":"y"}\n', {"a": [1, None], "b": ["x", "y"]}, None),
        ("c.jsonl", '{"a":1}\n{"a":"z"}\n', {"a": ["1", "z"]}, None),
        ("c.json", '[{"a":"1"},{"a":"2"}]', {"a": [1, 2]}, None),
    ],
)
def test_files_as_people_write_them(
    tmp_path: Path, name: str, content: str | bytes, columns: dict[str, list], note: str | None
) -> None:
    read = read_columns(write(tmp_path, name, content))
    found = {
        name: [None if value != value else value for value in values.tolist()]
        for name, values in read.table.columns.items()
    }
    assert found == columns
    assert (note in " ".join(read.notes)) if note else not read.notes
    assert not read.skipped


def test_types_of_parquet(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    duckdb.execute(
        "COPY (SELECT 1::HUGEINT AS a, 2.5::DECIMAL(5, 2) AS b, true AS c, "
        "'x'::ENUM('x', 'y') AS d, NULL AS e, now() AS f, [1, 2] AS g, 'a'::BLOB AS h) "
        f"TO '{path}'"
    )
    read = read_columns(path)
    assert read.table.kinds == {
        "a": "number",
        "b": "number",
        "c": "boolean",
        "d": "category",
        "e": "category",
    }
    assert read.unusable == {
        "f": "dates or times",
        "g": "values of the type INTEGER[]",
        "h": "values of the type BLOB",
    }


def test_ragged_rows_are_skipped_and_named_by_their_number(tmp_path: Path) -> None:
    rows = 'a,b\n1,2\n\n\n3\n4,"5\n5"\n\n6,7,8\n9,10\n'
    read = read_columns(write(tmp_path, "c.csv", rows))
    assert [tuple(skipped) for skipped in read.skipped] == [
        ("row 2", "1 fields where 2 are expected"),
        ("row 4", "more fields where 2 are expected"),
    ]
    assert read.row_numbers.tolist() == [1, 3, 5]
    assert read.table.columns["a"].tolist() == [1, 4, 9]


def test_many_ragged_rows_are_summed_up(tmp_path: Path) -> None:
    read = read_columns(write(tmp_path, "c.csv", "a,b\n" + "1,2\n3\n" * 30 + "1,2\n"))
    assert len(read.skipped) == 21
    assert read.skipped[-1].where == "10 more rows"
    assert read.row_numbers.tolist() == list(range(1, 62, 2))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("c.csv", "", "is empty"),
        ("c.csv", "\n\n", "is empty"),
        ("c.jsonl", "", "is empty"),
        ("c.csv", "a,b\n", "no rows"),
        ("c.csv", "a,b,a\n1,2,3\n", "'a' stands over column 1 and over column 3"),
        ("c.csv", "a,b\nr1,1,2\nr2,3,4\n", "2 of 2 rows do not have the 2 fields .* row 1: 'r1"),
        ("c.csv", 'a,b\n1,2\n3,"4\n' + "5,6\n" * 20, "row 2 has a quotation mark .* not closed"),
        ("c.csv", bytes(range(256)), "zero bytes"),
        ("c.csv.gz", b"a,b\n1,2\n", "cannot be read as a table: Not a gzipped file"),
        ("c.csv.gz", gzip.compress(b"a,b\n" * 99, mtime=0)[:20], "cannot be read as a table"),
        ("c.jsonl", '{"a":1}\n{"a":}\n', "cannot be read as a table: .* Malformed JSON"),
        ("c.parquet", "nonsense", "cannot be read as a table"),
    ],
)
def test_files_that_are_no_tables(
    tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read_columns(write(tmp_path, name, content))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nothing\.csv is not a file"):
        read_columns(tmp_path / "nothing.csv")


def test_columns_that_are_expected_as_text_stay_text(tmp_path: Path) -> None:
    read = read_columns(write(tmp_path, "c.csv", "a,b\n007,007\n"), as_text=["a"])
    assert read.table.columns["a"].tolist() == ["007"]
    assert np.array_equal(read.table.columns["b"], [7.0])
