"""Faults of the data: each a sign, a pure function of a sample of them, and its row."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from cutaway.insight.faults.data import Sample
from cutaway.insight.faults.fault import MEASURED, Fault, option
from cutaway.insight.faults.setting import Setting, Sign, share

Floats = npt.NDArray[np.floating[Any]]
# Columns that are looked at one by one: those that vary most with the target
COLUMNS = 8
# Dimensions and ridge of the classifier that tells dev from train
DIRECTIONS, RIDGE = 64, 1.0


def not_scaled(d: Sample, s: Setting, *, most: float, unlike: float, least: float) -> Sign | None:
    """Inputs are far from 0, all next to 0, or in columns of very different size."""
    X = d.X.astype(np.float64)
    rms, deviation = np.sqrt((X * X).mean(axis=1)), X.std(axis=1)
    if rms.max() > most:
        words = f"'{_input(d, int(rms.argmax()))}' is {rms.max():.3g} in root mean square"
        return Sign(float(rms.max()), f"{words}, where 1 is good")
    if 0 < rms.max() < least:
        words = f"no input is above {rms.max():.3g} in root mean square"
        return Sign(float(rms.max()), words, limit=least)
    varying = deviation[deviation > 0]
    if d.kind != "pictures" and len(varying) > 1 and varying.max() > unlike * varying.min():
        ratio = float(varying.max() / varying.min())
        words = f"one input varies {ratio:.3g} times as much as another"
        return Sign(ratio, words, limit=unlike)
    return None


def _input(d: Sample, i: int) -> str:
    """Name the column that input i was made of."""
    at = next((k for k, inputs in enumerate(d.inputs) if i < inputs.stop), None)
    return f"input {i + 1}" if at is None else d.names[at]


def leak(
    d: Sample, s: Setting, *, most: float, beyond: float, times: float, examples: int, rest: float
) -> Sign | None:
    """One column tells the target alone, as no other one does."""
    if d.kind == "pictures" or len(d.inputs) < 3 or d.X.shape[1] < examples:
        return None
    counts = d.classes.values()
    # What is nearly always of one class is told by nearly any column.
    if d.task != "regression" and (not counts or max(counts) > (1 - rest) * sum(counts)):
        return None
    X, Y = d.X.astype(np.float64), d.Y.astype(np.float64)
    chosen = _most_related(d, X, Y)
    columns = [X[d.inputs[k]] for k in chosen]
    one_way = [_error_of(V, Y, d.task, 0) for V in columns]
    # An error within two standard errors of the limit may be below it.
    n, regression = X.shape[1], d.task == "regression"
    error = most * math.sqrt(2 / n) if regression else math.sqrt(most * (1 - most) / n)
    # The other way round no error is below 0.
    if min(one_way) > 2 * (most + 2 * error):
        return None
    errors = [(e + _error_of(V, Y, d.task, 1)) / 2 for e, V in zip(one_way, columns, strict=True)]
    best, *others = np.argsort(errors, kind="stable")
    apart = errors[best] + beyond if errors[best] <= most else times * errors[best]
    if errors[best] > most + 2 * error or errors[others[0]] <= apart:
        return None
    alone = f"'{d.names[chosen[best]]}' alone"
    if regression:
        return Sign(errors[best], f"{alone} leaves {share(errors[best])} of the variance")
    next_best = f"the next best column in {share(errors[others[0]])}"
    return Sign(errors[best], f"{alone} is wrong in {share(errors[best])}, {next_best}")


def _most_related(d: Sample, X: Floats, Y: Floats) -> list[int]:
    """Return the columns whose inputs vary most with the target."""
    centred, target = X - X.mean(axis=1, keepdims=True), Y - Y.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(centred, axis=1)[:, np.newaxis] * np.linalg.norm(target, axis=1)
    related = abs(centred @ target.T) / np.where(norms > 0, norms, np.inf)
    of_columns = [float(related[inputs].max()) for inputs in d.inputs]
    most: list[int] = np.argsort(of_columns, kind="stable")[::-1][:COLUMNS].tolist()
    return most


def _error_of(V: Floats, Y: Floats, task: str, half: int) -> float:
    """Return the error on one half of the best guess by a column V (inputs, s), fitted on half."""
    # The inputs of a category are 0 or 1: which of them it is, 0 for none that is known.
    codes = V[0] if len(V) < 3 else np.argmax(V, axis=0) + (np.ptp(V, axis=0) > 0)
    labels = Y.argmax(axis=0) if len(Y) > 1 else (Y[0] > 0.5).astype(int)
    fit, judge = slice(half, None, 2), slice(1 - half, None, 2)
    if task == "regression":
        return _unexplained(codes, Y[0], fit, judge)
    # Every example has the most frequent class of the value that is nearest to its own.
    values, at = np.unique(codes[fit], return_inverse=True)
    counts = np.zeros((len(values), labels.max() + 1))
    np.add.at(counts, (at, labels[fit]), 1)
    nearest = np.searchsorted((values[1:] + values[:-1]) / 2, codes[judge])
    return float(np.mean(counts.argmax(axis=1)[nearest] != labels[judge]))


def _unexplained(v: Floats, y: Floats, fit: Any, judge: Any) -> float:
    """Return the share of the variance of y that a line of v leaves, straight or through all."""
    slope, level = np.polyfit(v[fit], y[fit], 1) if np.ptp(v[fit]) > 0 else (0.0, y[fit].mean())
    order = np.argsort(v[fit])
    lines = slope * v[judge] + level, np.interp(v[judge], v[fit][order], y[fit][order])
    left = min(float(np.mean((y[judge] - line) ** 2)) for line in lines)
    return left / max(float(y[judge].var()), 1e-12)


def duplicates(d: Sample, s: Setting, *, most: float, examples: int) -> Sign | None:
    """Examples of dev or test are training examples too, beyond chance."""
    for part, (n, of) in d.identical.items():
        if n >= examples and n > most * of and n > (most + _by_chance(d, s.n_train or 0)) * of:
            words = f"{n:,} of {of:,} {part} examples are identical to one that is trained on"
            return Sign(n / of, words)
    return None


def _by_chance(d: Sample, n: int) -> float:
    """Return how likely one of n examples agrees with another, if no input depends on others."""
    alike, s = 1.0, d.X.shape[1]
    for values in d.X:
        counts = np.unique(values, return_counts=True)[1]
        alike *= float((counts * (counts - 1)).sum()) / max(1, s * (s - 1))
        if alike == 0:
            break
    return float(1 - (1 - alike) ** n)


def unbalanced(d: Sample, s: Setting, *, most: float) -> Sign | None:
    """One class has many times the examples of another, or weighs as much."""
    counts = {name: n for name, n in d.classes.items() if n}
    if len(counts) < 2:
        return None
    weights = {name: (d.weights or counts)[name] for name in counts}
    rare, frequent = min(weights, key=weights.__getitem__), max(weights, key=weights.__getitem__)
    ratio = weights[frequent] / weights[rare] if weights[rare] > 0 else math.inf
    if ratio <= most:
        return None
    words = f"'{frequent}' has {ratio:.3g} times the training examples of '{rare}'"
    if d.weights:
        words = f"'{frequent}' weighs {ratio:.3g} times as much as '{rare}'"
    return Sign(ratio, f"{words} ({counts[frequent]:,} and {counts[rare]:,})")


def unlike(d: Sample, s: Setting, *, most: float, errors: float) -> Sign | None:
    """A linear classifier tells dev examples from training examples."""
    if d.X_dev is None:
        return None
    n = min(d.X.shape[1], d.X_dev.shape[1])
    # An area of 1/2 has the variance 1 / 6n (Hanley and McNeil, 1982).
    most = max(most, 0.5 + errors / math.sqrt(6 * n))
    X = np.concatenate([_evenly(d.X, n), _evenly(d.X_dev, n)], axis=1).astype(np.float64)
    origin = np.repeat([-1.0, 1.0], n)
    if len(X) > DIRECTIONS:
        X = np.random.default_rng(0).normal(size=(DIRECTIONS, len(X))) @ X / np.sqrt(len(X))
    X = X - X.mean(axis=1, keepdims=True)
    X /= np.maximum(X.std(axis=1, keepdims=True), 1e-12)
    # Squares, for what has the same mean and another spread
    F = np.concatenate([X, np.minimum(X * X, 9.0), np.ones((1, 2 * n))])
    scores = np.empty(2 * n)
    for judged in (np.arange(2 * n) % 2 == 0, np.arange(2 * n) % 2 == 1):
        A = F[:, ~judged]
        w = np.linalg.solve(A @ A.T + RIDGE * len(A) * np.eye(len(A)), A @ origin[~judged])
        scores[judged] = w @ F[:, judged]
    value = _area(scores[n:], scores[:n])
    if value <= most:
        return None
    return Sign(value, f"a linear classifier tells them apart, area under ROC {value:.2f}")


def _evenly(X: Floats, n: int) -> Floats:
    return X[:, np.linspace(0, X.shape[1] - 1, n).astype(np.intp)]


def _area(high: Floats, low: Floats) -> float:
    """Return the area under the ROC curve: how often one of `high` is above one of `low`."""
    low = np.sort(low)
    above = np.searchsorted(low, high, "left") + np.searchsorted(low, high, "right")
    return float(above.mean() / (2 * len(low)))


ROWS = (
    Fault(
        "inputs not scaled",
        (),
        not_scaled,
        {"most": 5.0, "unlike": 1000.0, "least": 0.01},
        "root mean square of an input as it enters the network",
        "LeCun et al., Efficient BackProp, 1998: mean 0 and variance 1",
        "Large inputs make large Z and large gradients, so that a rate that suits other layers "
        "is too high for the first. Inputs of different sizes make a narrow valley.",
        "normalise the inputs",
        option("--normalize standard"),
        "normalization",
    ),
    Fault(
        "leaking column",
        (),
        leak,
        {"most": 0.01, "beyond": 0.02, "times": 10.0, "examples": 60, "rest": 0.1},
        "error of a single column, where no other comes near",
        MEASURED,
        "A column that tells the target alone is mostly a copy of it, or was written after it was "
        "known. The network will use nothing else, and fail where the column is not there yet.",
        "leave the column out (--ignore), unless it will be known when the network is to answer",
        option(),
        "train_dev_test",
    ),
    Fault(
        "duplicates across splits",
        (),
        duplicates,
        {"most": 0.05, "examples": 3},
        "share of the dev or test examples that are training examples too",
        "a twentieth, beyond the chance that rows of few values agree",
        "The network is judged by examples that it has seen the answers of. The error looks better "
        "than it is on new ones.",
        "remove the copies before the data are split",
        option(),
        "train_dev_test",
    ),
    Fault(
        "unbalanced classes",
        (),
        unbalanced,
        {"most": 9.0},
        "training examples of the most frequent class over those of the rarest",
        "Fernandez et al., 2008: more than 9 is highly unbalanced",
        "Always answering the frequent class is right almost always, so the rare one is hardly "
        "learned. The share of wrong answers hides it.",
        "weigh the classes alike, and judge by precision and recall of each class",
        option("--class-weight balanced"),
        "train_dev_test",
    ),
    Fault(
        "dev unlike train",
        (),
        unlike,
        {"most": 0.65, "errors": 4.0},
        "area under the ROC curve of a linear classifier of train against dev, by cross-validation",
        "0.5 is chance; at least four of its standard errors (Hanley and McNeil, 1982)",
        "The network is judged by examples of another kind than those that it learns from. A gap "
        "between the errors then is no variance, and more training examples of the old kind "
        "will not close it.",
        "training examples of the kind that the dev set has; --train-dev tells the two gaps apart",
        option("--train-dev 0.1"),
        "train_dev_test",
    ),
)
