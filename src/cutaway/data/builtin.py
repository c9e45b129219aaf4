"""Data sets by name: one table, one row per data set."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from cutaway.data import generated
from cutaway.data.columns import Table
from cutaway.data.dataset import Dataset, PictureShape, Task
from cutaway.data.keys import content_keys
from cutaway.data.target import class_name
from cutaway.errors import DataError, unknown

FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")
_FASHION_CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip


class Builtin(NamedTuple):
    """One data set that can be had by name."""

    read: Callable[[str], Dataset]
    text: str


def read_builtin(name: str) -> Dataset:
    """Return the data set with this name.

    Raises:
        DataError: the name is unknown, or the files of the data set are not installed.
    """
    if name not in BUILTIN:
        raise DataError(unknown("data set", name, BUILTIN))
    return BUILTIN[name].read(name)


def _columns(
    name: str,
    rows: npt.NDArray[np.float64],
    target: npt.NDArray[Any],
    features: Sequence[str],
    classes: tuple[str, ...],
    target_name: str = "class",
) -> Dataset:
    """Return named columns of numbers, a table: predict then takes a file with the same columns."""
    table = Table({feature: rows[:, i] for i, feature in enumerate(features)})
    task: Task = "classification" if classes else "regression"
    return Dataset(
        name=name,
        kind="table",
        task=task,
        rows=table,
        target=target,
        classes=classes,
        target_names=(target_name,),
        features=tuple(features),
        origins=_origins(len(rows)),
        keys=table.keys(),
        source={"reader": "builtin", "path": name},
    )


def _pictures(
    name: str,
    rows: npt.NDArray[np.uint8],
    target: npt.NDArray[np.int64],
    picture: PictureShape,
    classes: tuple[str, ...],
    parts: dict[str, npt.NDArray[np.intp]],
) -> Dataset:
    return Dataset(
        name=name,
        kind="pictures",
        task="classification",
        rows=rows,
        target=target,
        classes=classes,
        picture=picture,
        origins=_origins(len(rows)),
        parts=parts,
        keys=content_keys(rows),
        source={"reader": "builtin", "path": name},
    )


def _origins(m: int) -> list[str]:
    return [f"row {i}" for i in range(1, m + 1)]


def _scikit_learn(loader: str, target_name: str = "class") -> Callable[[str], Dataset]:
    def read(name: str) -> Dataset:
        from sklearn import datasets

        bunch = getattr(datasets, loader)()
        if "target_names" not in bunch:
            target = bunch.target[:, np.newaxis].astype(np.float64)
            return _columns(name, bunch.data, target, bunch.feature_names, (), target_name)
        classes = tuple(map(class_name, bunch.target_names))
        target = bunch.target.astype(np.int64)
        return _columns(name, bunch.data, target, bunch.feature_names, classes, target_name)

    return read


def _digits(name: str) -> Dataset:
    # Read from the file of scikit-learn, whose import takes longer than a training on it
    folders = cast(ModuleSpec, find_spec("sklearn")).submodule_search_locations or ()
    file = Path(*folders, "datasets", "data", "digits.csv.gz")
    numbers = np.loadtxt(file, np.uint8, delimiter=",")
    pixels, target = numbers[:, :-1], numbers[:, -1].astype(np.int64)
    # The 17 grey levels 0..16 are spread over 0..255 as those of any other picture; rounding to a
    # whole number moves a pixel by at most 1/510 of the range and keeps all levels apart.
    rows = np.rint(pixels * (255 / 16)).astype(np.uint8)
    return _pictures(name, rows, target, PictureShape(8, 8, 1), tuple("0123456789"), {})


def _generated(make: Callable[[], generated.Points]) -> Callable[[str], Dataset]:
    def read(name: str) -> Dataset:
        rows, target = make()
        return _columns(name, rows, target, generated.FEATURES, generated.CLASSES)

    return read


def _fashion_mnist(name: str) -> Dataset:
    parts, rows, target = {}, [], []
    start = 0
    for part, prefix in (("train", "train"), ("test", "t10k")):
        pictures = _idx(FASHION_MNIST / f"{prefix}-images-idx3-ubyte.gz", 3)
        labels = _idx(FASHION_MNIST / f"{prefix}-labels-idx1-ubyte.gz", 1)
        parts[part] = np.arange(start, start + len(pictures))
        start += len(pictures)
        rows.append(pictures.reshape(len(pictures), -1))
        target.append(labels.astype(np.int64))
    shape = PictureShape(28, 28, 1)
    return _pictures(
        name, np.concatenate(rows), np.concatenate(target), shape, _FASHION_CLASSES, parts
    )


def _idx(path: Path, dimensions: int) -> npt.NDArray[np.uint8]:
    """Read a file of the IDX format: two zeros, type (8: uint8), number of sizes, sizes, bytes."""
    try:
        with gzip.open(path) as file:
            content = file.read()
    except FileNotFoundError:
        raise DataError(
            f"the data set 'fashion_mnist' is not installed ({os.fspath(path)} does not exist); "
            "on Debian and Ubuntu install it with: apt install dataset-fashion-mnist"
        ) from None
    except (OSError, EOFError) as error:
        raise DataError(f"{path} cannot be read ({error}); install the package again") from error
    sizes = np.frombuffer(content[4 : 4 + 4 * dimensions], dtype=">u4").astype(int)
    head = 4 + 4 * dimensions
    if content[:4] != bytes([0, 0, 8, dimensions]) or len(content) != head + sizes.prod():
        raise DataError(f"{path} is no IDX file of bytes; install the package again")
    return np.frombuffer(content, dtype=np.uint8, offset=head).reshape(sizes)


BUILTIN: dict[str, Builtin] = {
    "digits": Builtin(_digits, "1797 handwritten digits, 8x8 grey pictures, 10 classes"),
    "breast_cancer": Builtin(
        _scikit_learn("load_breast_cancer"), "569 biopsies, 30 measurements, 2 classes"
    ),
    "iris": Builtin(
        _scikit_learn("load_iris", "species"), "150 flowers, 4 measurements, 3 classes"
    ),
    "wine": Builtin(_scikit_learn("load_wine"), "178 wines, 13 chemical measurements, 3 classes"),
    "diabetes": Builtin(
        _scikit_learn("load_diabetes", "progression"),
        "442 patients, 10 measurements, regression of the disease's progression",
    ),
    "fashion_mnist": Builtin(
        _fashion_mnist,
        "70000 pieces of clothing, 28x28 grey pictures, 10 classes",
    ),
    "planar": Builtin(_generated(generated.planar), "400 points, the course's flower, 2 classes"),
    "circles": Builtin(_generated(generated.circles), "400 points, two circles, 2 classes"),
    "moons": Builtin(_generated(generated.moons), "400 points, two half moons, 2 classes"),
    "xor": Builtin(_generated(generated.xor), "400 points, four quarters, 2 classes"),
}
