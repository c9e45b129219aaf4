"""Every kind of input gives the columns that an array gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from cutaway.engine.inputs import Stored, ahead, at_once, block, blocks, take
from cutaway.equations.example_space import example_space

RANDOM = np.random.default_rng(1)
ROWS = RANDOM.integers(0, 256, (12, 4), dtype=np.uint8)
INDEX = np.array([9, 2, 3, 3, 11, 0])


def make(rows: Any) -> Any:
    return (rows / 255).astype(np.float32)


def kinds() -> dict[str, tuple[Any, Any]]:
    """Return each kind of input, and the array of the same columns."""
    X = make(ROWS[INDEX]).T
    space = example_space(X.astype(np.float64), RANDOM.normal(size=(3, 4)))
    return {
        "array": (X, X),
        "stored": (Stored(ROWS, INDEX, make, 4, "float32"), X),
        "example space": (space, np.concatenate([space.K, space.Z_0])),
    }


@pytest.mark.parametrize("name", kinds())
def test_columns_are_those_of_the_array(name: str) -> None:
    X, array = kinds()[name]

    def columns(some: Any) -> Any:
        return np.concatenate([some.K, some.Z_0]) if name == "example space" else some

    assert X.shape == array.shape
    assert X.dtype == array.dtype
    for index in (np.array([5, 0, 0]), np.array([2])):
        taken = take(X, index, np.zeros(len(INDEX), int))
        np.testing.assert_array_equal(columns(taken), array[:, index])
    for some in (slice(1, 4), slice(4, 100), slice(None)):
        np.testing.assert_array_equal(columns(block(X, some)), array[:, some])
    np.testing.assert_array_equal(columns(at_once(X)), array)
    chunks = [columns(block(X, some)) for some in blocks(X)]
    np.testing.assert_array_equal(np.concatenate(chunks, axis=1), array)


def test_stored_columns_are_contiguous_rows() -> None:
    X, _ = kinds()["stored"]
    assert take(X, np.array([1, 4]), None).T.flags.c_contiguous


def test_networks_of_a_stack_have_mini_batches_of_their_own() -> None:
    X, array = kinds()["stored"]
    index = np.array([[5, 0], [1, 1], [2, 3]])
    expected = np.stack([array[:, of_network] for of_network in index])
    np.testing.assert_array_equal(take(X, index, None), expected)
    np.testing.assert_array_equal(take(array, index, None), expected)


def test_what_is_in_memory_already_is_not_copied() -> None:
    X, _ = kinds()["array"]
    assert at_once(X) is X


@pytest.mark.parametrize(
    ("n_x", "m", "sizes"),
    [(1, 10_000, [4096, 4096, 1808]), (2_000_000, 5, [2, 2, 1]), (9_000_000, 2, [1, 1])],
)
def test_blocks_are_bounded_in_columns_and_numbers(n_x: int, m: int, sizes: list[int]) -> None:
    X = np.broadcast_to(np.float32(0), (n_x, m))
    assert [some.stop - some.start for some in blocks(X)] == sizes


@pytest.mark.parametrize("name", kinds())
def test_ahead_keeps_the_order_and_the_error(name: str) -> None:
    X, _ = kinds()[name]

    def items() -> Iterator[int]:
        yield from range(5)
        raise ArithmeticError("in the middle")

    assert list(ahead(X, range(7))) == list(range(7))
    got: list[int] = []
    with pytest.raises(ArithmeticError, match="in the middle"):
        got.extend(ahead(X, items()))
    assert got == list(range(5))


def test_ahead_is_one_ahead_and_ends_with_its_reader() -> None:
    X, _ = kinds()["stored"]
    made = []

    def items() -> Iterator[int]:
        for i in range(100):
            made.append(i)
            yield i

    reading = ahead(X, items())
    assert next(reading) == 0
    reading.close()  # type: ignore[attr-defined]
    assert len(made) <= 2
