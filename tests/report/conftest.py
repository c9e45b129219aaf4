"""Data with names that would break out of a page, for every kind of report."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway.data.columns import Table
from cutaway.data.dataset import Dataset, PictureShape, Skipped

EVIL = "<script>alert('1')</script> & \"x\""


def _origins(m: int) -> list[str]:
    return [f"{i}/caf\udce9 {EVIL}.png" for i in range(m)]


def pictures(channels: int, K: int = 3, m: int = 120) -> Dataset:
    random = np.random.default_rng(0)
    shape = PictureShape(6, 5, channels)
    target = np.arange(m) % K
    rows = random.integers(0, 100, (m, 30 * channels)) + (target * 150 // K)[:, np.newaxis]
    return Dataset(
        name=EVIL,
        kind="pictures",
        task="classification",
        rows=rows.astype(np.uint8),
        target=target,
        classes=(EVIL, *(f"class {k}" for k in range(1, K))),
        picture=shape,
        origins=_origins(m),
        skipped=(Skipped(f"{EVIL}.jpg", "it is truncated"),),
        notes=(f"a note on {EVIL}",),
    )


def table(task: Any, n_y: int = 1, n_x: int = 10) -> Dataset:
    random = np.random.default_rng(0)
    m = 100
    numbers = random.normal(size=(m, n_x))
    columns: dict[str, Any] = {f"{EVIL} {i}": numbers[:, i] for i in range(n_x)}
    columns[f"{EVIL} 0"] = np.where(np.arange(m) % 9 == 0, np.nan, numbers[:, 0])
    columns["colour"] = np.array([None, EVIL, "red"], dtype=object)[np.arange(m) % 3]
    columns["sold"] = np.arange(m) % 2 == 0
    target: Any = numbers[:, :n_y] * 100 + random.normal(size=(m, n_y)) * 50
    classes: tuple[str, ...] = ()
    names = tuple(f"price {EVIL} {k}" for k in range(n_y))
    if task == "classification":
        target, classes, names = (target[:, 0] > 0).astype(np.int64), ("no", EVIL), ("class",)
    if task == "multi-label":
        target, classes = (target > 0).astype(np.float64), names
    return Dataset(
        name="houses",
        kind="table",
        task=task,
        rows=Table(columns),
        target=target,
        classes=classes,
        target_names=names,
        origins=_origins(m),
    )


def arrays() -> Dataset:
    """Arrays without names or origins, and two inputs."""
    rows = np.random.default_rng(0).normal(size=(80, 2))
    target = (rows[:, 0] * rows[:, 1] > 0).astype(np.int64)
    return Dataset("xy", "array", "classification", rows, target, ("out", "in"))
