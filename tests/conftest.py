"""What all tests share: strict numerics on JAX, repeatable properties, the place of real data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Read when a test first imports JAX: no silent change of dtype, no silent broadcast of ranks.
os.environ.setdefault("JAX_NUMPY_DTYPE_PROMOTION", "strict")
os.environ.setdefault("JAX_NUMPY_RANK_PROMOTION", "raise")

# A busy machine is no failure, and a red build shall be red again when it is repeated.
settings.register_profile("local", deadline=None, max_examples=50)
settings.register_profile("ci", deadline=None, max_examples=50, derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Return the folder of real data that CUTAWAY_TEST_DATA names."""
    folder = Path(os.environ.get("CUTAWAY_TEST_DATA", ""))
    if not os.environ.get("CUTAWAY_TEST_DATA") or not folder.is_dir():
        pytest.skip("the environment variable CUTAWAY_TEST_DATA names no folder of real data")
    return folder
