"""The files that frameworks write their histories to, each read into rows of names and numbers.

One row of the table a format. What is missing (an empty cell, NA, null) is left out; a number that
is not finite stays nan or inf, because that says how the training went.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from cutaway.errors import DataError, MissingExtraError
from cutaway.insight.history_columns import PARTS
from cutaway.wording import listed

DELIMITERS = ",;\t"
# In the folder of a training: Lightning's table, the state that Hugging Face's Trainer keeps
TABLE, STATE = "metrics.csv", "trainer_state.json"
# Lightning's folders, and Hugging Face's
NUMBERED = re.compile(r"(?:version_|checkpoint-)(\d+)")
MOST_NAMES = 5


class Row(NamedTuple):
    """One row: where it stands, in words, its numbers, and its lists of one number a layer."""

    where: str
    values: Mapping[str, float]
    lists: Mapping[str, tuple[float, ...]]


class Format(NamedTuple):
    """One row of the table: whether a path is of this format, and its reader."""

    name: str
    fits: Callable[[Path], bool]
    read: Callable[[Path], list[Row]]


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a history.

    Raises:
        DataError: the path is no history, or what stands in it cannot be read.
        MissingExtraError: it holds event files, and tensorboard is not installed.
    """
    form = next((row for row in FORMATS if row.fits(path)), None)
    if form is None:
        raise DataError(f"{path} is no history; give {EXPECTED}")
    try:
        rows = form.read(path)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read as a history ({form.name}): {error}") from error
    if not rows:
        raise DataError(f"{path} holds no row of a history: it is empty or damaged")
    return rows


def newest(path: Path) -> Path:
    """Return the newest training of a folder of several, as version_1 of lightning_logs; or path.

    Raises:
        DataError: there are several, and nothing says which is the newest.
    """
    if not path.is_dir() or any(_has(path, name) for name in (TABLE, STATE)):
        return path
    numbered = [
        (int(found[1]), folder)
        for folder in path.iterdir()
        if (found := NUMBERED.fullmatch(folder.name)) and any(row.fits(folder) for row in FORMATS)
    ]
    if numbered:
        return newest(max(numbered)[1])
    folders = sorted({file.parent for file in _event_files(path)})
    names = [folder.relative_to(path).as_posix() for folder in folders]
    if "." in names or any(set(re.split(r"[^a-z]+", name.lower())) & set(PARTS) for name in names):
        return path
    if len(folders) > 1:
        raise DataError(
            f"{path} holds {len(folders)} trainings: {listed(names, MOST_NAMES)}; give one of them"
        )
    return folders[0] if folders else path


def _within(path: Path, name: str) -> Path:
    return path / name if path.is_dir() else path


def _csv(path: Path) -> list[Row]:
    path = _within(path, TABLE)
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline()
        file.seek(0)
        table = csv.reader(file, delimiter=max(DELIMITERS, key=first.count))
        names = [name.strip() for name in next(table, [])]
        for i, name in enumerate(names):
            if name in names[:i]:
                raise DataError(f"{path}: two columns are called '{name}'; rename one of them")
        rows = []
        for cells in table:
            where = f"{path}, line {table.line_num}"
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(names):
                raise DataError(
                    f"{where} has {len(cells)} fields where the first line has {len(names)}; "
                    "mend or remove that line"
                )
            rows.append(_row(where, zip(names, cells, strict=True)))
    return rows


def _json_lines(path: Path) -> list[Row]:
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip():
            where = f"{path}, line {number}"
            rows.append(_row(where, _object(line, where).items()))
    return rows


def _json(path: Path) -> list[Row]:
    path = _within(path, STATE)
    state = _object(path.read_text(encoding="utf-8"), str(path))
    columns = {name: cells for name, cells in state.items() if isinstance(cells, list)}
    logged = columns.get("log_history")
    if logged is None and columns and len({len(cells) for cells in columns.values()}) == 1:
        # What Keras' fit returns has a list for each name, of one number an epoch
        logged = [
            dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)
        ]
    if logged is None or not all(isinstance(entry, dict) for entry in logged):
        raise DataError(
            f"{path} has neither a list 'log_history' nor lists of one number an epoch; "
            f"give {EXPECTED}"
        )
    # The closing entry sums up the whole training, and is no row of its history.
    entries = [entry for entry in logged if "train_runtime" not in entry]
    return [_row(f"{path}, entry {i}", entry.items()) for i, entry in enumerate(entries, start=1)]


def _events(path: Path) -> list[Row]:
    try:
        from tensorboard.backend.event_processing.event_accumulator import (
            EventAccumulator,
        )
        from tensorboard.util import tensor_util
    except ImportError as error:
        raise MissingExtraError("tensorboard", "tensorboard", "reading event files") from error
    steps: dict[int, dict[str, float]] = {}
    for folder in sorted({file.parent for file in _event_files(path)}):
        # Keras writes one folder for train and one for validation
        inside = folder.relative_to(path).as_posix() if path.is_dir() else "."
        prefix = "" if inside == "." else f"{inside}/"
        events = EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0})
        events.Reload()
        for tag in events.Tags()["scalars"]:
            for event in events.Scalars(tag):
                steps.setdefault(event.step, {})[prefix + tag] = float(event.value)
        for tag in events.Tags()["tensors"]:
            for event in events.Tensors(tag):
                value = tensor_util.make_ndarray(event.tensor_proto)
                if value.ndim == 0 and value.dtype.kind in "fiu":
                    steps.setdefault(event.step, {})[prefix + tag] = float(value)
    return [
        _row(f"{path}, step {step}", {"step": step, **steps[step]}.items())
        for step in sorted(steps)
    ]


def _event_files(path: Path) -> Iterator[Path]:
    return path.rglob("*tfevents*") if path.is_dir() else iter([path])


def _object(text: str, where: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise DataError(f"{where} is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise DataError(f"{where} is no JSON object of names and numbers: {text[:40]!r}")
    return value


def _row(where: str, pairs: Any) -> Row:
    """Keep what is a number; a history may hold words too."""
    values, lists = {}, {}
    for name, cell in pairs:
        with suppress(ValueError, TypeError):
            if isinstance(cell, list):
                lists[name] = tuple(float(part) for part in cell)
            elif not isinstance(cell, bool):
                values[name] = float(cell)
    return Row(where, values, lists)


def _called(suffixes: tuple[str, ...], name: str) -> Callable[[Path], bool]:
    """Return whether a path is a file with such a suffix, or a folder that holds this file."""
    return lambda path: (
        (path.is_file() and path.name.endswith(suffixes)) or (path.is_dir() and _has(path, name))
    )


def _has(folder: Path, name: str) -> bool:
    return (folder / name).is_file()


FORMATS = (
    Format("CSV", _called((".csv", ".tsv"), TABLE), _csv),
    Format("JSON", _called((".json",), STATE), _json),
    Format("JSON lines", lambda path: path.is_file() and path.suffix == ".jsonl", _json_lines),
    Format(
        "TensorBoard events",
        lambda path: (path.is_dir() or "tfevents" in path.name) and any(_event_files(path)),
        _events,
    ),
)
EXPECTED = (
    "a CSV file as the loggers of Keras and Lightning write it, JSON lines, Keras' fit(..).history "
    "as JSON, Hugging Face's trainer_state.json, or a folder of TensorBoard's event files"
)
