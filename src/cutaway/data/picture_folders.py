"""Which picture files a path holds, and the label and the part that each one has."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from cutaway.data.dataset import Skipped
from cutaway.data.picture_files import SUFFIXES
from cutaway.errors import DataError
from cutaway.wording import plural

PART_OF_WORD = {
    "train": "train",
    "training": "train",
    "dev": "dev",
    "val": "dev",
    "valid": "dev",
    "validation": "dev",
    "test": "test",
    "testing": "test",
}
FILE_COLUMNS = ("file", "filename", "file_name", "path", "image", "picture")
LABEL_COLUMNS = ("label", "class", "target", "category")

# What operating systems leave in folders by themselves.
_LITTER = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
_LAYOUTS = (
    "put the pictures of each class into a folder of their own (pets/cats/1.jpg, pets/dogs/2.jpg), "
    "or such folders into train/ and test/, or name a labels file"
)


class Found(NamedTuple):
    """Picture files, as posix paths below the folder, with a label and a part each where known."""

    files: list[str]
    labels: list[str] | None
    parts: list[str] | None
    skipped: list[Skipped]


def _visible_files(folder: Path, above: frozenset[tuple[int, int]] = frozenset()) -> Iterator[Path]:
    try:
        status = folder.stat()
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise DataError(
            f"{folder} cannot be listed ({error.strerror}); check that you may read it"
        ) from error
    here = (status.st_dev, status.st_ino)
    if here in above:  # a symbolic link to a folder that it lies in
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name.casefold() in _LITTER:
            continue
        if entry.is_dir():
            yield from _visible_files(entry, above | {here})
        else:
            yield entry


def is_picture_file(path: Path) -> bool:
    """Tell whether a name is that of a picture."""
    return path.suffix.casefold() in SUFFIXES


def is_pictures(path: Path) -> bool:
    """Tell whether `path` is a picture file, or a folder with a picture in it or below it."""
    if path.is_dir():
        return any(map(is_picture_file, _visible_files(path)))
    return path.is_file() and is_picture_file(path)


def _natural(name: str) -> tuple[list[tuple[int, str, int]], str]:
    """Order picture2 before picture10; the name itself decides between 01 and 1."""
    pieces = re.split(r"([0-9]+)", name.casefold())
    return [(1, "", int(p)) if p.isdecimal() else (0, p, 0) for p in pieces], name


def _listed(path: Path, labels: Path | None) -> tuple[list[str], list[Skipped]]:
    """Return the pictures below a folder in natural order, and what else lies there by suffix."""
    files, other = [], Counter[str]()
    for file in _visible_files(path):
        if is_picture_file(file):
            files.append(file.relative_to(path).as_posix())
        elif labels is None or not file.samefile(labels):
            other[f"*{file.suffix}" if file.suffix else "files without a suffix"] += 1
    skipped = [
        Skipped(suffix, f"{plural(count, 'file')} by the name no picture")
        for suffix, count in sorted(other.items())
    ]
    if not files:
        beside = f" (but {plural(other.total(), 'other file')})" if other else ""
        raise DataError(
            f"{path} holds no picture{beside}; looked in it and below for {', '.join(SUFFIXES)}"
        )
    return sorted(files, key=_natural), skipped


def _by_folder(path: Path, files: Sequence[str], skipped: list[Skipped]) -> Found:
    """Take the label of each file from its folder, and its part where the folders are parts."""
    tops = {file.split("/")[0] for file in files if "/" in file}
    part_of = {top: PART_OF_WORD[top.casefold()] for top in tops if top.casefold() in PART_OF_WORD}
    # A class may well be called "train": it takes a second part, or nothing beside it.
    has_parts = "train" in part_of.values() and (
        len(set(part_of.values())) > 1 or tops == set(part_of)
    )
    kept: list[str] = []
    labels: list[str] = []
    parts: list[str] = []
    stray = Counter[str]()
    for file in files:
        top, *below = file.split("/")
        place = below[:-1] if has_parts else [top, *below][:-1]
        if (has_parts and top not in part_of) or not place:
            stray[top if below else "."] += 1
        else:
            kept.append(file)
            labels.append(place[0])
            parts.append(part_of.get(top, ""))
    skipped = skipped + [
        Skipped(where, f"{plural(count, 'picture')} in no class folder")
        for where, count in sorted(stray.items())
    ]
    if not kept:
        raise DataError(
            f"{path} holds {plural(len(files), 'picture')} but none in a class folder; {_LAYOUTS}"
        )
    return Found(kept, labels, parts if has_parts else None, skipped)


def _column(names: Sequence[str], known: Sequence[str], otherwise: int) -> int:
    folded = [name.strip().casefold() for name in names]
    return next((folded.index(name) for name in known if name in folded), otherwise)


def _read_labels(table: Path) -> dict[str, str]:
    """Read {file name: label} from a table with a header.

    Raises:
        DataError: the table cannot be read, has no header or names a file twice.
    """
    try:
        with table.open(encoding="utf-8-sig", newline="") as lines:
            delimiter = max(",;\t", key=lines.readline().count)
            lines.seek(0)
            rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
    except UnicodeDecodeError as error:
        raise DataError(
            f"labels file {table} is not UTF-8 text; save it as CSV in UTF-8"
        ) from error
    except OSError as error:
        raise DataError(f"labels file {table} cannot be read: {error.strerror}") from error
    except csv.Error as error:
        raise DataError(f"labels file {table} is damaged: {error}; save it as CSV") from error
    if len(rows) < 2 or len(rows[0]) < 2:
        raise DataError(
            f"labels file {table} needs a header and two columns: the file name and the label"
        )
    header, *body = rows
    file_column = _column(header, FILE_COLUMNS, 0)
    if is_picture_file(Path(header[file_column])):
        raise DataError(
            f"labels file {table} has no header; write 'file,label' into its first line"
        )
    label_column = _column(header, LABEL_COLUMNS, 1 if file_column == 0 else 0)
    label_of: dict[str, str] = {}
    for number, row in enumerate(body, start=2):
        if len(row) <= max(file_column, label_column):
            raise DataError(f"labels file {table}, row {number}: a column is missing in {row}")
        file, label = row[file_column].strip(), row[label_column].strip()
        if label_of.setdefault(file, label) != label:
            raise DataError(
                f"labels file {table}, row {number}: '{file}' is labelled '{label}', "
                f"but '{label_of[file]}' further up; keep one of the two"
            )
    return label_of


def _by_table(table: Path, files: Sequence[str], skipped: list[Skipped]) -> Found:
    """Take the labels from a table that names the files: by path, by name or without suffix."""
    label_of = _read_labels(table)
    kept: list[str] = []
    labels: list[str] = []
    unlabelled: list[Skipped] = []
    used = set()
    for file in files:
        names = (file, Path(file).name, Path(file).stem)
        name = next((name for name in names if label_of.get(name)), None)
        if name is None:
            unlabelled.append(Skipped(file, f"it has no label in {table.name}"))
            continue
        used.add(name)
        kept.append(file)
        labels.append(label_of[name])
    absent = [
        Skipped(name, f"{table.name} names it, but there is no such picture")
        for name, label in label_of.items()
        if name not in used and label
    ]
    if not kept:
        raise DataError(
            f"labels file {table} names none of the {plural(len(files), 'picture')}: "
            f"it has '{next(iter(label_of))}', the folder has '{files[0]}'"
        )
    return Found(kept, labels, None, skipped + unlabelled + absent)


def find_pictures(path: Path, labels: Path | None, labelled: bool) -> Found:
    """List the pictures of a path in natural order, with the labels and parts that it gives them.

    Raises:
        DataError: there is no picture, or none with a label.
    """
    if path.is_file() and not labelled:
        return Found([path.name], None, None, [])
    if not path.is_dir():
        raise DataError(
            f"{path} is a single file; labels need a folder: {_LAYOUTS}"
            if path.is_file()
            else f"{path} does not exist; check the spelling"
        )
    files, skipped = _listed(path, labels)
    if not labelled:
        return Found(files, None, None, skipped)
    return _by_table(labels, files, skipped) if labels else _by_folder(path, files, skipped)
