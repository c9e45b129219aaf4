"""What a row of the table of faults says, and what several rows say alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from cutaway.insight.faults.setting import Setting, Sign


class Fault(NamedTuple):
    """One fault.

    needs    fields of a Record that it is seen in
    asks     fields of the Setting without which nobody can tell
    sign     called with the Records, the Setting and the limits
    limits   the threshold first, then what else the sign depends on
    means    what the threshold is a threshold of
    source   where the threshold comes from
    options  of the command that trains without the fault; none where no option helps
    follows  the faults that bring this one about
    """

    name: str
    needs: tuple[str, ...]
    sign: Callable[..., Sign | None]
    limits: Mapping[str, Any]
    means: str
    source: str
    why: str
    remedy: str
    options: Callable[[Setting], tuple[str, ...]]
    lesson: str
    follows: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()


def option(*options: str) -> Callable[[Setting], tuple[str, ...]]:
    """Return options that do not depend on the training."""
    return lambda s: options


def rate(factor: float) -> Callable[[Setting], tuple[str, ...]]:
    """Return the option of another learning rate, where that of now is known."""

    def options(s: Setting) -> tuple[str, ...]:
        return (f"--learning-rate {factor * s.learning_rate:.2g}",) if s.learning_rate else ()

    return options


MEASURED = "measured on the healthy and the planted trainings of benchmarks/insight"

# What keeps a network from learning: some of it is there at the start, some comes in training.
AT_START = ("symmetric units", "saturated units", "exploding gradients")
STUCK = (*AT_START, "vanishing gradients", "learning rate too high", "dead units")
