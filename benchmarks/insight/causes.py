"""Causes that are planted, and whether the diagnosis names them and advises what helps most.

For each cause, population and seed a network is trained as cutaway trains by itself, but for the
cause. Its train error, the dev error and the number of dev examples go into the diagnosis; the
other examples of the population tell its true error. Then every remedy that was advised and can be
tried is tried, each at no more than four times the cost of the run (examples x parameters x
epochs), and judged by the population.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from figures import Figure, Outcome, share
from populations import Population, available

from cutaway.data.dataset import Dataset
from cutaway.data.parts import part
from cutaway.equations.comparison import newcombe_interval
from cutaway.experiments.many import train_all
from cutaway.hyperparameters import Hyperparameters
from cutaway.insight.diagnosis import Diagnosis, diagnose
from cutaway.insight.part_errors import Errors
from cutaway.insight.recipe import REMEDIES, Trouble
from cutaway.insight.runs import errors_in, evidence_in
from cutaway.training.evaluation import evaluate, evaluate_all
from cutaway.training.setup import set_up
from cutaway.training.summary import describe
from cutaway.training.trainee import Run, Trainee

Indices = npt.NDArray[np.intp]
DEV_SIZES = (100, 300, 600)
NOISE = 0.15
CANDIDATES = 120
MOST_COST = 4.0
# What many people do whatever is wrong
ALWAYS = "more L2"


class Planted(NamedTuple):
    """A trained network, its diagnosis, and what is true of it.

    population  its errors on the examples that nobody drew
    needed      dev examples that the stated formula asks for, by the population's errors
    """

    diagnosis: Diagnosis
    run: Run
    population: Errors
    needed: int
    retry: Callable[[dict[str, Any], int], tuple[float, float]] | None


class Cause(NamedTuple):
    """One row: what is planted, the quantity that it makes high, and how."""

    name: str
    quantity: str
    plant: Callable[[Population, np.random.Generator, int], Planted]


def draw(p: Population, random: np.random.Generator, *counts: int) -> list[Indices]:
    """Return parts of that many examples and the rest, every class among the first of them."""
    classes = len(np.unique(p.target))
    order = random.permutation(p.m)
    while len(np.unique(p.target[order[: counts[0]]])) < classes:
        order = random.permutation(p.m)
    ends = np.cumsum([0, *counts])
    return [order[a:b] for a, b in zip(ends, [*ends[1:], p.m], strict=True)]


def fit(
    p: Population,
    train: Indices,
    dev: Indices,
    settings: dict[str, Any],
    seed: int,
    *,
    target: npt.NDArray[np.int64] | None = None,
    dev_rows: Any = None,
) -> Run:
    """Train with parts that are fixed; dev may come from elsewhere."""
    labels = p.target if target is None else target
    data = parted(p, train, dev, labels, p.rows if dev_rows is None else dev_rows)
    given = Hyperparameters.of(**{"early_stopping": False, "epochs": 60, "seed": seed} | settings)
    trainee = Trainee(set_up(data, given))
    train_all([trainee])
    return trainee.finish()


def parted(p: Population, train: Indices, dev: Indices, labels: Any, dev_rows: Any) -> Dataset:
    """Return a data set of two parts that are fixed."""
    both = p.dataset(
        np.arange(len(train) + len(dev)),
        rows=np.concatenate([p.rows[train], dev_rows[dev]]),
        target=np.concatenate([labels[train], labels[dev]]),
    )
    ends = np.arange(len(train)), np.arange(len(train), both.m)
    return replace(both, parts=dict(zip(("train", "dev"), ends, strict=True)))


def error_on(run: Run, data: Dataset) -> float:
    index = np.arange(data.m)
    return evaluate(run.model, part(data, index, run.model.preparation, run.plan.dtype)[0]).error


def _judged(run: Run, aims: dict[str, float], **more: Any) -> tuple[Diagnosis, Errors]:
    figures = describe(run, evaluate_all(run.model, run.setup.prepared))
    errors = replace(errors_in(figures, **aims), **more)
    return diagnose(errors), errors


def _planted(
    p: Population, random: np.random.Generator, n_dev: int, m: int, settings: dict[str, Any],
    *, noise: float = 0.0
) -> Planted:  # fmt: skip
    """Plant a cause of bias or variance: settings, few examples, or wrong labels."""
    seed = int(random.integers(1 << 30))
    train, dev, spare, rest = draw(p, random, m, n_dev, m)
    target = p.target
    if noise:
        K = int(target.max()) + 1
        wrong = random.random(p.m) < noise
        target = np.where(wrong, (target + random.integers(1, K, p.m)) % K, target)
    aims = {"human_error": noise, "target_error": noise + p.goal}
    run = fit(p, train, dev, settings, seed, target=target)
    found, errors = _judged(run, aims)
    pool = p.dataset(rest, target=target)
    truth = replace(errors, dev_error=error_on(run, pool), n_dev=None, intervals={})
    needed = diagnose(replace(truth, n_dev=10))["variance"].n_needed or 1

    def retry(changes: dict[str, Any], factor: int) -> tuple[float, float]:
        more = np.concatenate([train, spare]) if factor > 1 else train
        again = fit(p, more, dev, settings | changes, seed, target=target)
        # What helps is judged by right labels.
        return error_on(again, p.dataset(rest)), _cost(again)

    return Planted(found, run, truth, needed, retry)


def _cost(run: Run) -> float:
    epochs = run.outcome.state.epoch
    return float(run.setup.prepared.train.m * run.plan.network.n_parameters * epochs)


def _narrow(p: Population, random: np.random.Generator, n_dev: int) -> Planted:
    return _planted(p, random, n_dev, p.train // 2, {"hidden": p.narrow, "epochs": 150})


def _short(p: Population, random: np.random.Generator, n_dev: int) -> Planted:
    return _planted(p, random, n_dev, p.train // 2, {"epochs": p.short})


def _small(p: Population, random: np.random.Generator, n_dev: int) -> Planted:
    return _planted(p, random, n_dev, p.small, {"epochs": 150})


def _noisy(p: Population, random: np.random.Generator, n_dev: int) -> Planted:
    """Wrong labels, learned by heart."""
    settings = {"epochs": 100, "l2": 0, "keep_prob": 1}
    return _planted(p, random, n_dev, p.train // 3, settings, noise=NOISE)


def _elsewhere(p: Population, random: np.random.Generator, n_dev: int) -> Planted:
    seed = int(random.integers(1 << 30))
    train, dev, rest = draw(p, random, p.train, n_dev)
    moved = p.elsewhere(p.rows)
    settings = {"train_dev": 0.25, "epochs": 60}
    run = fit(p, train, dev, settings, seed, dev_rows=moved)
    found, errors = _judged(run, {"target_error": 2 * p.goal})
    own, theirs = error_on(run, p.dataset(rest)), error_on(run, p.dataset(rest, rows=moved))
    truth = replace(errors, train_dev_error=own, dev_error=theirs, n_dev=None, n_train_dev=None,
                    intervals={})  # fmt: skip
    few = diagnose(replace(truth, n_dev=10, n_train_dev=10))
    needed = max(q.n_needed or 1 for q in few.quantities)
    return Planted(found, run, truth, needed, None)


def _over_used(p: Population, random: np.random.Generator, n_dev: int) -> Planted:
    """Tuned by few dev examples: of many changes of inputs and examples, what helped was kept."""
    few, n_test = 60, 600
    train, dev, test, rest = draw(p, random, 4 * p.small, few, n_test)
    settings = {"epochs": 20, "hidden": "16"}
    n_x = p.rows.shape[1]
    kept, chosen = random.random(n_x) < 0.5, random.choice(train, 2 * p.small, replace=False)
    best, best_rows, least = None, p.rows, math.inf
    for seed in range(CANDIDATES):
        inputs = kept ^ (random.random(n_x) < 2 / n_x)
        some = np.where(random.random(len(chosen)) < 0.1, random.choice(train, len(chosen)), chosen)
        seen = p.rows * inputs
        run = fit(replace(p, rows=seen), some, dev, settings, seed)
        error = error_on(run, p.dataset(dev, rows=seen))
        if error <= least:
            kept, chosen, best, best_rows, least = inputs, some, run, seen, error
    assert best is not None
    test_error = error_on(best, p.dataset(test, rows=best_rows))
    found, errors = _judged(best, {"target_error": p.goal}, test_error=test_error, n_test=n_test)
    true = error_on(best, p.dataset(rest, rows=best_rows))
    truth = replace(errors, test_error=true, n_test=None, intervals={})
    low = newcombe_interval(round(true * n_test), n_test, round(least * few), few)[0]
    return Planted(found, best, truth, 1 if low > 0 else 1 << 30, None)


CAUSES = (
    Cause("too narrow", "bias", _narrow),
    Cause("too short", "bias", _short),
    Cause("too few examples", "variance", _small),
    Cause("noisy labels learned by heart", "variance", _noisy),
    Cause("dev set from elsewhere", "data mismatch", _elsewhere),
    Cause("dev set over-used", "over-use of dev", _over_used),
)


def measure(full: bool, say: Callable[[str], None]) -> Outcome:
    """Return whether verdicts are right and decided, and whether the first remedy helps most."""
    cases, populations = [], available(say)
    for cause in CAUSES:
        for name, population in populations.items():
            for seed in range(20 if full else 3):
                say(f"{cause.name}, {name}, seed {seed}")
                cases.append(_case(cause, population, seed))
    decided = [c for c in cases if c["decided"]]
    suffices = [c for c in cases if c["n_dev"] >= c["needed"]]
    tried = [c for c in cases if c["expected"]]
    figures = [
        share("verdict right among the decided", [c["right"] for c in decided], least=0.95),
        share("decided where the formula says that n_dev suffices",
              [c["decided"] for c in suffices], least=0.8),
        share("first remedy beats the others", [_first(c) == 1 for c in tried], least=0.7),
        share(f"first remedy no worse than '{ALWAYS}'", [_beats(c, ALWAYS) for c in tried]),
        share(f"'{ALWAYS}' beats the others", [_place(c, ALWAYS) == 1 for c in tried]),
    ]  # fmt: skip
    for cause in CAUSES:
        mine = [c for c in cases if c["cause"] == cause.name]
        right = [c["right"] for c in mine if c["decided"]]
        figures.append(share(f"{cause.name}: right", right))
        first = [_first(c) == 1 for c in mine if c["expected"]]
        figures += [share(f"{cause.name}: first remedy", first)] if first else []
        # Where labels are wrong, the error before and after is that of other labels.
        gains = [_gain(c) for c in mine if c["expected"] and cause.plant is not _noisy]
        if gains:
            expected, measured = np.sum(gains, axis=0)
            name = f"{cause.name}: measured share of the first remedy's expected gain"
            figures.append(Figure(name, float(measured / expected), len(gains)))
            shares = [measured / expected for expected, measured in gains]
            figures.append(Figure(f"{name}, median", float(np.median(shares)), len(gains)))
    return Outcome(figures, cases)


def _case(cause: Cause, population: Population, seed: int) -> dict[str, Any]:
    random = np.random.default_rng([seed, len(cause.name)])
    n_dev = min(DEV_SIZES[seed % len(DEV_SIZES)], population.m // 4)
    planted = cause.plant(population, random, n_dev)
    found, truth = planted.diagnosis, diagnose(planted.population)
    tried, gains = _tried(planted) if planted.retry else ({}, {})
    return {
        "cause": cause.name,
        "population": population.name,
        "seed": seed,
        "n_dev": n_dev,
        "needed": planted.needed,
        "errors": [found.errors.train_error, found.errors.dev_error],
        "population_error": planted.population.test_error or planted.population.dev_error,
        "verdict": found.verdict,
        "decided": _decided(cause, found),
        "truth": truth.verdict,
        "right": _right(cause, found, truth),
        "expected": gains,
        "tried": tried,
    }


def _decided(cause: Cause, found: Diagnosis) -> bool:
    """Whether the verdict is decided; over-use of dev is beside what the verdict is about."""
    if cause.quantity == "over-use of dev":
        return found[cause.quantity].verdict != "undecided"
    return found.verdict != "undecided"


def _right(cause: Cause, found: Diagnosis, truth: Diagnosis) -> bool:
    """Whether the planted quantity is named, and nothing that is not high in the population."""
    high = [q.name for q in found.quantities if q.verdict == "high"]
    true = [q.name for q in truth.quantities if q.verdict == "high"]
    named = found.verdict == "both" or cause.quantity in found.verdict
    return named and all(name == cause.quantity or name in true for name in high)


def _tried(planted: Planted) -> tuple[dict[str, float], dict[str, float]]:
    """Try what was advised, each at a cost that all may have; return errors, and expected gains.

    What many people do is tried in any case.
    """
    assert planted.retry is not None
    evidence = evidence_in(planted.run)
    high = {q.name: q.value for q in planted.diagnosis.quantities if q.verdict == "high"}
    cost = _cost(planted.run)
    gains, errors = {}, {}
    for remedy in REMEDIES.values():
        treated = [high[name] for name in remedy.treats if name in high]
        if not treated:
            continue
        trouble = Trouble(max(treated), planted.diagnosis.errors.human_error)
        found = remedy.here(evidence, trouble)
        if found is None or (not found.options and remedy.name != "more data") or found.command:
            continue
        changes = _settings(found.options)
        twice = remedy.name == "more data"
        error, theirs = planted.retry(changes, 2 if twice else 1)
        if theirs <= MOST_COST * cost * 1.01:
            gains[remedy.name], errors[remedy.name] = found.share * trouble.value, error
    if high and ALWAYS not in errors:
        found = REMEDIES[ALWAYS].here(evidence, Trouble(1.0, 0.0))
        assert found is not None
        errors[ALWAYS] = planted.retry(_settings(found.options), 1)[0]
    return errors, gains


def _settings(options: tuple[str, ...]) -> dict[str, Any]:
    """Return the options of a command as hyper-parameters."""
    words = [shlex.split(option) for option in options]
    return {name.removeprefix("--").replace("-", "_"): value for name, value in words}


def _place(case: dict[str, Any], name: str) -> int | None:
    """Return how many remedies did no worse than this one; 1 if it did best."""
    if name not in case["tried"]:
        return None
    mine = case["tried"][name]
    return 1 + sum(error < mine for error in case["tried"].values())


def _first(case: dict[str, Any]) -> int | None:
    return _place(case, _advised(case)) if case["expected"] else None


def _advised(case: dict[str, Any]) -> str:
    """Return the remedy of which most was expected."""
    return max(case["expected"], key=case["expected"].__getitem__)


def _gain(case: dict[str, Any]) -> tuple[float, float]:
    """Return what the first remedy was expected to take from the error, and what it took."""
    name = _advised(case)
    return case["expected"][name], case["population_error"] - case["tried"][name]


def _beats(case: dict[str, Any], name: str) -> bool:
    """Whether the first remedy did no worse than another."""
    tried = case["tried"]
    return bool(tried[_advised(case)] <= tried[name])
