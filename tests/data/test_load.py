from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cutaway.data import fingerprint, fit_preparation, load, prepare, reload, split_dataset
from cutaway.data.columns import Table
from cutaway.data.dataset import Dataset
from cutaway.errors import CutawayError, DataError, OptionError


def write_pictures(folder: Path, m: int = 3, side: int = 6) -> Path:
    random = np.random.default_rng(m * side)
    for label in ("cat", "dog"):
        (folder / label).mkdir(parents=True)
        for i in range(m):
            pixels = random.integers(0, 256, (side, side, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{i}.png")
    return folder


def write_table(path: Path, m: int = 30, columns: str = "size,colour,kind") -> Path:
    cells = {
        "size": lambda i: i + m / 100,
        "colour": lambda i: ("red", "blue")[i % 2],
        "kind": lambda i: ("ape", "bee", "cow")[i % 3],
        "price": lambda i: i * 1.5 + 0.25,
    }
    lines = [",".join(str(cells[name](i)) for name in columns.split(",")) for i in range(m)]
    path.write_text("\n".join([columns, *lines]) + "\n")
    return path


def write_arrays(path: Path, m: int = 30, n_x: int = 4) -> Path:
    X = np.random.default_rng(m).normal(size=(m, n_x))
    np.savez(path, X=X, y=np.arange(m) % 3)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_pictures(tmp_path / "pets")
    write_pictures(tmp_path / "more_pets", m=2, side=9)
    write_table(tmp_path / "things.csv")
    write_table(tmp_path / "more_things.csv", m=9, columns="kind,colour,size")
    write_table(tmp_path / "prices.csv", columns="size,colour,price")
    write_arrays(tmp_path / "a.npz")
    write_arrays(tmp_path / "b.npz", m=9)
    write_arrays(tmp_path / "wide.npz", n_x=5)
    (tmp_path / "tables").mkdir()
    write_table(tmp_path / "tables" / "t.csv")
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "read.me").write_text("hello")
    (tmp_path / "letter.docx").write_text("hello")
    (tmp_path / "LICENSE").write_text("hello")
    return tmp_path


SOURCES: list[tuple[str, dict[str, Any], str, int]] = [
    ("pets", {"size": "4"}, "pictures", 6),
    ("things.csv", {"target": "kind"}, "table", 30),
    ("prices.csv", {"target": "price", "task": "regression"}, "table", 30),
    ("a.npz", {}, "array", 30),
    ("digits", {}, "pictures", 1797),
]
FURTHER = [
    ("pets", {}, "more_pets", 4),
    ("things.csv", {"target": "kind"}, "more_things.csv", 9),
    ("a.npz", {}, "b.npz", 9),
]


def at(folder: Path, name: str) -> str:
    return name if name == "digits" else str(folder / name)


def same(a: Dataset, b: Dataset) -> bool:
    return fingerprint(a) == fingerprint(b) and (a.classes, a.picture) == (b.classes, b.picture)


@pytest.mark.parametrize(("name", "options", "kind", "m"), SOURCES)
def test_each_source_is_read_and_can_be_read_again(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    options: dict[str, Any],
    kind: str,
    m: int,
) -> None:
    monkeypatch.chdir(folder)
    dataset = load(name, **options)
    assert (dataset.kind, dataset.m) == (kind, m)
    monkeypatch.chdir("/")
    again = reload(json.loads(json.dumps(dataset.source)))
    assert same(again, dataset)
    assert again.source == dataset.source


@pytest.mark.parametrize(("name", "options", "further", "m"), FURTHER)
def test_sets_of_their_own_become_parts(
    folder: Path, name: str, options: dict[str, Any], further: str, m: int
) -> None:
    alone = load(folder / name, **options)
    dataset = load(folder / name, test=folder / further, dev="none", **options)
    sizes = {part: len(index) for part, index in dataset.parts.items()}
    assert sizes == {"train": alone.m, "test": m}
    assert same(dataset.take(dataset.parts["train"]), alone)
    assert len(dataset.origins) == dataset.m
    assert dataset.origins[-1].startswith("test: ")
    assert same(reload(json.loads(json.dumps(dataset.source))), dataset)
    split = split_dataset(dataset)
    assert len(split.test) == m
    both = load(folder / name, dev=folder / further, test=folder / further, **options)
    assert {part: len(index) for part, index in both.parts.items()} == {**sizes, "dev": m}
    assert any("identical" in note for note in split_dataset(both).notes)
    assert prepare(both, split_dataset(both), normalize="standard", dtype="float32").dev is not None


@pytest.mark.parametrize(("name", "options", "further", "m"), FURTHER)
def test_the_examples_of_predict_and_evaluate_fit_the_model(
    folder: Path, name: str, options: dict[str, Any], further: str, m: int
) -> None:
    dataset = load(folder / name, **options)
    preparation, _ = fit_preparation(dataset, np.arange(dataset.m), normalize="standard")
    for labelled in (True, False):
        other = load(folder / further, preparation=preparation, labelled=labelled)
        assert other.m == m
        assert (other.target is not None) == labelled
        assert preparation.inputs(other.rows, np.float32)[0].shape == (preparation.n_x, m)
        if labelled:
            assert other.classes == dataset.classes


def test_a_table_serves_a_model_of_a_built_in_set(tmp_path: Path) -> None:
    preparation, _ = fit_preparation(load("moons"), np.arange(400), normalize="standard")
    (tmp_path / "new.csv").write_text("x2,x1,class\n0.5,1,red\n1,0,blue\n")
    dataset = load(tmp_path / "new.csv", preparation=preparation)
    assert isinstance(dataset.rows, Table)
    np.testing.assert_array_equal(dataset.target, [0, 1])
    X, _ = preparation.inputs(dataset.rows, np.float64)
    raw = X * preparation.scale[:, np.newaxis] + preparation.mean[:, np.newaxis]
    np.testing.assert_allclose(raw, [[1, 0], [0.5, 1]], atol=1e-12)
    assert load("circles", preparation=preparation).m == 400
    assert load("circles", preparation=preparation, labelled=False).target is None


@pytest.mark.parametrize(
    ("path", "options", "error", "says"),
    [
        ("moon", {}, DataError, "'moon' does not exist; did you mean 'moons'"),
        ("{}/pet", {}, DataError, "does not exist; did you mean 'pets'"),
        ("{}/no/where", {}, DataError, "does not exist; what can be read is a folder"),
        ("{}/letter.docx", {}, DataError, "'.docx' files cannot be read; what can be read is"),
        ("{}/LICENSE", {}, DataError, "files without a suffix cannot be read"),
        ("{}/empty", {}, DataError, "is an empty folder"),
        ("{}/notes", {}, DataError, "holds read.me, but no picture"),
        ("{}/tables", {}, DataError, r"tables or arrays \(t.csv\); name the file: .*tables/t.csv"),
        ("{}/pets", {"target": "kind"}, OptionError, "target='kind' has no meaning for .*pictures"),
        ("{}/things.csv", {"size": "32"}, OptionError, "it goes with pictures; leave it out"),
        ("iris", {"labels": "l.csv"}, OptionError, "it goes with pictures and arrays"),
        ("{}/pets", {"test": "{}/things.csv"}, DataError, "pictures of 6x6x3 are expected"),
        ("{}/a.npz", {"test": "iris"}, DataError, "arrays of 4 inputs are expected"),
        ("iris", {"test": "wine"}, DataError, "lacks the column sepal length"),
        ("digits", {"test": "iris"}, DataError, "pictures of 8x8x1 are expected"),
        ("{}/a.npz", {"test": "{}/wide.npz"}, DataError, "4"),
        ("{}/things.csv", {"target": "kind", "dev": "{}/prices.csv"}, DataError, "'kind'"),
    ],
)
def test_what_cannot_be_read_says_what_to_do(
    folder: Path, path: str, options: dict[str, str], error: type[CutawayError], says: str
) -> None:
    options = {name: value.format(folder) for name, value in options.items()}
    with pytest.raises(error, match=says):
        load(path.format(folder), **options)  # type: ignore[arg-type]


def test_a_set_that_is_there_already_is_not_replaced(folder: Path) -> None:
    (folder / "both").mkdir()
    (folder / "pets").rename(folder / "both" / "train")
    (folder / "more_pets").rename(folder / "both" / "test")
    dataset = load(folder / "both")
    assert {part: len(index) for part, index in dataset.parts.items()} == {"train": 6, "test": 4}
    with pytest.raises(OptionError, match="has a test set of its own"):
        load(folder / "both", test=folder / "both")
    other = load(write_pictures(folder / "third", m=1), test=folder / "both", size="6")
    assert len(other.parts["test"]) == 4


def test_a_built_in_name_wins_over_a_folder_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_pictures(tmp_path / "digits")
    named = load("digits")
    assert named.m == 1797
    assert "write ./digits" in named.notes[-1]
    assert load("./digits").m == 6
    assert reload(load("./digits").source).m == 6


def test_the_fingerprint_changes_with_examples_targets_and_order() -> None:
    dataset = load("iris")
    order = np.arange(dataset.m)
    swapped = order.copy()
    swapped[[0, 149]] = [149, 0]
    prints = {fingerprint(dataset.take(index)) for index in (order, swapped, order[1:])}
    relabelled = dataset.take(order)
    assert relabelled.target is not None
    relabelled.target[0] = 1
    prints |= {fingerprint(relabelled)}
    assert len(prints) == 4
    assert fingerprint(dataset) == fingerprint(load("iris")) in prints
    without_keys = Dataset("x", "array", "regression", np.ones((2, 3)), np.ones((2, 1)))
    assert len(fingerprint(without_keys)) == 16


def test_importing_the_package_loads_no_reader() -> None:
    code = (
        "import sys, cutaway.data; "
        "print([m for m in ('duckdb', 'PIL', 'sklearn', 'h5py') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
