"""The trainings of the bank of faults: what is planted, and what is healthy.

The verdict of every case was written down here before it was trained: a fault of the table, or
none. Nothing is drawn that the seed of a case does not fix.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_digits

from cutaway.data.columns import Table
from cutaway.data.dataset import Dataset
from cutaway.data.load import load
from cutaway.equations import Layer

Layers = Sequence[Layer]
Random = np.random.Generator
Change = Callable[[list[Layer], Random], Layers]

CLASSES = ("digits", "breast_cancer", "wine", "moons")
ALL = (*CLASSES, "diabetes")
# Hidden layers and their activation
ARCHITECTURES: Sequence[tuple[tuple[int, ...], str]] = (
    ((32,), "relu"), ((32, 16), "tanh"), ((16,) * 4, "relu"), ((24, 24), "leaky_relu"),
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One training.

    fault   that is to be named first; "" where nothing is wrong. also: others that are as right
    change  done to the initial layers
    """

    fault: str
    name: str
    data: str | Callable[[], Dataset]
    seed: int
    given: Mapping[str, Any] = field(default_factory=dict)
    change: Change | None = None
    also: tuple[str, ...] = ()


def scaled(low: float, high: float) -> Change:
    def change(layers: list[Layer], random: Random) -> Layers:
        factor = random.uniform(low, high)
        return [Layer(factor * W, b) for W, b in layers]

    return change


def killed(share: float) -> Change:
    def change(layers: list[Layer], random: Random) -> Layers:
        W, b = layers[0]
        units = random.permutation(len(b))[: round(share * len(b))]
        b = b.copy()
        b[units] -= random.uniform(20, 40)
        return [Layer(W, b), *layers[1:]]

    return change


def duplicated(layers: list[Layer], random: Random) -> Layers:
    """Make one half of the first layer's units copies of the other, on their way out as well."""
    (W, b), (V, c), *others = layers
    n = len(W) // 2
    W, V = W.copy(), V.copy()
    W[n : 2 * n], V[:, n : 2 * n] = W[:n], V[:, :n]
    return [Layer(W, b), Layer(V, c), *others]


def planted(seeds: range) -> Iterator[Case]:
    """Yield every case in which something is wrong."""
    for seed in seeds:
        for data in ALL:
            yield from _of_training(data, seed)
        yield from _of_data(seed)


def _of_training(data: str, seed: int) -> Iterator[Case]:
    def case(
        fault: str, name: str, change: Change | None = None, also: Any = (), **given: Any
    ) -> Case:
        return Case(fault, name, data, seed, {"epochs": 30} | given, change, also)

    for hidden, activation in ARCHITECTURES:
        net: dict[str, Any] = {"hidden": hidden, "activation": activation}
        yield case("symmetric units", "zeros", initializer="zeros", **net)
        yield case("symmetric units", "copies", duplicated, keep_prob=1.0, **net)
        for share in (0.8, 1.0):
            if activation == "relu":
                yield case("dead units", f"{share:g} of a layer", killed(share), **net)
        bounded = activation if activation == "tanh" else "sigmoid"
        bound = {"hidden": hidden, "activation": bounded}
        yield case("saturated units", bounded, scaled(30, 100), **bound)
        # Units that die or saturate by it are what a rate that is too high does.
        for optimizer, rate in (("adam", 2.0), ("gradient_descent", 30.0), ("momentum", 100.0)):
            yield case(
                "learning rate too high", optimizer, optimizer=optimizer, learning_rate=rate,
                also=("cost not finite",), **net,
            )  # fmt: skip
        for optimizer, rate in (("adam", 1e-6), ("gradient_descent", 1e-5)):
            yield case(
                "learning rate too low", optimizer, optimizer=optimizer, learning_rate=rate,
                early_stopping=False, **net,
            )  # fmt: skip
        yield case(
            "cost not finite", "squared", optimizer="gradient_descent", learning_rate=1e25,
            loss="squared", output="identity", **net,
        )  # fmt: skip
        yield case("constant prediction", "l2", l2=1e6, learning_rate=0.01, epochs=80, **net)
    for activation, hidden, change in (
        ("sigmoid", (16,) * 8, None), ("sigmoid", (24,) * 10, None),
        ("tanh", (16,) * 8, scaled(0.05, 0.1)), ("relu", (24,) * 8, scaled(0.05, 0.15)),
    ):  # fmt: skip
        net = {"hidden": hidden, "activation": activation, "keep_prob": 1.0}
        yield case("vanishing gradients", f"{activation} x {len(hidden)}", change, **net)
    for activation, hidden in (("relu", (16,) * 8), ("leaky_relu", (24,) * 6), ("relu", (32,) * 5)):
        net = {"hidden": hidden, "activation": activation, "keep_prob": 1.0}
        yield case("exploding gradients", f"{activation} x {len(hidden)}", scaled(4, 8), **net)


