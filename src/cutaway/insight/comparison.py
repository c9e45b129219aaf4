"""Two questions that are easily mistaken for one: do two networks differ, do two settings?

Two networks answer the same examples: what they get wrong is compared pair by pair, and the answer
holds for these two networks. Two settings are compared over networks of several seeds: the answer
holds for whoever trains with them again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cutaway.equations.comparison import mcnemar, newcombe_paired_interval
from cutaway.equations.metrics import wrong
from cutaway.errors import OptionError, RunError
from cutaway.training.model import Model
from cutaway.training.resume import reopen
from cutaway.training.run_folder import RunFolder

# The difference that chance alone makes in one of twenty comparisons
LEVEL = 0.05
# What the runs of one setting differ in
SEEDS = ("seed", "split_seed")


class Comparison(NamedTuple):
    """Two errors side by side, the second minus the first.

    of        what was compared, in words
    p         probability of a difference as large if there were none
    interval  95 % interval of the difference
    """

    of: str
    first: float
    second: float
    interval: tuple[float, float]
    p: float
    metric: str

    @property
    def is_different(self) -> bool:
        """Whether the two can be told apart."""
        return self.p < LEVEL


def compare_networks(first: RunFolder, second: RunFolder) -> Comparison:
    """Compare two networks on the dev examples of both.

    Raises:
        RunError: it is one run, the runs have no dev set, or not the same one; or they are
            regressions.
    """
    if first.path.resolve() == second.path.resolve():
        raise RunError(f"{first.name} is compared with itself; name two runs")
    wrong_1, name_1 = _wrong(first)
    wrong_2, name_2 = _wrong(second)
    if name_1 != name_2:
        raise RunError(
            f"{first.name} and {second.name} have not the same dev examples, so that one may have "
            "learned those of the other; train both on one path with one --split-seed"
        )
    counts = [
        int(np.sum(of_2 & of_1))
        for of_2, of_1 in (
            (wrong_2, wrong_1),
            (wrong_2, ~wrong_1),
            (~wrong_2, wrong_1),
            (~wrong_2, ~wrong_1),
        )
    ]
    _, only_2, only_1, _ = counts
    return Comparison(
        f"these two networks, on the same {len(wrong_1):,} dev examples: "
        f"{only_1:,} that only the first gets wrong, {only_2:,} that only the second does",
        float(wrong_1.mean()),
        float(wrong_2.mean()),
        newcombe_paired_interval(*counts),
        mcnemar(only_1, only_2),
        "error",
    )


def compare_settings(first: Sequence[RunFolder], second: Sequence[RunFolder]) -> Comparison:
    """Compare two settings by the dev errors of their runs, paired in the order given.

    With d_i the differences of n pairs, mean(d) / (std(d) / sqrt(n)) follows Student's t with
    n - 1 degrees of freedom if the settings are alike. Student, "The probable error of a mean",
    1908.

    Raises:
        OptionError: there are not two pairs, or one of a pair is missing.
        RunError: a run has no dev error, they have different metrics, or are no pairs of seeds.
    """
    from scipy.stats import t as student

    if len(first) != len(second) or len(first) < 2:
        raise OptionError(
            f"{len(first)} and {len(second)} runs cannot be compared as settings: give two or more "
            "of each, pairs of one seed: cutaway compare a-1,a-2,a-3 b-1,b-2,b-3"
        )
    errors_1, errors_2 = [_dev_error(run) for run in first], [_dev_error(run) for run in second]
    metrics = {metric for _, metric in (*errors_1, *errors_2)}
    if len(metrics) > 1:
        raise RunError(f"the runs measure different errors: {', '.join(sorted(metrics))}")
    for runs in (first, second):
        _are_one_setting(runs)
    for one, other in zip(first, second, strict=True):
        if (seeds := (_given(one)["seed"], _given(other)["seed"]))[0] != seeds[1]:
            raise RunError(
                f"{one.name} and {other.name} are no pair: their seeds are {seeds[0]} and "
                f"{seeds[1]}; give runs of the same seeds in the same order"
            )
    d = np.array([b - a for (a, _), (b, _) in zip(errors_1, errors_2, strict=True)])
    n, mean = len(d), float(d.mean())
    spread = float(d.std(ddof=1)) / math.sqrt(n)
    half = float(student.ppf(1 - LEVEL / 2, n - 1)) * spread
    p = 2 * float(student.sf(abs(mean) / spread, n - 1)) if spread else float(mean == 0)
    return Comparison(
        f"two settings, by {n} pairs of runs",
        float(np.mean([error for error, _ in errors_1])),
        float(np.mean([error for error, _ in errors_2])),
        (mean - half, mean + half),
        p,
        metrics.pop(),
    )


def _are_one_setting(runs: Sequence[RunFolder]) -> None:
    """Raise a RunError unless the runs differ in their seeds, and in nothing else."""
    known = _given(runs[0])
    for i, run in enumerate(runs[1:], start=1):
        given = _given(run)
        if apart := [name for name in given if name not in SEEDS and given[name] != known[name]]:
            raise RunError(
                f"{runs[0].name} and {run.name} are not of one setting: they differ in "
                f"{', '.join(apart)}; give runs that differ in --seed alone"
            )
        if given["seed"] in {_given(other)["seed"] for other in runs[:i]}:
            raise RunError(
                f"{run.name} has a seed that stands there already, {given['seed']}: a setting is "
                "told by several seeds"
            )


def _given(folder: RunFolder) -> dict[str, Any]:
    """Return the settings of a run, and which data they were for."""
    values = folder.read()
    return {"data": values["data"].get("fingerprint"), **values["hyperparameters"]}


def _wrong(folder: RunFolder) -> tuple[npt.NDArray[np.bool_], Any]:
    """Return which dev examples a network gets wrong, and what tells those examples from others."""
    setup = reopen(folder)
    dev, split = setup.prepared.dev, setup.prepared.split
    if dev is None:
        raise RunError(
            f"{folder.name} has no dev set; train with a split that leaves one: --split 0.8,0.2,0"
        )
    model = Model.load(folder.model)
    if model.preparation.task != "classification":
        raise RunError(
            f"{folder.name} answers with a {model.preparation.task}: networks are compared by "
            "right and wrong answers; compare settings of several seeds: a-1,a-2 b-1,b-2"
        )
    A = model.apply(dev.X)
    which = folder.read()["data"]["fingerprint"], tuple(split.dev.tolist())
    return wrong(A, dev.Y)[0], which


def _dev_error(folder: RunFolder) -> tuple[float, str]:
    values = folder.read()
    error = values.get("dev_error")
    if error is None:
        raise RunError(f"{folder.name} has no dev error: its status is {values['status']}")
    return float(error), str(values["plan"]["metric"])
