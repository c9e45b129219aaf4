from __future__ import annotations

import json

import numpy as np
import pytest

from cutaway.data.columns import Table
from cutaway.data.encoding import MOST_CATEGORIES, EncodedColumn, Encoding, encode, fit_encoding
from cutaway.errors import DataError

NAN = np.nan


def texts(*values: str | None) -> np.ndarray:
    return np.array(values, dtype=object)


def every(table: Table) -> np.ndarray:
    return np.arange(len(table))


TABLE = Table(
    {
        "age": np.array([20.0, NAN, 40.0, 90.0]),
        "member": np.array([True, False, True, True]),
        "colour": texts("red", "blue", None, "red"),
        "height": np.array([1.5, 1.6, 1.7, 1.8]),
    }
)


def test_every_kind_of_column_becomes_named_inputs() -> None:
    encoding, notes = fit_encoding(TABLE, every(TABLE))
    X, said = encode(TABLE, encoding)
    assert encoding.names == (
        "age",
        "age is missing",
        "member",
        "colour=blue",
        "colour=red",
        "height",
    )
    assert notes == (
        "missing numbers in 'age': replaced by the mean of the training rows, "
        "and marked by one more input a column",
    )
    assert said == ()
    assert X.dtype == np.float64
    assert X.flags.c_contiguous
    np.testing.assert_allclose(
        X,
        [
            [20, 0, 1, 0, 1, 1.5],
            [50, 1, 0, 1, 0, 1.6],
            [40, 0, 1, 0, 0, 1.7],
            [90, 0, 1, 0, 1, 1.8],
        ],
    )


def test_only_the_training_rows_are_looked_at() -> None:
    encoding, notes = fit_encoding(TABLE, np.array([0, 2]))
    assert encoding.columns == (
        EncodedColumn("age", "number", fill=30.0),
        EncodedColumn("colour", "category", ("red",)),
        EncodedColumn("height", "number", fill=1.6),
    )
    assert notes == ("column 'member' is dropped: it is 1 in every training row",)


def test_the_encoding_survives_json() -> None:
    encoding, _ = fit_encoding(TABLE, every(TABLE))
    assert Encoding.from_json(json.loads(json.dumps(encoding.to_json()))) == encoding
    assert encoding.kinds == TABLE.kinds


@pytest.mark.parametrize(
    ("name", "values", "inputs", "note"),
    [
        (
            "colour",
            texts("mauve", "red", "mauve"),
            [[0, 0], [0, 1], [0, 0]],
            "column 'colour': 2 rows have an unknown category, such as 'mauve': "
            "treated as none of the known",
        ),
        ("colour", texts(None, None, "blue"), [[0, 0], [0, 0], [1, 0]], None),
        ("age", np.array([NAN, 10.0, NAN]), [[50, 1], [10, 0], [50, 1]], None),
        (
            "height",
            np.array([1.0, NAN, 2.0]),
            [[1], [1.65], [2]],
            "column 'height': 1 row has no value, which no training row lacked: "
            "filled with the mean of the training rows, 1.65",
        ),
    ],
)
def test_what_training_did_not_have_is_said(
    name: str, values: np.ndarray, inputs: list[list[float]], note: str | None
) -> None:
    encoding, _ = fit_encoding(TABLE.select([name]), every(TABLE))
    X, notes = encode(Table({name: values}), encoding)
    np.testing.assert_allclose(X, inputs)
    assert notes == (() if note is None else (note,))


@pytest.mark.parametrize(
    ("values", "note"),
    [
        (np.full(3, 7.0), "it is 7 in every training row"),
        (np.full(3, NAN), "it is missing in every training row"),
        (texts("a", "a", "a"), "it is 'a' in every training row"),
        (texts(None, None, None), "it is missing in every training row"),
    ],
)
def test_a_constant_column_is_dropped_and_nothing_else_is_an_error(
    values: np.ndarray, note: str
) -> None:
    table = Table({"x": np.arange(3.0), "c": values})
    encoding, notes = fit_encoding(table, every(table))
    assert encoding.names == ("x",)
    assert notes == (f"column 'c' is dropped: {note}",)
    with pytest.raises(DataError, match=r"every input column \(c\) has a single value"):
        fit_encoding(table.select(["c"]), every(table))


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (np.array([7.0, NAN, 7.0]), ("c", "c is missing")),
        (texts("a", None, "a"), ("c=a",)),
    ],
)
def test_whether_a_value_is_there_is_an_input(values: np.ndarray, names: tuple[str, ...]) -> None:
    encoding, _ = fit_encoding(Table({"c": values}), np.arange(3))
    assert encoding.names == names


def test_of_many_categories_the_most_frequent_are_kept() -> None:
    names = [f"{i:03d}" for i in range(MOST_CATEGORIES + 10)]
    table = Table({"c": texts(*names, *names[:MOST_CATEGORIES])})
    encoding, (note,) = fit_encoding(table, every(table))
    assert encoding.columns[0].categories == tuple(names[:MOST_CATEGORIES])
    assert "has 110 categories" in note
    assert "the others (10 of 210 training rows)" in note


def test_a_row_of_weight_two_counts_as_the_row_twice():
    table = Table({"x": np.array([1.0, 4.0, np.nan]), "c": np.array(["a", "b", None], object)})
    weighted, _ = fit_encoding(table, np.arange(3), np.array([2.0, 1.0, 1.0]))
    twice, _ = fit_encoding(table, np.array([0, 0, 1, 2]))
    assert weighted == twice
    assert weighted.columns[0].fill == pytest.approx(2.0)
