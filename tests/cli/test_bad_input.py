"""Whatever a person gets wrong ends in one line that helps, and in exit code 2."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Cutaway, pictures, rows, table


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("trian digits", "no command 'trian'; did you mean 'train'?"),
        ("train iris --hiden 3", "no option '--hiden'; did you mean '--hidden'?"),
        ("train", "PATH is missing"),
        ("train digist", "did you mean 'digits'?"),
        ("train iris extra", "unexpected extra argument"),
        ("train iris --activation rellu", "did you mean 'relu'?"),
        ("train iris --optimizer adma", "did you mean 'adam'?"),
        ("train iris --schedule cosin", "did you mean 'cosine'?"),
        ("train iris --task regresion", "did you mean 'regression'?"),
        ("train iris --dtype float16", "did you mean 'float64'?"),
        ("train iris --learning-rate fast", "learning_rate='fast' is no number"),
        ("train iris --learning-rate nan", "learning_rate='nan' is no number"),
        ("train iris --learning-rate -1", "must be above 0"),
        ("train iris --hidden 3,x", "hidden='x' is no number"),
        ("train iris --hidden 3.5", "is no whole number"),
        ("train iris --batch-size 0", "must be at least 1"),
        ("train iris --epochs -1", "must be at least 0"),
        ("train iris --seed 1.5", "is no whole number"),
        ("train iris --keep-prob 0", "must be above 0 and at most 1"),
        ("train iris --keep-prob .5,.5,.5,.5,.5 --hidden 3,3", "5 numbers for 2 hidden layers"),
        ("train iris --activation relu,tanh,relu --hidden 3,3", "3 given for 2 hidden layers"),
        ("train iris --early-stopping maybe", "neither true nor false"),
        ("train iris --class-weight cat=3", "names the class 'cat', which does not exist"),
        ("train iris --split 1,2", "such as 0.6,0.2,0.2"),
        ("train iris --split 100,50,50", "asks for 200 examples, but there are 150"),
        ("train iris --split .5,.5,.5", "sum to 1.5"),
        ("train iris --loss log", "it goes with sigmoid"),
        ("train iris --size 64", "has no meaning for iris (a built-in data set)"),
        ("train iris --target x", "it goes with tables and arrays"),
        ("train iris --name last", "'last' is no name for a run"),
        ("train iris --name a/b", "use letters, digits"),
        ("train --resume nope", "no run in runs/ yet"),
        ("train --resume nope --epochs 3", "give no other"),
        ("train --resume nope --strict", "give no other"),
        ("train --resume nope --distributed --hang-timeout 9", "--distributed lacks --coordinator"),
        ("predict", "Missing argument 'RUN'"),
        ("predict nope x.csv", "no run in runs/ yet"),
        ("predict nope x.csv --json --csv", "give one of them"),
        ("evaluate nope", "give either PATH"),
        ("export nope", "Missing option '--to'. Choose from: onnx, torch, keras, numpy, c"),
        ("evaluate nope x.csv --test", "give either PATH"),
        ("evaluate nope --test --labels x.csv", "--labels goes with PATH; leave it out"),
        ("train iris --watch-timeout 9", "--watch-timeout goes with --distributed"),
        ("train iris --coordinator here:1", "--coordinator goes with --distributed"),
        ("sweep iris --l2 0,1 --stale 5", "--stale goes with --storage"),
        ("show digits --force", "--force goes with --into"),
        ("lesson --quick", "--quick goes with the NAME of a lesson"),
        ("gradcheck --examples 0", "0 is not in the range x>=1"),
        ("gradcheck --at a.py:start", "--at goes with functions of your own"),
        ("gradcheck a.py:cost a.py:grad --l2 1", "--l2 goes with a network of cutaway"),
    ],
)
def test_a_wrong_word_is_told_with_what_to_do(cutaway: Cutaway, command: str, says: str) -> None:
    code, out, err = cutaway(*command.split())
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert says in err
    assert not Path("runs").exists()


def _labels(folder: Path) -> Path:
    pictures(folder, 2)
    return folder


TRAIN_ON: list[tuple[str, Callable[[Path], Path], str]] = [
    ("an empty folder", lambda p: _made(p), "is an empty folder"),
    ("empty class folders", lambda p: _made(p, "cat", "dog"), "but no picture"),
    ("one class", lambda p: pictures(p, 3, ("cat",)), "two are needed"),
    ("one picture", lambda p: pictures(p, 1, ("cat",)), "two are needed"),
    ("two pictures", lambda p: pictures(p, 1), "none of them in train"),
    ("loose pictures", lambda p: pictures(p, 2, (".",)), "none in a class folder"),
    ("an empty table", lambda p: _text(p, ""), "is empty"),
    ("a header alone", lambda p: _text(p, "a,b,y\n"), "no rows"),
    ("one row", lambda p: table(_csv(p), lines=[(1, 2, "yes")]), "two classes"),
    ("three rows", lambda p: table(_csv(p), lines=list(rows(3))), "none of them in"),
    ("no input", lambda p: table(_csv(p), "y", [(r[2],) for r in rows()]), "no column is left"),
    (
        "infinity",
        lambda p: table(_csv(p), lines=[("inf", 1, "no"), *rows()]),
        "column 'a' is infinite in row 1",
    ),
    (
        "dates",
        lambda p: table(_csv(p), lines=[("2024-01-03", b, y) for _, b, y in rows()]),
        "column 'a' holds dates",
    ),
    ("zero bytes", lambda p: _text(p, "a,y\n\0\0,1\n"), "zero bytes"),
]


def _made(path: Path, *inside: str) -> Path:
    for folder in (path, *(path / name for name in inside)):
        folder.mkdir()
    return path


def _csv(path: Path) -> Path:
    return path.with_suffix(".csv")


def _text(path: Path, text: str) -> Path:
    _csv(path).write_text(text)
    return _csv(path)


@pytest.mark.parametrize(
    ("make", "says"), [row[1:] for row in TRAIN_ON], ids=[r[0] for r in TRAIN_ON]
)
def test_data_that_cannot_be_learned_from(
    cutaway: Cutaway, tmp_path: Path, make: Callable[[Path], Path], says: str
) -> None:
    code, out, err = cutaway("train", make(tmp_path / "things"), "--epochs", 1)
    assert (code, out) == (2, "")
    assert says in err
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("target", "says"),
    [("yy", "did you mean 'y'?"), ("q", "the columns are a, b, y")],
)
def test_a_misspelt_target_is_told(
    cutaway: Cutaway, tmp_path: Path, target: str, says: str
) -> None:
    code, _, err = cutaway("train", table(tmp_path / "t.csv"), "--target", target)
    assert code == 2
    assert says in err


def test_a_broken_picture_is_skipped_and_listed_or_stops_when_strict(
    cutaway: Cutaway, tmp_path: Path
) -> None:
    folder = pictures(tmp_path / "pets", 12)
    whole = (folder / "cat" / "0.png").read_bytes()
    (folder / "cat" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (folder / "dog" / "no\npicture.png").write_bytes(b"no picture")
    (folder / "dog" / ".hidden.png").write_bytes(b"no picture")
    code, out, _ = cutaway("train", folder, "--epochs", 1, "--hidden", "none")
    assert code == 0
    assert "24 pictures" in out
    assert "skipped 2:" in out
    assert "cat/cut.png: it is truncated" in out
    assert r"dog/no\npicture.png" in out
    code, _, err = cutaway("train", folder, "--strict")
    assert code == 2
    assert "mend or remove it, or leave out --strict" in err


def test_a_class_that_the_model_does_not_know_is_refused(cutaway: Cutaway, tmp_path: Path) -> None:
    cutaway("train", table(tmp_path / "t.csv"), "--epochs", 1, "--hidden", "none")
    other = table(tmp_path / "u.csv", lines=[(a, b, "maybe") for a, b, _ in rows()])
    code, _, err = cutaway("evaluate", "last", other)
    assert code == 2
    assert "'maybe' is none of the classes of this model (no, yes)" in err


@pytest.mark.parametrize(
    ("header", "lines", "says"),
    [
        ("b,a", [(2.0, 1.0)], None),
        ("b,a,more", [(2.0, 1.0, 7)], None),
        ("a,y", [(1.0, "no")], "lacks: b"),
        ("a,b", [("inf", 1.0)], "infinite"),
    ],
)
def test_predict_matches_columns_by_name(
    cutaway: Cutaway, tmp_path: Path, header: str, lines: list[tuple[object, ...]], says: str | None
) -> None:
    cutaway("train", table(tmp_path / "t.csv"), "--epochs", 1, "--hidden", "none")
    straight = cutaway("predict", "last", table(tmp_path / "s.csv", "a,b", [(1.0, 2.0)]), "--json")
    result = cutaway("predict", "last", table(tmp_path / "n.csv", header, lines), "--json")
    if says is None:
        assert result.json() == straight.json()
    else:
        assert result.code == 2
        assert says in result.err


def test_a_model_of_a_table_refuses_pictures_and_the_other_way_round(
    cutaway: Cutaway, tmp_path: Path
) -> None:
    rows_file, folder = table(tmp_path / "t.csv"), pictures(tmp_path / "pets", 12)
    fast = ("--epochs", 1, "--hidden", "none")
    assert cutaway("train", rows_file, *fast, "--name", "rows").code == 0
    assert cutaway("train", folder, *fast, "--name", "pets").code == 0
    for run, path in (("rows", folder), ("pets", rows_file)):
        code, _, err = cutaway("predict", run, path)
        assert code == 2
        assert "does not fit" in err
