"""Whether what was written answers as cutaway does: on the run's test set, and on drawn rows."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cutaway.data.columns import Column, Table
from cutaway.data.encoding import EncodedColumn
from cutaway.errors import CutawayError
from cutaway.export.python_source import as_json
from cutaway.export.subject import Subject
from cutaway.training.resume import reopen
from cutaway.training.run_folder import RunFolder

TOLERANCE = 1e-5
DRAWN = 64
# Rows that are answered at a time
BLOCK = 2048

Answer = Callable[[Path, Subject, Any], npt.NDArray[np.floating[Any]]]


class UncheckedError(Exception):
    """What was written cannot be run here; the text says what is missing."""


class Examples(NamedTuple):
    """Rows to compare on, and what they are in words."""

    rows: list[Any]
    words: str


def examples(subject: Subject, folder: RunFolder | None) -> Examples:
    """Return the inputs of the test set of a run, in blocks, and drawn rows.

    Only the inputs of the test set are read, never its targets: that is no look at its error.
    """
    drawn = [drawn_rows(subject)]
    words = f"{DRAWN} drawn rows"
    if folder is None:
        return Examples(drawn, f"{words} (a model file has no test set)")
    try:
        setup = reopen(folder)
    except CutawayError as error:
        return Examples(drawn, f"{words} only, for its data cannot be read again: {error}")
    parts = ((name, getattr(setup.prepared.split, name)) for name in ("test", "dev", "train"))
    part, index = next((name, index) for name, index in parts if len(index))
    blocks = list(_blocks(setup.dataset.rows, index))
    return Examples([*blocks, *drawn], f"the {len(index):,} {part} examples and {words}")


def _blocks(rows: Any, index: npt.NDArray[np.intp]) -> Iterator[Any]:
    for start in range(0, len(index), BLOCK):
        yield rows[index[start : start + BLOCK]]


def drawn_rows(subject: Subject) -> Any:
    """Draw rows like those of the training, with missing numbers and unknown categories."""
    p, random = subject.preparation, np.random.default_rng(0)
    if p.picture:
        return random.integers(0, 256, (DRAWN, p.n_x), dtype=np.uint8)
    spread = p.mean + p.scale * random.standard_normal((DRAWN, p.n_x))
    if subject.columns is None:
        return spread
    columns: dict[str, Column] = {}
    at = 0
    for column in subject.columns:
        columns[column.name] = _drawn_column(column, spread[:, at], random)
        at += len(column.inputs)
    return Table(columns)


def _drawn_column(
    column: EncodedColumn, spread: npt.NDArray[np.float64], random: np.random.Generator
) -> Column:
    values: Column
    if column.kind == "category":
        values = np.array([*column.categories, None, "a category never seen"], dtype=object)
        return random.choice(values, DRAWN)
    values = random.integers(0, 2, DRAWN).astype(float) if column.kind == "boolean" else spread
    return np.where(random.random(DRAWN) < 0.2, np.nan, values)


def difference(
    subject: Subject, answer: Answer, path: Path, rows: list[Any], *, floats: bool = False
) -> float:
    """Return the largest difference of an answer, a regression's in deviations of its target.

    floats says that the format takes rows of float32: then so does the model.

    Raises:
        UncheckedError: what was written cannot be run here.
    """
    regression = subject.preparation.task == "regression"
    unit = subject.preparation.target_scale if regression else np.ones(1)
    largest = 0.0
    for some in rows:
        some = _as_floats(some) if floats else some
        theirs, ours = answer(path, subject, some), subject.answers(some)
        if theirs.shape != ours.shape:
            return np.inf
        # A price in float32 can be no nearer than the next number of that type.
        apart = np.maximum(np.abs(theirs - ours) - np.abs(np.spacing(theirs)), 0) / unit
        largest = max(largest, float(np.nan_to_num(apart, nan=np.inf).max(initial=0)))
    return largest


def _as_floats(rows: Any) -> Any:
    if isinstance(rows, Table):
        return Table({name: _as_floats(values) for name, values in rows.columns.items()})
    return rows.astype(np.float32).astype(np.float64) if rows.dtype == np.float64 else rows


_HARNESS = """\
import json, os, runpy, sys
import numpy as np
sys.modules["cutaway"] = None
file, rows, expression, out = sys.argv[1:]
rows = np.load(rows) if rows.endswith(".npy") else json.load(open(rows, encoding="utf-8"))
names = runpy.run_path(file)
np.save(out, np.asarray(eval(expression, names, {"rows": rows})))
"""


def in_python(
    path: Path, rows: Any, expression: str, environment: dict[str, str] | None = None
) -> npt.NDArray[np.floating[Any]]:
    """Run a generated file in an interpreter that has no cutaway; return what the expression gives.

    Raises:
        UncheckedError: the file raised an error.
    """
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder, "rows.npy"), Path(folder, "answers.npy")
        if isinstance(rows, Table):
            given = given.with_suffix(".json")
            given.write_text(as_json(rows), encoding="utf-8")
        else:
            np.save(given, rows)
        command = [sys.executable, "-c", _HARNESS, str(path), str(given), expression, str(out)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        if done.returncode:
            lines = done.stderr.strip().splitlines()
            what = [line for line in lines if "Error" in line] or lines
            raise UncheckedError(f"it ended with: {what[-1]}")
        answers: npt.NDArray[np.floating[Any]] = np.load(out)
        return answers


def require(*packages: str) -> None:
    """Check that packages are installed.

    Raises:
        UncheckedError: one of them is not.
    """
    for package in packages:
        if importlib.util.find_spec(package) is None:
            raise UncheckedError(f"{package} is not installed")
