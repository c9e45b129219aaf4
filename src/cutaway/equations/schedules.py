"""Schedules: the learning rate of an epoch, one row each; decay_rate 0 decays none but cosine.

Derived in docs/equations/schedules.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple


class Decay(NamedTuple):
    """The numbers of a schedule: rate and interval of the decay, and how many epochs there are."""

    rate: float
    interval: int
    epochs: int


class Schedule(NamedTuple):
    """One schedule: rate(alpha0, epoch, decay) is alpha during epoch 0, 1, .."""

    name: str
    rate: Callable[[float, int, Decay], float]
    equation: str


def constant(alpha0: float, epoch: int, decay: Decay) -> float:
    """Alpha = alpha0."""
    return alpha0


def inverse_time(alpha0: float, epoch: int, decay: Decay) -> float:
    """Alpha = alpha0 / (1 + decay_rate * epoch)."""
    return alpha0 / (1.0 + decay.rate * epoch)


def step(alpha0: float, epoch: int, decay: Decay) -> float:
    """Alpha = alpha0 / (1 + decay_rate * floor(epoch / decay_interval))."""
    return alpha0 / (1.0 + decay.rate * (epoch // decay.interval))


def exponential(alpha0: float, epoch: int, decay: Decay) -> float:
    """Alpha = alpha0 * exp(-decay_rate * epoch); 0.95^epoch is decay_rate = -log 0.95 = 0.0513."""
    return alpha0 * math.exp(-decay.rate * epoch)


def cosine(alpha0: float, epoch: int, decay: Decay) -> float:
    """Alpha = alpha0 / 2 * (1 + cos(pi * epoch / epochs)); it has no rate."""
    return 0.5 * alpha0 * (1.0 + math.cos(math.pi * epoch / max(decay.epochs, 1)))


_ROWS = (
    Schedule("constant", constant, "alpha0"),
    Schedule("inverse_time", inverse_time, "alpha0 / (1 + decay_rate * epoch)"),
    Schedule("step", step, "alpha0 / (1 + decay_rate * floor(epoch / decay_interval))"),
    Schedule("exponential", exponential, "alpha0 * exp(-decay_rate * epoch)"),
    Schedule("cosine", cosine, "alpha0 / 2 * (1 + cos(pi * epoch / epochs))"),
)
SCHEDULES: Mapping[str, Schedule] = {row.name: row for row in _ROWS}
