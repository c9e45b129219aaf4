from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cutaway.data.columns import Table
from cutaway.data.tables import read_table
from cutaway.errors import DataError


def write(folder: Path, *lines: str, name: str = "houses.csv") -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def rows(line: str, m: int = 30) -> list[str]:
    return [line.format(i=i, odd=i % 2, third=i % 3, half=i / 2) for i in range(m)]


def test_a_table_becomes_a_data_set(tmp_path: Path) -> None:
    path = write(tmp_path, "area,town,price", "50,A,1.5", "60,B,", "70,,2.5", "50,A,1.5")
    data = read_table(path, target="price")
    assert (data.name, data.kind, data.task, data.m) == ("houses", "table", "regression", 3)
    assert data.target_names == ("price",)
    assert data.classes == ()
    assert data.target is not None
    assert data.target.tolist() == [[1.5], [2.5], [1.5]]
    assert isinstance(data.rows, Table)
    assert data.rows.kinds == {"area": "number", "town": "category"}
    assert data.rows.columns["town"].tolist() == ["A", None, "A"]
    assert list(data.origins) == ["row 1", "row 3", "row 4"]
    assert [tuple(skipped) for skipped in data.skipped] == [("row 2", "price is missing")]
    assert data.keys is not None
    assert data.keys[0] == data.keys[2] != data.keys[1]
    assert data.notes == ("regression: price has numbers with fractions",)
    assert data.source == {
        "reader": "table",
        "path": str(path),
        "target": "price",
        "task": "regression",
    }


@pytest.mark.parametrize(
    ("values", "task", "classes"),
    [
        (["cat", "dog", "cat"], "classification", ("cat", "dog")),
        (["True", "false", "True"], "classification", ("false", "true")),
        (["2", "1", "2"], "classification", ("1", "2")),
        (["1", "2", "3"] * 5, "classification", ("1", "2", "3")),
        (["1", "2", "3"], "regression", ()),
        ([str(i) for i in range(50)] * 10, "regression", ()),
        (["0", "0.5", "1"] * 20, "regression", ()),
    ],
)
def test_the_task_follows_from_the_target(
    tmp_path: Path, values: list[str], task: str, classes: tuple[str, ...]
) -> None:
    lines = [f"{i % 7},{value}" for i, value in enumerate(values)]
    data = read_table(write(tmp_path, "x,t", *lines), target="t")
    assert (data.task, data.classes) == (task, classes)
    assert any(note.startswith(f"{task}: t has") for note in data.notes)


@pytest.mark.parametrize(
    ("target", "task", "expected", "classes"),
    [
        ("a,b", None, "multi-label", ("a", "b")),
        ("a,c", None, "regression", ()),
        ("a, b", "regression", "regression", ()),
        ("a,b,c", "regression", "regression", ()),
    ],
)
def test_several_targets(
    tmp_path: Path, target: str, task: None, expected: str, classes: tuple[str, ...]
) -> None:
    path = write(tmp_path, "x,a,b,c", "1,0,1,5", "2,1,1,6.5", "3,0,0,7")
    data = read_table(path, target=target, task=task)
    assert data.target is not None
    assert (data.task, data.classes) == (expected, classes)
    assert data.target.shape == (3, len(data.target_names))
    assert data.source["target"] == target.replace(" ", "")


def test_a_task_can_be_chosen(tmp_path: Path) -> None:
    path = write(tmp_path, "x,t", "1,0", "2,1", "3,0")
    assert read_table(path, target="t", task="regression").target.tolist() == [[0], [1], [0]]


def test_a_conventional_target_is_taken_and_said(tmp_path: Path) -> None:
    data = read_table(write(tmp_path, "x,Label", "1,u", "2,v"), target=None)
    assert data.target_names == ("Label",)
    assert "column 'Label' is taken as the target" in data.notes[0]


@pytest.mark.parametrize(
    ("column", "lines", "reason"),
    [
        ("n", rows("{i},{third},{odd}"), "it counts the rows"),
        ("CustomerId", [f"{7 * i},{i % 3},{i % 2}" for i in range(9)], "identify the rows"),
        ("name", rows("p{i},{third},{odd}"), "it has 30 different texts, such as 'p0', in 30"),
    ],
)
def test_identifiers_are_left_out(
    tmp_path: Path, column: str, lines: list[str], reason: str
) -> None:
    data = read_table(write(tmp_path, f"{column},x,y", *lines), target="y")
    assert isinstance(data.rows, Table)
    assert list(data.rows.columns) == ["x"]
    (note,) = [note for note in data.notes if "left out" in note]
    assert f"'{column}'" in note
    assert reason in note


