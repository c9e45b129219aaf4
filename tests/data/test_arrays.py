from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cutaway.data.arrays import read_arrays
from cutaway.data.dataset import PictureShape
from cutaway.errors import DataError, MissingExtraError

X = np.arange(12.0).reshape(6, 2) / 7
Y = np.array([0, 1, 0, 1, 1, 0])
IMAGES = np.random.default_rng(0).integers(0, 256, (6, 4, 5, 3), dtype=np.uint8)


def npz(folder: Path, **arrays: Any) -> Path:
    np.savez(folder / "data.npz", **arrays)
    return folder / "data.npz"


def npy(folder: Path, array: Any, name: str = "x.npy") -> Path:
    np.save(folder / name, array)
    return folder / name


def hdf5(folder: Path, **arrays: Any) -> Path:
    h5py = pytest.importorskip("h5py", reason="reading HDF5 needs the extra hdf5")
    with h5py.File(folder / "data.h5", "w") as file:
        for name, array in arrays.items():
            file[name] = array
    return folder / "data.h5"


# --- which array is what


@pytest.mark.parametrize("write", [npz, hdf5])
@pytest.mark.parametrize(
    ("x", "y"), [("X", "y"), ("x", "Y"), ("data", "target"), ("features", "labels")]
)
def test_inputs_and_targets_by_name(tmp_path: Path, write: Any, x: str, y: str) -> None:
    path = write(tmp_path, **{x: X, y: Y})
    data = read_arrays(path)
    assert (data.kind, data.task, data.classes) == ("array", "classification", ("0", "1"))
    np.testing.assert_array_equal(data.rows, X)
    np.testing.assert_array_equal(data.target, Y)
    assert data.name == "data"
    assert data.origins[0] == "row 1"
    assert data.target_names == ("class",)
    assert data.parts == {}
    assert data.notes == (
        "classification: the target has 2 different whole numbers in 6 examples "
        "(--task regression to predict a quantity)",
    )
    assert data.source == {
        "reader": "arrays",
        "path": str(path.resolve()),
        "target": None,
        "labels": None,
        "task": "classification",
    }


@pytest.mark.parametrize("write", [npz, hdf5])
@pytest.mark.parametrize("name", ["{role}_{part}", "{part}_set_{role}", "{part}_set_{role}_orig"])
def test_parts(tmp_path: Path, write: Any, name: str) -> None:
    arrays = {}
    for part, index in (("val", slice(4, 6)), ("train", slice(0, 3)), ("test", slice(3, 4))):
        arrays[name.format(role="x", part=part)] = X[index]
        arrays[name.format(role="y", part=part)] = Y[index]
    data = read_arrays(write(tmp_path, **arrays))
    np.testing.assert_array_equal(data.rows, X[[0, 1, 2, 4, 5, 3]])
    np.testing.assert_array_equal(data.target, Y[[0, 1, 2, 4, 5, 3]])
    assert {part: index.tolist() for part, index in data.parts.items()} == {
        "train": [0, 1, 2],
        "dev": [3, 4],
        "test": [5],
    }


def test_groups_of_an_hdf5_file_are_parts(tmp_path: Path) -> None:
    arrays = {"train/x": X[:4], "train/y": Y[:4], "test/x": X[4:], "test/y": Y[4:]}
    data = read_arrays(hdf5(tmp_path, **arrays))
    np.testing.assert_array_equal(data.rows, X)
    assert {part: len(index) for part, index in data.parts.items()} == {"train": 4, "test": 2}


def test_a_file_of_one_part_is_a_data_set(tmp_path: Path) -> None:
    data = read_arrays(npz(tmp_path, test_set_x=X, test_set_y=Y))
    assert data.m == 6
    assert data.parts == {}


def test_a_test_part_without_targets_is_left_out(tmp_path: Path) -> None:
    data = read_arrays(npz(tmp_path, x_train=X, y_train=Y, x_test=X))
    assert data.m == 6
    assert data.skipped == (("test", "it has inputs but no targets"),)


def test_another_target_by_name(tmp_path: Path) -> None:
    path = npz(tmp_path, x=X, y=Y, Price=X[:, 0])
    data = read_arrays(path, target="Price")
    assert (data.task, data.target_names) == ("regression", ("Price",))
    np.testing.assert_array_equal(data.target, X[:, :1])
    assert data.source["target"] == "Price"
    with pytest.raises(DataError, match=r"target 'pryce': .*did you mean 'Price'"):
        read_arrays(path, target="pryce")


