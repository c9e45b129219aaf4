from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from cutaway.data import builtin
from cutaway.data.builtin import BUILTIN, read_builtin
from cutaway.data.columns import Table
from cutaway.data.encoding import encode, fit_encoding
from cutaway.errors import DataError


@pytest.mark.parametrize(
    ("name", "m", "n_x", "classes"),
    [
        ("digits", 1797, 64, tuple("0123456789")),
        ("breast_cancer", 569, 30, ("malignant", "benign")),
        ("iris", 150, 4, ("setosa", "versicolor", "virginica")),
        ("wine", 178, 13, ("class_0", "class_1", "class_2")),
        ("diabetes", 442, 10, ()),
        ("planar", 400, 2, ("red", "blue")),
        ("circles", 400, 2, ("red", "blue")),
        ("moons", 400, 2, ("red", "blue")),
        ("xor", 400, 2, ("red", "blue")),
    ],
)
def test_every_set_is_a_complete_data_set(
    name: str, m: int, n_x: int, classes: tuple[str, ...]
) -> None:
    dataset = read_builtin(name)
    assert (dataset.name, dataset.m, dataset.classes) == (name, m, classes)
    assert dataset.target is not None
    assert dataset.target.shape == ((m,) if classes else (m, 1))
    assert dataset.keys is not None
    assert len(dataset.keys) == len(dataset.origins) == m
    assert dataset.source == {"reader": "builtin", "path": name}
    assert dataset.task == ("classification" if classes else "regression")
    if isinstance(dataset.rows, Table):
        assert dataset.features == tuple(dataset.rows.columns)
        rows, _ = encode(dataset.rows, fit_encoding(dataset.rows, np.arange(m))[0])
        assert rows.shape == (m, n_x)
    else:
        assert np.shape(dataset.rows) == (m, n_x)


def test_the_digits_keep_their_seventeen_grey_levels() -> None:
    from sklearn.datasets import load_digits

    dataset = read_builtin("digits")
    rows = np.asarray(dataset.rows)
    assert rows.dtype == np.uint8
    assert dataset.picture == (8, 8, 1)
    np.testing.assert_array_equal(np.rint(rows * (16 / 255)), load_digits().data)
    np.testing.assert_allclose(rows / 255, load_digits().data / 16, atol=1 / 510 + 1e-12)


def write_idx(path: Path, values: np.ndarray) -> None:
    head = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, dtype=">u4").tobytes()
    with gzip.open(path, "wb") as file:
        file.write(head + values.astype(np.uint8).tobytes())


@pytest.fixture
def fashion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    random = np.random.default_rng(0)
    for prefix, m in (("train", 20), ("t10k", 10)):
        write_idx(tmp_path / f"{prefix}-images-idx3-ubyte.gz", random.integers(0, 256, (m, 28, 28)))
        write_idx(tmp_path / f"{prefix}-labels-idx1-ubyte.gz", np.arange(m) % 10)
    monkeypatch.setattr(builtin, "FASHION_MNIST", tmp_path)
    return tmp_path


def test_fashion_mnist_comes_with_its_own_test_set(fashion: Path) -> None:
    dataset = read_builtin("fashion_mnist")
    assert dataset.picture == (28, 28, 1)
    assert np.shape(dataset.rows) == (30, 784)
    assert dataset.counts()["Ankle boot"] == 3
    assert {name: len(index) for name, index in dataset.parts.items()} == {"train": 20, "test": 10}
    assert dataset.target is not None
    np.testing.assert_array_equal(dataset.target[dataset.parts["test"]], np.arange(10))


@pytest.mark.parametrize(
    "content", [b"no gzip", gzip.compress(b"\0\0\x08\x03", mtime=0), b"\x1f\x8b\x08"]
)
def test_a_damaged_fashion_mnist_is_refused(fashion: Path, content: bytes) -> None:
    (fashion / "train-images-idx3-ubyte.gz").write_bytes(content)
    with pytest.raises(DataError, match="install the package again"):
        read_builtin("fashion_mnist")


def test_a_missing_fashion_mnist_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builtin, "FASHION_MNIST", tmp_path)
    with pytest.raises(DataError, match="apt install dataset-fashion-mnist"):
        read_builtin("fashion_mnist")


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(DataError, match="did you mean 'moons'"):
        read_builtin("moon")


def test_every_row_says_what_it_is() -> None:
    assert all(row.text[0].isdigit() and "," in row.text for row in BUILTIN.values())
