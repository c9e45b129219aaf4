"""The cache of converted data sets: one folder an entry, made once, whole or not at all.

An entry is made in a folder beside it, which is renamed when all of it is on the disk. Whoever
makes one holds its lock, which the operating system releases when the process ends, however it
ends; what a killed process left is removed by the next one.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from cutaway.data.dataset import Dataset
from cutaway.data.estimate import files_below
from cutaway.data.place import Files
from cutaway.data.stored import DESCRIPTION, FORMAT, open_stored, save
from cutaway.errors import DataError
from cutaway.wording import size_in_words

_PARTIAL, _LOCKS = ".partial", ".locks"
_DAMAGED = (OSError, ValueError, KeyError, TypeError)


class Entry(NamedTuple):
    """One converted source: where it came from, its bytes, and when it was made."""

    path: Path
    source: str
    size: int
    made: float


def root() -> Path:
    """Return the folder of the cache: CUTAWAY_CACHE, else cutaway in the user's cache folder."""
    own = os.environ.get("CUTAWAY_CACHE")
    if own:
        return Path(own).expanduser().absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "cutaway"


def obtain(
    recipe: Mapping[str, Any],
    paths: Sequence[str],
    build: Callable[[Files], Dataset],
    say: Callable[[str], None],
) -> Dataset:
    """Return the data set of a recipe from the cache; `build` it there where it is not.

    recipe  JSON that says what is read and how, its "path" among it
    paths   files and folders that it is read from: another size or time of any is another entry

    Raises:
        DataError: the cache cannot be written, or the source changed meanwhile; or see `build`.
    """
    family, state = _digest(recipe), _state(paths)
    name = f"{Path(recipe['path']).stem[:40]}-{family}-{_digest(state)}"
    entry = root() / name
    with contextlib.suppress(*_DAMAGED):
        return open_stored(entry)
    try:
        (root() / _LOCKS).mkdir(parents=True, exist_ok=True)
        with _lock(name, say):
            # Whoever held the lock before may have made it
            with contextlib.suppress(*_DAMAGED):
                return open_stored(entry)
            _remove(entry)
            _remove_leftovers(name)
            say(f"converting {recipe['path']} once into {root()}")
            _make(entry, build, say)
            if _state(paths) != state:
                _remove(entry)
                raise DataError(f"{recipe['path']} changed while it was read; run it again")
            for old in root().glob(f"*-{family}-*"):
                # The same source in an older state, which nothing asks for any more
                if old != entry and not old.name.endswith(_PARTIAL):
                    _remove(old)
            return open_stored(entry)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise DataError(
            f"the cache folder {root()} cannot be written ({error.strerror or error}); "
            f"{'free some space, or ' if full else ''}set CUTAWAY_CACHE to another folder"
            ", or --cache never reads everything into memory"
        ) from error


def entries() -> list[Entry]:
    """Return what is in the cache, the oldest first."""
    found = []
    for path in root().glob("*-*-*"):
        if path.name.endswith(_PARTIAL):
            continue
        with contextlib.suppress(*_DAMAGED):
            source = json.loads((path / DESCRIPTION).read_bytes())["source"]["path"]
            files = [file.stat() for file in path.iterdir()]
            size = sum(file.st_size for file in files)
            found.append(Entry(path, source, size, (path / DESCRIPTION).stat().st_mtime))
    return sorted(found, key=lambda entry: entry.made)


def clear() -> int:
    """Remove every entry and what killed processes left; return the bytes that this frees.

    An entry that is just being made stays. A training that uses one goes on: the operating system
    keeps a mapped file until nobody reads it.

    Raises:
        DataError: it may not be removed.
    """
    known = entries()
    try:
        for entry in known:
            shutil.rmtree(entry.path)
    except OSError as error:
        raise DataError(f"{error.filename} cannot be removed: {error.strerror}") from error
    return sum(entry.size for entry in known) + _remove_leftovers()


def _make(entry: Path, build: Callable[[Files], Dataset], say: Callable[[str], None]) -> None:
    partial = entry.with_name(entry.name + _PARTIAL)
    partial.mkdir()
    try:
        place = Files(partial, say)
        save(build(place), place)
        partial.replace(entry)
    finally:
        _remove(partial)


def _digest(value: Any) -> str:
    text = json.dumps([FORMAT, value], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def _state(paths: Sequence[str]) -> list[tuple[str, int, int]]:
    """Return the path, size and time of change, in nanoseconds, of every file."""
    found = []
    for path in paths:
        for file in files_below(path):
            # A link that leads nowhere is a state as well
            with contextlib.suppress(OSError):
                status = os.stat(file)
                found.append((file, status.st_size, status.st_mtime_ns))
    return sorted(found)


@contextmanager
def _lock(name: str, say: Callable[[str], None]) -> Iterator[None]:
    from filelock import FileLock, Timeout

    lock, wait = FileLock(root() / _LOCKS / name), 0.0
    while not lock.is_locked:
        try:
            lock.acquire(timeout=wait)
        except Timeout:
            say("waiting for another cutaway, which converts the same data")
            # Said again now and then, so that whoever listens knows that it waits still
            wait = 60.0
    try:
        yield
    finally:
        lock.release()


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _remove_leftovers(own: str = "") -> int:
    """Remove the halves that killed processes left; return their bytes. `own` lock is held."""
    from filelock import FileLock, Timeout

    freed = 0
    for partial in root().glob(f"*{_PARTIAL}"):
        name = partial.name.removesuffix(_PARTIAL)
        lock = FileLock(root() / _LOCKS / name, timeout=0)
        with (
            contextlib.suppress(Timeout, OSError),
            contextlib.nullcontext() if name == own else lock,
        ):
            freed += sum(file.stat().st_size for file in partial.rglob("*"))
            _remove(partial)
    return freed


def note(dataset: Dataset) -> str:
    """Say where the examples are read from, and how they are removed."""
    folder = Path(str(dataset.cached))
    size = sum(file.stat().st_size for file in folder.iterdir())
    return (
        f"converted once, read from the cache: {size_in_words(size)} in {folder} "
        "(cutaway cache lists and removes)"
    )
