"""Planted faults and healthy trainings: how often the right fault is named, and none where none is.

Trains every case of fault_cases.py and fault_healthy.py, and the loops of fault_loops.py where
PyTorch is installed: all seeds, or a stratified sample of them.
"""

from __future__ import annotations

import importlib.util
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from fault_cases import Case, planted
from fault_healthy import from_scikit_learn, healthy
from figures import Figure, Outcome, share

import cutaway
from cutaway.equations import Layer, unflatten
from cutaway.hyperparameters import Hyperparameters
from cutaway.insight.faults.setting import Found
from cutaway.training.plan import initial_theta
from cutaway.training.setup import set_up

SEEDS, HEALTHY_SEEDS, LOOP_SEEDS = range(20), range(3), range(5)
# Of the sample: every third case of one seed
SAMPLE_EVERY = 3
EPOCHS_OF_SCIKIT_LEARN = 3


def measure(full: bool, say: Callable[[str], None]) -> Outcome:
    """Train the bank; `say` hears how far it is."""
    wrong = list(planted(SEEDS if full else range(1)))
    right = list(healthy(HEALTHY_SEEDS if full else range(1)))
    if not full:
        wrong = wrong[::SAMPLE_EVERY]
    rows = [_row(case, found_in(case)) for case in _said([*wrong, *right], say)]
    figures = [*_of_planted(rows), *_of_healthy("", rows)]
    rebuilt = [_row(case, found_in(case)) for case in from_scikit_learn()]
    early = [
        any((f["epoch"] or 0) <= EPOCHS_OF_SCIKIT_LEARN for f in row["found"]) for row in rebuilt
    ]
    figures.append(share("calls of scikit-learn flagged within 3 epochs", early, least=1.0))
    if importlib.util.find_spec("torch"):
        more, in_torch = _in_torch(full, say)
        figures += more
        rows += in_torch
    wrong_ones = [row for row in rows if not _is_right(row)]
    return Outcome(figures, [*_first_alarms(rows), *wrong_ones])


def found_in(case: Case) -> list[Found]:
    """Train a case, and return what is found."""
    data: Any = case.data if isinstance(case.data, str) else case.data()
    given = {"seed": case.seed, "backend": "numpy", **case.given}
    parameters = None
    if case.change is not None:
        plan = set_up(data, Hyperparameters.of(**given)).plan
        drawn = unflatten(plan.network, initial_theta(plan))
        layers = [Layer(W.copy(), b.copy()) for W, b in drawn]
        parameters = case.change(layers, np.random.default_rng(case.seed))
    return cutaway.find_faults(cutaway.train(data, parameters=parameters, **given)).found


def _in_torch(full: bool, say: Callable[[str], None]) -> tuple[list[Figure], list[dict[str, Any]]]:
    """Train the loops of PyTorch."""
    import fault_loops

    rows = []
    for fault, name, data, seed, train in fault_loops.loops(LOOP_SEEDS if full else range(1)):
        say(f"PyTorch: {fault or 'healthy'}, {name}")
        case = Case(fault, name, data, seed, also=_ALSO.get(fault, ()))
        rows.append(_row(case, train()) | {"framework": "PyTorch"})
    figures = [
        *_shares("PyTorch: ", [r for r in rows if r["fault"]]),
        *_of_healthy("PyTorch: ", rows),
    ]
    # A watched loop counts updates: its faults are named after one of those of the three epochs.
    early = [
        any((f.epoch or 0) <= updates for f in found)
        for _, updates, found in fault_loops.from_scikit_learn()
    ]
    name = "PyTorch: calls of scikit-learn flagged within 3 epochs"
    return [*figures, share(name, early, least=1.0)], rows


# What is as right: a rate that is too high may end in a cost that is not finite at once.
_ALSO = {"learning rate too high": ("cost not finite",)}


def _said(cases: list[Case], say: Callable[[str], None]) -> Iterable[Case]:
    for i, case in enumerate(cases, start=1):
        say(f"{i} of {len(cases)}: {case.fault or 'healthy'}, {case.name}")
        yield case


def _row(case: Case, found: list[Found]) -> dict[str, Any]:
    data = case.data if isinstance(case.data, str) else case.name
    return {
        "fault": case.fault,
        "case": case.name,
        "data": data.rpartition("/")[2],
        "network": str(case.given.get("hidden", "")),
        "seed": case.seed,
        "also": list(case.also),
        "found": [{"name": f.name, "epoch": f.epoch} for f in found],
    }


def _of_planted(rows: list[dict[str, Any]]) -> list[Figure]:
    """Return the figures of each fault, and of all."""
    by_fault = defaultdict(list)
    for row in rows:
        if row["fault"]:
            by_fault[row["fault"]].append(row)
    of_each = [figure for fault, some in by_fault.items() for figure in _shares(f"{fault}: ", some)]
    return [*of_each, *_shares("all faults: ", [row for row in rows if row["fault"]])]


def _first_alarms(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return after which epoch each fault was named, 0 where that was before any update."""
    epochs = defaultdict(list)
    for row in rows:
        if row["fault"] and "framework" not in row:
            right = {row["fault"], *row["also"]}
            epochs[row["fault"]] += [f["epoch"] or 0 for f in row["found"] if f["name"] in right][
                :1
            ]
    return [
        {"fault": fault, "median_epoch": float(np.median(some)), "latest_epoch": max(some)}
        for fault, some in epochs.items()
        if some
    ]


def _of_healthy(prefix: str, rows: list[dict[str, Any]]) -> list[Figure]:
    alarms = [bool(row["found"]) for row in rows if not row["fault"]]
    return [share(f"{prefix}false alarms in healthy trainings", alarms, most=0.02)]


def _shares(prefix: str, rows: list[dict[str, Any]]) -> list[Figure]:
    detected, first = [], []
    for row in rows:
        names, right = [f["name"] for f in row["found"]], {row["fault"], *row["also"]}
        detected.append(bool(right & {*names}))
        first.append(bool(names) and names[0] in right)
    return [
        share(f"{prefix}detected", detected, least=0.95),
        share(f"{prefix}named first", first, least=0.90),
    ]


def _is_right(row: dict[str, Any]) -> bool:
    names = [f["name"] for f in row["found"]]
    return names[:1] == [] if not row["fault"] else names[:1] != [] and (
        names[0] in (row["fault"], *row["also"])
    )  # fmt: skip