@pytest.mark.parametrize("name", ["d", "d,t", "t, d", "a,b"])
def test_columns_are_ignored_whatever_they_hold(tmp_path: Path, name: str) -> None:
    header = '"a,b",d,t,x,y' if name == "a,b" else "w,d,t,x,y"
    day = "" if name == "a,b" else "2020-01-31"
    text = "it is a film and it was good {i}" if "t" in name else "{odd}"
    path = write(tmp_path, header, *rows("{third}," + day + "," + text + ",{half},{odd}"))
    data = read_table(path, target="y", ignore=name)
    assert isinstance(data.rows, Table)
    ignored = [name] if name == "a,b" else [part.strip() for part in name.split(",")]
    assert not {*ignored} & {*data.rows.columns}
    assert f"left out of the inputs by --ignore: {', '.join(ignored)}" in data.notes


@pytest.mark.parametrize(
    ("ignore", "message"),
    [
        (None, r"'d' holds dates .*; likewise t; leave out .* \(--ignore d,t\)"),
        ("x", r"'d' holds dates .*; likewise t; leave out .* \(--ignore x,d,t\)"),
        ("d", r"'t' holds free text .* \(--ignore d,t\)"),
        ("dd,t", "no column 'dd' to ignore.* did you mean 'd'"),
        ("d,t,y", "'y' is to be predicted, and cannot be ignored"),
        ("d,t,x", "no column is left as an input beside y; left out of the inputs by --ignore: d"),
    ],
)
def test_what_to_ignore_is_said(tmp_path: Path, ignore: str | None, message: str) -> None:
    path = write(
        tmp_path, "x,d,t,y", *rows("{half},2020-01-31,it is a film and it was good {i},{odd}")
    )
    with pytest.raises(DataError, match=message):
        read_table(path, target="y", ignore=ignore)


def test_a_number_that_counts_is_kept_as_the_only_input(tmp_path: Path) -> None:
    data = read_table(write(tmp_path, "x,y", *rows("{i},{half}")), target="y")
    assert isinstance(data.rows, Table)
    assert list(data.rows.columns) == ["x"]


REVIEW = '{odd},"it is film {i} and it was, I think, rather good"'


@pytest.mark.parametrize(
    ("lines", "target", "task", "message"),
    [
        (["a,price", "1,2"], "prize", None, r"no column 'prize' .* did you mean 'price'\?"),
        (["a,price", "1,2"], None, None, "which column .* --target NAME; the columns are a, price"),
        (["a,y,label", "1,2,3"], None, None, "which column is to be predicted"),
        (["d,y", "2020-01-31,1", ",2"], "y", None, "column 'd' holds dates or times, which cannot"),
        (["d,y", "24.12.2020,1", "1.2.2021,2"], "y", None, "column 'd' holds dates or times"),
        (["d,y", "12/24/2020 10:00,1"], "y", None, "column 'd' holds dates or times"),
        (["d,y", "10:30,1", "9:15,2"], "y", None, "column 'd' holds dates or times"),
        (["a,y", "1,2020-01-31", "2,"], "y", None, "column 'y' holds dates .* predicted"),
        (["y,t", *rows(REVIEW)], "y", None, "column 't' holds free text .on average 11 words"),
        (["a,y", "1,0", "-inf,1"], "y", None, "column 'a' is infinite in row 2"),
        (["a,y", "1,0", "2,1e999"], "y", None, "column 'y' is infinite in row 2"),
        (
            ["a,y", *rows("{half},{odd}"), "oops,1"],
            "y",
            None,
            "'a' holds numbers, but 'oops' in row",
        ),
        (["a,y", "1,", "2,"], "y", None, "y is missing in every row"),
        (["a,y", "1,u", "2,u"], "y", None, "column 'y' is 'u' in every row"),
        (["a,y", "1,2.5", "2,2.5"], "y", None, "column 'y' is 2.5 in every row"),
        (["a,y", *rows("{third},n{i}")], "y", None, "30 different values in 30 rows, too many"),
        (["a,y", "1,u", "2,v"], "y", "regression", "'y' holds 'u' in row 1, where numbers"),
        (["a,y,z", "1,0,5", "2,1,6"], "y,z", "multi-label", "'z' holds 5 in row 1, where true"),
        (["a,y,z", "1,0,5", "2,1,6"], "y,z", "classification", "y, z are several targets"),
        (["y", "1", "2"], "y", None, "no column is left as an input beside y"),
        (
            ["y,id,name", *rows("{odd},{i},p{i}")],
            "y",
            None,
            "no column is left .* 'id' is left out",
        ),
    ],
)
def test_bad_tables_are_refused(
    tmp_path: Path, lines: list[str], target: str | None, task: None, message: str
) -> None:
    path = write(tmp_path, *lines)
    with pytest.raises(DataError, match=message) as caught:
        read_table(path, target=target, task=task)
    assert str(caught.value).startswith(f"{path}: ")


