"""Times contenders beside each other: rounds in turn, medians, costs compared.

A contender trains a network for a number of steps and returns its parameters. Of each library the
variant that is fastest in a short trial (threads, precision, layout) goes into the rounds. The cost
at the end is computed by the case, with one function in float64, from everybody's parameters; where
it is not that of the case's first contender, to within the tolerance, the row is void.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

ROUNDS = 5
# A peer this many times slower than the best one in the first round, end to end and a step, cannot
# become the best by noise: it sits out the other rounds, and its row says so.
HOPELESS = 1.25

Key = tuple[str, str]


def nothing() -> None:
    """Forget nothing: nothing was compiled."""


@dataclass(frozen=True)
class Contender:
    """One way to train the network of a case.

    train   train(steps) -> parameters; timed as a whole, from rows in memory
    ours    whether it is cutaway's, and no peer
    aside   why it is shown but is not a peer that the targets speak of; "" for a peer
    forget  forgets what was compiled, so that a time end to end includes compiling
    """

    library: str
    variant: str
    train: Callable[[int], Any]
    ours: bool = False
    aside: str = ""
    forget: Callable[[], None] = nothing

    def timed(self, steps: int) -> tuple[float, Any]:
        """Return the seconds of one training, and its parameters."""
        return timed(self.train, steps)


class SkippedError(Exception):
    """A case cannot be measured here; the message says why."""


@dataclass(frozen=True)
class Case:
    """What is trained, and how many times faster than the best peer it shall be.

    steps           updates of the whole training
    trial           updates of the trial; the difference to it is the time of a step
    cost            cost(parameters): J in float64, a number or an array of one a network
    tolerance       share of the reference's cost by which another may differ
    targets         times faster end to end, by library; `step_targets` for a step, once compiled
    flops           operations of a step's matrix products, where their share of the peak counts
    share_target    that share, of cutaway's fastest
    """

    name: str
    title: str
    steps: int
    trial: int
    contenders: Sequence[Contender]
    cost: Callable[[Any], Any]
    tolerance: float
    targets: Mapping[str, float] = field(default_factory=dict)
    step_targets: Mapping[str, float] = field(default_factory=dict)
    flops: float | None = None
    share_target: float | None = None
    notes: str = ""


@dataclass
class Row:
    """What was measured of one contender: a list has one entry a round.

    seconds  a whole training, with compiling and whatever is prepared once
    again    the same as a second call in the same process: nothing is left to compile
    trial    a training of the trial's length, once compiled
    costs    at the end of each whole training
    void     why the figures do not count; "" where they do
    """

    library: str
    variant: str
    ours: bool
    aside: str
    seconds: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    trial: list[float] = field(default_factory=list)
    costs: list[Any] = field(default_factory=list)
    void: str = ""

    def end_to_end(self) -> float:
        """Return the median of the seconds of a whole training."""
        return statistics.median(self.seconds)

    def per_step(self, case: Case) -> float:
        """Return the seconds of one step, once compiled."""
        if case.steps == case.trial:
            return statistics.median(self.again) / case.steps
        more = statistics.median(self.again) - statistics.median(self.trial)
        return more / (case.steps - case.trial)


def timed(train: Callable[[int], Any], steps: int) -> tuple[float, Any]:
    """Return the seconds of one training, and its parameters."""
    # What others have left in the process is not searched for garbage at this one's cost.
    gc.collect()
    gc.freeze()
    began = time.perf_counter()
    parameters = train(steps)
    return time.perf_counter() - began, parameters


def measure(case: Case, rounds: int = ROUNDS) -> dict[str, Any]:
    """Return everything measured, as JSON."""
    chosen, trials, rows = _choose(case)
    peak = matmul_peak() if case.flops else None
    going = list(chosen)
    reference = None
    for number in range(rounds):
        for key in going:
            try:
                parameters = _round(case, chosen[key], rows[key])
                rows[key].costs.append(np.asarray(case.cost(parameters), np.float64))
            except Exception as error:
                rows[key].void = _failure(error)
            _tell(case, rows[key])
        reference = _reference(case, rows) if number == 0 else reference
        _judge(case, rows, reference)
        going = [key for key in going if not rows[key].void]
        if number == 0:
            going = _hopeful(case, rows, going)
    return _result(case, rows, trials, reference, peak)


def matmul_peak(n: int = 2048, tries: int = 10) -> float:
    """Return the most operations a second of a float32 matrix product of NumPy's BLAS."""
    A = np.random.default_rng(0).standard_normal((n, n)).astype(np.float32)
    return 2 * n**3 / min(timed(lambda _: A @ A, 1)[0] for _ in range(tries))


def _choose(case: Case) -> tuple[dict[Key, Contender], dict[str, float], dict[Key, Row]]:
    """Return the fastest variant of each library, the seconds of all, and a row for each chosen."""
    trials: dict[str, float] = {}
    fastest: dict[Key, tuple[float, Contender]] = {}
    rows: dict[Key, Row] = {}
    for contender in case.contenders:
        key = contender.library, contender.aside
        try:
            contender.timed(case.trial)  # Warm-up
            seconds, _ = contender.timed(case.trial)
        except Exception as error:
            failed = Row(contender.library, contender.variant, contender.ours, contender.aside)
            failed.void = _failure(error)
            rows[contender.library, contender.variant] = failed
            _tell(case, failed)
            continue
        trials[f"{contender.library}, {contender.variant}"] = seconds
        if key not in fastest or seconds < fastest[key][0]:
            fastest[key] = seconds, contender
    chosen = {key: contender for key, (_, contender) in fastest.items()}
    rows |= {key: Row(c.library, c.variant, c.ours, c.aside) for key, c in chosen.items()}
    return chosen, trials, rows


