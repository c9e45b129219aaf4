"""From rows as they were read to the columns X and Y of the engine, and from A back to answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from cutaway.data.columns import Table
from cutaway.data.dataset import Dataset, Kind, PictureShape, Rows, Task
from cutaway.data.encoding import BLOCK, Encoding, Strange, encode, fit_encoding
from cutaway.data.moments import Moments
from cutaway.data.sparse_rows import SparseRows
from cutaway.data.stored_table import StoredTable
from cutaway.engine.inputs import Stored
from cutaway.engine.processes import ALONE, Processes
from cutaway.errors import DataError

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]
# Rows that are converted at a time, and the numbers in them: some megabytes beside the one result
_BLOCK, _MOST_NUMBERS = 2048, 1_000_000
# Numbers of float64 that stay in the cache of the processor between one operation and the next:
# measured, 256 rows of 12288 pixels took 5 ms, and 20 ms at once.
_IN_CACHE = 65_536
# A ReLU is never negative: shifted by its mean, half of a target would be out of its reach. The
# bounded outputs leave a target between their bounds where it is.
NOT_SCALED = ("sigmoid", "tanh")
NOT_SHIFTED = ("relu", *NOT_SCALED)
_TENSORS = ("mean", "scale", "target_mean", "target_scale")


@dataclass(frozen=True, eq=False)
class Preparation:
    """What was learned from the training set to turn rows into inputs, and outputs into answers.

    features       names of the n_x inputs, None where they have none
    encoding       how a table becomes inputs, None for pictures and arrays
    mean, scale    (n_x,): the input is (row - mean) / scale, where a pixel is divided by 255 first
    target_mean, target_scale    (n_y,): the same for the target of a regression, else 0 and 1
    """

    kind: Kind
    task: Task
    classes: tuple[str, ...]
    target_names: tuple[str, ...]
    picture: PictureShape | None
    features: tuple[str, ...] | None
    encoding: Encoding | None
    mean: Floats
    scale: Floats
    target_mean: Floats
    target_scale: Floats

    @property
    def n_x(self) -> int:
        """Number of inputs."""
        return len(self.mean)

    @property
    def n_y(self) -> int:
        """Number of outputs; one for two classes."""
        return len(self.target_mean)

    def inputs(
        self, rows: Any, dtype: npt.DTypeLike, index: Indices | None = None
    ) -> tuple[Any, tuple[str, ...]]:
        """Return X (n_x, m), the transposed view of contiguous rows, and notes; index: all rows.

        X of sparse rows is `Sparse`.

        Raises:
            DataError: the rows have another number of inputs, or a number is too large for `dtype`.
        """
        if isinstance(rows, SparseRows):
            self._check_n_x(rows)
            return rows.inputs(self.mean, self.scale, dtype, index), ()
        strange = None if self.encoding is None else Strange(self.encoding)
        read = (lambda some: some) if strange is None else strange.encode
        m = len(rows) if index is None else len(index)
        self._check_n_x(rows)
        inputs = np.empty((m, self.n_x), dtype)
        size = _block_size(self.n_x)
        for start in range(0, m, size):
            some = slice(start, min(start + size, m))
            self.normalise(read(rows[some if index is None else index[some]]), inputs[some])
        return inputs.T, () if strange is None else strange.notes()

    def columns(
        self, rows: Any, dtype: npt.DTypeLike
    ) -> tuple[npt.NDArray[Any] | Stored, tuple[str, ...]]:
        """Return X (n_x, m) as `inputs` does, its columns made block by block where possible.

        Raises:
            DataError: as `inputs`.
        """
        if isinstance(rows, Table) and not isinstance(rows, StoredTable):
            return self.inputs(rows, dtype)
        index = np.arange(len(rows))
        return self.stored_inputs(rows, dtype, index), self.notes(rows, index)

    def stored_inputs(self, rows: Any, dtype: npt.DTypeLike, index: Indices) -> Stored:
        """Return X (n_x, m) whose columns are made when they are asked for; see `inputs`."""
        self._check_n_x(rows)
        read: Callable[[Any], Any] = lambda some: some  # noqa: E731
        if self.encoding is not None:
            rows, read = rows.matrix, rows.encoder(self.encoding)

        def make(some: Any) -> npt.NDArray[Any]:
            inputs = np.empty((len(some), self.n_x), dtype)
            self.normalise(read(some), inputs)
            return inputs

        return Stored(rows, index, make, self.n_x, dtype)

    def notes(self, rows: Rows, index: Indices) -> tuple[str, ...]:
        """Return the notes of `inputs` without the inputs."""
        if self.encoding is None:
            return ()
        strange = Strange(self.encoding)
        for start in range(0, len(index), BLOCK):
            strange.encode(rows[index[start : start + BLOCK]])
        return strange.notes()

    def normalise(self, rows: npt.NDArray[Any], inputs: npt.NDArray[Any]) -> None:
        """Write (row - mean) / scale into `inputs`; a pixel is divided by 255 first.

        Raises:
            DataError: a number is too large for the type of `inputs`.
        """
        # In float64, whatever the types: some rows at a time, which stay in the cache
        size = max(1, _IN_CACHE // self.n_x)
        exact = np.empty((min(size, len(rows)), self.n_x))
        largest = 255.0 if self.kind == "pictures" else 1.0
        try:
            with np.errstate(over="raise"):
                mean, scale = largest * self.mean, largest * self.scale
                for start in range(0, len(rows), size):
                    some, made = (a[start : start + size] for a in (rows, inputs))
                    centred = np.subtract(some, mean, out=exact[: len(some)])
                    np.divide(centred, scale, out=made, casting="same_kind")
        except FloatingPointError:
            raise DataError(
                f"an input is too large for {inputs.dtype} (the largest is "
                f"{np.abs(rows).max():g}); divide the column, or correct the value"
            ) from None

    def _check_n_x(self, rows: Any) -> None:
        shape = (self.n_x,) if self.encoding else rows.shape[1:]
        if shape != (self.n_x,):
            raise DataError(
                f"the examples have {np.prod(shape, dtype=int)} inputs each, "
                f"but the model takes {self.n_x}; give it data like those it was trained on"
            )

    def outputs(self, target: npt.NDArray[Any], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """Return Y (n_y, m): 0/1 for two classes, one-hot for more, standardised numbers."""
        if self.task == "regression":
            return np.asarray((target - self.target_mean) / self.target_scale, dtype=dtype).T
        if self.task == "multi-label":
            return target.astype(dtype).T
        if self.n_y == 1:
            return target.astype(dtype)[np.newaxis]
        return np.asarray(np.eye(self.n_y, dtype=dtype)[target]).T

    def answers(self, A: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Turn A (n_y, m) into class numbers (m,), labels 0/1 (m, n_y) or numbers (m, n_y)."""
        if self.task == "regression":
            return np.asarray(A.T * self.target_scale + self.target_mean)
        if self.task == "multi-label":
            return np.asarray(A.T > 0.5, dtype=np.int64)
        numbers = (A[0] > 0.5) if self.n_y == 1 else A.argmax(axis=0)
        return np.asarray(numbers, dtype=np.int64)

    def probabilities(self, A: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Turn A (n_y, m) into the probability of each class (m, K); of each label for multi-label.

        Raises:
            ValueError: a regression has no probabilities.
        """
        if self.task == "regression":
            raise ValueError("a regression has no probabilities")
        if self.task == "classification" and self.n_y == 1:
            return np.column_stack([1 - A[0], A[0]])
        return A.T

    def to_json(self) -> dict[str, Any]:
        """Return everything but the numbers of each input and output as JSON."""
        return {
            "kind": self.kind,
            "task": self.task,
            "classes": list(self.classes),
            "target_names": list(self.target_names),
            "picture": None if self.picture is None else list(self.picture),
            "features": None if self.features is None else list(self.features),
            "encoding": None if self.encoding is None else self.encoding.to_json(),
        }

    def to_tensors(self) -> dict[str, Floats]:
        """Return the numbers of each input and output by name."""
        return {name: getattr(self, name) for name in _TENSORS}

    @classmethod
    def from_parts(cls, json: Mapping[str, Any], tensors: Mapping[str, Floats]) -> Preparation:
        """Make the preparation from what `to_json` and `to_tensors` returned."""
        return cls(
            kind=json["kind"],
            task=json["task"],
            classes=tuple(json["classes"]),
            target_names=tuple(json["target_names"]),
            picture=None if json["picture"] is None else PictureShape(*json["picture"]),
            features=None if json["features"] is None else tuple(json["features"]),
            encoding=None if json["encoding"] is None else Encoding.from_json(json["encoding"]),
            **{name: np.asarray(tensors[name], dtype=np.float64) for name in _TENSORS},
        )


def fit_preparation(
    dataset: Dataset,
    train_index: Indices,
    *,
    normalize: str,
    weights: Floats | None = None,
    output: str = "auto",
    processes: Processes = ALONE,
) -> tuple[Preparation, tuple[str, ...]]:
    """Fit on the training examples `train_index` only, each with its weight (m_train,); add notes.

    normalize is "standard" (mean 0 and deviation 1; for pictures one deviation for all pixels) or
    "none". A weight of 2 counts as the example twice. `output` is the last layer's activation: the
    target of a regression is brought to its range. Of several processes each reads the inputs of
    its own examples; process 0 fits the encoding of a table.

    Raises:
        DataError: there are no targets, fewer than two classes, no usable input, or a number that
            is too large.
    """
    if dataset.target is None:
        raise DataError(f"'{dataset.name}' has no targets to learn from")
    if dataset.task == "classification" and len(dataset.classes) < 2:
        raise DataError(
            f"'{dataset.name}' has one class only ({', '.join(dataset.classes) or 'none'}); "
            "two at least are needed to tell apart"
        )
    encoding, features = None, dataset.features
    notes: tuple[str, ...] = ()
    if isinstance(dataset.rows, Table):
        encoding, notes = _fit_encoding(dataset.rows, train_index, weights, processes)
        features = encoding.names
    n_x = len(encoding.names) if encoding else np.shape(cast(Any, dataset.rows))[1]
    mean, scale = np.zeros(n_x), np.ones(n_x)
    if normalize == "standard":
        own = processes.own(train_index), None if weights is None else processes.own(weights)
        if isinstance(dataset.rows, SparseRows):
            moments = dataset.rows[own[0]].moments(own[1])
        else:
            moments = Moments.of(_blocks(dataset, own[0], encoding, n_x), own[1], n_x)
        mean, scale = moments.over(processes).mean_and_deviation(features)
        if dataset.kind == "pictures":
            scale = _one_scale(scale)
    target = dataset.target[train_index]
    n_y = target.shape[1] if target.ndim == 2 else _units(len(dataset.classes))
    target_mean, target_scale = np.zeros(n_y), np.ones(n_y)
    if dataset.task == "regression":
        moments = Moments.of(iter([target.astype(np.float64)]), weights, n_y)
        target_mean, target_scale = moments.mean_and_deviation(dataset.target_names)
        if output in NOT_SHIFTED:
            target_mean = np.zeros(n_y)
        if output in NOT_SCALED:
            target_scale = np.ones(n_y)
    preparation = Preparation(
        kind=dataset.kind,
        task=dataset.task,
        classes=dataset.classes,
        target_names=dataset.target_names,
        picture=dataset.picture,
        features=features,
        encoding=encoding,
        mean=mean,
        scale=_no_zero(scale),
        target_mean=target_mean,
        target_scale=_no_zero(target_scale),
    )
    return preparation, notes


def _fit_encoding(
    table: Table, index: Indices, weights: Floats | None, processes: Processes
) -> tuple[Encoding, tuple[str, ...]]:
    def fit() -> Any:
        encoding, notes = fit_encoding(table, index, weights)
        return encoding.to_json(), notes

    encoding, notes = processes.of_first(fit)
    return Encoding.from_json(encoding), tuple(notes)


def _units(K: int) -> int:
    return 1 if K == 2 else K


def _block_size(n_x: int) -> int:
    return min(_BLOCK, max(1, _MOST_NUMBERS // n_x))


def _blocks(
    dataset: Dataset, index: Indices, encoding: Encoding | None, n_x: int
) -> Iterator[Floats]:
    """Yield the rows at `index` as float64, pixels divided by 255, some thousand at a time."""
    rows: Any = dataset.rows
    size = _block_size(n_x)
    fast = None
    if isinstance(rows, StoredTable) and encoding:
        rows, fast = rows.matrix, rows.encoder(encoding)
    for start in range(0, len(index), size):
        block = rows[index[start : start + size]]
        if fast is not None:
            yield fast(block)
        elif encoding is not None:
            yield encode(block, encoding)[0]
        else:
            block = block.astype(np.float64, copy=False)
            yield block / 255 if dataset.kind == "pictures" else block


def _one_scale(deviation: Floats) -> Floats:
    # A pixel that hardly ever changes (a border) would be blown up by its own deviation: on the
    # digits to 83 deviations in the dev set. Pixels share a unit, so they share a scale, which on
    # the digits also gives the smaller error of a dense network (2.3 % against 2.9 %).
    return np.full_like(deviation, np.sqrt(np.mean(deviation**2)))


def _no_zero(scale: Floats) -> Floats:
    return np.where(scale > 0, scale, 1.0)
