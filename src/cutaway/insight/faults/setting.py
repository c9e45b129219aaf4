"""What the search for faults is given beside Records, and what it finds."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from cutaway.insight.evidence import Evidence
from cutaway.insight.faults.data import Sample
from cutaway.training.plan import Plan
from cutaway.training.record import Record
from cutaway.training.setup import Setup

Records = Sequence[Record]


@dataclass(frozen=True)
class Setting:
    """What is known of a training beside its Records; everything may be missing.

    task           classification, multi-label or regression
    epochs         that were planned
    learning_rate  that it started with
    sizes          units of each layer
    layers         names of all layers; "layer 1", .. unless given
    majority       share of the examples that are of the most frequent class
    trivial_cost   mean loss of the best answer that looks at no input; trivial_error its error
    n_train        training examples
    n_dev          dev examples; trivial_dev_loss what trivial_cost is on them
    sample         of the data, before the first update
    plan, command  of run.json: what was decided, and what was typed
    counted        what `epoch` of a Record counts: epochs, or single updates
    """

    task: str | None = None
    epochs: int | None = None
    learning_rate: float | None = None
    sizes: tuple[int, ...] = ()
    layers: tuple[str, ...] = ()
    majority: float | None = None
    trivial_cost: float | None = None
    trivial_error: float | None = None
    n_train: int | None = None
    n_dev: int | None = None
    trivial_dev_loss: float | None = None
    sample: Sample | None = None
    plan: Mapping[str, Any] = field(default_factory=dict)
    command: str = ""
    counted: str = "epoch"

    @classmethod
    def of_plan(
        cls,
        plan: Plan,
        task: str,
        classes: Mapping[str, int] | None,
        command: str = "",
        n_train: int | None = None,
        n_dev: int | None = None,
    ) -> Setting:
        """Return the setting of a plan; `classes` count the examples of each."""
        counts = (classes or {}).values() if task == "classification" else ()
        shares = [n / sum(counts) for n in counts if n]
        trivial = -sum(p * math.log(p) for p in shares) if shares else None
        error = 1 - max(shares) if shares else None
        if task == "regression" and plan.network.loss == "squared":
            # Targets have deviation 1 in training, and the loss of one is half its square.
            trivial = 0.5 * plan.network.n_y
            error = math.sqrt(sum(t * t for t in plan.target_scale) / len(plan.target_scale))
        return cls(
            task=task,
            epochs=plan.epochs,
            learning_rate=plan.rates.alpha,
            sizes=plan.network.sizes[1:],
            majority=max(shares, default=None),
            trivial_cost=trivial,
            trivial_error=error,
            n_train=n_train,
            n_dev=n_dev,
            plan=plan.to_json(),
            command=command,
        )

    @classmethod
    def of(cls, setup: Setup, command: str = "") -> Setting:
        """Return the setting of a training of our own."""
        dataset, split = setup.dataset, setup.prepared.split
        counts = dataset.counts(split.train)
        sizes = len(split.train), len(split.dev)
        setting = cls.of_plan(setup.plan, dataset.task, counts, command, *sizes)
        return dataclasses.replace(setting, trivial_dev_loss=_trivial_dev_loss(setup))

    @property
    def related(self) -> float | None:
        """Standard errors by which the targets of neighbours agree, beyond chance."""
        return None if self.sample is None else self.sample.related

    @property
    def is_wide(self) -> bool:
        """Whether there are more inputs than training examples."""
        sizes = self.plan.get("network", {}).get("sizes", (0,))
        return self.n_train is not None and bool(sizes[0] > self.n_train)

    def units(self, l: int) -> int | None:
        """Return how many units layer l = 1, 2, .. has."""
        return self.sizes[l - 1] if l <= len(self.sizes) else None

    def layer(self, l: int) -> str:
        """Name layer l = 1, 2, .."""
        return self.layers[l - 1] if l <= len(self.layers) else f"layer {l}"

    def called(self, l: int) -> str:
        """Name it within a sentence: a name of a person's own may be no more than "0"."""
        name = self.layer(l)
        return name if " " in name else f"layer {name}"

    def again(self, *options: str) -> str:
        """Return the command that trains again with other options."""
        return Evidence(command=self.command).again(*options)


def _trivial_dev_loss(setup: Setup) -> float | None:
    """Return the mean loss on dev of the best answer of train that looks at no input."""
    train, dev, loss = setup.prepared.train, setup.prepared.dev, setup.plan.network.loss
    if dev is None or not dev.m:
        return None
    weights = [None if part.weights is None else part.weights[0] for part in (train, dev)]
    Y = np.asarray(dev.Y, np.float64)
    mean = np.average(train.Y, axis=1, weights=weights[0])[:, np.newaxis].astype(np.float64)
    if loss == "squared":
        losses = 0.5 * (Y - mean) ** 2
    elif loss in ("log", "cross_entropy"):
        p = np.clip(mean, 1e-12, 1 - 1e-12)
        losses = -Y * np.log(p) - (loss == "log") * (1 - Y) * np.log(1 - p)
    else:
        return None
    return float(np.average(losses.sum(axis=0), weights=weights[1]))


def share(value: float) -> str:
    """Write a share in per cent."""
    return f"{100 * value:.0f} %"


class Sign(NamedTuple):
    """What a sign of a fault says: the number that is compared, and where and what it is.

    limit  that it has passed, where that is not the first one of the row
    """

    value: float
    words: str
    layer: str | None = None
    limit: float | None = None


@dataclass(frozen=True)
class Found:
    """A fault that was found.

    name     its row in the table
    epoch    after which it was named; None for what is wrong with the data, before the first
    value    the number, and the threshold that it passed
    what     what was seen, with the number
    remedy   what to do; command is how, where that is known
    cause    a fault that was found before and brings this one about
    """

    name: str
    epoch: int | None
    value: float
    threshold: float
    source: str
    what: str
    why: str
    remedy: str
    command: str
    lesson: str
    layer: str | None = None
    cause: str | None = None
    counted: str = "epoch"

    @property
    def passed(self) -> str:
        """The number, and the threshold that it passed, with its source; "" where there is none."""
        if not (math.isfinite(self.value) and math.isfinite(self.threshold)):
            return ""
        return f"number {self.value:.3g}, limit {self.threshold:.3g} ({self.source})"

    @property
    def when(self) -> str:
        """When it was named, in words."""
        if self.epoch is None:
            return "before training"
        if self.epoch == 0:
            return "at the start"
        return f"after {self.counted} {self.epoch}"

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON, None for what is not finite."""
        return {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in vars(self).items()
        }
