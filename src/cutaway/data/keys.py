"""Hashes of the content of examples: equal where two examples are, whatever their labels."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt

# Digests that are held as Python objects at a time
_BLOCK = 65_536


def content_keys(rows: npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
    """Return a 64-bit hash of the bytes of every row: rows (m, ...) -> (m,)."""
    keys = np.empty(len(rows), np.uint64)
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        digests = b"".join(hashlib.blake2b(row.tobytes(), digest_size=8).digest() for row in block)
        # A fixed byte order: a split by hash must be the same on every machine.
        keys[start : start + _BLOCK] = np.frombuffer(digests, dtype="<u8")
    return keys


def mixed(keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Spread 64-bit numbers: every bit of one reaches every bit of the result."""
    # The finaliser of splitmix64
    keys = keys + np.uint64(0x9E3779B97F4A7C15)
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))
