"""cutaway as its user calls it: one contender a backend and precision, for rows in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy.typing as npt
from harness import Contender, nothing
from peers import Layers

import cutaway
from cutaway.data.dataset import Dataset
from cutaway.hyperparameters import ROWS

# Nothing but the training itself: no dev set, no penalty, one Record at the start and one at the end.
PLAINLY: Mapping[str, Any] = {
    "split": "1,0,0",
    "dev": "none",
    "early_stopping": False,
    "normalize": "none",
    "l2": 0,
    "keep_prob": 1,
}
NUMPY, JAX = "cutaway NumPy", "cutaway JAX"
# One check for what is still being built.
BACKENDS = {NUMPY: "numpy", JAX: "jax"} if "backend" in ROWS else {NUMPY: None}
TRAINS_MANY = hasattr(cutaway, "train_many")


def dataset(rows: npt.NDArray[Any], y: npt.NDArray[Any]) -> Dataset:
    """Return rows (m, n_x) and class numbers (m,) as a data set."""
    classes = tuple(map(str, range(int(y.max()) + 1)))
    return Dataset("drawn", "array", "classification", rows, y, classes)


def contenders(
    data: Dataset, epochs: Callable[[int], int], parameters: Layers, **settings: Any
) -> list[Contender]:
    """Return a contender for each backend and precision; epochs(steps) are to be trained."""

    def train(steps: int, execution: Mapping[str, Any]) -> Layers:
        n = epochs(steps)
        return cutaway.train(
            data,
            epochs=n,
            print_every=n,
            parameters=parameters,
            **PLAINLY,
            **settings,
            **execution,
        ).parameters

    return _each(train)


def many(
    data: Dataset, epochs: Callable[[int], int], each: Sequence[Mapping[str, Any]], **settings: Any
) -> list[Contender]:
    """Return the contenders that train one network for each of the settings, all at once."""

    def train(steps: int, execution: Mapping[str, Any]) -> list[Layers]:
        n = epochs(steps)
        common = {"epochs": n, "print_every": n, **PLAINLY, **settings, **execution}
        if not TRAINS_MANY:
            return [cutaway.train(data, **common, **one).parameters for one in each]
        return [run.parameters for run in cutaway.train_many(data, list(each), **common)]

    return _each(train)


def initial(data: Dataset, **settings: Any) -> Layers:
    """Return the layers that cutaway would begin with."""
    return cutaway.train(data, epochs=0, dtype="float64", **PLAINLY, **settings).parameters


def _each(train: Callable[[int, Mapping[str, Any]], Any]) -> list[Contender]:
    return [
        Contender(
            library,
            dtype,
            lambda steps, e={"dtype": dtype} | ({"backend": b} if b else {}): train(steps, e),
            ours=True,
            forget=_forget if b == "jax" else nothing,
        )
        for library, b in BACKENDS.items()
        for dtype in ("float32", "float64")
    ]


def _forget() -> None:
    import jax

    jax.clear_caches()
