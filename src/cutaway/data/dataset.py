"""What every reader returns: examples as they were read, before split and encoding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from cutaway.wording import plural

Task = Literal["classification", "multi-label", "regression"]
Kind = Literal["pictures", "table", "array"]


class Rows(Protocol):
    """One row an example: an array (m, n_x) of numbers, or a `Table` still to be encoded."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: npt.NDArray[np.intp], /) -> Any: ...


class PictureShape(NamedTuple):
    """Height, width and channels (1 grey, 3 RGB) of every picture of a data set."""

    height: int
    width: int
    channels: int

    def __str__(self) -> str:
        return f"{self.height}x{self.width}x{self.channels}"


class Skipped(NamedTuple):
    """One file or row that was left out, and why."""

    where: str
    why: str


@dataclass(frozen=True)
class Dataset:
    """Examples as a reader found them; nothing in it depends on a split.

    rows          one row an example: (m, n_x) uint8 pictures or floats, or a Table
    target        (m,) class numbers, (m, n_y) 0/1 for multi-label, (m, n_y) floats for regression;
                  None where the source has no labels (predict)
    classes       class names, in the order of the class numbers; () for regression
    target_names  names of the target columns; ("class",) where the source has no name for it
    picture       shape of every picture, None where the rows are no pictures
    features      names of the n_x inputs where the source names them
    origins       where each example came from: a path relative to the source, or "row 17"
    parts         {"train": indices, "dev": .., "test": ..} where the source fixes them, else empty
    keys          (m,) uint64 hashes of the content, equal where two examples are identical
    skipped       what was left out, and why
    notes         one line for each thing that the person should know (announced by `train`)
    source        JSON: how to read the same again, {"reader": ..., "path": ..., options}
    cached        folder of the cache whose files hold the rows, None where they are in memory
    """

    name: str
    kind: Kind
    task: Task
    rows: Rows
    target: npt.NDArray[Any] | None
    classes: tuple[str, ...] = ()
    target_names: tuple[str, ...] = ("class",)
    picture: PictureShape | None = None
    features: tuple[str, ...] | None = None
    origins: Sequence[str] = ()
    parts: Mapping[str, npt.NDArray[np.intp]] = field(default_factory=dict)
    keys: npt.NDArray[np.uint64] | None = None
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    source: Mapping[str, Any] = field(default_factory=dict)
    cached: str | None = None

    @property
    def m(self) -> int:
        """Number of examples."""
        return len(self.rows)

    def __repr__(self) -> str:
        shape = f" of {self.picture}" if self.picture else ""
        what = f"{plural(self.m, 'picture' if self.picture else 'row')}{shape}"
        learned = plural(len(self.classes), "label" if self.task == "multi-label" else "class")
        if self.task == "regression":
            learned = f"to predict {', '.join(self.target_names)}"
        return f"<Dataset {self.name}: {what}, {learned}>"

    def take(self, index: npt.NDArray[np.intp]) -> Dataset:
        """Return the examples at `index`, in that order, without fixed parts."""
        return replace(
            self,
            rows=self.rows[index],
            target=None if self.target is None else self.target[index],
            origins=[self.origins[i] for i in index] if self.origins else (),
            parts={},
            keys=None if self.keys is None else self.keys[index],
            cached=None,
        )

    def counts(self, index: npt.NDArray[np.intp] | None = None) -> dict[str, int]:
        """Count the examples of each class, of those at `index`: {} without classes or labels."""
        if self.target is None or not self.classes:
            return {}
        target = self.target if index is None else self.target[index]
        if self.task == "multi-label":
            per_class = target.sum(axis=0).astype(int)
        else:
            per_class = np.bincount(target, minlength=len(self.classes))
        return dict(zip(self.classes, per_class.tolist(), strict=True))
