"""From labels as people write them to class numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cutaway.errors import DataError, nearest


def _order(name: str) -> tuple[int, float, str]:
    try:
        return (0, float(name), name)
    except ValueError:
        return (1, 0.0, name)


def class_name(label: object) -> str:
    """Write a label as a class name: True -> "true", 3.0 -> "3", np.str_("cat") -> "cat"."""
    if isinstance(label, bool | np.bool_):
        return "true" if label else "false"
    if isinstance(label, float | np.floating) and float(label).is_integer():
        return str(int(label))
    return str(label).strip()


def number_classes(
    labels: Sequence[object] | npt.NDArray[np.generic],
    classes: tuple[str, ...] | None = None,
    where: str = "the labels",
) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """Return (class number of each label (m,), class names).

    Without `classes` the names are those that occur, numbers in numeric order before words in
    alphabetic order; with `classes` (those of a trained model) every label must be one of them.

    Raises:
        DataError: a label is not among `classes`.
    """
    # Each different label is named once: there may be many millions of examples
    distinct, places = _distinct(labels)
    names = [class_name(label) for label in distinct]
    if classes is None:
        classes = tuple(sorted(set(names), key=_order))
    number = {name: i for i, name in enumerate(classes)}
    foreign = sorted(set(names) - set(number), key=_order)
    if foreign:
        raise DataError(
            f"{where}: '{foreign[0]}' is none of the classes of this model ({', '.join(classes)})"
            f"{nearest(foreign[0], classes)}"
            + (f"; and {len(foreign) - 1} other unknown labels" if len(foreign) > 1 else "")
        )
    return np.array([number[name] for name in names], dtype=np.int64)[places], classes


def _distinct(
    labels: Sequence[object] | npt.NDArray[np.generic],
) -> tuple[Sequence[object], npt.NDArray[np.intp]]:
    """Return the different labels, and which of them each label is."""
    if isinstance(labels, np.ndarray) and labels.dtype.kind in "biuf":
        values, places = np.unique(labels, return_inverse=True)
        return list(values), places
    place: dict[tuple[type, object], int] = {}
    # True, 1 and 1.0 are equal, and have different names
    keys = ((type(label), label) for label in labels)
    places = np.fromiter((place.setdefault(key, len(place)) for key in keys), np.intp, len(labels))
    return [key[1] for key in place], places
