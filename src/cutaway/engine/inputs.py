"""Kinds of input: what may stand where X (n_x, m) stands, and how its columns are had.

An array is one kind. The others are an `ExampleSpace`, which stands for a wide X, and a `Stored`,
which stands for an X larger than memory. A new kind is one more row below each function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import singledispatch
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

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
        """Return columns (n_x, b) as an array: the transposed view of contiguous rows."""
        return self.make(self.rows[self.index[columns]]).T


@singledispatch
def take(X: Any, index: Any) -> Any:
    """Gather the columns of X at `index` (b,): the inputs of a mini-batch."""
    # Rows of X.T are contiguous, so a mini-batch is a gather of whole rows.
    return np.take(X.T, index, axis=0).T


@take.register
def _(X: ExampleSpace, index: Any) -> Any:
    place = np.full(X.m, len(index))
    place[index] = np.arange(len(index))
    return X.take(index, place)


@take.register
def _(X: Stored, index: Any) -> Any:
    return X.take(index)


@singledispatch
def block(X: Any, columns: slice) -> Any:
    """Look at some columns of X, to propagate them forward only."""
    return X[:, columns]


@block.register
def _(X: ExampleSpace, columns: slice) -> Any:
    return X._replace(G=X.G[:, columns])


@block.register
def _(X: Stored, columns: slice) -> Any:
    return X.take(columns)


@singledispatch
def at_once(X: Any) -> Any:
    """Return all columns of X in memory: what a full batch needs."""
    return X


@at_once.register
def _(X: Stored) -> Any:
    return X.take(slice(None))


@singledispatch
def ahead(X: Any, items: Iterable[Item]) -> Iterator[Item]:
    """Yield what is gathered from X, in its order."""
    yield from items


@ahead.register
def _(X: Stored, items: Iterable[Item]) -> Iterator[Item]:
    # A thread makes the next one while this one is used; NumPy lets others compute meanwhile.
    remaining = iter(items)
    with ThreadPoolExecutor(1) as executor:
        future = executor.submit(next, remaining, None)
        while (item := future.result()) is not None:
            future = executor.submit(next, remaining, None)
            yield item


def blocks(X: Any) -> list[slice]:
    """Return the columns of X, cut into blocks that are propagated forward one after the other."""
    n_x, m = X.shape
    size = min(MOST_COLUMNS, max(1, MOST_NUMBERS // n_x))
    return [slice(i, min(i + size, m)) for i in range(0, m, size)]
