"""Small data and quick settings for the tests of the estimators."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

# A full batch without dropout: what a weight means is exact then, and a fit takes milliseconds.
QUICK: dict[str, Any] = {
    "epochs": 20,
    "learning_rate": 0.1,
    "batch_size": "full",
    "optimizer": "adam",
    "print_every": 20,
    "l2": 0.0,
    "backend": "numpy",
    "faults": False,
}
QUICK_NETWORK = QUICK | {"hidden": (8,), "keep_prob": 1.0}


@pytest.fixture(autouse=True)
def _quick(without_shape_checks: None) -> None:
    """Every fit takes hundreds of updates: the shapes in them are checked by other tests."""


@pytest.fixture(scope="session")
def blobs() -> tuple[Any, Any]:
    """Return three clouds of 20 points in three dimensions, and the cloud of each (60,)."""
    random = np.random.default_rng(3)
    centres = np.array([[0.0, 0, 3], [3, 0, 0], [0, 4, 0]])
    y = np.repeat(np.arange(3), 20)
    order = random.permutation(60)
    return (centres[y] + random.normal(size=(60, 3)))[order], y[order]
