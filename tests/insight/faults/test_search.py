"""The search: one row of the table after the other, on Records made for it."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cutaway.insight.faults.search import Search, find
from cutaway.insight.faults.setting import Setting
from cutaway.insight.faults.table import FAULTS
from cutaway.training.record import Record

SETTING = Setting(
    task="classification",
    epochs=40,
    learning_rate=0.1,
    sizes=(16, 16, 16, 1),
    majority=0.5,
    trivial_cost=math.log(2),
    trivial_error=0.5,
    n_dev=400,
    command="cutaway train mine.csv --learning-rate 0.1",
)
LAYERS = 4


def healthy(epoch: int, **changes: Any) -> Record:
    """Return a Record of a training in which nothing is wrong, but for the changes."""
    record = Record(
        epoch,
        50 * epoch,
        cost=0.1 + 0.6 * 0.85**epoch,
        train_loss=0.1 + 0.6 * 0.85**epoch,
        W_norm=(4.0,) * LAYERS,
        dW_norm=(0.1,) * LAYERS,
        update_ratio=(1e-3,) * LAYERS,
        dead=(0.05,) * (LAYERS - 1),
        saturated=(0.01,) * (LAYERS - 1),
        gradient=(0.1,) * LAYERS,
        twins=(0.0,) * (LAYERS - 1),
        spread=0.3,
        commonest=0.6,
        dev_loss=0.1 + 0.6 * 0.95**epoch,
    )
    return replace(record, **changes)


def history(**changes: Any) -> list[Record]:
    """Return 41 Records; a change is a value, or a function of the epoch."""
    return [
        healthy(e, **{k: v(e) if callable(v) else v for k, v in changes.items()}) for e in range(41)
    ]


# The fault that is to be named first, and the epoch after which it can be
PLANTED: dict[str, tuple[dict[str, Any], str, int]] = {
    "cost": ({"cost": lambda e: 0.5 if e < 7 else math.nan}, "cost not finite", 7),
    "symmetry": ({"twins": (0.0, 0.5, 0.0)}, "symmetric units", 0),
    "saturated": ({"saturated": (0.0, 0.7, 0.1)}, "saturated units", 0),
    "huge gradient": ({"gradient": (500.0, 50.0, 5.0, 0.5)}, "exploding gradients", 0),
    "huge loss": ({"train_loss": 80.0}, "exploding gradients", 0),
    "first layers": ({"gradient": (1e-9, 1e-7, 1e-3, 0.1)}, "vanishing gradients", 1),
    "no layer": ({"gradient": (1e-9,) * 4}, "vanishing gradients", 0),
    "hardly any layer": ({"gradient": (1e-4,) * 4}, "vanishing gradients", 0),
    "killed": ({"dead": lambda e: (0.9 if e else 0.0, 0.0, 0.0)}, "learning rate too high", 1),
    "driven to a bound": (
        {"saturated": lambda e: (0.9 if e else 0.0, 0.0, 0.0)}, "learning rate too high", 1,
    ),
    "far up": ({"cost": lambda e: 9.0 if e else 0.6}, "learning rate too high", 2),
    "stays up": ({"cost": lambda e: 1.0 if e else 0.6}, "learning rate too high", 3),
    "up and down": ({"cost": lambda e: 0.5 + 0.2 * (e % 2)}, "learning rate too high", 18),
    "comes back up": (
        {"cost": lambda e: 0.7 * 0.7**e if e < 24 else 0.2 + 0.05 * (e % 3)},
        "learning rate too high", 26,
    ),
    "born dead": ({"dead": (0.9, 0.0, 0.0)}, "dead units", 1),
    "born dead, later": ({"dead": (0.0, 0.8, 0.0)}, "dead units", 1),
    "half of the first layer": ({"dead": (0.5, 0.0, 0.0)}, "dead units", 1),
    "dying": ({"dead": lambda e: (min(1.0, e / 20), 0.0, 0.0)}, "dead units", 16),
    "straight line": (
        {"cost": lambda e: 0.7 - 1e-5 * e, "update_ratio": (1e-4,) * 4}, "learning rate too low", 8,
    ),
    "a rate that fell too fast": (
        {"cost": lambda e: 0.65 + 0.05 * 0.4**e, "learning_rate": lambda e: 0.1 * 0.4 ** (e - 1)},
        "learning rate too low", 20,
    ),
    "same output": ({"spread": 1e-6}, "constant prediction", 20),
    "one class": ({"commonest": 1.0}, "one-class prediction", 20),
    "by heart": ({"dev_loss": 0.69}, "labels unrelated to inputs", 20),
    "large updates": ({"update_ratio": (0.5, 1e-3, 1e-3, 1e-3)}, "update ratio out of range", 5),
    "small updates": (
        {"update_ratio": (5e-7,) * 4, "cost": lambda e: 0.5 + 0.2 * 0.9**e},
        "update ratio out of range", 8,
    ),
    "next to no updates": (
        {"update_ratio": (1e-7,) * 4, "cost": lambda e: 0.7 - 1e-3 * (e % 3)},
        "learning rate too low", 8,
    ),
}  # fmt: skip


# What is a fault where it is less than its limit
BELOW = {"vanishing gradients", "learning rate too low", "constant prediction"}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_named_first_and_in_time(name: str) -> None:
    changes, fault, epoch = PLANTED[name]
    found = find(history(**changes), SETTING).found
    assert (found[0].name, found[0].epoch) == (fault, epoch)
    row = FAULTS[fault]
    assert (found[0].why, found[0].lesson) == (row.why, row.lesson)
    if found[0].command:
        assert found[0].command.startswith("cutaway train mine.csv ")
    if math.isfinite(found[0].value):
        below = found[0].value < found[0].threshold
        assert below == (fault in BELOW or found[0].threshold == 1e-6)
    json.dumps([one.to_json() for one in found], allow_nan=False)


def test_every_fault_is_planted() -> None:
    assert {fault for _, fault, _ in PLANTED.values()} == set(FAULTS)


HEALTHY: dict[str, dict[str, Any]] = {
    "nothing": {},
    "cost that does not fall, whatever the steps": {"cost": lambda e: 0.7 - 1e-5 * e},
    "saturated at the end": {"saturated": lambda e: (min(0.9, e / 20), 0.0, 0.0)},
    "a narrow layer loses some": {"dead": (0.0, 0.5, 0.0)},
    "the first updates turn many off": {
        "dead": lambda e: (0.6 if e else 0.2, 0.8 if e else 0.2, 0.0)
    },
    "losses of batches": {
        "cost": lambda e: 0.5 + 0.2 * (e % 2), "batch_cost": lambda e: 0.5 + 0.2 * (e % 2),
    },
    "a moment's deaths": {"dead": lambda e: (0.9 if e == 9 else 0.0, 0.0, 0.0)},
    "two units of many come to be alike": {"twins": lambda e: (0.5 if e > 9 else 0.0, 0.0, 0.0)},
    "an oscillation that settles": {
        "cost": lambda e: 0.1 + 0.6 * 0.7**e + (1.5 * 0.5**e if e % 2 else 0.0)
    },
    "saturated while it learns": {
        "saturated": lambda e: (min(0.6, e / 5), 0.0, 0.0),
        "train_loss": lambda e: 0.5 + 0.2 * (e < 2),
    },
    "the dev loss has come to rest": {
        "cost": lambda e: 0.7 - 1e-3 * e, "dev_loss": lambda e: 0.5 + 1e-3 * abs(e - 10),
    },
    "an update or two up": {"cost": lambda e: 0.7 * 0.8**e + (0.4 if e in (30, 31) else 0.0)},
    "noise around the end": {"cost": lambda e: 0.02 + 0.02 * (e % 2) + 0.6 * 0.5**e},
    "nothing left of the cost": {"cost": lambda e: 0.6 * (e < 9)},
    "came to rest": {"cost": lambda e: 0.68 + 0.02 * 0.5**e},
    "W starts from zero": {
        "W_norm": lambda e: (0.1 * e,) * LAYERS,
        "update_ratio": lambda e: (1 / (1 + e),) * LAYERS if e else None,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_training_has_no_fault(name: str) -> None:
    search = find(history(**HEALTHY[name]), SETTING)
    assert search.found == []
    assert list(search.looked) == list(FAULTS)


@pytest.mark.parametrize(
    ("n_dev", "inputs", "dev_error", "named"),
    [
        (35, 30, 0.45, True),
        (35, 30, 0.30, False),
        (35, 5000, 0.45, False),
        (120, 5000, 0.45, True),
    ],
)
def test_few_dev_examples_or_many_inputs_leave_labels_in_peace(
    n_dev: int, inputs: int, dev_error: float, named: bool
) -> None:
    plan = {"network": {"sizes": (inputs, 16, 16, 16, 1)}}
    setting = replace(SETTING, n_train=200, n_dev=n_dev, plan=plan)
    names = [f.name for f in find(history(dev_loss=0.69, dev_error=dev_error), setting).found]
    assert names == ["labels unrelated to inputs"] * named


def test_what_another_fault_brings_about_says_so() -> None:
    search = find(history(twins=(1.0, 0.0, 0.0), dead=(1.0, 0.0, 0.0), spread=0.0), SETTING)
    causes = {found.name: found.cause for found in search.found}
    assert causes == {
        "symmetric units": None,
        "dead units": "symmetric units",
        "constant prediction": "symmetric units",
    }


def test_live_and_afterwards_are_the_same() -> None:
    records = history(dead=lambda e: (min(1.0, e / 20), 0.0, 0.0))
    live = Search(SETTING)
    named = [found for record in records for found in live.see(record)]
    live.end()
    assert named == live.found == find(records, SETTING).found


@pytest.mark.parametrize(
    ("kept", "looked"),
    [
        (("train_loss",), {"cost not finite", "learning rate too high", "learning rate too low"}),
        (("dead",), {"dead units"}),
        ((), set()),
    ],
)
def test_missing_columns_are_not_looked_at(kept: tuple[str, ...], looked: set[str]) -> None:
    records = [Record(e, e, **{name: getattr(healthy(e), name) for name in kept}) for e in range(9)]
    search = find(records, Setting())
    assert set(search.looked) == looked
    assert search.found == []


def test_a_history_with_gaps_is_searched() -> None:
    records = history(dead=lambda e: (None, 0.0, 0.0) if e % 3 else (1.0, 0.0, 0.0))
    records[4] = Record(4, 200)
    assert find(records, Setting()).found[0].name == "dead units"
    assert find([], Setting()).to_json() == {"found": [], "looked_for": []}


def test_a_cost_that_is_not_finite_is_told_by_the_end() -> None:
    reason = "the cost is not finite in epoch 41 (first in layer 2, unit 1, learning rate 0.1)"
    (found,) = find(history(), SETTING, "diverged", reason).found
    assert (found.name, found.what) == ("cost not finite", reason)
    assert found.to_json()["value"] is None
    assert found.command == "cutaway train mine.csv --learning-rate 0.01"


def test_long_histories_are_looked_at_now_and_then() -> None:
    seen = []

    def sign(h: Any, s: Any) -> None:
        seen.append(len(h))

    row = FAULTS["cost not finite"]._replace(sign=sign)
    search = Search(Setting(), [row])
    for e in range(1000):
        search.see(Record(e, e, cost=1.0))
    assert seen[:10] == list(range(1, 11))
    assert len(seen) < 60


def test_inputs_of_a_batch_are_not_scaled_where_most_of_them_are_large() -> None:
    X = np.random.default_rng(0).standard_normal((3, 64))
    X[0] = 0.0
    X[0, :3] = 40.0
    assert Search(Setting()).look_at_inputs(X) == []
    X[1] *= 10.0
    (found,) = Search(Setting()).look_at_inputs(X)
    assert (found.name, found.epoch) == ("inputs not scaled", None)
    assert found.what.startswith("'input 2' is ")
