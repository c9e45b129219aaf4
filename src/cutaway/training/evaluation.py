"""How good a model is on labelled examples: errors with intervals, per class, per example."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cutaway import wording
from cutaway.data.parts import Prepared
from cutaway.engine.job import Part
from cutaway.equations import LOSSES, METRICS, wilson_interval
from cutaway.equations.metrics import ERROR_OF_TASK, Z_95, confusion_matrix, precision_recall
from cutaway.equations.network import Network
from cutaway.training.model import Model

Floats = npt.NDArray[np.float64]
FEW = 10
"""Squared errors from which on their spread gives the interval of a regression's error."""


@dataclass(frozen=True)
class Evaluation:
    """A model on one part of the data.

    metrics    value by name: error or label_error; rmse, mae and r2 of a regression
    interval   95 % interval of the error: Wilson's; of a regression, from the spread of the squares
    answers    how many right or wrong answers the error counts, None for a regression
    confusion  (K, K), rows are the true classes; precision, recall (K,)
    A, losses  outputs (n_y, m) and loss (m,) of every example
    loss       their mean, by the weights of the examples: the figure of Records
    """

    m: int
    metrics: dict[str, float]
    interval: tuple[float, float]
    answers: int | None
    classes: tuple[str, ...]
    A: npt.NDArray[Any]
    losses: Floats
    loss: float
    confusion: Floats | None = None
    precision: Floats | None = None
    recall: Floats | None = None

    @property
    def error(self) -> float:
        """The figure that Records call error."""
        return next(iter(self.metrics.values()))

    def confused(self, most: int = 5) -> list[tuple[str, str, int]]:
        """Return (true class, class it was taken for, count), the most frequent first."""
        if self.confusion is None:
            return []
        pairs = [
            (self.classes[i], self.classes[j], int(self.confusion[i, j]))
            for i, j in zip(*np.nonzero(self.confusion), strict=True)
            if i != j
        ]
        return sorted(pairs, key=lambda pair: (-pair[2], pair[0], pair[1]))[:most]

    def found(self) -> str:
        """Say by class how much is found, by which weighed classes are judged; "" without any."""
        if self.recall is None:
            return ""
        shares = zip(self.classes, self.recall.tolist(), strict=True)
        recalls = [f"{wording.short(name)} {100 * share:.1f} %" for name, share in shares]
        return f"errors aside, for the classes are weighed: recall {wording.listed(recalls, 12)}"

    def one_class(self) -> str:
        """Say that every example gets the same answer, and what may change that; "" otherwise."""
        if self.confusion is None:
            return ""
        answers = np.flatnonzero(self.confusion.sum(axis=0))
        if len(answers) > 1:
            return ""
        name = wording.short(self.classes[answers[0]])
        return f"every example gets the answer '{name}'; --class-weight balanced weighs all alike"

    def to_json(self) -> dict[str, Any]:
        """Return the figures as JSON."""
        values: dict[str, Any] = {"examples": self.m, **self.metrics, "interval": self.interval}
        if self.confusion is not None and self.precision is not None and self.recall is not None:
            rows = zip(
                self.classes,
                self.confusion.sum(axis=1).astype(int).tolist(),
                self.precision.tolist(),
                self.recall.tolist(),
                strict=True,
            )
            values["classes"] = [
                {"class": name, "examples": n, "precision": p, "recall": r}
                for name, n, p, r in rows
            ]
            values["confusion"] = self.confusion.astype(int).tolist()
        return values


class Evaluations(NamedTuple):
    """A model on the parts of its data: dev and train-dev where there are such."""

    train: Evaluation
    dev: Evaluation | None
    train_dev: Evaluation | None

    @property
    def judged(self) -> Evaluation:
        """What the model is judged by: dev, or train without a dev set."""
        return self.dev or self.train


def evaluate_all(model: Model, prepared: Prepared) -> Evaluations:
    """Evaluate a model on all parts of its data but the test set."""
    others = (part and evaluate(model, part) for part in (prepared.dev, prepared.train_dev))
    return Evaluations(evaluate(model, prepared.train), *others)


def evaluate(model: Model, part: Part) -> Evaluation:
    """Evaluate a model on prepared examples; a regression in its original units."""
    preparation = model.preparation
    task = preparation.task
    A = model.apply(part.X)
    losses = _losses(model.network, A, part.Y)
    loss = float(np.average(losses, weights=None if part.weights is None else part.weights[0]))
    if task == "regression":
        scale = preparation.target_scale[:, np.newaxis]
        # Large units would overflow in squares; a power of two changes no bit.
        unit = 2.0 ** math.floor(math.log2(scale.max()))
        scale = scale / unit
        rmse, mae, r2 = (
            float(METRICS[name].value(A * scale, part.Y * scale, None))
            for name in (ERROR_OF_TASK[task], "mae", "r2")
        )
        low, high = _rmse_interval((((A - part.Y) * scale) ** 2).mean(axis=0))
        metrics = {ERROR_OF_TASK[task]: unit * rmse, "mae": unit * mae, "r2": r2}
        return Evaluation(part.m, metrics, (unit * low, unit * high), None, (), A, losses, loss)
    name = ERROR_OF_TASK[task]
    exact, Y = A.astype(np.float64), part.Y.astype(np.float64)
    error = float(METRICS[name].value(exact, Y, None))
    answers = part.m * (part.Y.shape[0] if task == "multi-label" else 1)
    interval = wilson_interval(round(error * answers), answers)
    evaluation = Evaluation(
        part.m, {name: error}, interval, answers, preparation.classes, A, losses, loss
    )
    if task == "multi-label":
        return evaluation
    C = confusion_matrix(exact, Y)
    precision, recall = precision_recall(C)
    return replace(evaluation, confusion=C, precision=precision, recall=recall)


def _rmse_interval(squares: Floats) -> tuple[float, float]:
    """Interval of the root of a mean: the mean's by the normal approximation, then the root.

    The spread of few squares says nothing (one has none). Where there are fewer than FEW the errors
    are taken for normal instead: m mean / sigma^2 is chi-squared with m degrees of freedom.
    """
    m, mean = len(squares), float(squares.mean())
    if m < FEW:
        from scipy.special import chdtri

        low, high = (math.sqrt(m * mean / float(chdtri(m, p))) for p in (0.025, 0.975))
        return low, high
    # The squares of large squares would overflow
    half = Z_95 * mean * float((squares / (mean or 1.0)).std()) / math.sqrt(m)
    return math.sqrt(max(0.0, mean - half)), math.sqrt(mean + half)


def _losses(network: Network, A: npt.NDArray[Any], Y: npt.NDArray[Any]) -> Floats:
    # From A, which is at hand; where it has rounded to 0 or 1 the loss is as large as it gets.
    tiny = np.finfo(A.dtype).tiny
    if network.loss != "squared":
        A = np.clip(A, tiny, 1 - np.finfo(A.dtype).epsneg)
    with np.errstate(over="ignore"):
        losses: Floats = LOSSES[network.loss].loss(A, Y)[0].astype(np.float64)
    return losses
