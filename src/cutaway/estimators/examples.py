"""From validated rows and targets to the Dataset that the engine's driver takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from cutaway.data.dataset import Dataset, Task
from cutaway.data.sparse_rows import SparseRows
from cutaway.errors import DataError


class Targets(NamedTuple):
    """What to learn: class numbers (m,), labels 0/1 (m, K) or numbers (m, n_y).

    names  of the classes, or of the outputs of a regression
    """

    task: Task
    names: tuple[str, ...]
    values: npt.NDArray[Any]


class Examples(NamedTuple):
    """Rows (m, n_x) or a sparse matrix, what to learn of each, and their weights or None."""

    X: Any
    targets: Targets
    weights: Any = None


def as_dataset(
    train: Examples, dev: Examples | None, features: Sequence[str] | None
) -> tuple[Dataset, Any]:
    """Return a Dataset of both parts, and the weights of all its examples or None.

    Raises:
        DataError: there is not one weight for each example.
    """
    X, values, weights, parts = train.X, train.targets.values, train.weights, {}
    if dev is not None:
        m, m_dev = X.shape[0], dev.X.shape[0]
        parts = {"train": np.arange(m), "dev": np.arange(m, m + m_dev)}
        if train.weights is not None or dev.weights is not None:
            weights = np.concatenate(
                [_weights(train, "sample_weight"), _weights(dev, "sample_weight_val")]
            )
        X = _stacked(X, dev.X)
        values = np.concatenate([values, dev.targets.values])
    task, names, _ = train.targets
    regression = task == "regression"
    dataset = Dataset(
        name="X",
        kind="array",
        task=task,
        rows=as_rows(X),
        target=values,
        classes=() if regression else names,
        target_names=names if regression else ("class",),
        features=None if features is None else tuple(features),
        parts=parts,
    )
    return dataset, weights


def as_rows(X: Any) -> Any:
    """Return a sparse matrix as the rows that the preparation reads, an array as it is."""
    return SparseRows(X) if sparse.issparse(X) else X


def _stacked(X: Any, X_dev: Any) -> Any:
    if sparse.issparse(X) or sparse.issparse(X_dev):
        return sparse.vstack([X, X_dev], format="csr")
    return np.concatenate([X, X_dev])


def _weights(examples: Examples, name: str) -> npt.NDArray[np.float64]:
    m = examples.X.shape[0]
    if examples.weights is None:
        return np.ones(m)
    weights = np.asarray(examples.weights, dtype=np.float64)
    if weights.shape != (m,):
        raise DataError(
            f"{name} has the shape {weights.shape}; one weight for each of {m} examples is needed"
        )
    return weights