def test_labels_in_a_file_of_their_own(tmp_path: Path) -> None:
    labels = npy(tmp_path, np.array(["b", "a", "b", "a", "a", "b"]), "labels.npy")
    data = read_arrays(npy(tmp_path, X), labels=labels)
    assert data.classes == ("a", "b")
    np.testing.assert_array_equal(data.target, 1 - Y)
    assert data.source["labels"] == str(labels.resolve())


def test_without_labels(tmp_path: Path) -> None:
    for path in (npy(tmp_path, X), npz(tmp_path, x=X, y=Y), npz(tmp_path, anything=X)):
        data = read_arrays(path, labelled=False, n_x=2, classes=("a", "b"), task="classification")
        assert data.target is None
        assert data.classes == ("a", "b")
        np.testing.assert_array_equal(data.rows, X)


UNCLEAR = {
    "no inputs": (
        {"a": X, "b": X, "y": Y},
        {},
        r"a \(6, 2\), b \(6, 2\), y \(6,\): which array has",
    ),
    "two inputs": ({"x": X, "data": X, "y": Y}, {}, "which one is meant is unclear"),
    "no targets": ({"x": X}, {}, "no array has the targets; name it y"),
    "all and a part": ({"x": X, "x_train": X, "y": Y, "y_train": Y}, {}, "is unclear"),
    "no train": ({"x_dev": X, "x_test": X, "y_dev": Y, "y_test": Y}, {}, "is unclear"),
    "no train targets": ({"x_train": X, "x_test": X, "y_test": Y}, {}, "no array has the targets"),
    "parts differ": (
        {"x_train": X, "y_train": Y, "x_test": X[:, :1], "y_test": Y},
        {},
        r"different shapes: train \(6, 2\), test \(6, 1\)",
    ),
}


