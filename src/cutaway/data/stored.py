"""A Dataset as a folder of files, and back: its rows stay in a mapped file."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.data.dataset import Dataset, PictureShape, Skipped
from cutaway.data.origins import RowNames, TextFile
from cutaway.data.place import Files, open_mapped
from cutaway.data.stored_table import Field, StoredTable

FORMAT = 1
DESCRIPTION, ROWS = "dataset.json", "rows"
_PLAIN = ("name", "kind", "task", "classes", "target_names", "picture", "features", "notes")


def save(dataset: Dataset, place: Files) -> None:
    """Write a data set into a folder, its rows into the file "rows"; remove all else that is there.

    Raises:
        OSError: it cannot be written.
    """
    folder = place.folder
    rows: Any = dataset.rows
    table = isinstance(rows, StoredTable)
    matrix = rows.matrix if table else rows
    _settle(matrix, folder)
    arrays: dict[str, Any] = {"target": dataset.target, "keys": dataset.keys}
    arrays |= {f"part-{name}": index for name, index in dataset.parts.items()}
    if isinstance(dataset.origins, RowNames):
        arrays["row_numbers"] = dataset.origins.numbers
    else:
        arrays["texts"], arrays["ends"] = _texts(dataset.origins)
    arrays = {name: array for name, array in arrays.items() if array is not None}
    for name, array in arrays.items():
        with (folder / f"{name}.npy").open("wb") as file:
            np.save(file, array, allow_pickle=False)
    description = {
        "format": FORMAT,
        **{name: getattr(dataset, name) for name in _PLAIN},
        "skipped": dataset.skipped,
        "source": dict(dataset.source),
        "parts": list(dataset.parts),
        "arrays": list(arrays),
        "rows": {"dtype": matrix.dtype.str, "shape": matrix.shape},
        "fields": rows.fields if table else None,
    }
    (folder / DESCRIPTION).write_text(json.dumps(description))
    kept = {DESCRIPTION, ROWS, *(f"{name}.npy" for name in arrays)}
    for path in folder.iterdir():
        if path.name in kept:
            # A name that stands in the cache after a power cut shall have its content
            with path.open("rb+") as file:
                os.fsync(file.fileno())
        elif path.is_file():
            path.unlink()
        else:
            shutil.rmtree(path)


def _settle(matrix: Any, folder: Path) -> None:
    """Leave the rows, and nothing else, in the file "rows"."""
    owner = matrix
    while not isinstance(owner, np.memmap):
        owner = owner.base
    path = Path(str(owner.filename))
    if path.name != ROWS:
        path.replace(folder / ROWS)
    os.truncate(folder / ROWS, matrix.nbytes)


def _texts(texts: Sequence[str]) -> tuple[Any, Any]:
    content, ends = bytearray(), np.empty(len(texts), np.int64)
    for i, text in enumerate(texts):
        content += text.encode("utf-8", "surrogateescape")
        ends[i] = len(content)
    return np.frombuffer(content, np.uint8), ends


def open_stored(folder: Path) -> Dataset:
    """Open a data set that `save` wrote; its arrays are mapped.

    Raises:
        OSError, ValueError, KeyError, TypeError: it is missing, damaged or of another format.
    """
    known = json.loads((folder / DESCRIPTION).read_bytes())
    if known["format"] != FORMAT:
        raise ValueError(f"format {known['format']}")
    rows = known["rows"]
    matrix = open_mapped(folder / ROWS, rows["shape"], rows["dtype"], "r")
    arrays = {
        name: np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r")) for name in known["arrays"]
    }
    fields = known["fields"]
    origins: Any = (
        RowNames(arrays["row_numbers"])
        if "row_numbers" in arrays
        else TextFile(arrays["texts"], arrays["ends"])
    )
    plain: dict[str, Any] = {
        name: tuple(value) if isinstance(value := known[name], list) else value for name in _PLAIN
    }
    dataset = Dataset(
        **plain,
        rows=matrix
        if fields is None
        else StoredTable(
            matrix, {name: Field(at, kind, tuple(t)) for name, (at, kind, t) in fields.items()}
        ),
        target=arrays.get("target"),
        origins=origins,
        parts={name: np.array(arrays[f"part-{name}"]) for name in known["parts"]},
        keys=arrays.get("keys"),
        skipped=tuple(Skipped(*pair) for pair in known["skipped"]),
        source=known["source"],
        cached=str(folder),
    )
    shape = dataset.picture
    return replace(dataset, picture=PictureShape(*shape)) if shape else dataset
