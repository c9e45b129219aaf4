"""From a path, or the name of a built-in data set, to a Dataset."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from cutaway.data.builtin import BUILTIN
from cutaway.data.columns import Table
from cutaway.data.dataset import Dataset, Skipped, Task
from cutaway.data.keys import content_keys
from cutaway.data.readers import Expected, Options, read
from cutaway.errors import DataError, OptionError

if TYPE_CHECKING:
    from cutaway.data.preparation import Preparation


def load(
    path: str | Path,
    *,
    target: str | None = None,
    labels: str | Path | None = None,
    size: str = "auto",
    task: Task | None = None,
    strict: bool = False,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    preparation: Preparation | None = None,
    labelled: bool = True,
) -> Dataset:
    """Read the data set at a path, or the built-in one of that name.

    dev and test are further paths, read like the first one and made parts of the same data set
    ("none" is no path). With the preparation of a trained model the examples must fit that model;
    with labelled=False (predict) they need no targets.

    Raises:
        DataError: there is nothing at the path, or nothing that can be read, or it does not fit.
        OptionError: an option has no meaning for what is at the path.
    """
    options = Options(target, None if labels is None else _absolute(labels), size, task, strict)
    expected = None if preparation is None else Expected.of_model(preparation)
    dataset = read(path, options, expected, labelled)
    further = {
        part: str(where)
        for part, where in (("dev", dev), ("test", test))
        if where is not None and str(where) != "none"
    }
    for part, where in further.items():
        if len(dataset.parts.get(part, ())):
            raise OptionError(f"{path} has a {part} set of its own; leave out --{part} {where}")
    like = Expected.like(dataset)
    others = {part: read(where, Options(), like, True) for part, where in further.items()}
    absolute = {part: _source_path(where) for part, where in further.items()}
    source = {**options._asdict(), **dataset.source, "path": _source_path(str(path))}
    source |= {"dev": None, "test": None, **absolute}
    return replace(_combined(dataset, others), source=source)


def reload(source: Mapping[str, Any]) -> Dataset:
    """Read a data set again, from the `source` that `load` gave it.

    Raises:
        DataError: as `load`.
    """
    names = (*Options._fields, "dev", "test")
    return load(source["path"], **{name: source[name] for name in names if name in source})


def fingerprint(dataset: Dataset) -> str:
    """Return 16 hexadecimal digits that change with any example, target or their order."""
    keys = dataset.keys
    if keys is None:
        rows = dataset.rows
        keys = rows.keys() if isinstance(rows, Table) else content_keys(cast(Any, rows))
    digest = hashlib.blake2b(keys.astype("<u8").tobytes(), digest_size=8)
    if dataset.target is not None:
        digest.update(dataset.target.astype("<f8").tobytes())
    return digest.hexdigest()


def _combined(dataset: Dataset, others: Mapping[str, Dataset]) -> Dataset:
    """Append the examples of `others`, each as the part of that name; the rest is train."""
    if not others:
        return dataset
    taken = np.concatenate([np.empty(0, np.intp), *dataset.parts.values()])
    rest = np.setdiff1d(np.arange(dataset.m), taken)
    parts = {"train": rest, **dataset.parts}
    for part, other in others.items():
        other = other.take(other.parts.get(part, np.arange(other.m)))
        parts[part] = np.arange(dataset.m, dataset.m + other.m)
        dataset = _appended(dataset, other, part)
    return replace(dataset, parts=parts)


def _appended(dataset: Dataset, other: Dataset, part: str) -> Dataset:
    first = cast("npt.NDArray[Any]", dataset.target)
    second = cast("npt.NDArray[Any]", other.target)
    if first.shape[1:] != second.shape[1:]:
        raise DataError(
            f"the {part} set '{other.name}' has targets of another shape "
            f"({second.shape[1:]}) than '{dataset.name}' ({first.shape[1:]})"
        )
    rows: Any = (
        dataset.rows.concatenate(cast(Table, other.rows))
        if isinstance(dataset.rows, Table)
        else np.concatenate([cast(Any, dataset.rows), cast(Any, other.rows)])
    )
    return replace(
        dataset,
        rows=rows,
        target=np.concatenate([first, second]),
        origins=[*dataset.origins, *(f"{part}: {origin}" for origin in other.origins)],
        keys=np.concatenate([cast(Any, dataset.keys), cast(Any, other.keys)]),
        skipped=(*dataset.skipped, *(Skipped(f"{part}: {w}", why) for w, why in other.skipped)),
        notes=(*dataset.notes, *(f"{part}: {note}" for note in other.notes)),
    )


def _absolute(path: str | Path) -> str:
    return os.path.abspath(os.path.expanduser(path))


def _source_path(path: str) -> str:
    return path if path in BUILTIN else _absolute(path)
