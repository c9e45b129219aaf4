"""How much memory the examples at a path would take, from headers and counts alone."""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

# Beside the rows as they are read stands X, which has a float32 for each number.
OF_X = 4
# Where the examples would take more than this share of the machine's memory they stay in files:
# the copies that are made on the way (a split, a gather, a column) take two or three times as much.
SHARE = 0.25
# A number in a text has eight characters or so; DuckDB holds it as a text of 16 bytes and more,
# then it is a float64.
OF_TEXT = 4
_COMPRESSED = 5


def memory() -> int:
    """Return the bytes of memory of the machine, or of the container that it is."""
    sizes = []
    if hasattr(os, "sysconf"):
        sizes.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.is_file() and (text := limit.read_text().strip()).isdigit():
        sizes.append(int(text))
    # Where the system does not say: a small machine
    return min(sizes, default=8_000_000_000)


def is_large(path: Path, reader: str, size: str) -> bool:
    """Say whether the examples would take more than a quarter of the memory."""
    return estimate(path, reader, size) > SHARE * memory()


def estimate(path: Path, reader: str, size: str = "auto") -> float:
    """Return the bytes of the examples in memory; 0 where what is there cannot be read."""
    try:
        return _OF_READER[reader](path, size)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return 0.0


def files_below(path: str) -> Iterator[str]:
    """Yield the path of a file, or those of all files below a folder but the hidden ones."""
    if not os.path.isdir(path):
        yield path
        return
    seen = set()
    for folder, folders, names in os.walk(path, followlinks=True):
        status = os.stat(folder)
        if (status.st_dev, status.st_ino) in seen:
            # A link to a folder that it lies in
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = (name for name in folders if not name.startswith("."))
        yield from (os.path.join(folder, name) for name in names if not name.startswith("."))


def _pictures(path: Path, size: str) -> float:
    from cutaway.data.picture_folders import is_picture_file
    from cutaway.data.pictures import AUTO_SIDE, parse_size

    height, width = parse_size(size) or (AUTO_SIDE, AUTO_SIDE)
    m = sum(is_picture_file(Path(name)) for name in files_below(str(path)))
    return m * height * width * 3 * (1.0 + OF_X)


def _arrays(path: Path, size: str) -> float:
    with path.open("rb") as file:
        magic = file.read(8)
        if magic.startswith(b"\x93NUMPY"):
            file.seek(0)
            return _array(*_header(file))
    if magic.startswith(b"\x89HDF"):
        return _hdf5(path)
    with zipfile.ZipFile(path) as members:
        total = 0.0
        for name in members.namelist():
            with members.open(name) as member:
                total += _array(*_header(member))
        return total


def _header(file: Any) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    read: Any = np.lib.format.read_array_header_1_0
    shape, _, dtype = (read if version == (1, 0) else np.lib.format.read_array_header_2_0)(file)
    return shape, dtype


def _array(shape: tuple[int, ...], dtype: np.dtype[Any]) -> float:
    return math.prod(shape) * float(dtype.itemsize + OF_X)


def _hdf5(path: Path) -> float:
    try:
        import h5py
    except ImportError:
        return 0.0
    found: list[float] = []
    with h5py.File(path, "r") as file:
        file.visititems(
            lambda _, item: (
                found.append(_array(item.shape, item.dtype))
                if isinstance(item, h5py.Dataset)
                else None
            )
        )
    return sum(found)


def _table(path: Path, size: str) -> float:
    if path.suffix.casefold() == ".parquet":
        import glob

        import duckdb

        try:
            with duckdb.connect() as con:
                where = [glob.escape(str(path))]
                m = con.execute("SELECT num_rows FROM parquet_file_metadata(?)", where).fetchall()
                names = con.execute("DESCRIBE FROM read_parquet(?)", where).fetchall()
        except duckdb.Error as error:
            raise ValueError(str(error)) from error
        return float(sum(row[0] for row in m) * len(names)) * (8 + OF_X)
    characters = path.stat().st_size * (_COMPRESSED if path.suffix.casefold() == ".gz" else 1)
    return characters * float(OF_TEXT)


_OF_READER: Mapping[str, Callable[[Path, str], float]] = {
    "pictures": _pictures,
    "arrays": _arrays,
    "table": _table,
    "builtin": lambda path, size: 0.0,
}
