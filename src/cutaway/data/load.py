"""From a path, or the name of a built-in data set, to a Dataset."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from cutaway.data.builtin import BUILTIN
from cutaway.data.cache import note as cached_note
from cutaway.data.cache import obtain
from cutaway.data.columns import Table
from cutaway.data.dataset import Dataset, Skipped, Task
from cutaway.data.estimate import is_large
from cutaway.data.keys import content_keys
from cutaway.data.origins import Joined
from cutaway.data.place import MEMORY, Files, Place, row_blocks
from cutaway.data.readers import Expected, Options, find_reader, read
from cutaway.data.stored_table import StoredTable
from cutaway.errors import DataError, OptionError

if TYPE_CHECKING:
    from cutaway.data.preparation import Preparation


def _silent(text: str) -> None:
    """Hear nothing."""


def load(
    path: str | Path,
    *,
    target: str | None = None,
    ignore: str | None = None,
    labels: str | Path | None = None,
    size: str = "auto",
    task: Task | None = None,
    strict: bool = False,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    preparation: Preparation | None = None,
    labelled: bool = True,
    cache: str = "never",
    say: Callable[[str], None] = _silent,
) -> Dataset:
    """Read the data set at a path, or the built-in one of that name.

    dev and test are further paths, read like the first one and made parts of the same data set
    ("none" is no path). With the preparation of a trained model the examples must fit that model;
    with labelled=False (predict) they need no targets.

    cache says whether the examples are converted once into files that are mapped: "always", "never"
    or "auto", where they would take more than a quarter of the memory. `say` hears how far it is.

    Raises:
        DataError: there is nothing at the path, or nothing that can be read, or it does not fit.
        OptionError: an option has no meaning for what is at the path.
    """
    labels = None if labels is None else _absolute(labels)
    options = Options(target, ignore, labels, size, task, strict)
    expected = None if preparation is None else Expected.of_model(preparation)
    further = {
        part: str(where)
        for part, where in (("dev", dev), ("test", test))
        if where is not None and str(where) != "none"
    }

    def build(place: Place) -> Dataset:
        return _read(path, options, further, expected, labelled, place)

    if not _in_files(path, options, expected, cache):
        dataset = build(MEMORY)
    else:
        recipe = {**options._asdict(), **further, "path": _absolute(path)}
        if expected is not None:
            recipe |= {"expected": expected, "labelled": labelled}
        paths = [_absolute(path), *(_absolute(p) for p in further.values() if p not in BUILTIN)]
        paths += [options.labels] if options.labels else []
        dataset = obtain(recipe, paths, build, say)
        # The very options that were given lead to the same entry again
        source = {**dataset.source, **options._asdict()}
        notes = (*dataset.notes, cached_note(dataset))
        dataset = replace(dataset, source=source, notes=notes)
    # How to read it again is no matter of what it holds
    return replace(dataset, source={**dataset.source, "cache": cache})


def _in_files(path: str | Path, options: Options, expected: Expected | None, cache: str) -> bool:
    """Say whether the examples at a path are to stay in files."""
    if cache == "never":
        return False
    reader = find_reader(path)
    if reader == "builtin":
        if cache == "always":
            raise OptionError(
                f"cache=always has no meaning for {path}, which is small; leave it out"
            )
        return False
    size = "{}x{}".format(*expected.picture) if expected and expected.picture else options.size
    return cache == "always" or is_large(Path(path).expanduser(), reader, size)


def _read(
    path: str | Path,
    options: Options,
    further: Mapping[str, str],
    expected: Expected | None,
    labelled: bool,
    place: Place,
) -> Dataset:
    """Read a path into a place, and what is further given as its parts."""
    dataset = read(path, options, expected, labelled, place)
    for part, where in further.items():
        if len(dataset.parts.get(part, ())):
            raise OptionError(f"{path} has a {part} set of its own; leave out --{part} {where}")
    like = Expected.like(dataset)
    others = {
        part: read(where, Options(), like, True, place.aside(part))
        for part, where in further.items()
    }
    absolute = {part: _source_path(where) for part, where in further.items()}
    source = {**options._asdict(), **dataset.source, "path": _source_path(str(path))}
    source |= {"dev": None, "test": None, **absolute}
    return replace(_combined(dataset, others, place), source=source)


def reload(source: Mapping[str, Any], say: Callable[[str], None] = _silent) -> Dataset:
    """Read a data set again, from the `source` that `load` gave it.

    Raises:
        DataError: as `load`.
    """
    names = (*Options._fields, "dev", "test", "cache")
    return load(source["path"], **{name: source[name] for name in names if name in source}, say=say)


def fingerprint(dataset: Dataset) -> str:
    """Return 16 hexadecimal digits that change with any example, target or their order."""
    keys = dataset.keys
    if keys is None:
        rows = dataset.rows
        keys = rows.keys() if isinstance(rows, Table) else content_keys(cast(Any, rows))
    digest = hashlib.blake2b(digest_size=8)
    arrays: dict[str, Any] = {"<u8": keys, "<f8": dataset.target}
    for dtype, array in arrays.items():
        for some in [] if array is None else row_blocks(array):
            digest.update(array[some].astype(dtype).tobytes())
    return digest.hexdigest()


def _combined(dataset: Dataset, others: Mapping[str, Dataset], place: Place) -> Dataset:
    """Append the examples of `others`, each as the part of that name; the rest is train."""
    if not others:
        return dataset
    taken = np.concatenate([np.empty(0, np.intp), *dataset.parts.values()])
    rest = np.setdiff1d(np.arange(dataset.m), taken)
    parts = {"train": rest, **dataset.parts}
    for part, other in others.items():
        if part in other.parts:
            other = other.take(other.parts[part])
        parts[part] = np.arange(dataset.m, dataset.m + other.m)
        dataset = _appended(dataset, other, part, place)
    return replace(dataset, parts=parts)


def _appended(dataset: Dataset, other: Dataset, part: str, place: Place) -> Dataset:
    first = cast("npt.NDArray[Any]", dataset.target)
    second = cast("npt.NDArray[Any]", other.target)
    if first.shape[1:] != second.shape[1:]:
        raise DataError(
            f"the {part} set '{other.name}' has targets of another shape "
            f"({second.shape[1:]}) than '{dataset.name}' ({first.shape[1:]})"
        )
    rows: Any = dataset.rows
    if isinstance(place, Files):
        more: Any = other.rows
        rows = (
            rows.with_rows(more, place)
            if isinstance(rows, StoredTable)
            else place.join(f"with {part}", [rows, more])
        )
    elif isinstance(rows, Table):
        rows = rows.concatenate(cast(Table, other.rows))
    else:
        rows = np.concatenate([rows, cast(Any, other.rows)])
    return replace(
        dataset,
        rows=rows,
        target=np.concatenate([first, second]),
        origins=Joined(dataset.origins, other.origins, f"{part}: "),
        keys=np.concatenate([cast(Any, dataset.keys), cast(Any, other.keys)]),
        skipped=(*dataset.skipped, *(Skipped(f"{part}: {w}", why) for w, why in other.skipped)),
        notes=(*dataset.notes, *(f"{part}: {note}" for note in other.notes)),
    )


def _absolute(path: str | Path) -> str:
    return os.path.abspath(os.path.expanduser(path))


def _source_path(path: str) -> str:
    return path if path in BUILTIN else _absolute(path)
