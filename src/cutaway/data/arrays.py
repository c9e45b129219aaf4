"""Arrays as data sets: npz and npy as NumPy and Keras write them, HDF5 as the course ships it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cutaway.data.array_files import find_arrays
from cutaway.data.columns import FEW
from cutaway.data.dataset import Dataset, PictureShape, Task
from cutaway.data.keys import content_keys
from cutaway.data.origins import RowNames
from cutaway.data.place import MEMORY, Files, Place, row_blocks
from cutaway.data.target import class_name, number_classes
from cutaway.errors import DataError
from cutaway.wording import plural

__all__ = ["read_arrays"]

Array = npt.NDArray[Any]
# Whole numbers of these types are exact in float32.
_SMALL_TYPES = (np.bool_, np.uint8, np.int8, np.uint16, np.int16, np.float16, np.float32)


class Inputs(NamedTuple):
    """Rows (m, n_x), the shape of the pictures that they are (None: numbers), and notes."""

    rows: Array
    picture: PictureShape | None
    notes: tuple[str, ...]


class _Targets(NamedTuple):
    task: Task
    target: Array
    classes: tuple[str, ...]
    notes: tuple[str, ...]


def _concatenated(where: str, arrays: Mapping[str, Array], place: Place = MEMORY) -> Array:
    first, *others = arrays.values()
    for other in others:
        if other.shape[1:] != first.shape[1:]:
            raise DataError(
                f"{where} has parts of different shapes: "
                + ", ".join(f"{part} {array.shape}" for part, array in arrays.items())
            )
    if isinstance(place, Files) and others:
        return place.join("joined", list(arrays.values()))
    return np.concatenate([first, *others]) if others else first


def _check_finite(where: str, rows: Array) -> None:
    count, first = 0, None
    for block in row_blocks(rows):
        finite = np.isfinite(rows[block])
        if not finite.all():
            row, column = np.unravel_index(int(finite.argmin()), finite.shape)
            first = first or (block.start + row + 1, column + 1)
            count += int((~finite).sum())
    if first:
        raise DataError(
            f"{where}: {plural(count, 'value')} NaN or infinite, the first "
            f"in row {first[0]}, column {first[1]}; fill them or leave these examples out"
        )


def _picture_shape(
    where: str, x: Array, n_x: int | None, picture: PictureShape | None
) -> PictureShape | None:
    """Return the shape of the pictures that x holds, None where it holds numbers.

    Raises:
        DataError: a model expects pictures of another shape (`picture`).
    """
    is_image = x.dtype == np.uint8 and (x.ndim == 3 or (x.ndim == 4 and x.shape[3] in (1, 3)))
    if picture is None:
        # A model of plain numbers (n_x is known) takes images as such.
        return PictureShape(*x.shape[1:4], *((1,) * (4 - x.ndim))) if is_image and not n_x else None
    shapes = [(*picture,), (np.prod(picture),)]
    if picture.channels == 1:
        shapes.append((picture.height, picture.width))
    if x.dtype != np.uint8 or x.shape[1:] not in shapes:
        raise DataError(
            f"{where} has examples of shape {x.shape[1:]} and type {x.dtype}, but pictures of "
            f"{picture} and type uint8 (0 to 255) are expected"
        )
    return picture


def read_inputs(
    where: str,
    x: Array,
    n_x: int | None,
    picture: PictureShape | None,
    place: Place = MEMORY,
) -> Inputs:
    """Return the rows of x (m, ..): uint8 where they are pictures, else finite floats.

    n_x and picture are what a trained model takes; `where` names x in a message.

    Raises:
        DataError: x does not hold finite numbers, one row an example, or does not fit the model.
    """
    if x.dtype.kind not in "buif":
        raise DataError(f"{where} holds {x.dtype}, where numbers are expected")
    if x.ndim < 2:
        raise DataError(
            f"{where} has shape {x.shape}, where (examples, inputs) is expected; "
            "a single input is x.reshape(-1, 1), a single example x.reshape(1, -1)"
        )
    if x.size == 0:
        raise DataError(f"{where} is empty, its shape is {x.shape}")
    shape = _picture_shape(where, x, n_x, picture)
    rows = x.reshape(len(x), -1)
    if n_x is not None and rows.shape[1] != n_x:
        raise DataError(f"{where} has {rows.shape[1]} inputs an example, but {n_x} are expected")
    if shape is not None:
        return Inputs(place.keep("rows", rows), shape, ())
    rows = place.keep("rows", rows, np.float32 if x.dtype in _SMALL_TYPES else np.float64)
    _check_finite(where, rows)
    notes: tuple[str, ...] = ()
    if x.ndim > 2:
        size = "x".join(map(str, x.shape[1:]))
        notes = (f"each example of {size} is taken as {rows.shape[1]} inputs",)
    return Inputs(rows, None, notes)


def _upright(where: str, y: Array, m: int) -> Array:
    """Return targets as (m,) or (m, n_y), texts decoded.

    Raises:
        DataError: there are no numbers, texts or booleans, one for each of the m examples.
    """
    if y.dtype.kind == "S":
        y = np.char.decode(y, "utf-8", "replace")
    if y.dtype.kind not in "buifU":
        raise DataError(f"{where} holds {y.dtype}, where numbers, texts or booleans are expected")
    if y.ndim == 2 and 1 in y.shape and y.size == m:
        y = y.ravel()
    if y.ndim not in (1, 2) or len(y) != m:
        turned = "; examples are rows: transpose it" if y.ndim == 2 and y.shape[1] == m else ""
        raise DataError(
            f"{where} has shape {y.shape}, but there are {m} examples; "
            f"({m},) or ({m}, outputs) is expected{turned}"
        )
    if y.dtype.kind == "f":
        _check_finite(where, y.reshape(m, -1))
    return y


def _is_one_hot(y: Array) -> bool:
    if y.ndim == 1 or y.dtype.kind == "U":
        return False
    return bool(np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all())


def _infer_task(y: Array) -> tuple[Task, str]:
    """Return what the targets (m,) or (m, n_y) ask for, and why."""
    if y.dtype.kind in "bU" and y.ndim == 1:
        return "classification", f"the target has {len(np.unique(y))} different values"
    if y.ndim == 2:
        if y.dtype.kind in "bui" and np.isin(y, (0, 1)).all():
            return "multi-label", f"the target has {y.shape[1]} columns of 0 and 1"
        return "regression", f"the target has {y.shape[1]} columns of numbers"
    if not np.all(y == np.floor(y)):
        return "regression", "the target has numbers with fractions"
    n = len(np.unique(y))
    share = f"the target has {n} different whole numbers in {len(y)} examples"
    if n <= max(FEW, len(y) // 10):
        return "classification", f"{share} (--task regression to predict a quantity)"
    return "regression", f"{share} (--task classification to take each for a class)"


def _number(
    where: str, y: Array, names: tuple[str, ...] | None, classes: tuple[str, ...] | None
) -> tuple[Array, tuple[str, ...]]:
    """Number classes (m,): by the names in the file, by those of a model, or by what occurs."""
    if y.ndim == 2:
        raise DataError(
            f"{where} has {y.shape[1]} columns, but one class an example is expected, "
            "as (m,) or one-hot"
        )

    def numbers_of(named: tuple[str, ...]) -> bool:
        return y.dtype.kind in "bui" and 0 <= int(y.min()) and int(y.max()) < len(named)

    if names is not None and numbers_of(names):
        number = y.astype(np.int64)
        if classes is None:
            return number, names
        return number_classes([names[i] for i in number], classes, where)
    if classes is not None and numbers_of(classes) and class_name(y[0]) not in classes:
        return y.astype(np.int64), classes
    return number_classes(y, classes, where)


def _read_targets(
    where: str,
    y: Array,
    task: Task | None,
    names: tuple[str, ...] | None,
    classes: tuple[str, ...] | None,
) -> _Targets:
    notes: tuple[str, ...] = ()
    if task in (None, "classification") and _is_one_hot(y):
        notes = (f"classification: each example has a single 1 in {y.shape[1]} columns (one-hot)",)
        task, y = "classification", y.argmax(axis=1)
    if task is None and names is not None and y.ndim == 1 and y.dtype.kind in "bui":
        task = "classification"
    if task is None:
        task, why = _infer_task(y)
        notes = (f"{task}: {why}",)
    if task == "classification":
        target, found = _number(where, y, names, classes)
        if classes is None and len(np.unique(target)) < 2:
            raise DataError(
                f"{where}: all {len(y)} examples are of the class '{found[target[0]]}'; "
                "at least two classes are needed"
            )
        return _Targets(task, target, found, notes)
    if y.dtype.kind == "U":
        raise DataError(f"{where} holds texts, such as '{y.flat[0]}', which suit no {task}")
    Y = y.reshape(len(y), -1).astype(np.float64)
    if task == "regression":
        return _Targets(task, Y, (), notes)
    labels = classes or names or tuple(f"label{i + 1}" for i in range(Y.shape[1]))
    if not np.isin(Y, (0, 1)).all() or len(labels) != Y.shape[1]:
        raise DataError(
            f"{where} has shape {y.shape}; {len(labels)} columns of 0 and 1 are expected"
        )
    return _Targets(task, Y, labels, notes)


def _target_names(read: _Targets | None, name: str) -> tuple[str, ...]:
    if read is None or read.task == "classification":
        return ("class",)
    if read.task == "multi-label":
        return read.classes
    n_y = read.target.shape[1]
    return (name,) if n_y == 1 else tuple(f"{name}{i + 1}" for i in range(n_y))


def read_arrays(
    path: Path,
    *,
    target: str | None = None,
    task: Task | None = None,
    labels: Path | None = None,
    n_x: int | None = None,
    picture: PictureShape | None = None,
    classes: tuple[str, ...] | None = None,
    labelled: bool = True,
    place: Place = MEMORY,
) -> Dataset:
    """Read inputs x (m, ...) and targets y (m,) or (m, n_y): uint8 images as pictures, else floats.

    `target` names the array of the targets where it is not called y, labels or target; `labels` is
    a file with nothing else. `task`, `n_x`, `picture` and `classes` are those of a trained model.

    Raises:
        DataError: the file cannot be read, roles or shapes are unclear, or it does not fit.
        MissingExtraError: an HDF5 file, and h5py is not installed.
    """
    path = Path(path)
    found = find_arrays(path, target, labels, labelled, place)
    rows, shape, notes = read_inputs(
        f"{path}: x", _concatenated(f"{path}: x", found.inputs, place), n_x, picture, place
    )
    read: _Targets | None = None
    if labelled:
        where = str(labels) if labels else f"{path}: {target or 'y'}"
        uprights = {
            part: _upright(f"{where} {part}".rstrip(), y, len(found.inputs[part]))
            for part, y in found.targets.items()
            if part in found.inputs
        }
        y = _concatenated(where, {part: uprights[part] for part in found.inputs})
        read = _read_targets(where, y, task, found.class_names, classes)
    starts = np.cumsum([0, *(len(x) for x in found.inputs.values())])
    return Dataset(
        name=path.stem,
        kind="pictures" if shape else "array",
        task=read.task if read else task or "classification",
        rows=rows,
        target=read.target if read else None,
        classes=read.classes if read else classes or (),
        target_names=_target_names(read, target or "y"),
        picture=shape,
        origins=RowNames(np.arange(1, len(rows) + 1)),
        parts={
            part: np.arange(start, start + len(x))
            for start, (part, x) in zip(starts, found.inputs.items(), strict=False)
            if part
        },
        keys=content_keys(rows),
        skipped=found.skipped,
        notes=(*notes, *(read.notes if read else ())),
        source={
            "reader": "arrays",
            "path": str(path.resolve()),
            "target": target,
            "labels": str(labels.resolve()) if labels else None,
            "task": read.task if read else task,
        },
    )
