"""Dev error over the number of training examples, and what more of them would do.

The network is trained on parts of its training set, several draws of each size. A power law

    error(m) = a + b m^-c,  a >= 0, b >= 0

is fitted and extrapolated. Its interval is a bootstrap over the draws, over the dev examples, which
all sizes share, over the size from which on the law is fitted, to three sizes or more, and over
whether a is fitted or 0. What it leaves out is that the law may not hold beyond m.

Hestness et al., "Deep learning scaling is predictable, empirically", 2017.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cutaway.data.parts import prepare
from cutaway.engine.job import Part
from cutaway.errors import DataError, RunError
from cutaway.experiments.gain import misses
from cutaway.experiments.many import train_all
from cutaway.insight.curve import LearningCurve, Point
from cutaway.training.setup import Setup, plan_for
from cutaway.training.trainee import Run, Trainee

Floats = npt.NDArray[np.float64]

SIZES, DRAWS = 5, 3
# Parts of fewer examples say nothing about the law.
FEWEST = 20
REPLICATES = 1000
EXPONENTS = np.linspace(0.1, 1.2, 23)
# What is drawn and told beyond the examples that there are
FURTHER = (2, 4, 8)
SEED = 0x1C


class Trained(NamedTuple):
    """Networks of one size: train errors (draws,), and what each dev example costs (draws, m)."""

    m: int
    train: Floats
    dev: Floats


def learning_curve(
    setup: Setup,
    target: float,
    *,
    sizes: int = SIZES,
    draws: int = DRAWS,
    say: Callable[[str], None] = lambda text: None,
) -> LearningCurve:
    """Train on parts of the training set, each half of the next, and extrapolate the dev error.

    target  error for which the number of examples is told

    Raises:
        RunError: there is no dev set to judge by.
        DataError: the training set is too small to be parted.
    """
    m, counts = len(setup.prepared.split.train), check(setup, sizes)
    trained = []
    for count in counts:
        say(f"training {draws} networks on {count:,} of {m:,} examples")
        trainees = [Trainee(_with(setup, count, draw)) for draw in range(draws)]
        train_all(trainees)
        runs = [trainee.finish() for trainee in trainees]
        trained.append(
            Trained(
                count,
                np.array([_costs(run, run.setup.prepared.train).mean() for run in runs]),
                np.stack([_costs(run, run.setup.prepared.dev) for run in runs]),
            )
        )
    return extrapolate(trained, target, setup.plan.metric)


def check(setup: Setup, sizes: int = SIZES) -> list[int]:
    """Return how many examples are trained on; see `learning_curve` for what is raised."""
    if setup.prepared.dev is None:
        raise RunError("a learning curve needs a dev set; train with one: --split 0.8,0.2,0")
    m = len(setup.prepared.split.train)
    counts = [m >> i for i in range(sizes) if m >> i >= FEWEST][::-1]
    if len(counts) < 3:
        raise DataError(
            f"{m} training examples are too few for a learning curve: a quarter of them must be "
            f"at least {FEWEST}"
        )
    return counts


def _with(setup: Setup, count: int, draw: int) -> Setup:
    """Return the set-up with so many training examples, every class by its share."""
    given, dataset, split = setup.hyperparameters, setup.dataset, setup.prepared.split
    train = split.train[order_of(setup, draw)[:count]]
    prepared = prepare(
        dataset,
        replace(split, train=np.sort(train)),
        normalize=given.normalize,
        dtype=given.dtype,
        class_weight=given.class_weight,
        output=given.output,
    )
    seeded = replace(given, seed=given.seed + draw)
    return plan_for(seeded, dataset, prepared)


def order_of(setup: Setup, draw: int) -> npt.NDArray[np.intp]:
    """Return an order of the training examples whose beginnings have each class by its share."""
    index, target = setup.prepared.split.train, setup.dataset.target
    random = np.random.default_rng([SEED, setup.hyperparameters.seed, draw])
    shuffled = random.permutation(len(index))
    if setup.dataset.task != "classification" or target is None:
        return shuffled
    place = np.empty(len(index))
    classes = target[index][shuffled]
    for c in np.unique(classes):
        members = np.flatnonzero(classes == c)
        place[members] = (np.arange(len(members)) + random.random()) / len(members)
    return shuffled[np.argsort(place, kind="stable")]


def _costs(run: Run, part: Part | None) -> Floats:
    """Return what each example adds to the error: 0 or 1, or the mean square of a regression."""
    assert part is not None
    found = misses(run.model.apply(part.X), part.Y, run.model.preparation)
    # Of several labels the share that is wrong
    return np.asarray(found.reshape(-1, part.m).mean(axis=0))


def extrapolate(trained: Sequence[Trained], target: float, metric: str) -> LearningCurve:
    """Fit the law to the networks of each size, and tell it beyond the largest."""
    counts = np.array([float(one.m) for one in trained])
    largest = trained[-1].m
    random = np.random.default_rng(SEED)
    error = np.sqrt if metric == "rmse" else np.asarray
    # A bootstrap of few wrong answers is too sure of itself: Agresti and Coull's two wrong and two
    # right ones more make it as wide as Wilson's interval.
    added = () if metric == "rmse" else (1.0, 1.0, 0.0, 0.0)
    costs = [np.hstack([one.dev, np.tile(added, (len(one.dev), 1))]) for one in trained]
    curves = np.stack([_replicate(costs, random, error) for _ in range(REPLICATES)])
    # Where the law does not quite hold, it depends on where it is begun: so does each replicate.
    begun = np.arange(REPLICATES) % (len(trained) - 2)
    # Whether the error comes to rest above 0 is seldom to be seen in so few sizes.
    laws = np.concatenate(
        [
            _fit(counts[i:], curves[begun == i][:, i:], rests=rests)
            for i in np.unique(begun)
            for rests in (True, False)
        ]
    )
    best = _fit(counts, np.stack([[error(one.dev.mean()) for one in trained]]))
    further = [k * largest for k in FURTHER]
    ends = np.quantile(curves, (0.025, 0.975), axis=0)
    points = [
        Point(
            one.m,
            float(error(one.dev.mean())),
            (float(low), float(high)),
            float(error(one.train.mean())),
        )
        for one, low, high in zip(trained, *ends, strict=True)
    ]
    kept = tuple((float(f"{a:.6g}"), float(f"{b:.6g}"), float(c)) for a, b, c in (*best, *laws))
    beyond = tuple(_beyond(best, laws, m) for m in further)
    curve = LearningCurve(tuple(points), beyond, target, metric, None, (None, None), kept)
    return curve.aimed_at(target)


def _replicate(costs: Sequence[Floats], random: Any, error: Any) -> Floats:
    """Return the errors of a bootstrap sample: the same dev examples for every size.

    Of n draws n - 1 are taken: the mean of n would spread by sqrt((n - 1) / n) of what it should
    (Rao and Wu, 1988), which matters where n is 3.
    """
    m = costs[0].shape[1]
    examples = random.multinomial(m, np.full(m, 1 / m)) / m
    draws = [random.integers(len(one), size=max(1, len(one) - 1)) for one in costs]
    values = [(one[index] @ examples).mean() for one, index in zip(costs, draws, strict=True)]
    return np.asarray(error(np.array(values)))


def _fit(counts: Floats, curves: Floats, *, rests: bool = True) -> Floats:
    """Return (a, b, c) of each curve (n, sizes) by least squares, a and b at least 0."""
    # Errors are told the better the smaller they are.
    highest = np.maximum(curves.max(axis=1, keepdims=True), 1e-12)
    weights = 1 / np.maximum(curves, highest / 20)
    total = weights.sum(axis=1)
    best = np.full(len(curves), np.inf)
    laws = np.zeros((len(curves), 3))
    for c in EXPONENTS:
        x = counts**-c
        mean_x, mean_y = (weights * x).sum(axis=1) / total, (weights * curves).sum(axis=1) / total
        dx, dy = x - mean_x[:, np.newaxis], curves - mean_y[:, np.newaxis]
        b = (weights * dx * dy).sum(axis=1) / (weights * dx * dx).sum(axis=1)
        a = mean_y - b * mean_x
        through_0 = (weights * x * curves).sum(axis=1) / (weights * x * x).sum(axis=1)
        falls = (a < 0) | (not rests)
        b, a = np.where(falls, through_0, b), np.where(falls, 0.0, a)
        a, b = np.where(b < 0, mean_y, a), np.maximum(b, 0.0)
        residual = curves - a[:, np.newaxis] - b[:, np.newaxis] * x
        loss = (weights * residual**2).sum(axis=1)
        better = loss < best
        best = np.where(better, loss, best)
        laws[better] = np.stack([a, b, np.full(len(a), c)], axis=1)[better]
    return laws


def _beyond(best: Floats, laws: Floats, m: int) -> Point:
    low, high = np.quantile(_law(laws, m), (0.025, 0.975))
    return Point(m, float(_law(best, m)[0]), (float(low), float(high)))


def _law(laws: Floats, m: float) -> Floats:
    a, b, c = laws.T
    return np.asarray(a + b * m**-c)
