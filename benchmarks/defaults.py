"""Train on many data sets without an option, beside honest baselines: defaults.py [NAME ..].

All sets: the built-in ones; tables from scikit-learn's generators; the pictures in the folder that
CUTAWAY_TEST_DATA names. Errors are shares of wrong answers, root mean squared errors for a
regression; every seed is a split and a start of its own.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.datasets import make_classification, make_friedman1, make_regression

from cutaway.data.builtin import BUILTIN, FASHION_MNIST
from cutaway.data.columns import Table
from cutaway.data.dataset import Dataset
from cutaway.data.load import load
from cutaway.data.parts import part
from cutaway.experiments.baselines import baselines
from cutaway.hyperparameters import Hyperparameters
from cutaway.training.evaluation import evaluate
from cutaway.training.session import execute
from cutaway.training.setup import set_up

Points = tuple[npt.NDArray[np.float64], npt.NDArray[Any]]


def table(points: Points) -> Dataset:
    """Return named columns of numbers: classes where the target holds integers."""
    rows, target = points
    features = tuple(f"x{i}" for i in range(1, rows.shape[1] + 1))
    columns = Table({name: rows[:, i] for i, name in enumerate(features)})
    if target.dtype.kind == "f":
        target = target[:, np.newaxis]
        return Dataset("generated", "table", "regression", columns, target, target_names=("y",))
    classes = tuple(str(c) for c in range(target.max() + 1))
    return Dataset("generated", "table", "classification", columns, target, classes)


def fashion(m: int) -> Dataset:
    """Return m training and 2000 test pictures of fashion_mnist."""
    whole = load("fashion_mnist")
    random = np.random.default_rng(0)
    train, test = (random.permutation(whole.parts[name]) for name in ("train", "test"))
    some = whole.take(np.concatenate([train[:m], test[:2000]]))
    return dataclasses.replace(some, parts={"train": np.arange(m), "test": np.arange(m, m + 2000)})


def classes(m: int, n_x: int, **more: Any) -> Callable[[], Dataset]:
    return lambda: table(make_classification(m, n_x, random_state=1, **more))


GENERATED: dict[str, Callable[[], Dataset]] = {
    "tiny": classes(30, 5, n_informative=3, n_redundant=0, class_sep=1.5),
    "wide": classes(200, 500, n_informative=20, n_redundant=20, class_sep=2.0),
    "noisy": classes(600, 20, n_informative=4, flip_y=0.4),
    "unbalanced": classes(2000, 10, n_informative=5, weights=[0.95]),
    "3 classes": classes(1000, 20, n_informative=8, n_redundant=4, n_classes=3, flip_y=0.05),
    "large": classes(
        10000, 20, n_informative=10, n_redundant=4, n_classes=4, n_clusters_per_class=3, flip_y=0.05
    ),
    "tiny regression": lambda: table(make_regression(30, 4, noise=10.0, random_state=1)),
    "linear": lambda: table(make_regression(500, 20, noise=50.0, random_state=1)),
    "friedman": lambda: table(make_friedman1(1000, 10, noise=1.0, random_state=1)),
}


def data_sets() -> dict[str, Callable[[], Dataset]]:
    """Return the data sets that this machine has, each with the function that reads it."""
    sets: dict[str, Callable[[], Dataset]] = {
        name: lambda name=name: load(name)  # type: ignore[misc]
        for name in BUILTIN
        if name != "fashion_mnist"
    }
    sets |= GENERATED
    if FASHION_MNIST.exists():
        sets |= {
            "fashion 2,000": lambda: fashion(2000),
            "fashion 10,000": lambda: fashion(10000),
        }
    if folder := os.environ.get("CUTAWAY_TEST_DATA"):
        files = Path(folder)
        cats = [str(files / f"{part}_catvnoncat.h5") for part in ("train", "test")]
        sets["catdog"] = lambda: load(files / "catdog")
        sets["catvnoncat"] = lambda: load(cats[0], test=cats[1])
    return sets


def compare(dataset: Dataset, seeds: range, given: dict[str, str]) -> dict[str, float]:
    """Return the mean of each figure over the seeds, by name."""
    rows = []
    for seed in seeds:
        setup = set_up(dataset, Hyperparameters.of(seed=seed, **given))
        prepared = setup.prepared
        start = time.perf_counter()
        run = execute(setup)
        row = {"seconds": time.perf_counter() - start}
        test, _ = part(dataset, prepared.split.test, prepared.preparation, "float32")
        parts = {"train": prepared.train, "dev": prepared.dev, "test": test}
        row |= {name: evaluate(run.model, p).error for name, p in parts.items() if p is not None}
        for baseline in baselines(prepared._replace(dev=test)):
            if baseline.dev_error is not None:
                row[baseline.name.split()[0]] = baseline.dev_error
        rows.append(row)
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="of some of the sets")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="given")
    options = parser.parse_args()
    given = dict(word.split("=", 1) for word in options.given)
    sets = data_sets()

    print(
        "| set | network: train | dev | test | majority or mean: test | linear: test "
        "| boosting: test | seconds |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name in options.names or sets:
        row = compare(sets[name](), range(options.seeds), given)
        unit = "" if "mean" in row else " %"
        factor = 1 if "mean" in row else 100
        columns = (("train",), ("dev",), ("test",), ("majority", "mean"), ("logistic", "linear"))
        cells = [row.get(c[0], row.get(c[-1])) for c in (*columns, ("gradient",))]
        words = [f"{factor * cell:.1f}{unit}" if cell is not None else "" for cell in cells]
        print(f"| {name} | {' | '.join(words)} | {row['seconds']:.1f} |", flush=True)


if __name__ == "__main__":
    main()
