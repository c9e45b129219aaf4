"""cutaway improve beside scikit-learn's MLP, tuned by its own randomised search in the same time.

Both see the same training and dev examples, and are judged on the same test examples, which chose
nothing. scikit-learn's RandomizedSearchCV trains on train and scores on dev until the time is up;
its best setting is judged as trained on train, and as its `refit` trains it, on train and dev.
"""

from __future__ import annotations

import os
import tempfile
import time
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from figures import Figure, Outcome
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.model_selection import PredefinedSplit, RandomizedSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cutaway.data.dataset import Dataset
from cutaway.data.load import load
from cutaway.experiments.improve import improve

NOISE = 0.2
# Seconds of each of the two, and splits of a task
BUDGET, SPLITS, SPLITS_OF_SAMPLE = 30.0, 5, 2
SEARCHED = {
    "mlpclassifier__hidden_layer_sizes": [
        (32,), (64,), (128,), (256,), (64, 32), (128, 64), (256, 128),
    ],
    "mlpclassifier__activation": ["relu", "tanh"],
    "mlpclassifier__alpha": loguniform(1e-5, 10),
    "mlpclassifier__learning_rate_init": loguniform(1e-4, 3e-2),
    "mlpclassifier__batch_size": [32, 64, 128],
    "mlpclassifier__early_stopping": [False, True],
}  # fmt: skip


class Task(NamedTuple):
    """Data with their parts, for one split."""

    name: str
    make: Callable[[int], Dataset]


def parted(dataset: Dataset, sizes: tuple[int, int, int | None], seed: int) -> Dataset:
    """Return the data with a train, dev and test part drawn anew."""
    order = np.random.default_rng([seed, 7]).permutation(dataset.m)
    a, b = sizes[0], sizes[0] + sizes[1]
    end = dataset.m if sizes[2] is None else b + sizes[2]
    parts = {"train": order[:a], "dev": order[a:b], "test": order[b:end]}
    return Dataset(**{**vars(dataset), "parts": parts})


def digits(seed: int) -> Dataset:
    return parted(load("digits"), (200, 100, None), seed)


def noisy(seed: int) -> Dataset:
    """A fifth of the labels of train and dev are wrong; those of the test set are right."""
    dataset = parted(load("breast_cancer"), (300, 100, None), seed)
    target = dataset.target.copy()
    learned = np.concatenate([dataset.parts["train"], dataset.parts["dev"]])
    flipped = np.random.default_rng([seed, 8]).random(len(learned)) < NOISE
    target[learned[flipped]] = 1 - target[learned[flipped]]
    return Dataset(**{**vars(dataset), "target": target})


def pictures(folder: str, size: str) -> Callable[[int], Dataset]:
    def make(seed: int) -> Dataset:
        return parted(load(folder, size=size), (180, 60, None), seed)

    return make


def rows(dataset: Dataset) -> np.ndarray:
    """Return the inputs as numbers; both scale them on train."""
    table: Any = dataset.rows
    if dataset.kind == "table":
        return np.column_stack(list(table.columns.values())).astype(float)
    return np.asarray(table, float)


def searched(dataset: Dataset, budget: float, seed: int) -> tuple[float, float, int]:
    """Return test errors of the best setting, trained on train, and on both; settings tried."""
    X, y, parts = rows(dataset), dataset.target, dataset.parts
    both = np.concatenate([parts["train"], parts["dev"]])
    fold = np.where(np.arange(len(both)) < len(parts["train"]), -1, 0)
    began, best, tried = time.monotonic(), (-1.0, None), 0
    model = make_pipeline(StandardScaler(), MLPClassifier(random_state=seed))
    while time.monotonic() - began < budget:
        search = RandomizedSearchCV(
            model, SEARCHED, n_iter=1, cv=PredefinedSplit(fold), refit=False,
            random_state=1000 * seed + tried,
        ).fit(X[both], y[both])  # fmt: skip
        tried += 1
        if search.best_score_ > best[0]:
            best = (search.best_score_, search.best_params_)
    ends = []
    for index in (parts["train"], both):
        fitted = clone(model).set_params(**best[1]).fit(X[index], y[index])
        ends.append(1 - fitted.score(X[parts["test"]], y[parts["test"]]))
    return ends[0], ends[1], tried


def improved(dataset: Dataset, budget: float, seed: int) -> tuple[float, float, int, str]:
    """Return the test errors of the final model and of a network of the start, and its steps."""
    with tempfile.TemporaryDirectory() as runs:
        done = improve(dataset, target_error=1e-6, budget=budget, runs=runs, seed=seed)
    return done.test.error, done.test_start.single, len(done.story), done.status


def measure(full: bool, say: Callable[[str], None]) -> Outcome:
    """Improve and search on some splits of every task; `say` hears how far it is."""
    warnings.simplefilter("ignore")
    tasks = [Task("digits", digits), Task("breast cancer, 20 % wrong labels", noisy)]
    folder = os.environ.get("CUTAWAY_TEST_DATA")
    if folder is not None:
        tasks.append(Task("pictures of cats and dogs", pictures(f"{folder}/catdog", "32")))
    else:
        say("pictures of cats and dogs is left out: CUTAWAY_TEST_DATA names no folder")
    figures, cases = [], []
    for task in tasks if full else tasks[:1]:
        splits = SPLITS if full else SPLITS_OF_SAMPLE
        table = []
        for seed in range(splits):
            say(f"{task.name}, split {seed + 1} of {splits}")
            dataset = task.make(seed)
            improves, start, steps, status = improved(dataset, BUDGET, seed)
            found, refitted, tried = searched(dataset, BUDGET, seed)
            table.append((improves, start, found, refitted))
            cases.append({
                "task": task.name, "split": seed, "steps": steps, "status": status, "tried": tried,
                "improve": improves, "start": start, "searched": found, "refitted": refitted,
            })  # fmt: skip
        mean = np.mean(table, axis=0)
        figures.append(Figure(f"{task.name}: test error of improve", float(mean[0]), splits))
        names = (
            "a start network",
            "the setting found by search",
            "that one refitted on train and dev",
        )
        for name, other in zip(names, mean[1:], strict=True):
            said = f"{task.name}: test error of improve less that of {name}"
            figures.append(Figure(said, float(mean[0] - other), splits, most=0.0))
    return Outcome(figures, cases)
