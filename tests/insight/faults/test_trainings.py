"""Faults planted into trainings of our own, alone and in a stack."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import cutaway
from cutaway.data.dataset import Dataset
from cutaway.engine import probe as module
from cutaway.equations import Layer, unflatten
from cutaway.experiments.many import train_many
from cutaway.hyperparameters import Hyperparameters
from cutaway.training.plan import initial_theta
from cutaway.training.setup import set_up

DEEP = (16,) * 8
COMMON: dict[str, Any] = {"epochs": 12, "keep_prob": 1.0, "early_stopping": False}


def load_arrays(x: Any, y: Any) -> Dataset:
    return Dataset("made", "array", "classification", x, y, ("0", "1"))


def scaled(factor: float) -> Callable[[Sequence[Layer]], list[Layer]]:
    return lambda layers: [Layer(factor * W, b) for W, b in layers]


def killed(layers: Sequence[Layer]) -> list[Layer]:
    return [Layer(layers[0].W, layers[0].b - 30.0), *layers[1:]]


# What is done to the initial layers, the hyper-parameters, and the fault that is to be named first
PLANTED: list[tuple[Any, dict[str, Any], str]] = [
    (None, {"initializer": "zeros", "activation": "tanh"}, "symmetric units"),
    (killed, {}, "dead units"),
    (scaled(30.0), {"activation": "tanh"}, "saturated units"),
    (scaled(4.0), {"hidden": DEEP}, "exploding gradients"),
    (None, {"hidden": DEEP, "activation": "sigmoid"}, "vanishing gradients"),
    (scaled(0.1), {"hidden": DEEP}, "vanishing gradients"),
    (None, {"learning_rate": 3.0}, "learning rate too high"),
    (None, {"learning_rate": 1e-7}, "learning rate too low"),
    (None, {"learning_rate": 1e30, "loss": "squared", "output": "identity",
            "optimizer": "gradient_descent"}, "cost not finite"),
    (None, {"l2": 1e6, "learning_rate": 0.01, "epochs": 60}, "constant prediction"),
]  # fmt: skip


@pytest.mark.parametrize("data", ["iris", "moons"])
@pytest.mark.parametrize(
    ("change", "given", "fault"), PLANTED, ids=[row[2] + str(i) for i, row in enumerate(PLANTED)]
)
def test_a_planted_fault_is_named_first(
    data: str, change: Any, given: dict[str, Any], fault: str
) -> None:
    given = COMMON | {"hidden": (16, 12)} | given
    parameters = None
    if change is not None:
        plan = set_up(data, Hyperparameters.of(**given)).plan
        parameters = change(unflatten(plan.network, initial_theta(plan)))
    run = cutaway.train(data, parameters=parameters, **given)
    found = cutaway.find_faults(run).found
    assert found[0].name == fault, [one.name for one in found]
    assert found[0].epoch <= 3 or fault.startswith(("learning rate too low", "constant"))


@pytest.mark.parametrize(
    ("data", "given"),
    [
        ("iris", {}),
        ("moons", {"activation": "tanh"}),
        ("diabetes", {"activation": "leaky_relu"}),
        ("wine", {"hidden": "none"}),
    ],
)
def test_a_healthy_training_has_no_fault(data: str, given: dict[str, Any]) -> None:
    search = cutaway.find_faults(cutaway.train(data, epochs=60, **given))
    assert search.found == []
    assert {"cost not finite", "learning rate too high"} <= set(search.looked)


def test_a_stack_has_the_faults_of_its_networks() -> None:
    settings = [{"learning_rate": 0.01}, {"learning_rate": 10.0}]
    common = COMMON | {"hidden": (8,), "epochs": 6}
    for setting, run in zip(settings, train_many("iris", settings, **common), strict=True):
        alone = cutaway.train("iris", split_seed=0, **common, **setting)
        names = [found.name for found in cutaway.find_faults(run).found]
        assert names == [found.name for found in cutaway.find_faults(alone).found]
        assert bool(names) == (setting["learning_rate"] > 1)


def test_shuffled_labels_are_told_from_hard_ones() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(500, 20))
    given = {"hidden": (64,), "keep_prob": 1.0, "l2": 0.0, "epochs": 60, "early_stopping": False}
    for noise, named in ((None, True), (2.0, False)):
        score = (
            random.normal(size=500) if noise is None else x[:, 0] + noise * x[:, 1:].mean(axis=1)
        )
        run = cutaway.train(load_arrays(x, (score > 0).astype(int)), **given)
        names = [found.name for found in cutaway.find_faults(run).found]
        assert ("labels unrelated to inputs" in names) == named, names


def test_nothing_is_probed_when_it_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "twins", lambda F: pytest.fail("was probed"))
    run = cutaway.train("iris", epochs=3, faults="off")
    assert all(record.gradient is None and record.spread is None for record in run.history)
    on = {"epochs": 30, "early_stopping": False, "dtype": "float64"}
    monkeypatch.undo()
    with_it, without = (cutaway.train("iris", faults=value, **on) for value in (True, False))
    np.testing.assert_array_equal(with_it.model.theta, without.model.theta)
    probed = {
        name: [record.epoch for record in with_it.history if getattr(record, name) is not None]
        for name in ("spread", "gradient", "twins")
    }
    first = [0, 1, 2, 3, 4]
    assert probed == {"spread": [*first, 6, 8, 12, 18, 26], "gradient": first, "twins": [0]}
