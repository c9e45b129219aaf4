"""Kinds of input: what may stand where X (n_x, m) stands, and how its columns are had.

An array is one kind. The others are an `ExampleSpace`, which stands for a wide X, a `Stored`, which
stands for an X larger than memory, `Sparse`, of which most is 0, and `Augmented`, pictures that are
drawn anew in each epoch. A new kind is one more row below each function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import singledispatch
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from cutaway.engine.sparse import Sparse
from cutaway.equations._array import take_columns
from cutaway.equations.example_space import ExampleSpace

# Columns that are propagated forward at once: few enough for the activations to stay in the cache,
# and fewer where each has so many inputs that those of a block would take more than 16 MB.
MOST_COLUMNS = 4096
MOST_NUMBERS = 4_000_000
Item = TypeVar("Item")


class Stored:
    """Columns whose rows lie in a memory-mapped file; each is made when it is asked for.

    rows       (n, ..): one row an example, as it was read
    index      (m,) the rows that are the columns of X, in their order
    make       turns rows (b, ..) into inputs (b, n_x), contiguous and of `dtype`; row by row, so
               that an example has the same bits in every mini-batch
    """

    def __init__(
        self,
        rows: npt.NDArray[Any],
        index: npt.NDArray[np.intp],
        make: Callable[[npt.NDArray[Any]], npt.NDArray[Any]],
        n_x: int,
        dtype: npt.DTypeLike,
    ) -> None:
        self.rows = rows
        self.index = index
        self.make = make
        self.shape = n_x, len(index)
        self.dtype = np.dtype(dtype)

    def take(self, columns: Any) -> npt.NDArray[Any]:
        """Return columns (n_x, b) as an array: the transposed view of contiguous rows.

        Columns (k, b) give a mini-batch for each network of a stack (k, n_x, b).
        """
        index = self.index[columns]
        rows = self.make(self.rows[index.reshape(-1)])
        return rows.reshape(*index.shape, self.shape[0]).mT

    def at(self, columns: npt.NDArray[np.intp]) -> Stored:
        """Return some columns, still to be made when they are asked for."""
        return Stored(self.rows, self.index[columns], self.make, self.shape[0], self.dtype)


class Augmented:
    """Pictures that each epoch sees anew: training takes them as drawn, measuring as they are.

    X       (n_x, m): the pictures as they are, of any kind
    draw    makes columns (b,) of X anew, each by a generator of its own: inputs (b, n_x),
            contiguous and of its type
    places  (m,) where each stands in the training set, of which this process may have a share
    """

    def __init__(
        self,
        X: Any,
        draw: Callable[[npt.NDArray[Any], Sequence[np.random.Generator]], npt.NDArray[Any]],
        places: npt.NDArray[np.integer[Any]],
    ) -> None:
        self.X, self.draw, self.places = X, draw, places
        self.shape, self.dtype = X.shape, X.dtype


class Drawn:
    """The pictures of one epoch, by a key (2,) a seed of the stack.

    The numbers of a picture follow from the key and its place, in whatever order, mini-batch or
    process it is drawn.
    """

    def __init__(
        self, pictures: Augmented, keys: Sequence[npt.NDArray[np.unsignedinteger[Any]]]
    ) -> None:
        self.pictures, self.keys = pictures, keys
        self.shape, self.dtype = pictures.shape, pictures.dtype

    def take(self, columns: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return columns (n_x, b); (k, n_x, b) of a stack whose seeds or mini-batches differ."""
        if len(self.keys) == 1:
            return self._rows(columns, self.keys[0]).mT
        own = np.broadcast_to(columns, (len(self.keys), columns.shape[-1]))
        return np.stack([self._rows(*pair) for pair in zip(own, self.keys, strict=True)]).mT

    def all(self) -> npt.NDArray[Any]:
        """Return all columns, in their order."""
        columns = np.arange(self.shape[1])
        rows = [self.take(columns[some]).mT for some in blocks(self)]
        return np.concatenate(rows, axis=-2).mT

    def _rows(
        self, columns: npt.NDArray[Any], key: npt.NDArray[np.unsignedinteger[Any]]
    ) -> npt.NDArray[Any]:
        # A place is far more numbers away from the next than a picture takes.
        counters = np.zeros((len(columns), 4), np.uint64)
        counters[:, 3] = self.pictures.places[columns]
        generators = [np.random.Generator(np.random.Philox(key=key, counter=c)) for c in counters]
        return self.pictures.draw(columns, generators)


@singledispatch
def take(X: Any, columns: Any, place: Any) -> Any:
    """Gather the inputs of a mini-batch; `columns` (b,), or (k, b) for a stack of networks.

    place: where each example stands in the batch, (m,) or (k, m), for an ExampleSpace.
    """
    return take_columns(X, columns)


@take.register
def _(X: ExampleSpace, columns: Any, place: Any) -> Any:
    return X.take(columns, place)


@take.register
def _(X: Augmented, columns: Any, place: Any) -> Any:
    return take(X.X, columns, place)


@take.register(Stored)
@take.register(Sparse)
@take.register(Drawn)
def _(X: Any, columns: Any, place: Any) -> Any:
    return X.take(columns)


@singledispatch
def block(X: Any, columns: slice) -> Any:
    """Look at some columns of X, to propagate them forward only."""
    return X[..., columns]


@block.register(ExampleSpace)
@block.register(Sparse)
def _(X: Any, columns: slice) -> Any:
    return X.block(columns)


@block.register
def _(X: Stored, columns: slice) -> Any:
    return X.take(columns)


@block.register
def _(X: Augmented, columns: slice) -> Any:
    return block(X.X, columns)


@singledispatch
def at_once(X: Any) -> Any:
    """Return all columns of X in memory: what a full batch needs."""
    return X


@at_once.register
def _(X: Stored) -> Any:
    return X.take(slice(None))


@at_once.register
def _(X: Drawn) -> Any:
    return X.all()


@at_once.register
def _(X: ExampleSpace) -> Any:
    # Mini-batches gather columns, but U @ K and what is added to it run along rows.
    return X._replace(K=np.ascontiguousarray(X.K), Z_0=np.ascontiguousarray(X.Z_0))


@singledispatch
def ahead(X: Any, items: Iterable[Item]) -> Iterator[Item]:
    """Yield what is gathered from X, in its order."""
    yield from items


@ahead.register(Stored)
@ahead.register(Augmented)
def _(X: Any, items: Iterable[Item]) -> Iterator[Item]:
    # A thread makes the next one while this one is used; NumPy lets others compute meanwhile.
    remaining = iter(items)
    with ThreadPoolExecutor(1) as executor:
        future = executor.submit(next, remaining, None)
        while (item := future.result()) is not None:
            future = executor.submit(next, remaining, None)
            yield item


@singledispatch
def members(X: Any, index: Any) -> Any:
    """Return X as some networks of a stack see it, or as one does: most kinds are one for all."""
    return X


@members.register
def _(X: ExampleSpace, index: Any) -> Any:
    return X.members(index)


def blocks(X: Any, k: int = 1) -> list[slice]:
    """Cut the columns of X into blocks, which k networks propagate forward one after the other."""
    n_x, m = X.shape
    size = max(1, min(MOST_COLUMNS // k, MOST_NUMBERS // n_x))
    return [slice(i, min(i + size, m)) for i in range(0, m, size)]
