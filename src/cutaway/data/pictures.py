"""Pictures: folders of PNG, JPEG, GIF, BMP, TIFF, WebP or PPM files, read to one size."""

from __future__ import annotations

import os
import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cutaway.data.dataset import Dataset, PictureShape, Skipped
from cutaway.data.keys import content_keys
from cutaway.data.picture_files import Picture, decode, own_size, with_channels
from cutaway.data.picture_folders import find_pictures, is_pictures
from cutaway.data.place import MEMORY, Place
from cutaway.data.split import PARTS
from cutaway.data.target import number_classes
from cutaway.errors import DataError, OptionError
from cutaway.wording import plural

__all__ = ["is_pictures", "read_pictures"]

LARGEST_SIDE = 1024
AUTO_SIDE = 64


def parse_size(size: str) -> tuple[int, int] | None:
    """Read "48" or "48x64" (height x width); None for "auto"."""
    if size == "auto":
        return None
    match = re.fullmatch(r"([0-9]+)(?:[x×]([0-9]+))?", size.strip().casefold())
    if match is None:
        raise OptionError(
            f"size='{size}' is no size; write 64 for a square, 48x64 for height x width, or auto"
        )
    height = int(match[1])
    width = int(match[2] or match[1])
    if not (1 <= height <= LARGEST_SIDE and 1 <= width <= LARGEST_SIDE):
        raise OptionError(f"size='{size}' is out of bounds: a side has 1 to {LARGEST_SIDE} pixels")
    return height, width


def _auto_size(paths: Sequence[Path]) -> tuple[int, int]:
    """Return the pictures' own size where all have the same small one, else 64x64."""
    common: tuple[int, int] | None = None
    for path in paths:
        try:
            size = own_size(path)
        except DataError:
            continue  # decoding will meet it again, and report it
        if max(size) > AUTO_SIDE or common not in (None, size):
            return AUTO_SIDE, AUTO_SIDE
        common = size
    return common or (AUTO_SIDE, AUTO_SIDE)


def _decoded(
    paths: Sequence[Path], height: int, width: int, strict: bool
) -> Iterator[Picture | DataError]:
    """Decode in threads, in order; an unreadable picture is raised when strict, else handed on."""

    def attempt(path: Path) -> Picture | DataError:
        try:
            return decode(path, height, width)
        except DataError as error:
            return error

    threads = os.cpu_count() or 1
    ahead = deque[tuple[Path, Future[Picture | DataError]]]()
    with ThreadPoolExecutor(threads) as executor:
        remaining = iter(paths)
        while True:
            # A bounded lead, so that neither tasks nor decoded pictures pile up.
            while len(ahead) < 32 * threads and (path := next(remaining, None)):
                ahead.append((path, executor.submit(attempt, path)))
            if not ahead:
                return
            path, future = ahead.popleft()
            result = future.result()
            if strict and isinstance(result, DataError):
                raise DataError(f"{path}: {result}; mend or remove it, or leave out --strict")
            yield result


def _stretch_notes(
    sizes: Counter[tuple[int, int]], height: int, width: int, of_model: bool
) -> Iterator[str]:
    others = [size for size in sizes if size != (height, width)]
    if not others:
        return
    count = sum(sizes[size] for size in others)
    smallest, *_, largest = sorted(others, key=lambda size: (size[0] * size[1], size)) * 2
    span = "x".join(map(str, smallest))
    if len(others) > 1:
        span = f"{len(others)} sizes from {span} to {'x'.join(map(str, largest))}"
    whose = "the model's " if of_model else ""
    yield (
        f"{count} of {sizes.total()} pictures ({span}, height x width) "
        f"were stretched to {whose}{height}x{width}"
    )


class _Gathered(NamedTuple):
    """Pixels (m, height, width, channels) of the files at these indices, and what to say."""

    pixels: npt.NDArray[np.uint8]
    files: list[int]
    skipped: list[Skipped]
    notes: list[str]


