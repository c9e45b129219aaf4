"""Networks that are trained together are what they are one by one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cutaway
from cutaway.errors import OptionError
from cutaway.experiments import many as module
from cutaway.experiments.learning_curve import learning_curve
from cutaway.experiments.many import grid, set_up_many, stacks, train_many
from cutaway.experiments.suspects import suspects
from cutaway.hyperparameters import Hyperparameters
from cutaway.training.record import Record, State
from cutaway.training.setup import Setup, set_up
from cutaway.training.stack import Stack
from cutaway.training.trainee import Run, Trainee

COMMON: dict[str, Any] = {
    "hidden": (6,), "epochs": 12, "batch_size": 64, "optimizer": "adam", "keep_prob": 1.0,
    "l2": 0.1, "early_stopping": False, "dtype": "float64", "split_seed": 0, "print_every": 3,
    "device": "cpu",
}  # fmt: skip
CASES: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
    "rates and seeds": ({}, grid(seed=(0, 1), learning_rate=(0.01, 0.1))),
    "one order": ({}, grid(learning_rate=(0.01, 0.1), beta1=(0.5, 0.9))),
    "l2 and dropout": ({}, grid(l2=(0.1, 1.0), keep_prob=(0.5, 0.8))),
    "structures": ({"batch_size": "full"}, grid(seed=(0, 1), hidden=((4,), (5, 3)))),
    "example space": (
        {"path": "example-space", "optimizer": "momentum", "learning_rate": 0.05},
        grid(seed=(0, 1), l2=(0.1, 1.0)),
    ),
    "stopped each on its own": (
        {"early_stopping": True, "patience": 6, "epochs": 60},
        grid(learning_rate=(0.01, 0.3, 1.0), seed=(0, 1)),
    ),
    "class weights": ({"class_weight": "balanced"}, grid(seed=(0, 1))),
    "one diverges": (
        {"activation": "identity", "loss": "squared", "output": "identity", "batch_size": "full",
         "optimizer": "gradient_descent", "epochs": 60, "print_every": 20},
        [{"learning_rate": 0.01}, {"learning_rate": 1e6}, {"learning_rate": 0.02}],
    ),
}  # fmt: skip


def same(together: Run, alone: Run) -> None:
    assert together.plan == alone.plan
    assert together.outcome[:2] == alone.outcome[:2]
    assert together.best_epoch == alone.best_epoch
    np.testing.assert_allclose(together.model.theta, alone.model.theta, rtol=0, atol=1e-12)
    for ours, theirs in zip(together.history, alone.history, strict=True):
        row = theirs.to_json()
        for name, value in ours.to_json().items():
            if name == "seconds":
                continue
            assert (value is None) == (row[name] is None), (name, ours.epoch)
            if value is not None:
                np.testing.assert_allclose(
                    value, row[name], rtol=1e-10, atol=1e-12, err_msg=f"{name} {ours.epoch}"
                )


@pytest.mark.parametrize("backend", ["numpy", "jax"])
@pytest.mark.parametrize("name", CASES)
def test_together_is_one_by_one(name: str, backend: str) -> None:
    if backend == "jax":
        pytest.importorskip("jax", reason="needs JAX: pip install 'cutaway[jax]'")
    common, settings = CASES[name]
    common = COMMON | {"backend": backend} | common
    runs = train_many("moons", settings, **common)
    for setting, run in zip(settings, runs, strict=True):
        same(run, cutaway.train("moons", **common | setting))
    statuses = [run.outcome.status for run in runs]
    if name == "one diverges":
        assert statuses == ["finished", "diverged", "finished"]
    if name == "stopped each on its own":
        assert len({run.outcome.state.epoch for run in runs}) > 1


def test_ctrl_c_ends_all_of_them(tmp_path: Path) -> None:
    class Press:
        needs: frozenset[str] = frozenset()
        every = 1

        def __call__(self, record: Record, state: State) -> None:
            if record.epoch == 2:
                raise KeyboardInterrupt

    # Two structures are two stacks: the second is not trained any more.
    runs = train_many("moons", grid(hidden=((4,), (5,))), runs=tmp_path, consumers=[Press()])
    assert [run.outcome.status for run in runs] == ["interrupted"] * 2
    assert [run.outcome.state.epoch for run in runs] == [2, 0]


@pytest.mark.parametrize(
    "train", [suspects, lambda setup: learning_curve(setup, 0.1)], ids=["suspects", "curve"]
)
def test_ctrl_c_leaves_nothing_that_was_half_trained(
    train: Callable[[Setup], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def press(stack: Stack, epochs: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Stack, "advance", press)
    with pytest.raises(KeyboardInterrupt):
        train(set_up("moons", Hyperparameters.of(hidden=(4,), epochs=2)))


@pytest.mark.parametrize(("most", "sizes"), [(1 << 20, [3]), (8_000, [2, 1]), (1, [1, 1, 1])])
def test_stacks_are_cut_by_size(
    monkeypatch: pytest.MonkeyPatch, most: int, sizes: list[int]
) -> None:
    monkeypatch.setattr(module, "IN_CACHE", most)
    setups = set_up_many("moons", grid(seed=(0, 1, 2)), **COMMON | {"backend": "numpy"})
    assert [len(stack) for stack in stacks([Trainee(one) for one in setups])] == sizes


@pytest.mark.parametrize(
    "setting", [{"split_seed": 1}, {"normalize": "none"}, {"dtype": "float32"}, {"test": "none"}]
)
def test_a_setting_that_changes_the_data_is_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=f"{next(iter(setting))} changes the data"):
        train_many("moons", [{"seed": 1}, setting])


def test_a_grid_is_every_combination() -> None:
    assert grid(a=(1, 2), b="x") == [{"a": 1, "b": "x"}, {"a": 2, "b": "x"}]
    assert grid() == [{}]


def test_a_path_is_read_as_one_network_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUTAWAY_CACHE", str(tmp_path / "cache"))
    x = np.random.default_rng(0).normal(size=(40, 3))
    np.savez(tmp_path / "data.npz", X=x, y=(x[:, 0] > 0).astype(int))
    reading = {"cache": "always", "task": "regression"}
    (run,) = train_many(tmp_path / "data.npz", [{"epochs": 1}], hidden=(2,), **reading)
    assert run.setup.dataset.cached is not None
    assert run.setup.dataset.task == "regression"
