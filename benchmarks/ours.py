"""cutaway as its user calls it: one contender a backend and precision, for rows in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt

import cutaway
from cutaway.data.dataset import Dataset
from cutaway.equations import Layer, flatten, unflatten
from cutaway.hyperparameters import Hyperparameters
from cutaway.training import run as training
from cutaway.training.run import initial_state
from cutaway.training.setup import Setup, set_up
from harness import Contender, nothing
from peers import Layers

# Nothing but the training: no dev set, no penalty, no faults, a Record at the start and one at the
# end.
PLAINLY: Mapping[str, Any] = {
    "split": "1,0,0",
    "dev": "none",
    "early_stopping": False,
    "normalize": "none",
    "l2": 0,
    "keep_prob": 1,
    "faults": False,
}
NUMPY, JAX = "cutaway NumPy", "cutaway JAX"

BACKENDS = {NUMPY: {"backend": "numpy"}, JAX: {"backend": "jax"}}


def dataset(rows: npt.NDArray[Any], y: npt.NDArray[Any]) -> Dataset:
    """Return rows (m, n_x) and class numbers (m,) as a data set."""
    classes = tuple(map(str, range(int(y.max()) + 1)))
    return Dataset("rows", "array", "classification", rows, y, classes)


def one(
    data: Dataset, epochs: Callable[[int], int], parameters: Layers, **settings: Any
) -> list[Contender]:
    """Return the contenders that train one network from `parameters` for epochs(steps)."""

    def train(execution: Mapping[str, Any], steps: int) -> Layers:
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

    return _contenders(train)


def updates_only(
    data: Dataset, epochs: Callable[[int], int], parameters: Layers, **settings: Any
) -> list[Contender]:
    """Return the contenders of `one` on prepared data and without a Record, as their peers are."""

    def train(execution: Mapping[str, Any], steps: int) -> Layers:
        setup = prepared(steps, **execution)
        plan = setup.plan
        state = initial_state(plan, flatten([Layer(*layer) for layer in parameters]))
        ended = training.run(plan, setup.prepared.train, None, [], state).state
        return unflatten(plan.network, np.asarray(ended.theta))

    @cache
    def prepared(steps: int, **execution: Any) -> Setup:
        n = epochs(steps)
        given = Hyperparameters.of(epochs=n, print_every=n, **PLAINLY, **settings, **execution)
        return set_up(data, given)

    return _contenders(train)


def many(
    data: Dataset, epochs: Callable[[int], int], each: Sequence[Mapping[str, Any]], **settings: Any
) -> list[Contender]:
    """Return the contenders that train a network for each of the settings, all at once."""

    def train(execution: Mapping[str, Any], steps: int) -> list[Layers]:
        n = epochs(steps)
        common = {"epochs": n, "print_every": n, **PLAINLY, **settings, **execution}
        return [run.parameters for run in cutaway.train_many(data, list(each), **common)]

    return _contenders(train)


def initial(data: Dataset, **settings: Any) -> Layers:
    """Return the layers that cutaway draws where it is given none."""
    return cutaway.train(data, epochs=0, dtype="float64", **PLAINLY, **settings).parameters


def _contenders(train: Callable[[Mapping[str, Any], int], Any]) -> list[Contender]:
    return [
        Contender(
            library,
            dtype,
            partial(train, {**backend, "dtype": dtype}),
            ours=True,
            forget=_forget if library == JAX else nothing,
        )
        for library, backend in BACKENDS.items()
        for dtype in ("float32", "float64")
    ]


def _forget() -> None:
    import jax

    jax.clear_caches()
