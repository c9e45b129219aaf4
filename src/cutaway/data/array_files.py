"""From an npz, npy or HDF5 file to inputs and targets, told apart by the names of the arrays."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cutaway.data.dataset import Skipped
from cutaway.data.picture_folders import PART_OF_WORD
from cutaway.data.place import MEMORY, Place, row_blocks
from cutaway.data.split import PARTS
from cutaway.data.target import class_name
from cutaway.errors import DataError, MissingExtraError, nearest

Array = npt.NDArray[Any]

INPUT_NAMES = ("x", "data", "images", "features", "inputs")
TARGET_NAMES = ("y", "labels", "label", "target", "targets")
CLASS_NAMES = ("list_classes", "classes", "class_names", "target_names")
# The course calls its arrays train_set_x, and train_set_x_orig in its code.
_FILLERS = ("set", "orig")
_ORDER = ("", *PARTS)
# Bytes from which an array of a file is not read into memory where it may stay in a file.
LARGE = 1 << 24


class Arrays(NamedTuple):
    """Inputs and targets by part ("" where there is but one), class names where there are such."""

    inputs: dict[str, Array]
    targets: dict[str, Array]
    class_names: tuple[str, ...] | None
    skipped: tuple[Skipped, ...]


def load_arrays(path: Path, place: Place = MEMORY) -> dict[str, Array]:
    """Read all arrays of a file by name; the content decides between npz and npy.

    Where the place is files, large arrays stay in files.

    Raises:
        DataError: the file is missing, damaged or of another kind.
        MissingExtraError: an HDF5 file, and h5py is not installed.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(8)
        if magic.startswith(b"\x89HDF"):
            return _load_hdf5(path, place)
        if not magic.startswith((b"\x93NUMPY", b"PK")):
            raise DataError(f"{path} is neither a NumPy file (npz, npy) nor HDF5, or it is damaged")
        return _load_numpy(path, place)
    except (OSError, EOFError, ValueError, KeyError, MemoryError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    except (zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise DataError(f"{path} is damaged: {error}; save or download it again") from error


def _load_numpy(path: Path, place: Place) -> dict[str, Array]:
    try:
        if place.folder is not None:
            loaded = np.load(path, mmap_mode="r", allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return {"array": np.asarray(loaded)}
            with loaded:
                return {
                    name.removesuffix(".npy"): _member(loaded.zip, name, place)
                    for name in loaded.zip.namelist()
                }
        # np.load leaves a damaged npz open when it opens the file itself.
        with path.open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            return {"array": loaded} if isinstance(loaded, np.ndarray) else dict(loaded)
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        raise DataError(
            f"{path} holds Python objects, which could run any code when read; "
            "save arrays of numbers or texts: array.astype(float), array.astype(str)"
        ) from error


def _member(archive: zipfile.ZipFile, name: str, place: Place) -> Array:
    """Read one array of an npz; a large one streams into a file."""
    with archive.open(name) as file:
        if archive.getinfo(name).file_size < LARGE:
            array: Array = np.lib.format.read_array(file, allow_pickle=False)
            return array
        version = np.lib.format.read_magic(file)
        header = np.lib.format.read_array_header_1_0
        if version != (1, 0):
            header = np.lib.format.read_array_header_2_0
        shape, by_columns, dtype = header(file)
        if dtype.hasobject:
            raise ValueError("it holds Python objects (allow_pickle)")
        array = place.empty(f"member-{name}", shape[::-1] if by_columns else shape, dtype)
        target = memoryview(array.reshape(-1).view(np.uint8))  # type: ignore[arg-type]
        at = 0
        while at < len(target):
            read = file.readinto(target[at : at + LARGE])  # type: ignore[attr-defined]
            if not read:
                raise EOFError(f"{name} ends after {at} of {len(target)} bytes")
            at += read
            place.progress(0.5 * at / len(target))
        return array.T if by_columns else array


def _load_hdf5(path: Path, place: Place) -> dict[str, Array]:
    try:
        import h5py
    except ImportError as error:
        raise MissingExtraError("h5py", "hdf5", "reading .h5 files") from error
    arrays: dict[str, Array] = {}

    def read(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            text = h5py.check_string_dtype(item.dtype)
            if place.folder is not None and item.nbytes >= LARGE:
                array = place.empty(f"dataset-{len(arrays)}", item.shape, item.dtype)
                for rows in row_blocks(array):
                    array[rows] = item[rows]
                arrays[name] = array
            else:
                arrays[name] = np.asarray(item.asstr()[()]).astype(str) if text else item[()]

    with h5py.File(path, "r") as file:
        file.visititems(read)
    return arrays


def _listed(path: Path, arrays: Mapping[str, Array]) -> str:
    shapes = [f"{name} {np.shape(array)}" for name, array in arrays.items()]
    return f"{path} holds {', '.join(shapes) or 'no array'}"


def _role(name: str, words: Sequence[str]) -> str | None:
    """Return the part that an array is of, None where the rest of its name is none of `words`."""
    tokens = [t for t in re.split(r"[\W_]+", name.casefold()) if t and t not in _FILLERS]
    parts = [PART_OF_WORD[token] for token in tokens if token in PART_OF_WORD]
    rest = "_".join(token for token in tokens if token not in PART_OF_WORD)
    return "".join(parts[:1]) if rest in words and len(parts) < 2 else None


def _by_part(path: Path, arrays: Mapping[str, Array], words: Sequence[str]) -> dict[str, Array]:
    found: dict[str, Array] = {}
    for name, array in arrays.items():
        part = _role(name, words)
        if part is None:
            continue
        if part in found:
            raise DataError(
                f"{_listed(path, arrays)}: which one is meant is unclear; "
                f"leave one array named {' or '.join(words)} in the file"
            )
        found[part] = array
    return found


def _named_target(path: Path, arrays: Mapping[str, Array], target: str) -> dict[str, Array]:
    if target in arrays:
        return {_role(target, TARGET_NAMES) or "": arrays[target]}
    found = _by_part(path, arrays, (target.casefold(),))
    if not found:
        raise DataError(f"target '{target}': {_listed(path, arrays)}{nearest(target, arrays)}")
    return found


def _only_target(path: Path) -> Array:
    """Return the targets of a labels file: its only array, or the one with the name of a target."""
    arrays = load_arrays(path)
    named = list(_by_part(path, arrays, TARGET_NAMES).values()) or list(arrays.values())
    if len(named) != 1:
        raise DataError(f"labels file {_listed(path, arrays)}; one array of labels is expected")
    return named[0]


def find_arrays(
    path: Path, target: str | None, labels: Path | None, labelled: bool, place: Place = MEMORY
) -> Arrays:
    """Read inputs, and targets when `labelled`, from a file and where given from a labels file.

    Raises:
        DataError: a file cannot be read, or its arrays have names that leave the roles unclear.
        MissingExtraError: an HDF5 file, and h5py is not installed.
    """
    arrays = load_arrays(path, place)
    targets: dict[str, Array] = {}
    if labelled and labels is None:
        if target is None:
            targets = _by_part(path, arrays, TARGET_NAMES)
        else:
            targets = _named_target(path, arrays, target)
    inputs = _by_part(path, arrays, INPUT_NAMES)
    if not inputs and len(arrays) == 1 and not targets:
        inputs = {"": next(iter(arrays.values()))}
    if not inputs or (len(inputs) > 1 and ("" in inputs or "train" not in inputs)):
        raise DataError(
            f"{_listed(path, arrays)}: which array has the inputs is unclear; "
            "name them x and y, or x_train, y_train, x_test and y_test"
        )
    if labelled and labels is not None:
        if len(inputs) > 1:
            raise DataError(f"{path} has several parts, which one labels file cannot label")
        targets = dict.fromkeys(inputs, _only_target(labels))
    skipped = []
    if labelled and set(inputs) - set(targets):
        unlabelled = sorted(set(inputs) - set(targets))
        if not targets or "train" in unlabelled:
            raise DataError(
                f"{_listed(path, arrays)}: no array has the targets; name it y, "
                "or say it with --target NAME or --labels FILE"
            )
        skipped = [Skipped(part, "it has inputs but no targets") for part in unlabelled]
        inputs = {part: array for part, array in inputs.items() if part in targets}
    if len(inputs) == 1:
        (part,) = inputs
        inputs = {"": inputs[part]}
        targets = {"": targets[part]} if targets else {}
    # HDF5 lists test before train.
    inputs = {part: inputs[part] for part in _ORDER if part in inputs}
    return Arrays(inputs, targets, _class_names(arrays), tuple(skipped))


def _class_names(arrays: Mapping[str, Array]) -> tuple[str, ...] | None:
    for name in CLASS_NAMES:
        if name in arrays and arrays[name].ndim == 1:
            values = arrays[name]
            texts = np.char.decode(values, "utf-8") if values.dtype.kind == "S" else values
            return tuple(map(class_name, texts))
    return None