def _gather(
    path: Path,
    files: Sequence[str],
    size: str,
    strict: bool,
    shape: PictureShape | None,
    place: Place,
) -> _Gathered:
    """Decode every file that can be read to one shape."""
    wanted = parse_size(size)
    paths = [path / file if path.is_dir() else path for file in files]
    height, width = shape[:2] if shape else wanted or _auto_size(paths)
    try:
        channels = shape.channels if shape else 3
        pixels = place.empty("pixels", (len(paths), height, width, channels), np.uint8)
    except MemoryError as error:
        raise DataError(
            f"{path}: {len(paths)} pictures of {height}x{width} do not fit into memory; "
            "choose a smaller size, or --cache always"
        ) from error

    index: list[int] = []
    skipped: list[Skipped] = []
    sizes = Counter[tuple[int, int]]()
    animated = coloured = 0
    for i, picture in enumerate(_decoded(paths, height, width, strict)):
        place.progress((i + 1) / len(paths))
        if isinstance(picture, DataError):
            skipped.append(Skipped(files[i], str(picture)))
            continue
        # Pictures that can be read close the gaps of the others: no second copy at the end.
        pixels[len(index)] = with_channels(picture.pixels, pixels.shape[3])
        index.append(i)
        sizes[picture.own_size] += 1
        animated += picture.animated
        coloured += picture.pixels.shape[2] == 3
    if not index:
        raise DataError(
            f"{path}: none of {len(skipped)} picture files can be read; "
            f"the first is {skipped[0].where}: {skipped[0].why}"
        )
    pixels = pixels[: len(index)]
    if shape is None and not coloured:
        pixels = place.keep("grey", pixels[:, :, :, :1])
    notes = list(_stretch_notes(sizes, height, width, of_model=shape is not None))
    if shape is not None and shape.channels == 1 and coloured:
        notes.append(f"{plural(coloured, 'coloured picture')} turned grey, as the model's are")
    if animated:
        notes.append(f"{plural(animated, 'animated picture')}: only the first frame was used")
    return _Gathered(pixels, index, skipped, notes)


def _check_classes(
    path: Path, found: Sequence[str], kept: Sequence[str], learned: Sequence[str]
) -> None:
    """Refuse one class only, a class without readable pictures or without any to learn from."""
    for missing, why in (
        (set(found) - set(kept), "can be read; mend them"),
        (set(kept) - set(learned), "is in the training set; add some"),
    ):
        if missing:
            raise DataError(
                f"{path}: no picture of class '{min(missing)}' {why} or remove the class"
            )
    if len(set(kept)) == 1:
        inner = path / kept[0]
        raise DataError(
            f"{path}: all {len(kept)} pictures are of one class, '{kept[0]}'; two are needed"
            + (f"; if the classes lie in {inner}, name that" if inner.is_dir() else "")
        )


def read_pictures(
    path: Path,
    *,
    labels: Path | None = None,
    size: str = "auto",
    strict: bool = False,
    shape: PictureShape | None = None,
    classes: tuple[str, ...] | None = None,
    labelled: bool = True,
    place: Place = MEMORY,
) -> Dataset:
    """Read pictures as rows (m, height * width * channels) of uint8; grey where all of them are.

    The label is the folder's name (below train/, dev/ and test/ where there are such) or stands in
    a `labels` file. A picture that cannot be read is skipped and listed, unless `strict`. `shape`
    and `classes` are those of a trained model; `labelled=False` takes all pictures, without labels.

    Raises:
        DataError: no picture, no label, one class, a label that is none of `classes`; when
            `strict`, a picture that cannot be read.
        OptionError: `size` is no size.
    """
    path = Path(path)
    found = find_pictures(path, labels, labelled)
    gathered = _gather(path, found.files, size, strict, shape, place)
    m, height, width, channels = gathered.pixels.shape
    rows = gathered.pixels.reshape(m, -1)

    part = [found.parts[i] for i in gathered.files] if found.parts else []
    target: npt.NDArray[np.int64] | None = None
    names = classes or ()
    if found.labels is not None:
        kept = [found.labels[i] for i in gathered.files]
        if classes is None:
            learned = [k for k, p in zip(kept, part, strict=True) if p == "train"] if part else kept
            _check_classes(path, found.labels, kept, learned)
        target, names = number_classes(kept, classes, where=str(labels or path))
    return Dataset(
        name=path.resolve().name,
        kind="pictures",
        task="classification",
        rows=rows,
        target=target,
        classes=names,
        picture=PictureShape(height, width, channels),
        origins=[found.files[i] for i in gathered.files],
        parts={name: np.flatnonzero(np.array(part) == name) for name in PARTS if name in part},
        keys=content_keys(rows),
        skipped=(*gathered.skipped, *found.skipped),
        notes=tuple(gathered.notes),
        source={
            "reader": "pictures",
            "path": str(path.resolve()),
            "labels": str(labels.resolve()) if labels else None,
            "size": f"{height}x{width}",
            "strict": strict,
        },
    )
