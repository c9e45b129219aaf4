"""Trainings in which nothing is wrong: varied ones, the course's own runs, and those to the end.

And three calls of scikit-learn that leave every unit dead.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from fault_cases import Case, log_uniform
from fault_data import CLASSES, DATA, Random, made, numbers, plain, standard
from sklearn.datasets import load_digits

from cutaway.data.dataset import Dataset

OF_OUR_OWN = ("digits", "breast_cancer", "wine", "moons", "diabetes")
# Rates that suit an optimizer, and the activation whose networks are drawn with them
RATES = {
    "adam": (1e-3, 1e-2), "rmsprop": (5e-4, 3e-3), "momentum": (0.05, 0.2),
    "gradient_descent": (0.05, 0.3),
}  # fmt: skip
TINY = ("iris", "wine", "clusters", "linear")


def healthy(seeds: range) -> Iterator[Case]:
    """Yield every case in which nothing is wrong: what is varied, and the course's runs."""
    for seed in seeds:
        for data in (*OF_OUR_OWN, "iris", "circles", "planar", "xor"):
            yield Case("", "defaults", data, seed)
            yield Case("", "to the end", data, seed, {
                "early_stopping": False, "keep_prob": 1.0, "l2": 0.0, "epochs": 200,
            })  # fmt: skip
        for data in OF_OUR_OWN[:4]:
            yield Case("", "no hidden layer", data, seed, {"hidden": "none"})
            yield Case("", "full batch", data, seed, {
                "batch_size": "full", "learning_rate": 0.01, "epochs": 300,
            })  # fmt: skip
            yield Case("", "small batches", data, seed, {"batch_size": 8, "epochs": 30})
            yield Case("", "cosine", data, seed, {"schedule": "cosine", "epochs": 60})
        for data in DATA:
            for optimizer in RATES:
                yield _drawn(optimizer, data, seed)
            yield _of(dev_of_its_own, data, seed)
            yield _of(standardised, data, seed, {"normalize": "none"})
        for data in CLASSES:
            yield _of(noisy_labels, data, seed)
            yield _of(unbalanced, data, seed)
        for data in TINY:
            yield _of(few, data, seed)
        yield from published(seed)


def _drawn(optimizer: str, data: str, seed: int) -> Case:
    """Draw a network, and a rate that suits it."""
    random = np.random.default_rng([seed, 2, *optimizer.encode(), *data.encode()])
    given = {
        "hidden": tuple(int(n) for n in random.integers(8, 64, random.integers(1, 4))),
        "activation": str(random.choice(["relu", "leaky_relu", "tanh"])),
        "optimizer": optimizer,
        "learning_rate": log_uniform(*RATES[optimizer])(random),
        "batch_size": int(random.choice([16, 32, 64])),
        "keep_prob": float(random.choice([1.0, 0.8])),
        "epochs": int(random.integers(30, 150)),
        "early_stopping": bool(random.integers(2)),
    }
    return Case("", f"{optimizer}, {data}", partial(_made, plain, data, seed), seed, given)


def _of(change: Any, data: str, seed: int, given: Any = None) -> Case:
    name = f"{change.__name__.replace('_', ' ')}, {data}"
    return Case("", name, partial(_made, change, data, seed), seed, given or {})


def _made(change: Any, data: str, seed: int) -> Dataset:
    dataset: Dataset = change(*numbers(data, seed), np.random.default_rng([seed, 3]))
    return dataset


def dev_of_its_own(x: Any, y: Any, random: Random) -> Dataset:
    order = random.permutation(len(x))
    n = len(x) // 4
    return made(x, y, {"train": order[2 * n :], "dev": order[:n], "test": order[n : 2 * n]})


def standardised(x: Any, y: Any, random: Random) -> Dataset:
    return made(standard(x), y)


def noisy_labels(x: Any, y: Any, random: Random) -> Dataset:
    """A fifth of the labels are wrong."""
    return made(x, np.where(random.random(len(y)) < 0.2, random.permutation(y), y))


def unbalanced(x: Any, y: Any, random: Random) -> Dataset:
    """One class has four to eight times the examples of the other, and can be told from it."""
    rare = y == y.max()
    few = np.flatnonzero(rare)[: round((~rare).sum() / random.uniform(4, 8))]
    kept = np.sort(np.concatenate([np.flatnonzero(~rare), few]))
    return made(x[kept], rare[kept].astype(int))


def few(x: Any, y: Any, random: Random) -> Dataset:
    """Some twenty to sixty examples."""
    kept = random.permutation(len(x))[: random.integers(24, 60)]
    return made(x[kept], y[kept])


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