@pytest.mark.parametrize(("arrays", "options", "message"), UNCLEAR.values(), ids=UNCLEAR)
def test_unclear_roles(tmp_path: Path, arrays: Any, options: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_arrays(npz(tmp_path, **arrays), **options)


def test_a_labels_file_that_is_unclear(tmp_path: Path) -> None:
    labels = npz(tmp_path, a=Y, b=Y)
    with pytest.raises(DataError, match="one array of labels is expected"):
        read_arrays(npy(tmp_path, X), labels=labels)
    parts = tmp_path / "parts.npz"
    np.savez(parts, x_train=X, x_test=X)
    with pytest.raises(DataError, match="several parts"):
        read_arrays(parts, labels=npy(tmp_path, Y))


# --- inputs


@pytest.mark.parametrize(
    ("images", "picture"),
    [(IMAGES, (4, 5, 3)), (IMAGES[..., :1], (4, 5, 1)), (IMAGES[..., 0], (4, 5, 1))],
)
def test_uint8_images_are_pictures(tmp_path: Path, images: Any, picture: Any) -> None:
    data = read_arrays(npz(tmp_path, x=images, y=Y))
    assert data.kind == "pictures"
    assert data.picture == PictureShape(*picture)
    assert data.rows.dtype == np.uint8
    assert data.rows.flags.c_contiguous
    np.testing.assert_array_equal(data.rows, images.reshape(6, -1))
    again = read_arrays(npz(tmp_path, x=images[::-1], y=Y), picture=data.picture)
    np.testing.assert_array_equal(again.keys, data.keys[::-1])
    assert len(set(data.keys.tolist())) == 6


def test_flat_pictures_fit_a_model_of_pictures(tmp_path: Path) -> None:
    path = npy(tmp_path, IMAGES.reshape(6, -1))
    data = read_arrays(path, labelled=False, n_x=60, picture=PictureShape(4, 5, 3))
    assert (data.kind, data.picture) == ("pictures", (4, 5, 3))


@pytest.mark.parametrize(
    ("x", "dtype"),
    [
        (X, np.float64),
        (X.astype(np.float32), np.float32),
        (np.arange(12).reshape(6, 2), np.float64),
        (np.arange(12, dtype=np.uint8).reshape(6, 2), np.float32),
        (X > 0.5, np.float32),
        (IMAGES[..., 0] / 255, np.float64),
    ],
)
def test_other_inputs_are_floats(tmp_path: Path, x: Any, dtype: Any) -> None:
    data = read_arrays(npz(tmp_path, x=x, y=Y), task="classification")
    assert (data.kind, data.picture, data.rows.dtype) == ("array", None, dtype)
    np.testing.assert_array_equal(data.rows, x.reshape(6, -1))
    assert data.notes == (("each example of 4x5 is taken as 20 inputs",) if x.ndim == 3 else ())


def test_a_model_of_numbers_takes_images_as_numbers(tmp_path: Path) -> None:
    data = read_arrays(npy(tmp_path, IMAGES), labelled=False, n_x=60)
    assert (data.kind, data.rows.dtype) == ("array", np.float32)


def _with(value: float) -> np.ndarray:
    x = X.copy()
    x[4, 1] = x[5, 0] = value
    return x


BAD_INPUTS = {
    "NaN": (_with(np.nan), {}, "x: 2 values NaN or infinite, the first in row 5, column 2"),
    "infinity": (_with(-np.inf), {}, "x: 2 values NaN or infinite, the first in row 5, column 2"),
    "one dimension": (X[:, 0], {}, r"shape \(6,\).*reshape"),
    "no example": (X[:0], {}, r"is empty, its shape is \(0, 2\)"),
    "no input": (X[:, :0], {}, "is empty"),
    "texts": (X.astype(str), {}, "where numbers are expected"),
    "complex": (X + 1j, {}, "where numbers are expected"),
    "other width": (X, {"n_x": 3}, "2 inputs an example, but 3 are expected"),
    "other pictures": (
        IMAGES,
        {"picture": PictureShape(8, 8, 3)},
        r"shape \(4, 5, 3\) and type uint8, but pictures of 8x8x3",
    ),
    "divided pictures": (
        IMAGES / 255,
        {"picture": PictureShape(4, 5, 3)},
        r"type float64, but pictures of 4x5x3 and type uint8",
    ),
}


@pytest.mark.parametrize(("x", "options", "message"), BAD_INPUTS.values(), ids=BAD_INPUTS)
def test_bad_inputs(tmp_path: Path, x: Any, options: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_arrays(npz(tmp_path, x=x, y=Y), **options)
    with pytest.raises(DataError, match=message):
        read_arrays(npy(tmp_path, x), labelled=False, **options)


# --- targets

MANY = np.arange(60)
TARGETS = {
    "whole numbers": (Y, "classification", ("0", "1"), Y),
    "whole floats": (Y * 2.0, "classification", ("0", "2"), Y),
    "from 1": (Y + 1, "classification", ("1", "2"), Y),
    "a column": (Y[:, None], "classification", ("0", "1"), Y),
    "a row": (Y[None], "classification", ("0", "1"), Y),
    "booleans": (Y > 0, "classification", ("false", "true"), Y),
    "texts": (np.array(["n", "y"])[Y], "classification", ("n", "y"), Y),
    "bytes": (np.array([b"n", b"y"])[Y], "classification", ("n", "y"), Y),
    "one-hot": (np.eye(2)[Y], "classification", ("0", "1"), Y),
    "0 and 1 in columns": (
        np.column_stack([Y, Y]),
        "multi-label",
        ("label1", "label2"),
        np.column_stack([Y, Y]),
    ),
    "fractions": (X[:, 0], "regression", (), X[:, :1]),
    "several fractions": (X, "regression", (), X),
    "few of many": (MANY % 20, "classification", tuple(map(str, range(20))), MANY % 20),
    "many": (MANY, "regression", (), MANY[:, None]),
    "a hundred classes": (
        np.arange(1000) % 100,
        "classification",
        tuple(map(str, range(100))),
        np.arange(1000) % 100,
    ),
}


@pytest.mark.parametrize(("y", "task", "classes", "target"), TARGETS.values(), ids=TARGETS)
def test_the_task_is_inferred_and_announced(
    tmp_path: Path, y: Any, task: str, classes: tuple[str, ...], target: Any
) -> None:
    x = np.resize(X, (len(target), 2))
    data = read_arrays(npz(tmp_path, x=x, y=y))
    assert (data.task, data.classes) == (task, classes)
    np.testing.assert_array_equal(data.target, target)
    (note,) = data.notes
    assert note.startswith(f"{task}: ")
    if task == "classification":
        assert data.target.dtype == np.int64
        assert data.target_names == ("class",)
    else:
        assert data.target.dtype == np.float64
        assert len(data.target_names) == data.target.shape[1]


def test_texts_of_an_hdf5_file(tmp_path: Path) -> None:
    data = read_arrays(hdf5(tmp_path, x=X, y=[["nein", "ja"][i] for i in Y]))
    assert data.classes == ("ja", "nein")
    np.testing.assert_array_equal(data.target, 1 - Y)


def test_the_task_can_be_told(tmp_path: Path) -> None:
    path = npz(tmp_path, x=X, y=Y)
    assert read_arrays(path, task="regression").target.shape == (6, 1)
    assert read_arrays(path, task="multi-label").classes == ("label1",)
    assert read_arrays(path, task="classification").notes == ()


@pytest.mark.parametrize("write", [npz, hdf5])
def test_class_names_in_the_file_keep_their_order(tmp_path: Path, write: Any) -> None:
    path = write(tmp_path, x=X, y=Y, list_classes=np.array([b"non-cat", b"cat"]))
    data = read_arrays(path)
    assert data.classes == ("non-cat", "cat")
    assert data.counts() == {"non-cat": 3, "cat": 3}
    turned = read_arrays(path, classes=("cat", "non-cat"), task="classification")
    np.testing.assert_array_equal(turned.target, 1 - Y)


@pytest.mark.parametrize(
    ("y", "classes", "target"),
    [
        (Y, ("cat", "dog"), Y),
        (Y + 1, ("1", "2"), Y),
        (np.zeros(6, int), ("cat", "dog"), np.zeros(6)),
        (np.array(["cat", "dog"])[Y], ("dog", "cat"), 1 - Y),
    ],
)
def test_targets_fit_the_classes_of_a_model(
    tmp_path: Path, y: Any, classes: tuple[str, ...], target: Any
) -> None:
    data = read_arrays(npz(tmp_path, x=X, y=y), classes=classes, task="classification")
    assert data.classes == classes
    np.testing.assert_array_equal(data.target, target)


BAD_TARGETS = {
    "too few": (Y[:5], {}, r"y has shape \(5,\), but there are 6 examples"),
    "columns": (np.column_stack([Y, Y]).T, {}, "transpose it"),
    "three dimensions": (X.reshape(6, 2, 1), {}, "has shape"),
    "NaN": (np.where(Y, np.nan, 1.0), {}, "y: 3 values NaN or infinite, the first in row 2"),
    "complex": (Y * 1j, {}, "numbers, texts or booleans are expected"),
    "one class": (Y * 0, {}, "all 6 examples are of the class '0'; at least two"),
    "unknown class": (
        Y + 5,
        {"classes": ("0", "1"), "task": "classification"},
        "none of the class",
    ),
    "texts to regress": (Y.astype(str), {"task": "regression"}, "suit no regression"),
    "numbers as labels": (X, {"task": "multi-label"}, "columns of 0 and 1"),
    "labels of another model": (
        np.column_stack([Y, Y]),
        {"task": "multi-label", "classes": ("a", "b", "c")},
        "3 columns of 0 and 1",
    ),
    "columns as classes": (X, {"task": "classification"}, "one class an example"),
}


@pytest.mark.parametrize(("y", "options", "message"), BAD_TARGETS.values(), ids=BAD_TARGETS)
def test_bad_targets(tmp_path: Path, y: Any, options: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_arrays(npz(tmp_path, x=X, y=y), **options)


# --- files


def _text(folder: Path) -> Path:
    (folder / "a.npz").write_text("x,y\n1,2\n")
    return folder / "a.npz"


def _empty(folder: Path) -> Path:
    (folder / "a.h5").write_bytes(b"")
    return folder / "a.h5"


def _cut(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def _flipped(path: Path) -> Path:
    content = bytearray(path.read_bytes())
    content[200] ^= 0xFF
    path.write_bytes(content)
    return path


def _objects(folder: Path) -> Path:
    np.savez(folder / "a.npz", x=np.array([{}, 1], dtype=object))
    return folder / "a.npz"


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda folder: folder / "nowhere.npz", "cannot be read: .*No such file"),
        (_text, "neither a NumPy file"),
        (_empty, "neither a NumPy file"),
        (_objects, "holds Python objects"),
        (lambda folder: _cut(npz(folder, x=X, y=Y)), "damaged"),
        (lambda folder: _flipped(npz(folder, x=X, y=Y)), "damaged"),
        (lambda folder: _cut(npy(folder, X)), "cannot be read"),
        (lambda folder: _cut(hdf5(folder, x=X, y=Y)), "cannot be read"),
    ],
)
def test_a_bad_file(tmp_path: Path, build: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_arrays(build(tmp_path), labelled=False)


def test_hdf5_without_h5py(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = hdf5(tmp_path, x=X, y=Y)
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'cutaway\[hdf5\]'"):
        read_arrays(path)


@pytest.mark.parametrize(("part", "counts"), [("train", (137, 72)), ("test", (17, 33))])
def test_the_course_files(
    part: str, counts: tuple[int, int], real_file: Callable[[str], Path]
) -> None:
    pytest.importorskip("h5py", reason="reading HDF5 needs the extra hdf5")
    data = read_arrays(real_file(f"{part}_catvnoncat.h5"))
    assert data.picture == PictureShape(64, 64, 3)
    assert data.counts() == dict(zip(("non-cat", "cat"), counts, strict=True))
    assert data.notes == ()
