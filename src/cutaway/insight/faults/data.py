"""What the search looks at before the first update: a few of the examples, as they enter.

All of it is made to cost next to nothing: a sample of rows, whole arrays at a time, nothing of the
dev set unless it is of another origin.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from cutaway.data.encoding import Encoding
from cutaway.engine.job import Part
from cutaway.training.setup import Setup

Floats = npt.NDArray[np.floating[Any]]
EXAMPLES = 300
NEIGHBOURS = 10


@dataclass(frozen=True, eq=False)
class Sample:
    """Some examples of train and dev, and what is known of all.

    X, Y        of training examples, as columns (n_x, s) and (n_y, s)
    X_dev       of dev examples, None unless the dev set is of another origin
    names       of the columns that were read; inputs says which inputs each of them became
    kind        pictures, table or array
    classes     training examples of each class; for one label an example only
    weights     of each class together, where examples are weighed
    identical   how many examples of dev and test are a training example too, and of how many
    """

    X: Floats
    Y: Floats
    X_dev: Floats | None = None
    names: tuple[str, ...] = ()
    inputs: tuple[slice, ...] = ()
    kind: str = "array"
    task: str = "classification"
    classes: Mapping[str, int] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    identical: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @cached_property
    def related(self) -> float:
        """By how many standard errors the inputs tell of the targets: by neighbours or a line."""
        X, Y = self.X.astype(np.float64), self.Y.astype(np.float64)
        varies = np.ptp(X, axis=1) > 1e-6 * abs(X).max(axis=1)
        if X.shape[1] <= NEIGHBOURS or not varies.any():
            return math.inf
        X = X[varies] - X[varies].mean(axis=1, keepdims=True)
        if self.kind != "pictures":
            # An input in large units would choose all neighbours alone.
            X /= X.std(axis=1, keepdims=True)
        return max(_neighbours_agree(X, Y), _line_tells(X, Y))


def _neighbours_agree(X: Floats, Y: Floats) -> float:
    """Return by how many standard errors the targets of neighbours agree more than by chance."""
    s, sizes = X.shape[1], (X * X).sum(axis=0)
    distances = sizes[:, np.newaxis] + sizes - 2 * X.T @ X
    np.fill_diagonal(distances, np.inf)
    near = np.argpartition(distances, NEIGHBOURS - 1, axis=1)[:, :NEIGHBOURS]
    # Without itself, for the mean of all would lean to the example's own target.
    mean = (Y.sum(axis=1, keepdims=True) - Y) / (s - 1)
    agreement = ((Y[:, near].mean(axis=-1) - mean) * (Y - mean)).sum(axis=0)
    return float(agreement.mean() / max(agreement.std() / math.sqrt(s), 1e-12))


def _line_tells(X: Floats, Y: Floats) -> float:
    """Return how sure a linear function of X (n_x, s), of mean 0, tells one of the targets.

    The F test of a regression, as standard errors (Wilson and Hilferty, 1931); 0 for more inputs
    than half of the examples.
    """
    s, left = X.shape[1], Y - Y.mean(axis=1, keepdims=True)
    if 2 * len(X) > s:
        return 0.0
    all_of_it = (left * left).sum(axis=1)
    weights, _, a, _ = np.linalg.lstsq(X.T, left.T, rcond=1e-6)
    b = s - 1 - int(a)
    left = ((left - weights.T @ X) ** 2).sum(axis=1)
    F = ((all_of_it - left) / a / np.maximum(left / b, 1e-12 * all_of_it + 1e-300)).max() ** (1 / 3)
    spread = math.sqrt(2 / (9 * b) * F * F + 2 / (9 * a))
    return float(((1 - 2 / (9 * b)) * F - (1 - 2 / (9 * a))) / spread)


def _weights(setup: Setup) -> dict[str, float]:
    """Return the weight of each class's training examples together, {} where they have none."""
    dataset, train, index = setup.dataset, setup.prepared.train, setup.prepared.split.train
    if train.weights is None or dataset.target is None or train.m != len(index):
        return {}
    target, n = dataset.target[index], len(dataset.classes)
    sums = np.bincount(target, weights=train.weights[0], minlength=n)
    return dict(zip(dataset.classes, sums.tolist(), strict=True))


def sample(setup: Setup) -> Sample:
    """Take the sample of a training of our own."""
    dataset, prepared = setup.dataset, setup.prepared
    train, split = some(prepared.train), prepared.split
    dev = some(prepared.dev) if prepared.dev is not None and "dev" in dataset.parts else None
    names, inputs = _columns(prepared.preparation.encoding, dataset.features, train.X.shape[0])
    one_label = dataset.task == "classification"
    return Sample(
        train.X,
        train.Y,
        None if dev is None else dev.X,
        names,
        inputs,
        dataset.kind,
        dataset.task,
        dataset.counts(split.train) if one_label else {},
        _weights(setup) if one_label else {},
        {part: (n, len(getattr(split, part))) for part, n in split.identical.items()},
    )


def some(part: Part, most: int = EXAMPLES) -> Part:
    """Return a few examples, spread evenly, as arrays."""
    columns = np.linspace(0, part.m - 1, min(part.m, most)).astype(np.intp)
    return part._replace(weights=None).take(columns)


def _columns(
    encoding: Encoding | None, features: tuple[str, ...] | None, n_x: int
) -> tuple[tuple[str, ...], tuple[slice, ...]]:
    if encoding is None:
        names = features or tuple(f"input {i}" for i in range(1, n_x + 1))
        return names, tuple(slice(i, i + 1) for i in range(n_x))
    ends = np.cumsum([len(column.inputs) for column in encoding.columns]).tolist()
    starts = [0, *ends[:-1]]
    slices = tuple(slice(a, b) for a, b in zip(starts, ends, strict=True))
    return tuple(column.name for column in encoding.columns), slices
