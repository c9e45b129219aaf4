"""Times contenders against each other in one process: rounds in turn, medians, costs compared.

A contender trains a network for a number of steps and returns its parameters. Of each library the
fastest variant in a short trial (threads, precision, layout) goes into the rounds. The cost at the
end is computed by the case, from every contender's parameters, with the same function in float64;
where it is not the reference's to within the case's tolerance, the row is void.
"""

from __future__ import annotations

import math
import statistics
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

ROUNDS = 5
OURS = "cutaway"


def _nothing() -> None:
    """Forget nothing: the contender compiles nothing."""


@dataclass(frozen=True)
class Contender:
    """One way to train the network of a case.

    train    train(steps) -> parameters, timed as a whole
    forget   forgets what was compiled, so that a time end to end includes compiling
    """

    library: str
    variant: str
    train: Callable[[int], Any]
    forget: Callable[[], None] = _nothing

    @property
    def ours(self) -> bool:
        """Whether it is one of ours, and no peer."""
        return self.library.startswith(OURS)

    @property
    def compiles(self) -> bool:
        """Whether its first call is slower than the next."""
        return self.forget is not _nothing


@dataclass(frozen=True)
class Case:
    """What is trained, and how fast it shall be.

    steps, trial  updates of the whole training, and of the short one
    cost          cost(parameters): J on all examples in float64
    tolerance     share of the cost by which it may differ from the reference's
    targets       times faster than the best peer, end to end, by library
    step_targets  the same for the time per step, once compiled
    """

    name: str
    title: str
    steps: int
    trial: int
    contenders: Sequence[Contender]
    cost: Callable[[Any], float]
    tolerance: float
    targets: Mapping[str, float] = field(default_factory=dict)
    step_targets: Mapping[str, float] = field(default_factory=dict)
    notes: str = ""
    facts: Mapping[str, float] = field(default_factory=dict)


@dataclass
class Row:
    """What was measured of one contender; seconds and costs of every round.

    seconds   a whole training, compiling and K included
    again     the same once compiled: a second call in the same process
    short     a training of `trial` steps, once compiled; what `again` takes more is the steps
    """

    library: str
    variant: str
    seconds: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    short: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    void: str = ""


def timed(train: Callable[[int], Any], steps: int) -> tuple[float, Any]:
    """Return the seconds of one training, and its parameters."""
    began = time.perf_counter()
    parameters = train(steps)
    return time.perf_counter() - began, parameters


def choose(case: Case) -> tuple[list[Contender], dict[str, float], list[Row]]:
    """Return the fastest variant of each library in a trial, all trials, and what failed."""
    trials: dict[str, float] = {}
    failed = []
    best: dict[str, tuple[float, Contender]] = {}
    for contender in case.contenders:
        try:
            contender.train(case.trial)
            seconds = min(timed(contender.train, case.trial)[0] for _ in range(2))
        except Exception as error:
            failed.append(_failed(contender, error))
            continue
        trials[f"{contender.library}, {contender.variant}"] = seconds
        if contender.library not in best or seconds < best[contender.library][0]:
            best[contender.library] = seconds, contender
    return [contender for _, contender in best.values()], trials, failed
