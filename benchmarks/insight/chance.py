"""Intervals and tests where the truth is known: how often are they right?

Two networks of known error: x is normal in the plane, the truth is the sign of x_1, and a network
answers by a line that is turned by an angle t: it errs with t / pi. Turned to opposite sides, two
networks err on different examples; turned to one side, the worse errs where the better does too.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from figures import Figure, Outcome, share
from scipy.stats import binom

from cutaway.equations.comparison import mcnemar, newcombe_interval, newcombe_paired_interval
from cutaway.equations.metrics import wilson_interval
from cutaway.insight.diagnosis import diagnose
from cutaway.insight.part_errors import Errors

SIZES = (20, 50, 100, 200, 500, 1000, 2000, 5000)
ERRORS = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
ROUNDS, EXAMPLES = 1000, 1000


def measure(full: bool, say: Callable[[str], None]) -> Outcome:
    """Return how often equal networks are told apart, unequal ones found, truths covered."""
    random = np.random.default_rng(0)
    rounds = ROUNDS * (10 if full else 1)
    say("pairs of networks")
    equal = [_pair(random, 0.1, -0.1) for _ in range(rounds)]
    apart = [_pair(random, 0.1, -0.15) for _ in range(rounds)]
    nested = [_pair(random, 0.1, 0.15) for _ in range(rounds)]
    figures = [
        share("equal networks called different", [_differ(c) for c in equal], most=0.064),
        share("10 % against 15 % found, errors apart", [_differ(c) for c in apart], least=0.8),
        share("10 % against 15 % found, errors nested", [_differ(c) for c in nested], least=0.8),
        share("paired interval covers 0", [_covers(c, 0.0) for c in equal], least=0.93),
        share("paired interval covers -5 %", [_covers(c, -0.05) for c in apart], least=0.93),
    ]
    say("coverage")
    grid = [(n, p) for n in SIZES for p in ERRORS]
    exact = [_coverage(n, p) for n, p in grid]
    covered = float(np.mean(exact))
    figures.append(Figure("Wilson's interval covers the error", covered, len(grid), 0.93, 0.97))
    differences = [
        _covers_difference(random, n, p, q)
        for n in SIZES[2:]
        for p in ERRORS
        for q in ERRORS
        for _ in range(20 if full else 4)
    ]
    figures.append(
        share("Newcombe's interval covers the difference", differences, least=0.93, most=0.97)
    )
    cases = [{"n": n, "error": p, "coverage": c} for (n, p), c in zip(grid, exact, strict=True)]
    say("verdicts")
    figures += _verdicts(random, rounds)
    return Outcome(figures, cases)


def _pair(random: np.random.Generator, first: float, second: float) -> tuple[int, int, int, int]:
    """Return on how many examples both err, one alone does, and none."""
    x = random.normal(size=(2, EXAMPLES))
    truth = x[0] > 0
    wrong_1, wrong_2 = (
        (math.cos(t * math.pi) * x[0] + math.sin(t * math.pi) * x[1] > 0) != truth
        for t in (first, second)
    )
    pairs = ((wrong_1, wrong_2), (wrong_1, ~wrong_2), (~wrong_1, wrong_2), (~wrong_1, ~wrong_2))
    both, only_1, only_2, none = (int(np.sum(a & b)) for a, b in pairs)
    return both, only_1, only_2, none


def _differ(counts: tuple[int, int, int, int]) -> bool:
    return mcnemar(counts[1], counts[2]) < 0.05


def _covers(counts: tuple[int, int, int, int], truth: float) -> bool:
    low, high = newcombe_paired_interval(*counts)
    return low <= truth <= high


def _coverage(n: int, p: float) -> float:
    """Return the probability that the interval of a share of n examples holds p: no simulation."""
    counts = np.arange(n + 1)
    probable = counts[binom.pmf(counts, n, p) > 1e-12]
    inside = [low <= p <= high for low, high in (wilson_interval(int(k), n) for k in probable)]
    return float(binom.pmf(probable[inside], n, p).sum())


def _covers_difference(random: np.random.Generator, n: int, p: float, q: float) -> bool:
    low, high = newcombe_interval(int(random.binomial(n, p)), n, int(random.binomial(n, q)), n)
    return low <= p - q <= high


def _verdicts(random: np.random.Generator, rounds: int) -> list[Figure]:
    """Draw dev sets of networks whose population errors are known, and judge the verdicts."""
    right, decided = [], []
    for _ in range(rounds):
        train = random.choice([0.0, 0.005, 0.01, 0.05, 0.15])
        variance = random.choice([0.0, 0.01, 0.03, 0.05, 0.1, 0.15])
        n = int(random.choice([100, 300, 1000, 3000]))
        p = train + variance
        truth = diagnose(Errors(train, p)).verdict
        errors = Errors(train, random.binomial(n, p) / n, n_dev=n)
        found = diagnose(errors)
        # What the stated formula says of the error that is not known to the verdict
        needed = diagnose(Errors(train, p, n_dev=10))["variance"].n_needed
        if needed is None or n >= needed:
            decided.append(found["variance"].verdict != "undecided")
        if found.verdict != "undecided":
            right.append(_agrees(found.verdict, truth, found["variance"].verdict == "undecided"))
    return [
        share("verdict right among the decided, errors known", right, least=0.95),
        share("decided where the formula says that n_dev suffices", decided, least=0.8),
    ]


def _agrees(verdict: str, truth: str, in_doubt: bool) -> bool:
    """Whether a verdict is true; one that leaves the variance open may not deny it."""
    return verdict == truth or (in_doubt and verdict == "bias" and truth == "both")
