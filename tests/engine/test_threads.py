"""How many threads share the products: from the sizes alone, JAX's said to it in time."""

from __future__ import annotations

import os

import pytest
from threadpoolctl import threadpool_info

from cutaway.engine.threads import (
    FEWEST_OPERATIONS_OF_BLAS,
    FEWEST_OPERATIONS_OF_JAX,
    OF_JAX,
    largest_product,
    limited_blas,
    threads_of_blas,
    threads_of_jax,
)


def test_the_largest_product_is_of_two_neighbouring_layers() -> None:
    assert largest_product((2, 4, 1), 400) == 2 * 2 * 4 * 400
    assert largest_product((2, 30, 20, 1), 1) == 2 * 30 * 20


def test_blas_has_all_threads_for_large_products_only() -> None:
    assert threads_of_blas(FEWEST_OPERATIONS_OF_BLAS) is None
    assert threads_of_blas(FEWEST_OPERATIONS_OF_BLAS - 1) == 1


def test_blas_is_limited_for_a_while() -> None:
    def threads() -> list[int]:
        pools = threadpool_info()
        return [pool["num_threads"] for pool in pools if pool["user_api"] == "blas"]

    before = threads()
    with limited_blas(None):
        assert threads() == before
    with limited_blas(1):
        assert threads() == [1] * len(before)
    assert threads() == before


@pytest.mark.parametrize(
    ("operations", "set_by_user", "within"),
    [
        (FEWEST_OPERATIONS_OF_JAX, None, None),
        (FEWEST_OPERATIONS_OF_JAX - 1, None, "1"),
        (1, "7", "7"),
    ],
)
def test_jax_makes_one_thread_for_small_products(
    monkeypatch: pytest.MonkeyPatch, operations: int, set_by_user: str | None, within: str | None
) -> None:
    monkeypatch.delenv(OF_JAX, raising=False)
    if set_by_user:
        monkeypatch.setenv(OF_JAX, set_by_user)
    with threads_of_jax(operations):
        assert os.environ.get(OF_JAX) == within
    assert os.environ.get(OF_JAX) == set_by_user
