"""The course's two-dimensional sets, generated: always the same points, two inputs, two classes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FEATURES = ("x1", "x2")
CLASSES = ("red", "blue")
POINTS = 400

_NOISE_SEED = 1


class Points(NamedTuple):
    """Rows (m, 2) and their class numbers (m,)."""

    rows: npt.NDArray[np.float64]
    target: npt.NDArray[np.int64]


def planar() -> Points:
    """Return the course's flower: petals r = 4 sin(4 t), alternately red and blue."""
    # The legacy generator, and t drawn before r: only so the course's published costs come out
    random = np.random.RandomState(1)
    petals = []
    for j in range(2):
        t = np.linspace(3.12 * j, 3.12 * (j + 1), POINTS // 2) + random.randn(POINTS // 2) * 0.2
        r = 4 * np.sin(4 * t) + random.randn(POINTS // 2) * 0.2
        petals.append(np.column_stack([r * np.sin(t), r * np.cos(t)]))
    return Points(np.concatenate(petals), _halves())


def circles() -> Points:
    """Return a circle of radius 1 around one of radius 1/2, with noise."""
    radius = np.where(_halves() == 0, 1.0, 0.5)
    t = np.tile(np.linspace(0, 2 * np.pi, POINTS // 2, endpoint=False), 2)
    return Points(_noisy(np.column_stack([radius * np.cos(t), radius * np.sin(t)]), 0.1), _halves())


def moons() -> Points:
    """Return two half circles that reach into each other, with noise."""
    t = np.linspace(0, np.pi, POINTS // 2)
    upper = np.column_stack([np.cos(t), np.sin(t)])
    lower = np.column_stack([1 - np.cos(t), 0.5 - np.sin(t)])
    return Points(_noisy(np.concatenate([upper, lower]), 0.2), _halves())


def xor() -> Points:
    """Return a square in which opposite quarters have the same colour, with noise."""
    corners = np.random.default_rng(_NOISE_SEED).uniform(-1, 1, (POINTS, 2))
    target = ((corners[:, 0] > 0) != (corners[:, 1] > 0)).astype(np.int64)
    return Points(_noisy(corners, 0.05), target)


def _halves() -> npt.NDArray[np.int64]:
    return np.repeat(np.arange(2), POINTS // 2)


def _noisy(rows: npt.NDArray[np.float64], noise: float) -> npt.NDArray[np.float64]:
    return rows + np.random.default_rng(_NOISE_SEED + 1).normal(0, noise, rows.shape)
