"""Which reader a path needs, and what it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from cutaway.data.builtin import BUILTIN, read_builtin
from cutaway.data.columns import ColumnKind, Table
from cutaway.data.dataset import Dataset, Kind, PictureShape, Task
from cutaway.data.place import MEMORY, Place
from cutaway.errors import DataError, OptionError, nearest
from cutaway.wording import listed

if TYPE_CHECKING:
    from cutaway.data.preparation import Preparation

Reader = Literal["builtin", "pictures", "table", "arrays"]

ARRAY_SUFFIXES = (".npz", ".npy", ".h5", ".hdf5")
READABLE = (
    "a folder of pictures (a folder per class), a picture, a table (.csv .tsv .parquet .jsonl), "
    f"arrays ({' '.join(ARRAY_SUFFIXES)}) or a built-in data set ({', '.join(BUILTIN)})"
)
_MOST_LISTED = 5


class Options(NamedTuple):
    """What a person can say about the source; each option belongs to some readers only."""

    target: str | None = None
    ignore: str | None = None
    labels: str | None = None
    size: str = "auto"
    task: Task | None = None
    strict: bool = False


_OPTIONS_OF: dict[Reader, tuple[str, ...]] = {
    "builtin": (),
    "pictures": ("labels", "size", "strict"),
    "table": ("target", "ignore", "task"),
    "arrays": ("target", "labels", "task"),
}
_WHAT: dict[Reader, str] = {
    "builtin": "a built-in data set",
    "pictures": "pictures",
    "table": "tables",
    "arrays": "arrays",
}


class Expected(NamedTuple):
    """What a trained model, or the training set, expects of other data."""

    kind: Kind
    task: Task
    classes: tuple[str, ...]
    target_names: tuple[str, ...]
    picture: PictureShape | None
    n_x: int
    columns: Mapping[str, ColumnKind] | None

    @classmethod
    def of_model(cls, p: Preparation) -> Expected:
        """Return what the model with this preparation takes."""
        columns = None if p.encoding is None else p.encoding.kinds
        return cls(p.kind, p.task, p.classes, p.target_names, p.picture, p.n_x, columns)

    @classmethod
    def like(cls, d: Dataset) -> Expected:
        """Return what the examples of a data set are."""
        columns = d.rows.kinds if isinstance(d.rows, Table) else None
        n_x = 0 if isinstance(d.rows, Table) else np.asarray(d.rows).shape[1]
        return cls(d.kind, d.task, d.classes, d.target_names, d.picture, n_x, columns)

    def __str__(self) -> str:
        if self.picture:
            return f"pictures of {self.picture}"
        if self.columns:
            return f"tables with the columns {listed(self.columns, _MOST_LISTED)}"
        return f"arrays of {self.n_x} inputs"


def read(
    path: str | Path,
    options: Options,
    expected: Expected | None,
    labelled: bool,
    place: Place = MEMORY,
) -> Dataset:
    """Read one path or built-in data set into a place; see `load`."""
    reader = find_reader(path)
    for name, value in options._asdict().items():
        if value != Options._field_defaults[name] and name not in _OPTIONS_OF[reader]:
            owners = [other for other, names in _OPTIONS_OF.items() if name in names]
            raise OptionError(
                f"{name}={value!r} has no meaning for {path} ({_WHAT[reader]}); it goes with "
                f"{' and '.join(_WHAT[other] for other in owners)}; leave it out"
            )
    kinds = {"pictures": ("pictures",), "table": ("table",), "arrays": ("array", "pictures")}
    if expected and reader != "builtin" and expected.kind not in kinds[reader]:
        raise DataError(f"{path} ({reader}) does not fit: {expected} are expected")
    try:
        if reader == "builtin":
            return _read_builtin(str(path), expected, labelled)
        return _READ[reader](Path(path).expanduser(), options, expected, labelled, place)
    except PermissionError as error:
        raise DataError(
            f"{error.filename or path} may not be read; change its permissions or copy it"
        ) from error


def find_reader(path: str | Path) -> Reader:
    """Return the reader that a path, or a built-in data set, needs.

    Raises:
        DataError: there is nothing at the path, or nothing that can be read.
    """
    if isinstance(path, str) and path in BUILTIN:
        return "builtin"
    where = Path(path).expanduser()
    if not where.exists():
        raise DataError(_missing(path, where))
    if where.suffix.casefold() in ARRAY_SUFFIXES and where.is_file():
        return "arrays"
    # Imported here: Pillow and DuckDB are needed only where there are pictures or tables
    from cutaway.data.pictures import is_pictures

    if is_pictures(where):
        return "pictures"
    from cutaway.data.tables import is_table

    if where.is_file():
        if is_table(where):
            return "table"
        kind = f"'{where.suffix}' files" if where.suffix else "files without a suffix"
        raise DataError(f"{path}: {kind} cannot be read; what can be read is {READABLE}")
    inside = sorted(entry.name for entry in where.iterdir() if not entry.name.startswith("."))
    if not inside:
        raise DataError(f"{path} is an empty folder; what can be read is {READABLE}")
    files = [name for name in inside if is_table(Path(name)) or name.endswith(ARRAY_SUFFIXES)]
    if files:
        raise DataError(
            f"{path} is a folder of tables or arrays ({listed(files, _MOST_LISTED)}); "
            f"name the file: {where / files[0]}"
        )
    raise DataError(
        f"{path} holds {listed(inside, _MOST_LISTED)}, but no picture; "
        f"what can be read is {READABLE}"
    )


def _missing(path: str | Path, where: Path) -> str:
    siblings = [entry.name for entry in where.parent.iterdir()] if where.parent.is_dir() else []
    bare = where.name == str(path)
    hint = nearest(where.name, [*(BUILTIN if bare else ()), *siblings])
    return f"'{path}' does not exist{hint or ';'} what can be read is {READABLE}"


def _read_builtin(name: str, expected: Expected | None, labelled: bool) -> Dataset:
    dataset = read_builtin(name)
    if Path(name).exists():
        note = f"'{name}' is the built-in data set; for the file or folder write ./{name}"
        dataset = replace(dataset, notes=(*dataset.notes, note))
    if expected is None:
        return dataset if labelled else replace(dataset, target=None)
    mine = Expected.like(dataset)
    if mine.kind != expected.kind or mine.picture != expected.picture:
        raise DataError(f"'{name}' is {mine}, but {expected} are expected")
    lacking = [column for column in expected.columns or {} if column not in (mine.columns or {})]
    if lacking:
        raise DataError(
            f"'{name}' lacks the column {listed(lacking, _MOST_LISTED)}; {expected} are expected"
        )
    if not labelled:
        return replace(dataset, target=None)
    if (mine.task, mine.classes) != (expected.task, expected.classes):
        raise DataError(
            f"'{name}' has {_targets(mine)} to predict, but {_targets(expected)} are expected"
        )
    return dataset


def _targets(expected: Expected) -> str:
    if expected.classes:
        return f"the classes {listed(expected.classes, _MOST_LISTED)}"
    return f"the numbers {listed(expected.target_names, _MOST_LISTED)}"


def _read_pictures(
    path: Path, o: Options, expected: Expected | None, labelled: bool, place: Place
) -> Dataset:
    from cutaway.data.pictures import read_pictures

    return read_pictures(
        path,
        labels=None if o.labels is None else Path(o.labels),
        size=o.size,
        strict=o.strict,
        shape=expected.picture if expected else None,
        classes=expected.classes if expected else None,
        labelled=labelled,
        place=place,
    )


def _read_table(
    path: Path, o: Options, expected: Expected | None, labelled: bool, place: Place
) -> Dataset:
    from cutaway.data.tables import read_table

    return read_table(
        path,
        target=",".join(expected.target_names) if expected and o.target is None else o.target,
        ignore=o.ignore,
        task=expected.task if expected else o.task,
        columns=expected.columns if expected else None,
        classes=expected.classes if expected else None,
        labelled=labelled,
        place=place,
    )


def _read_arrays(
    path: Path, o: Options, expected: Expected | None, labelled: bool, place: Place
) -> Dataset:
    from cutaway.data.arrays import read_arrays

    return read_arrays(
        path,
        target=o.target,
        task=expected.task if expected else o.task,
        labels=None if o.labels is None else Path(o.labels),
        n_x=expected.n_x if expected else None,
        picture=expected.picture if expected else None,
        classes=expected.classes if expected else None,
        labelled=labelled,
        place=place,
    )


_READ: dict[Reader, Callable[[Path, Options, Expected | None, bool, Place], Dataset]] = {
    "pictures": _read_pictures,
    "table": _read_table,
    "arrays": _read_arrays,
}
