"""Tables as data sets: which column is to be predicted, how, and from which inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cutaway.data.columns import (
    FEW,
    Column,
    ColumnKind,
    Table,
    as_kind,
    refuse_infinity,
)
from cutaway.data.csv_text import MOST_LISTED, shorten
from cutaway.data.dataset import Dataset, Skipped, Task
from cutaway.data.origins import RowNames
from cutaway.data.place import MEMORY, Files, Place
from cutaway.data.stored_table import StoredTable
from cutaway.data.table_files import TableFile, is_table, read_columns
from cutaway.data.table_inputs import choose_inputs, expected_inputs, split_names
from cutaway.data.target import class_name, number_classes
from cutaway.errors import DataError, nearest
from cutaway.wording import listed

__all__ = ["Table", "is_table", "read_table"]

CONVENTIONAL_TARGETS = ("target", "label", "class", "y")


def read_table(
    path: Path,
    *,
    target: str | None,
    ignore: str | None = None,
    task: Task | None = None,
    columns: Mapping[str, ColumnKind] | None = None,
    classes: tuple[str, ...] | None = None,
    labelled: bool = True,
    place: Place = MEMORY,
) -> Dataset:
    """Read a CSV, TSV, Parquet or JSON-lines file as a data set of kind "table".

    target is a column, or several separated by commas; without it, the one column that is called
    target, label, class or y. Without `task`, texts and booleans are classes, numbers with
    fractions are a regression, and whole numbers are classes where at most 20 of them differ and
    each occurs at least five times on average (or only two differ); several targets are multi-label
    where all are 0 or 1, else a regression.

    ignore names columns, separated by commas, that are left out whatever they hold.

    columns are those that a trained model expects (name and kind): found by name, others ignored.
    Without them the inputs are chosen here, and a note says what is left out.

    Raises:
        DataError: the file, its target or one of its inputs cannot be used; what and where is said.
    """
    texts = [n for n, kind in (columns or {}).items() if kind == "category"]
    read = read_columns(path, texts, place)
    try:
        dataset = _dataset(path, read, target, ignore, task, columns, classes, labelled)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    if isinstance(place, Files) and isinstance(dataset.rows, StoredTable):
        return replace(dataset, rows=dataset.rows.settle(place))
    return dataset


def _dataset(
    path: Path,
    read: TableFile,
    target: str | None,
    ignore: str | None,
    task: Task | None,
    columns: Mapping[str, ColumnKind] | None,
    classes: tuple[str, ...] | None,
    labelled: bool,
) -> Dataset:
    notes = list(read.notes)
    names = (*read.table.columns, *read.unusable)
    targets = _find_targets(names, target, notes) if labelled else ()

    present, skipped = _with_target(read, targets)
    table = read.table.keep(present)
    origins = RowNames(read.row_numbers[present])
    if columns is None:
        inputs, left_out = choose_inputs(table, read.unusable, targets, ignore, origins)
        notes.extend(left_out)
    else:
        known = {*columns, *split_names(target or "", names)}
        ignored = [name for name in names if name not in known]
        if ignored:
            notes.append(
                f"columns that the model does not know are ignored: {listed(ignored, MOST_LISTED)}"
            )
        inputs = expected_inputs(table, read.unusable, columns, origins)

    y, found, task = _read_target(table.select(targets), task, classes, origins, notes)
    if columns is None and task == "regression" and y is not None:
        _refuse_constant(targets, y)
    return Dataset(
        name=path.name.removesuffix(".gz").rpartition(".")[0] or path.name,
        kind="table",
        task=task,
        rows=inputs,
        target=y,
        classes=found,
        target_names=targets or split_names(target or "", names) or ("class",),
        origins=origins,
        keys=inputs.keys(),
        skipped=(*read.skipped, *skipped),
        notes=tuple(notes),
        source={
            "reader": "table",
            "path": str(path),
            "target": ",".join(targets) or target,
            "task": task,
        },
    )


def _find_targets(names: Sequence[str], target: str | None, notes: list[str]) -> tuple[str, ...]:
    if target is None:
        conventional = [name for name in names if name.casefold() in CONVENTIONAL_TARGETS]
        if len(conventional) != 1:
            raise DataError(
                f"which column is to be predicted? say it with --target NAME; "
                f"the columns are {listed(names, MOST_LISTED)}"
            )
        notes.append(
            f"column '{conventional[0]}' is taken as the target (--target NAME for another)"
        )
        return tuple(conventional)
    targets = split_names(target, names)
    for name in targets:
        if name not in names:
            raise DataError(
                f"there is no column '{name}' to predict{nearest(name, names) or ';'} "
                f"the columns are {listed(names, MOST_LISTED)}"
            )
    return targets


def _with_target(
    read: TableFile, targets: Sequence[str]
) -> tuple[npt.NDArray[np.intp], tuple[Skipped, ...]]:
    """Return the indices of the rows whose targets are all known, and what is skipped."""
    missing = np.zeros(len(read.row_numbers), dtype=bool)
    for name in targets:
        if name in read.unusable:
            raise DataError(
                f"column '{name}' holds {read.unusable[name]}, which cannot be predicted; "
                "turn it into a number or into classes"
            )
        missing |= _missing(read.table.columns[name])
    if missing.all() and len(targets):
        raise DataError(f"{' or '.join(targets)} is missing in every row")
    numbers = read.row_numbers[missing]
    why = f"{' or '.join(targets)} is missing"
    skipped = [Skipped(f"row {number}", why) for number in numbers]
    return np.flatnonzero(~missing), shorten(skipped)


def _missing(values: Column) -> npt.NDArray[np.bool_]:
    if values.dtype == object:
        return np.array([value is None for value in values], dtype=bool)
    return np.isnan(values.astype(np.float64))


def _read_target(
    table: Table,
    task: Task | None,
    classes: tuple[str, ...] | None,
    origins: Sequence[str],
    notes: list[str],
) -> tuple[npt.NDArray[Any] | None, tuple[str, ...], Task]:
    """Return the targets (m,) or (m, n_y), the class names and the task."""
    names = tuple(table.columns)
    if not names:
        return None, classes or (), task or "classification"
    for name, values in table.columns.items():
        refuse_infinity(name, values, origins)
    if task is None:
        task, why = _infer_task(table)
        notes.append(f"{task}: {why}")
    if task == "classification":
        if len(names) > 1:
            raise DataError(
                f"{', '.join(names)} are several targets, and a classification has one; "
                "give one, or several columns of 0 and 1 (multi-label)"
            )
        y, found = _number(names[0], table.columns[names[0]], classes)
        return y, found, task
    kind: ColumnKind = "boolean" if task == "multi-label" else "number"
    Y = np.column_stack([as_kind(n, table.columns[n], kind, origins) for n in names])
    Y = Y.astype(np.float64)
    return Y, names if task == "multi-label" else (), task


def _refuse_constant(names: Sequence[str], Y: npt.NDArray[np.float64]) -> None:
    for name, values in zip(names, Y.T, strict=True):
        if len(values) > 1 and np.all(values == values[0]):
            raise DataError(
                f"column '{name}' is {values[0]:g} in every row; there is nothing to predict"
            )


def _number(
    name: str, values: Column, classes: tuple[str, ...] | None
) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    y, found = number_classes(values, classes, where=f"column '{name}'")
    if classes is None and len(found) < 2:
        raise DataError(
            f"column '{name}' is '{found[0]}' in every row; two classes at least are needed"
        )
    if classes is None and len(found) > max(FEW, len(y) // 2):
        raise DataError(
            f"column '{name}' has {len(found)} different values in {len(y)} rows, too many "
            "to be classes; give another --target, or numbers and --task regression"
        )
    return y, found


def _infer_task(table: Table) -> tuple[Task, str]:
    names = ", ".join(table.columns)
    if len(table.columns) > 1:
        if all(_is_binary(values) for values in table.columns.values()):
            return "multi-label", f"{names} are all 0 or 1"
        return "regression", f"{names} are several numbers"
    (values,) = table.columns.values()
    if values.dtype != np.float64:
        distinct = {class_name(value) for value in set(values.tolist())}
        return "classification", f"{names} has {len(distinct)} classes"
    n = len(np.unique(values))
    if not np.all(values == np.floor(values)):
        return "regression", f"{names} has numbers with fractions"
    counted = f"{names} has {n} different whole numbers in {len(values)} rows"
    if n <= 2 or (n <= FEW and 5 * n <= len(values)):
        return "classification", f"{counted} (--task regression to predict a quantity)"
    return "regression", f"{counted} (--task classification to take each for a class)"


def _is_binary(values: Column) -> bool:
    return values.dtype == bool or (values.dtype != object and bool(np.isin(values, (0, 1)).all()))
