"""From the parameters of an estimator to the hyper-parameters of a training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cutaway.data.dataset import Dataset
from cutaway.data.sparse_rows import SparseRows
from cutaway.engine.executors import NUMPY
from cutaway.equations.example_space import PLAIN
from cutaway.errors import OptionError
from cutaway.hyperparameters import ROWS, Hyperparameters

# Without a dev set all examples train; early stopping needs one.
ALL, A_FIFTH_HELD_OUT = "1,0,0", "0.8,0.2,0"
_LARGEST_SEED = 2**31 - 1


def hyperparameters(given: Mapping[str, Any], dataset: Dataset) -> Hyperparameters:
    """Read and check the parameters `given` of an estimator, for its data.

    Raises:
        OptionError: one is unknown, of the wrong kind or out of bounds.
    """
    values = {name: value for name, value in given.items() if name in ROWS}
    values["seed"] = seed_of(given["random_state"])
    if values["dtype"] == "auto":
        values["dtype"] = dataset.rows.dtype.name  # type: ignore[attr-defined]
    if isinstance(dataset.rows, SparseRows):
        values |= _of_sparse(values)
    split = str(values["split"])
    if dataset.parts:
        if split != "auto":
            raise OptionError(
                f"split='{split}' holds examples out for a dev set, and X_val is one; "
                "leave out one of them"
            )
    elif split == "auto":
        stops = values["early_stopping"] in (True, "true")
        values |= {"split": A_FIFTH_HELD_OUT} if stops else {"split": ALL, "dev": "none"}
    return Hyperparameters.of(**values)


def _of_sparse(values: Mapping[str, Any]) -> dict[str, str]:
    """Return how a sparse matrix is trained on: by NumPy, in the network's own coordinates."""
    fixed = {"backend": NUMPY, "path": PLAIN}
    for name, only in fixed.items():
        if values[name] not in ("auto", only):
            raise OptionError(
                f"{name}='{values[name]}' does not take a sparse X; use {name}='{only}', "
                "or X.toarray()"
            )
    return fixed


def seed_of(random_state: Any) -> int:
    """Return a seed: the number itself, or one drawn from a generator; None draws a new one.

    Raises:
        OptionError: it is neither.
    """
    match random_state:
        case None:
            return int(np.random.default_rng().integers(_LARGEST_SEED))
        case np.random.Generator():
            return int(random_state.integers(_LARGEST_SEED))
        case np.random.RandomState():
            return int(random_state.randint(_LARGEST_SEED))
        case int() | np.integer() if not isinstance(random_state, bool):
            return int(ROWS["seed"].convert("random_state", random_state))
    raise OptionError(
        f"random_state={random_state!r} cannot be used as a seed; "
        "give a whole number, a numpy RandomState or Generator, or None"
    )