def _of_data(seed: int) -> Iterator[Case]:
    short = {"epochs": 10, "seed": seed}
    for data in ("digits", "breast_cancer", "wine", "diabetes"):

        def of(change: Callable[[Dataset, Random], Dataset], data: str = data) -> Any:
            return lambda: change(load(data), np.random.default_rng(seed))

        raw = short | {"normalize": "none"}
        yield Case("inputs not scaled", data, of(_unscaled), seed, raw)
        yield Case("leaking column", data, of(_leaking), seed, short)
        yield Case("duplicates across splits", data, of(_copied), seed, short)
        yield Case("dev unlike train", data, of(_shifted), seed, short)
        yield Case("labels unrelated to inputs", data, of(_shuffled), seed, {
            "epochs": 150, "hidden": (128,), "keep_prob": 1.0, "l2": 0.0, "early_stopping": False,
        })  # fmt: skip
        if data != "diabetes":
            yield Case("unbalanced classes", data, of(_unbalanced), seed, short)
            yield Case("one-class prediction", data, of(_one_class), seed, {
                "epochs": 40, "hidden": (16,), "l2": 1000.0, "early_stopping": False,
            }, also=("constant prediction",))  # fmt: skip


def _table(dataset: Dataset, rows: Any, target: Any, **more: Any) -> Dataset:
    columns = {f"x{i}": np.asarray(rows[:, i], np.float64) for i in range(rows.shape[1])} | more
    table = Table(columns)
    regression = dataset.task == "regression"
    return Dataset(
        "planted", "table", dataset.task, table, target, dataset.classes,
        dataset.target_names if regression else ("class",), keys=table.keys(),
    )  # fmt: skip


def _numbers(dataset: Dataset) -> npt.NDArray[np.float64]:
    rows: Any = dataset.rows
    columns = rows.columns.values() if isinstance(rows, Table) else np.asarray(rows).reshape(
        dataset.m, -1).T  # fmt: skip
    return np.stack([np.asarray(c, np.float64) for c in columns], axis=1)


def _unscaled(dataset: Dataset, random: Random) -> Dataset:
    x = _numbers(dataset)
    x = (x - x.mean(axis=0)) / np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)
    return _table(dataset, random.uniform(20, 500) * x, dataset.target)


def _leaking(dataset: Dataset, random: Random) -> Dataset:
    assert dataset.target is not None
    target = dataset.target.reshape(dataset.m, -1)[:, 0].astype(np.float64)
    noise = 0.02 * target.std() * random.normal(size=dataset.m)
    return _table(dataset, _numbers(dataset), dataset.target, leak=target + noise)


def _copied(dataset: Dataset, random: Random) -> Dataset:
    assert dataset.target is not None
    x, n = _numbers(dataset), dataset.m // 2
    index = np.concatenate([np.arange(n), np.arange(n)])
    return _table(dataset, x[index], dataset.target[index])


