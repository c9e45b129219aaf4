"""cutaway's classifiers beside scikit-learn's, at their defaults: networks, logistic regression.

    python benchmarks/estimators.py             all ten data sets, a minute or two
    python benchmarks/estimators.py iris wine   some of them

Prints the tables of docs/estimators.md: the error of a stratified 5-fold cross-validation, and the
seconds of its five fits. The data sets ship with packages: scikit-learn, cutaway, and two that are
installed for this (pip install palmerpenguins statsmodels). Inputs go in as they are.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from sklearn import datasets, linear_model
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cutaway import LogisticRegression, NeuralNetworkClassifier
from cutaway.data.generated import planar, xor

FOLDS = StratifiedKFold(5, shuffle=True, random_state=0)
Contenders = Mapping[str, Any]
NETWORKS: Contenders = {
    "MLPClassifier": MLPClassifier(random_state=0),
    "behind StandardScaler": make_pipeline(StandardScaler(), MLPClassifier(random_state=0)),
    "cutaway": NeuralNetworkClassifier(),
}
LOGISTIC: Contenders = {
    "LogisticRegression behind StandardScaler": make_pipeline(
        StandardScaler(), linear_model.LogisticRegression()
    ),
    "cutaway": LogisticRegression(),
}
Examples = tuple[Any, Any]


def penguins() -> Examples:
    from palmerpenguins import load_penguins

    frame = load_penguins().dropna()
    columns = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
    return frame[columns].to_numpy(), frame["species"].to_numpy()


def votes() -> Examples:
    from statsmodels.datasets import anes96

    frame = anes96.load_pandas().data.drop(columns="logpopul")
    return frame.drop(columns="vote").to_numpy(), frame["vote"].to_numpy().astype(int)


def affairs() -> Examples:
    from statsmodels.datasets import fair

    frame = fair.load_pandas().data
    return frame.drop(columns="affairs").to_numpy(), (frame["affairs"] > 0).to_numpy()


def travel() -> Examples:
    """What 210 travellers took, by what each of four ways would have cost them."""
    from statsmodels.datasets import modechoice

    frame = modechoice.load_pandas().data
    wide = frame.pivot(index="individual", columns="mode", values=["ttme", "invc", "invt", "gc"])
    own = frame.groupby("individual")[["hinc", "psize"]].first()
    taken = frame[frame["choice"] == 1].set_index("individual")["mode"]
    return np.column_stack([wide, own.loc[wide.index]]), taken.loc[wide.index].to_numpy()


def of_scikit_learn(load: Callable[..., Any]) -> Callable[[], Examples]:
    return lambda: load(return_X_y=True)


SETS: dict[str, Callable[[], Examples]] = {
    "iris": of_scikit_learn(datasets.load_iris),
    "wine": of_scikit_learn(datasets.load_wine),
    "breast_cancer": of_scikit_learn(datasets.load_breast_cancer),
    "digits": of_scikit_learn(datasets.load_digits),
    "penguins": penguins,
    "anes96": votes,
    "fair": affairs,
    "modechoice": travel,
    "planar": lambda: tuple(planar()),
    "xor": lambda: tuple(xor()),
}


class Row(NamedTuple):
    """Errors and seconds of the contenders on one data set of m rows and n_x columns."""

    name: str
    m: int
    n_x: int
    errors: tuple[float, ...]
    seconds: tuple[float, ...]


def measure(name: str, contenders: Contenders) -> Row:
    """Cross-validate all; only fits are timed, after one that is not."""
    X, y = SETS[name]()
    errors, seconds = [], []
    for contender in contenders.values():
        clone(contender).fit(X[::7], y[::7])
        scores, took = [], 0.0
        for train, test in FOLDS.split(X, y):
            model = clone(contender)
            began = time.perf_counter()
            model.fit(X[train], y[train])
            took += time.perf_counter() - began
            scores.append(model.score(X[test], y[test]))
        errors.append(1 - float(np.mean(scores)))
        seconds.append(took)
    return Row(name, *X.shape, tuple(errors), tuple(seconds))


def line(row: Row) -> str:
    """Return a line of the table."""
    errors = (f"{100 * error:.1f} %" for error in row.errors)
    seconds = (f"{second:.2f}" for second in row.seconds)
    return f"| {row.name} | {row.m:,} x {row.n_x} | {' | '.join((*errors, *seconds))} |"


def compare(names: Iterable[str], contenders: Contenders) -> None:
    """Print a table."""
    columns = ["data", "rows x columns", *(f"{name}: error" for name in contenders)]
    columns += [f"{name}: seconds" for name in contenders]
    print(f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|")
    rows = []
    for name in names:
        rows.append(measure(name, contenders))
        print(line(rows[-1]), flush=True)
    errors = np.mean([row.errors for row in rows], axis=0)
    seconds = np.sum([row.seconds for row in rows], axis=0)
    mean = " | ".join(f"{100 * error:.1f} %" for error in errors)
    total = " | ".join(f"{second:.2f}" for second in seconds)
    print(f"| mean error, all seconds | | {mean} | {total} |")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for contenders in (NETWORKS, LOGISTIC):
        compare(sys.argv[1:] or SETS, contenders)
