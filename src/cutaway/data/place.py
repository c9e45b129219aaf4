"""Where a reader puts the examples that it reads: into memory, or into files that are mapped.

A mapped file is read and written like an array, but its pages belong to the operating system, which
may take them back: they are no memory of the process's own.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from cutaway.errors import DataError
from cutaway.wording import size_in_words

Array = npt.NDArray[Any]
# Numbers that are copied, compared or hashed at a time: 32 MB of float64.
BLOCK = 4_000_000


class Place(Protocol):
    """Gives arrays to fill. `folder` is where their files lie, None in memory."""

    @property
    def folder(self) -> Path | None:
        """Folder of the files."""

    def empty(self, name: str, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
        """Return an array to be filled, which nothing else shares."""

    def keep(self, name: str, array: Array, dtype: npt.DTypeLike | None = None) -> Array:
        """Return the array, contiguous, of that type and in this place."""

    def aside(self, name: str) -> Place:
        """Return a place of the same kind for what is joined to this one."""

    def progress(self, share: float) -> None:
        """Hear which share of the work is done."""


class Memory:
    """Arrays in memory, as NumPy makes them."""

    folder = None

    def empty(self, name: str, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
        """Return a new array."""
        return np.empty(shape, dtype)

    def keep(self, name: str, array: Array, dtype: npt.DTypeLike | None = None) -> Array:
        """Return the array itself wherever it fits as it is."""
        return np.ascontiguousarray(array, array.dtype if dtype is None else dtype)

    def aside(self, name: str) -> Memory:
        """Return the memory."""
        return self

    def progress(self, share: float) -> None:
        """Say nothing."""


MEMORY = Memory()


class Files:
    """Arrays in files of one folder, one a name; `say` hears how far the work has come."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self.folder = folder
        self.say = say
        self.said = ""

    def empty(self, name: str, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
        """Reserve a file and map it.

        Raises:
            DataError: there is no room for it.
        """
        path = self.folder / name
        size = math.prod(shape) * np.dtype(dtype).itemsize
        try:
            _reserve(path, size)
        except OSError as error:
            raise DataError(
                f"the cache folder {self.folder.parent} has no room for {size_in_words(size)} "
                f"({error.strerror}); free some space, or set CUTAWAY_CACHE to another folder"
            ) from error
        return open_mapped(path, shape, dtype, "r+")

    def keep(self, name: str, array: Array, dtype: npt.DTypeLike | None = None) -> Array:
        """Copy the array into a file, block by block."""
        kept = self.empty(name, array.shape, array.dtype if dtype is None else dtype)
        for rows in row_blocks(array):
            kept[rows] = array[rows]
            self.progress(rows.stop / len(array))
        return kept

    def join(self, name: str, parts: Sequence[Array]) -> Array:
        """Copy arrays one below the other into a file."""
        joined = self.empty(name, (sum(map(len, parts)), *parts[0].shape[1:]), parts[0].dtype)
        at = 0
        for part in parts:
            for rows in row_blocks(part):
                joined[at + rows.start : at + rows.stop] = part[rows]
            at += len(part)
        return joined

    def aside(self, name: str) -> Files:
        """Return a folder in this one."""
        folder = self.folder / f"aside-{name}"
        folder.mkdir()
        return Files(folder, self.say)

    def progress(self, share: float) -> None:
        """Say it where the percentage has changed."""
        text = f"converting, {100 * share:.0f} %"
        if text != self.said:
            self.said = text
            self.say(text)


def open_mapped(path: Path, shape: Sequence[int], dtype: npt.DTypeLike, mode: Any) -> Array:
    """Map a file of raw numbers as an array."""
    return np.asarray(np.memmap(path, dtype, mode, shape=tuple(shape)))


def row_blocks(array: Array) -> list[slice]:
    """Return the rows of an array, cut into blocks of some million numbers."""
    size = max(1, BLOCK // max(1, math.prod(array.shape[1:])))
    return [slice(i, min(i + size, len(array))) for i in range(0, len(array), size)]


def _reserve(path: Path, size: int) -> None:
    # A mapped page that finds no room on the disk ends the process without a word: the room is
    # taken before anything is written.
    with path.open("wb") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
        else:
            zeros = bytes(1 << 20)
            for start in range(0, size, len(zeros)):
                file.write(zeros[: size - start])