def _shifted(dataset: Dataset, random: Random) -> Dataset:
    x = _numbers(dataset)
    order = random.permutation(dataset.m)
    dev, train = np.sort(order[: dataset.m // 3]), np.sort(order[dataset.m // 3 :])
    x[dev] += 1.5 * x.std(axis=0) * random.choice([-1, 1], x.shape[1])
    made = _table(dataset, x, dataset.target)
    return Dataset(**(vars(made) | {"parts": {"train": train, "dev": dev}}))


def _shuffled(dataset: Dataset, random: Random) -> Dataset:
    assert dataset.target is not None
    return _table(dataset, _numbers(dataset), random.permutation(dataset.target))


def _unbalanced(dataset: Dataset, random: Random) -> Dataset:
    assert dataset.target is not None
    kept = (dataset.target != 0) | (np.cumsum(dataset.target == 0) <= 8)
    target = (dataset.target[kept] != 0).astype(int)
    two = Dataset(**(vars(dataset) | {"classes": ("rare", "frequent")}))
    return _table(two, _numbers(dataset)[kept], target)


def _one_class(dataset: Dataset, random: Random) -> Dataset:
    target = (random.random(dataset.m) < 0.15).astype(int)
    two = Dataset(**(vars(dataset) | {"classes": ("most", "few"), "task": "classification"}))
    return _table(two, random.normal(size=(dataset.m, 6)), target)


def healthy(seeds: range) -> Iterator[Case]:
    """Yield every case in which nothing is wrong, 26 settings a seed and the course's runs."""
    for seed in seeds:
        for data in (*ALL, "iris", "circles", "planar", "xor"):
            yield Case("", "defaults", data, seed)
            yield Case("", "to the end", data, seed, {
                "early_stopping": False, "keep_prob": 1.0, "l2": 0.0, "epochs": 200,
            })  # fmt: skip
            yield Case("", "tanh", data, seed, {"activation": "tanh", "hidden": (32, 16)})
        for data in ("digits", "breast_cancer", "wine", "moons"):
            for hidden in ("none", (8,), (32, 32, 32)):
                yield Case("", f"hidden {hidden}", data, seed, {"hidden": hidden})
            for optimizer, rate in (
                ("gradient_descent", 0.1), ("momentum", 0.1), ("rmsprop", 0.001), ("adam", 0.01),
            ):  # fmt: skip
                yield Case("", f"{optimizer} {rate}", data, seed, {
                    "optimizer": optimizer, "learning_rate": rate,
                })  # fmt: skip
            yield Case("", "full batch", data, seed, {
                "batch_size": "full", "learning_rate": 0.01, "epochs": 300,
            })  # fmt: skip
            yield Case("", "small batches", data, seed, {"batch_size": 8, "epochs": 30})
            yield Case("", "cosine", data, seed, {"schedule": "cosine", "epochs": 60})
            yield Case("", "noisy labels", _noisy(data, seed), seed)
        yield from published(seed)


def _noisy(data: str, seed: int) -> Callable[[], Dataset]:
    """A fifth of the labels are wrong."""

    def made() -> Dataset:
        dataset, random = load(data), np.random.default_rng(seed)
        assert dataset.target is not None
        wrong = random.random(dataset.m) < 0.2
        target = np.where(wrong, random.permutation(dataset.target), dataset.target)
        return _table(dataset, _numbers(dataset), target)

    return made


def published(seed: int) -> Iterator[Case]:
    """Yield the course's own runs; the cats where CUTAWAY_TEST_DATA names their folder."""
    course: dict[str, Any] = {
        "optimizer": "gradient_descent", "batch_size": "full", "early_stopping": False, "l2": 0.0,
        "keep_prob": 1.0, "split": "1,0,0", "normalize": "none",
    }  # fmt: skip
    for n in (1, 2, 3, 4, 5, 20, 50):
        yield Case("", f"flower, {n} units", "planar", seed, course | {
            "hidden": (n,), "activation": "tanh", "initializer": "small", "learning_rate": 1.2,
            "epochs": 10_000, "print_every": 10,
        })  # fmt: skip
    for optimizer, rate in (("momentum", 0.0007), ("adam", 0.0007)):
        yield Case("", f"moons by {optimizer}", "moons", seed, course | {
            "hidden": (5, 2), "initializer": "he", "optimizer": optimizer, "learning_rate": rate,
            "batch_size": 64, "epochs": 10_000, "print_every": 50,
        })  # fmt: skip
    yield Case("", "circles, he", "circles", seed, course | {
        "hidden": (10, 5), "initializer": "he", "learning_rate": 0.01, "epochs": 15_000,
        "print_every": 50,
    })  # fmt: skip
    folder = os.environ.get("CUTAWAY_TEST_DATA")
    if folder is None:
        return
    cats = str(Path(folder, "train_catvnoncat.h5"))
    for rate in (0.01, 0.005, 0.001):
        yield Case("", f"cats, logistic, {rate}", cats, seed, course | {
            "hidden": "none", "initializer": "zeros", "learning_rate": rate, "epochs": 2000,
            "print_every": 10,
        })  # fmt: skip
    for hidden, initializer in (((7,), "small"), ((20, 7, 5), "lecun")):
        yield Case("", f"cats, {len(hidden) + 1} layers", cats, seed, course | {
            "hidden": hidden, "initializer": initializer, "learning_rate": 0.0075, "epochs": 2500,
            "print_every": 10,
        })  # fmt: skip


def from_scikit_learn() -> Iterator[Case]:
    """Yield three calls of scikit-learn that leave every unit dead without a word.

    MLPRegressor(solver="sgd", learning_rate_init=.1), MLPClassifier(solver="sgd",
    learning_rate_init=1), MLPClassifier(learning_rate_init=1), on its digits as they are. Its
    momentum adds up gradients, ours averages them: alpha is its rate over 1 - 0.9.
    """
    pixels, digits = load_digits(return_X_y=True)
    names = tuple("0123456789")

    def classes() -> Dataset:
        return Dataset("digits", "array", "classification", pixels, digits, names)

    def numbers() -> Dataset:
        y = digits[:, np.newaxis].astype(np.float64)
        return Dataset("digits", "array", "regression", pixels, y, target_names=("digit",))

    as_theirs: dict[str, Any] = {
        "hidden": (100,), "batch_size": 200, "normalize": "none", "l2": 1e-4, "keep_prob": 1.0,
        "initializer": "glorot", "epochs": 3, "split": "1,0,0", "early_stopping": False,
    }  # fmt: skip
    for name, data, optimizer, alpha in (
        ("MLPRegressor, sgd, 0.1", numbers, "momentum", 1.0),
        ("MLPClassifier, sgd, 1", classes, "momentum", 10.0),
        ("MLPClassifier, adam, 1", classes, "adam", 1.0),
    ):
        yield Case("", name, data, 0, as_theirs | {"optimizer": optimizer, "learning_rate": alpha})