def _round(case: Case, contender: Contender, row: Row) -> Any:
    contender.forget()
    seconds, parameters = contender.timed(case.steps)
    again = seconds
    if contender.forget is not nothing:
        if case.trial != case.steps:
            contender.timed(case.trial)
        again = contender.timed(case.steps)[0]
    trial = 0.0 if case.trial == case.steps else contender.timed(case.trial)[0]
    row.seconds.append(seconds)
    row.again.append(again)
    row.trial.append(trial)
    return parameters


def _reference(case: Case, rows: Mapping[Key, Row]) -> Any:
    """Return the cost of the case's first contender, None where it failed."""
    first = case.contenders[0]
    costs = (
        row.costs[0]
        for row in rows.values()
        if (row.library, row.aside) == (first.library, first.aside) and row.costs
    )
    return next(costs, None)


def _judge(case: Case, rows: Mapping[Key, Row], reference: Any) -> None:
    """Void the rows whose cost is wrong, and those whose time of a step is lost in noise."""
    for row in rows.values():
        if row.void:
            continue
        cost = row.costs[-1]
        if reference is None:
            row.void = f"there is no cost of {case.contenders[0].library} to compare with"
        elif not np.allclose(cost, reference, rtol=case.tolerance, atol=0):
            row.void = f"wrong cost: {_number(cost):.6g}, not {_number(reference):.6g}"
        elif row.per_step(case) <= 0:
            row.void = "too noisy: the trial took as long as the whole training"


def _hopeful(case: Case, rows: Mapping[Key, Row], going: Sequence[Key]) -> list[Key]:
    """Drop the peers that cannot become the best any more."""
    peers = [row for row in rows.values() if is_peer(row)]
    if not peers:
        return list(going)
    seconds = min(row.end_to_end() for row in peers)
    step = min(row.per_step(case) for row in peers)

    def hopeful(row: Row) -> bool:
        return (
            row.ours
            or row.end_to_end() <= HOPELESS * seconds
            or row.per_step(case) <= HOPELESS * step
        )

    return [key for key in going if hopeful(rows[key])]


def is_peer(row: Row) -> bool:
    """Return whether the targets are measured against this row."""
    return not (row.ours or row.aside or row.void)


def _result(
    case: Case,
    rows: Mapping[Key, Row],
    trials: dict[str, float],
    reference: Any,
    peak: float | None,
) -> dict[str, Any]:
    peers = [row for row in rows.values() if is_peer(row)]
    best = min(peers, key=Row.end_to_end, default=None)
    quickest = min(peers, key=lambda row: row.per_step(case), default=None)

    def describe(row: Row) -> dict[str, Any]:
        described: dict[str, Any] = {
            "library": row.library,
            "variant": row.variant,
            "ours": row.ours,
            "aside": row.aside,
            "void": row.void,
            "rounds": len(row.seconds),
        }
        if row.costs:
            described["cost"] = _number(row.costs[-1])
        if row.seconds:
            described["seconds"] = row.end_to_end()
            described["step"] = row.per_step(case)
            described["every_round"] = {
                name: [round(value, 6) for value in getattr(row, name)]
                for name in ("seconds", "again", "trial")
            }
            if peak:
                described["share_of_peak"] = case.flops / described["step"] / peak
        if row.ours and not row.void and best and quickest:
            described["times"] = best.end_to_end() / row.end_to_end()
            described["times_step"] = quickest.per_step(case) / row.per_step(case)
            described["target"] = case.targets.get(row.library)
            described["target_step"] = case.step_targets.get(row.library)
        return described

    return {
        "name": case.name,
        "title": case.title,
        "steps": case.steps,
        "tolerance": case.tolerance,
        "reference_cost": None if reference is None else _number(reference),
        "peak_gflops": None if peak is None else peak / 1e9,
        "share_target": case.share_target,
        "best": None if best is None else f"{best.library}, {best.variant}",
        "best_step": None if quickest is None else f"{quickest.library}, {quickest.variant}",
        "rows": [describe(row) for row in rows.values()],
        "trials": {name: round(seconds, 6) for name, seconds in trials.items()},
        "notes": case.notes,
    }


def _number(cost: Any) -> float:
    """Return a cost, or the mean of those of several networks."""
    return float(np.mean(cost))


def _failure(error: Exception) -> str:
    traceback.print_exception(error, file=sys.stderr)
    return f"failed: {type(error).__name__}: {error}".split("\n")[0][:200]


def _tell(case: Case, row: Row) -> None:
    """Show what was just measured, for the person who waits."""
    figures = row.void or f"{row.seconds[-1]:.3f} s, cost {_number(row.costs[-1]):.6g}"
    print(f"{case.name}: {row.library}, {row.variant}: {figures}", file=sys.stderr, flush=True)