def test_skipped_rows_are_summed_up(tmp_path: Path) -> None:
    data = read_table(write(tmp_path, "x,y", *rows("{i},"), "1,0.5", "2,0.7", "3"), target="y")
    assert data.m == 2
    assert [data.skipped[0].where, data.skipped[1].where] == ["row 33", "row 1"]
    assert data.skipped[-1].where == "10 more rows"


KINDS = {"age": "number", "town": "category", "member": "boolean"}


def test_new_rows_are_matched_by_name(tmp_path: Path) -> None:
    path = write(tmp_path, "town,extra,member,age", "007,z,1,30", "8,z,0,")
    data = read_table(path, target="price", columns=KINDS, labelled=False, task="regression")
    assert isinstance(data.rows, Table)
    assert {name: values.tolist() for name, values in data.rows.columns.items()} == {
        "age": pytest.approx([30, np.nan], nan_ok=True),
        "town": ["007", "8"],
        "member": [1, 0],
    }
    assert data.rows.kinds == KINDS
    assert (data.target, data.target_names, data.task) == (None, ("price",), "regression")
    assert data.notes == ("columns that the model does not know are ignored: extra",)


def test_a_target_that_is_there_does_not_hinder_predicting(tmp_path: Path) -> None:
    path = write(tmp_path, "age,price", "30,1", "40,")
    data = read_table(path, target="price", columns={"age": "number"}, labelled=False)
    assert (data.target, data.m, data.notes) == (None, 2, ())


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            ["aged,town", "1,A"],
            "needs columns that the table lacks: age, member; did you mean 'aged'",
        ),
        (
            ["age,town,member", "1,A,true", "old,B,true"],
            "'age' holds 'old' in row 2, where numbers",
        ),
        (["age,town,member", "1,A,7"], "'member' holds 7 in row 1, where true, false, 1 or 0"),
        (["age,town,member", "1,A,maybe"], "'member' holds 'maybe' in row 1, where true or false"),
        (["age,town,member", "2020-01-01,A,1"], "'age' holds dates or times, where .* a number"),
        (["age,town,member", "inf,A,1"], "'age' is infinite in row 1"),
    ],
)
def test_new_rows_that_do_not_fit_are_refused(
    tmp_path: Path, lines: list[str], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read_table(write(tmp_path, *lines), target=None, columns=KINDS, labelled=False)


def test_evaluating_takes_the_classes_of_the_model(tmp_path: Path) -> None:
    path = write(tmp_path, "age,pet", "1,dog", "2,dog")
    options = {"target": "pet", "task": "classification", "columns": {"age": "number"}}
    data = read_table(path, classes=("cat", "dog"), **options)
    assert data.target is not None
    assert (data.target.tolist(), data.classes) == ([1, 1], ("cat", "dog"))
    with pytest.raises(DataError, match="'dog' is none of the classes"):
        read_table(path, classes=("cat", "dogs"), **options)
    with pytest.raises(DataError, match="no column 'pet'"):
        read_table(write(tmp_path, "age,pets", "1,cat"), classes=("cat", "dog"), **options)


def test_a_constant_target_can_be_evaluated(tmp_path: Path) -> None:
    path = write(tmp_path, "age,price", "1,5", "2,5")
    data = read_table(path, target="price", task="regression", columns={"age": "number"})
    assert data.target is not None
    assert data.target.tolist() == [[5], [5]]


def test_a_table_is_indexed_joined_and_hashed_by_rows() -> None:
    table = Table(
        {
            "a": np.array([0.0, -0.0, np.nan, np.nan]),
            "b": np.array(["x", "x", None, "None"], dtype=object),
        }
    )
    keys = table.keys()
    assert len(table) == 4
    assert keys[0] == keys[1]
    assert len(set(keys.tolist())) == 3
    again = table[np.array([3, 0])].concatenate(table)
    assert again.keys().tolist() == [keys[3], keys[0], *keys]


def test_the_hash_of_a_row_is_the_same_on_every_machine() -> None:
    table = Table({"a": np.array([0.0, 1.5]), "b": np.array(["x", None], dtype=object)})
    assert table.keys().tolist() == [1683463058260989248, 14074065294021669432]
