"""Data of the bank of faults, and what is done to them: each a function of rows, target, random.

Rows x (m, n_x) are standardised numbers; where the fault lies in their size, they are not again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import datasets

from cutaway.data.columns import Table
from cutaway.data.dataset import Dataset
from cutaway.data.load import load

Random = np.random.Generator
Floats = npt.NDArray[np.float64]


def _friedman(seed: int) -> Any:
    return datasets.make_friedman1(600, noise=0.5, random_state=seed)


def _clusters(classes: int) -> Callable[[int], Any]:
    return lambda seed: datasets.make_classification(
        800, 20, n_informative=6, n_classes=classes, flip_y=0.02, random_state=seed
    )


# Data sets that are drawn anew with each seed; the others are cutaway's own.
DRAWN: Mapping[str, Callable[[int], Any]] = {
    "clusters": _clusters(2),
    "five clusters": _clusters(5),
    "quantiles": lambda seed: datasets.make_gaussian_quantiles(
        n_samples=900, n_features=8, n_classes=3, random_state=seed
    ),
    "friedman": _friedman,
    "linear": lambda seed: datasets.make_regression(400, 12, noise=20.0, random_state=seed),
}
CLASSES = ("digits", "breast_cancer", "wine", "moons", "iris", "clusters", "five clusters",
           "quantiles")  # fmt: skip
NUMBERS = ("diabetes", "friedman", "linear")
DATA = (*CLASSES, *NUMBERS)


def numbers(name: str, seed: int) -> tuple[Floats, Any]:
    """Return rows (m, n_x) as they are, and classes (m,) or numbers (m,)."""
    if name in DRAWN:
        x, y = DRAWN[name](seed)
        return x, y
    dataset = load(name)
    rows: Any = dataset.rows
    columns = (
        list(rows.columns.values())
        if isinstance(rows, Table)
        else np.asarray(rows).reshape(dataset.m, -1).T
    )
    target: Any = dataset.target
    x = np.stack([np.asarray(c, np.float64) for c in columns], axis=1)
    return x, target.reshape(dataset.m, -1)[:, 0]


def standard(x: Floats) -> Floats:
    """Return columns of mean 0 and deviation 1; those that do not vary are 0."""
    centred: Floats = x - x.mean(axis=0)
    return centred / np.where(centred.std(axis=0) > 0, centred.std(axis=0), 1.0)


def made(x: Any, y: Any, parts: Any = None, **more: Any) -> Dataset:
    """Return a table of columns x0, x1, .. and more; y of whole numbers are classes."""
    columns = {f"x{i}": np.asarray(x[:, i], np.float64) for i in range(x.shape[1])} | more
    table = Table(columns)
    given: dict[str, Any] = {"parts": parts or {}, "keys": table.keys()}
    if y.dtype.kind == "f":
        return Dataset(
            "made", "table", "regression", table, y[:, None], target_names=("y",), **given
        )
    classes = tuple(f"class {i}" for i in range(int(y.max()) + 1))
    return Dataset("made", "table", "classification", table, y, classes, **given)


def plain(x: Floats, y: Any, random: Random) -> Dataset:
    return made(x, y)


# Inputs of another size; trained without normalisation


def as_read(x: Floats, y: Any, random: Random) -> Dataset:
    """Numbers of a table as they are often read: metres, years and amounts of money."""
    sizes = 10.0 ** random.uniform(0, 4, x.shape[1])
    return made(sizes * (standard(x) + random.uniform(1, 3)), y)


def large(x: Floats, y: Any, random: Random) -> Dataset:
    return made(random.uniform(20, 500) * standard(x), y)


def tiny(x: Floats, y: Any, random: Random) -> Dataset:
    return made(10.0 ** -random.uniform(3, 6) * standard(x), y)


def one_large(x: Floats, y: Any, random: Random) -> Dataset:
    x = standard(x)
    x[:, random.integers(x.shape[1])] *= 10.0 ** random.uniform(2, 5)
    return made(x, y)


def far(x: Floats, y: Any, random: Random) -> Dataset:
    return made(standard(x) + random.uniform(20, 1000), y)


# One column that tells the target


def leak(x: Floats, y: Any, random: Random) -> Dataset:
    noise = random.uniform(0, 0.03) * y.std() * random.normal(size=len(y))
    return made(x, y, leak=random.uniform(0.1, 10) * (y + noise))


def curved(x: Floats, y: Any, random: Random) -> Dataset:
    """A monotone function of the target."""
    curve = random.choice([np.exp, lambda v: v**3 + v, np.arctan])
    return made(x, y, leak=curve(standard(y[:, None].astype(float))[:, 0]))


def words(x: Floats, y: Any, random: Random) -> Dataset:
    """The target as a word, some of them wrong."""
    named = np.where(random.random(len(y)) < 0.002, random.permutation(y), y)
    return made(x, y, leak=np.array([f"group {i}" for i in range(99)], object)[named])


# Examples and labels


def doubled(x: Floats, y: Any, random: Random) -> Dataset:
    """Every row twice, or most of them."""
    again = random.permutation(len(x))[: round(random.uniform(0.5, 1.0) * len(x))]
    index = random.permutation(np.concatenate([np.arange(len(x)), again]))
    return made(x[index], y[index], _parts(len(index), random))


def copied(x: Floats, y: Any, random: Random) -> Dataset:
    """Some of the training examples among those of dev."""
    parts = _parts(len(x), random)
    n = round(random.uniform(0.15, 0.5) * len(parts["dev"]))
    source = random.choice(parts["train"], n, replace=False)
    x, y = x.copy(), y.copy()
    x[parts["dev"][:n]], y[parts["dev"][:n]] = x[source], y[source]
    return made(x, y, parts)


def shuffled(x: Floats, y: Any, random: Random) -> Dataset:
    return made(x, random.permutation(y))


def noise(x: Floats, y: Any, random: Random) -> Dataset:
    """Inputs that have nothing to do with the target."""
    return made(random.normal(size=x.shape), y)


def same(x: Floats, y: Any, random: Random) -> Dataset:
    """All examples are alike, but for what no float32 can tell."""
    return made(random.normal(size=x.shape[1]) + 1e-10 * standard(x), y)


def rare(x: Floats, y: Any, random: Random) -> Dataset:
    """Of one class few examples are left."""
    classes = (y == y.max()) if y.max() > 1 else y.astype(bool)
    few = np.flatnonzero(classes)
    n = max(5, round((~classes).sum() / random.uniform(12, 60)))
    kept = np.sort(np.concatenate([np.flatnonzero(~classes), few[:n]]))
    return made(x[kept], classes[kept].astype(int))


def chance(x: Floats, y: Any, random: Random) -> Dataset:
    """Few examples of the second class, and nothing tells which."""
    return made(random.normal(size=(len(x), 6)), (random.random(len(x)) < 0.15).astype(int))


# A dev set of another origin


def shifted(x: Floats, y: Any, random: Random) -> Dataset:
    parts = _parts(len(x), random)
    x = standard(x)
    x[parts["dev"]] += random.uniform(1.0, 2.0) * random.choice([-1, 1], x.shape[1])
    return made(x, y, parts)


def stretched(x: Floats, y: Any, random: Random) -> Dataset:
    parts = _parts(len(x), random)
    x = standard(x)
    x[parts["dev"]] *= random.uniform(2.0, 4.0)
    return made(x, y, parts)


def noisy(x: Floats, y: Any, random: Random) -> Dataset:
    parts = _parts(len(x), random)
    x = standard(x)
    x[parts["dev"]] += random.normal(scale=random.uniform(1.5, 3.0), size=x[parts["dev"]].shape)
    return made(x, y, parts)


def sorted_by(x: Floats, y: Any, random: Random) -> Dataset:
    """The dev examples have the largest values of one column."""
    order = np.argsort(x[:, np.argmax(x.std(axis=0))] + 1e-6 * random.normal(size=len(x)))
    n = len(x) * 3 // 10
    return made(x, y, {"train": np.sort(order[:-n]), "dev": np.sort(order[-n:])})


def _parts(m: int, random: Random) -> dict[str, Any]:
    order = random.permutation(m)
    return {"train": np.sort(order[m * 3 // 10 :]), "dev": order[: m * 3 // 10]}
