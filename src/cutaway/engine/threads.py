"""How many threads share the products of matrices: many only where these are large.

Threads that wait for each other cost more than a small product: on two cores an update of a few
microseconds took JAX 65, and one of 1.5 ms took it 8, while its threads woke each other up. The
choice follows from the sizes alone, so that the same training has the same bits again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from typing import Any

# NumPy first, so that its BLAS is among the libraries that are found.
import numpy as np  # noqa: F401
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

# Operations of an update's largest product from which BLAS may use all its threads.
FEWEST_OPERATIONS_OF_BLAS = 20_000_000
# The same for JAX, whose threads sleep between two products.
FEWEST_OPERATIONS_OF_JAX = 500_000_000
# XLA reads it when it makes its threads, which is when JAX is first asked for a device.
OF_JAX = "NPROC"


def largest_product(sizes: Sequence[int], batch: int) -> int:
    """Return the operations of the largest product of an update; sizes are n_x, n_1, .., n_L."""
    return 2 * batch * max(n * n_prev for n_prev, n in pairwise(sizes))


@cache
def _libraries() -> Any:
    """Return the thread pools of this process: looking for them takes as long as a small fit."""
    return ThreadpoolController()


def limited_blas(threads: int | None) -> Any:
    """Give BLAS that many threads within a `with`; None leaves it to BLAS."""
    return _libraries().limit(limits=threads, user_api="blas")


def threads_of_blas(operations: int) -> int | None:
    """Return how many threads BLAS may use for such products; None leaves it to BLAS."""
    return None if operations >= FEWEST_OPERATIONS_OF_BLAS else 1


@contextmanager
def threads_of_jax(operations: int) -> Iterator[None]:
    """Let JAX, if it makes its threads now, make one for such products; NPROC may say otherwise.

    The first training in a process decides for all that come after it.
    """
    if operations >= FEWEST_OPERATIONS_OF_JAX or OF_JAX in os.environ:
        yield
        return
    os.environ[OF_JAX] = "1"
    try:
        yield
    finally:
        del os.environ[OF_JAX]
