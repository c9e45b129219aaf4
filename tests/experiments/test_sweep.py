"""What a sweep tries, whom it ends early, and that each member is a run like any other."""

from __future__ import annotations

import math
import random
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cutaway.data.load import load
from cutaway.errors import OptionError, RunError
from cutaway.experiments.baselines import Baseline
from cutaway.experiments.many import set_up_many, train_many
from cutaway.experiments.sweep import (
    Rung,
    Trial,
    alike,
    judge,
    ordered,
    rungs,
    train_rungs,
    verdict,
)
from cutaway.experiments.values import Range, read_values, settings_of
from cutaway.training.resume import reopen, resume
from cutaway.training.session import begin
from cutaway.training.trainee import Trainee

COMMON: dict[str, Any] = {"hidden": (4,), "epochs": 27, "print_every": 1, "optimizer": "adam"}
RATES = [{"learning_rate": 10.0**-k} for k in (1, 2, 3, 4, 5, 6, 7, 8, 9)]


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("l2", "0,0.1,0.7", (0.0, 0.1, 0.7)),
        ("l2", "auto,1,1", ("auto", 1.0)),
        ("learning_rate", "0.001..0.3", Range(0.001, 0.3)),
        ("hidden", "32/64,32", ((32,), (64, 32))),
        ("hidden", "64,32", ((64, 32),)),
        ("hidden", "none/auto", ((), "auto")),
        ("keep_prob", "0.5..1", Range(0.5, 1)),
        ("activation", "relu/tanh", ("relu", "tanh")),
        ("optimizer", "adam, momentum", ("adam", "momentum")),
        ("batch_size", "16..256", Range(16, 256, whole=True)),
        ("batch_size", "16,full", (16, None)),
        ("early_stopping", "true,false", (True, False)),
    ],
)
def test_values_are_read(name: str, text: str, values: Any) -> None:
    assert read_values(name, text) == values


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("learning_rate", "0.3..0.001", "reversed"),
        ("learning_rate", "0.1..0.1", "is empty"),
        ("learning_rate", "..0.1", "no range"),
        ("learning_rate", "0,0.1..1", "no range"),
        ("learning_rate", "0..1", "out of bounds"),
        ("learning_rate", "0.1,,1", "empty value"),
        ("optimizer", "adam..momentum", "only numbers have a range"),
        ("optimizer", "adam,momentun", "did you mean 'momentum'"),
        ("batch_size", "1.5..4", "no whole number"),
        ("l2", "x,1", "no number"),
    ],
)
def test_what_cannot_be_read_is_said(name: str, text: str, says: str) -> None:
    with pytest.raises(OptionError, match=says):
        read_values(name, text)


@pytest.mark.parametrize(
    ("swept", "trials", "says"),
    [
        ({}, None, "nothing is swept"),
        ({"l2": (0.1,)}, None, "nothing is swept"),
        ({"l2": (0.1, 1.0)}, 0, "at least 1"),
        ({"l2": tuple(range(200)), "seed": tuple(range(100))}, None, "20,000 trials"),
        ({"split": ("a", "b")}, None, "hyper-parameter to sweep 'split' is unknown"),
    ],
)
def test_a_sweep_that_cannot_be(swept: Any, trials: int | None, says: str) -> None:
    with pytest.raises(OptionError, match=says):
        settings_of(swept, trials)


def test_draws_are_seeded_and_within_bounds() -> None:
    swept = {"learning_rate": Range(0.001, 0.3), "l2": (0.0, 0.7), "batch_size": Range(8, 16, True)}
    drawn = settings_of(swept, 200, seed=3)
    assert drawn == settings_of(swept, 200, seed=3)
    assert drawn != settings_of(swept, 200, seed=4)
    rates = [setting["learning_rate"] for setting in drawn]
    assert all(0.001 <= rate <= 0.3 for rate in rates)
    # Half of them below the geometric mean, as on a log scale; on a linear one 5 %.
    assert 0.4 < np.mean(np.array(rates) < math.sqrt(0.001 * 0.3)) < 0.6
    assert {setting["l2"] for setting in drawn} == {0.0, 0.7}
    sizes = {setting["batch_size"] for setting in drawn}
    assert sizes <= set(range(8, 17))
    assert all(isinstance(size, int) for size in sizes)


def test_a_range_is_linear_from_zero_and_over_less_than_a_decade() -> None:
    assert [Range(0, 1).logarithmic, Range(1, 9).logarithmic, Range(1, 10).logarithmic] == [
        False,
        False,
        True,
    ]
    drawn = [Range(0, 1).draw(random.Random(i)) for i in range(100)]
    assert 0.35 < np.mean(drawn) < 0.65


def test_lists_are_a_grid_and_fewer_trials_a_part_of_it_without_repeats() -> None:
    swept = {"l2": (0.0, 0.1, 0.7), "seed": (0, 1, 2, 3)}
    whole = settings_of(swept)
    assert len(whole) == 12
    assert settings_of(swept, 50) == whole
    some = settings_of(swept, 7)
    assert len({tuple(setting.values()) for setting in some}) == 7
    assert all(setting in whole for setting in some)


@pytest.mark.parametrize(
    ("trials", "epochs", "steps"),
    [(1, 27, [27]), (2, 27, [27]), (9, 27, [3, 9, 27]), (8, 30, [10, 30]), (27, 2, [1, 2])],
)
def test_rungs(trials: int, epochs: int, steps: list[int]) -> None:
    assert rungs(trials, epochs) == steps


def test_halving_keeps_the_best_third_and_ends_each_as_a_run(tmp_path: Path) -> None:
    # BLAS may sum a product of a stack in another order than the same product alone.
    common = COMMON | {"dtype": "float64", "early_stopping": False}
    setups = set_up_many(load("iris"), RATES, **common)
    trainees = [Trainee(s, folder=begin(s, tmp_path)) for s in setups]
    told: list[Rung] = []
    train_rungs(trainees, tell=told.append)
    assert [(rung.until, rung.going) for rung in told] == [(3, 9), (9, 3), (27, 1)]
    assert [(rung.work, rung.later) for rung in told] == [(27, 36), (18, 18), (18, 0)]
    assert sorted(t.state.epoch for t in trainees) == [3] * 6 + [9] * 2 + [27]
    # What goes on had the lowest dev_loss of all at its rung.
    for until, kept in ((3, 3), (9, 1)):
        there = [t for t in trainees if t.state.epoch >= until]
        loss = {id(t): t.history.records[until].dev_loss or math.inf for t in there}
        went_on = [loss[id(t)] for t in there if t.state.epoch > until]
        assert sorted(loss.values())[:kept] == sorted(went_on)
    runs = [trainee.finish() for trainee in trainees]
    reason = next(run.outcome.reason for run in runs if run.outcome.state.epoch == 3)
    assert reason.startswith("halving: place")
    # A trial that was ended early can be picked up, and comes to what it had come to alone.
    picked = next(i for i, run in enumerate(runs) if run.outcome.state.epoch == 3)
    folder = runs[picked].folder
    assert folder is not None
    again = resume(folder, reopen(folder))
    alone = train_many("iris", [RATES[picked]], **common)[0]
    assert again.outcome.state.epoch == 27
    np.testing.assert_allclose(again.model.theta, alone.model.theta, rtol=1e-11, atol=1e-12)


def test_without_halving_all_equal_single_runs() -> None:
    # BLAS may sum a product of a stack in another order than the same product alone.
    common = COMMON | {"dtype": "float64"}
    setups = set_up_many(load("iris"), RATES[:3], **common)
    trainees = [Trainee(setup) for setup in setups]
    train_rungs(trainees, halving=False)
    for trainee, setting in zip(trainees, RATES, strict=False):
        alone = train_many("iris", [setting], **common)[0]
        np.testing.assert_allclose(
            trainee.finish().model.theta, alone.model.theta, rtol=1e-11, atol=1e-12
        )


def test_an_interrupt_ends_all_and_each_can_go_on(tmp_path: Path) -> None:
    def press(record: Any, state: Any) -> None:
        if record.epoch == 2:
            raise KeyboardInterrupt

    press.needs, press.every = frozenset(), 1  # type: ignore[attr-defined]
    setups = set_up_many(load("iris"), [*RATES[:2], {"hidden": (5,)}], **COMMON)
    trainees = [
        Trainee(setup, folder=begin(setup, tmp_path), consumers=[press])  # type: ignore[list-item]
        for setup in setups
    ]
    train_rungs(trainees)
    runs = [trainee.finish() for trainee in trainees]
    assert {run.outcome.status for run in runs} == {"interrupted"}
    judged = [judge(run, {}) for run in runs]
    assert all(math.isfinite(trial.dev_error) for trial in judged)
    folder = runs[0].folder
    assert folder is not None
    assert resume(folder, reopen(folder)).outcome.state.epoch == 27


CHANCE = Baseline("majority class", 0.9, 0.9)


def trial(run: str, error: float, interval: tuple[float, float], status: str = "finished") -> Trial:
    return Trial(run, {}, status, "", 1, 1, 0.0, error, interval, error, 0.0)


def test_order_and_who_cannot_be_told_apart() -> None:
    best, near = trial("a", 0.1, (0.05, 0.2)), trial("b", 0.15, (0.1, 0.3))
    far, gone = trial("c", 0.5, (0.4, 0.6)), trial("d", 0.0, (0.0, 0.1), "diverged")
    assert [t.run for t in ordered([gone, far, near, best], CHANCE)] == ["a", "b", "c", "d"]
    assert list(alike(best, [near, far])) == [near]
    assert Trial.from_json(far.to_json()) == far
    lost = trial("e", math.inf, (0.0, 1.0))
    assert lost.to_json()["dev_error"] is None
    assert Trial.from_json(lost.to_json()) == lost


@pytest.mark.parametrize("kind", ["journal", "sqlite"])
def test_a_trial_is_taken_once_and_taken_up_when_its_machine_is_gone(
    tmp_path: Path, kind: str
) -> None:
    pytest.importorskip("optuna", reason="pip install 'cutaway[tune]'")
    from cutaway.experiments.shared import Study

    storage = str(tmp_path / "s.log") if kind == "journal" else f"sqlite:///{tmp_path / 's.db'}"
    one = Study(storage, "x", 4, {"a": 1}, stale=0.5)
    two = Study(storage, "x", 4, {"a": 1}, stale=0.5)
    with pytest.raises(RunError, match="another sweep 'x'"):
        Study(storage, "x", 4, {"a": 2})
    first, rest = one.take(), two.take()
    assert [t.member for t in first + rest] == [0, 1, 2, 3]
    assert two.take() == []
    two.tell(rest[0], trial("x-004", 0.25, (0.1, 0.4)))
    assert one.results() == [trial("x-004", 0.25, (0.1, 0.4))]
    # One never beats: two sees the same sign for longer than it waits.
    assert two.take_up()
    assert two.take() == []
    two._seen = {number: (sign, since - 1) for number, (sign, since) in two._seen.items()}
    two.take_up()
    again = two.take()
    assert [(t.member, t.again) for t in again] == [(0, True), (1, True), (2, True)]
    # Both queued the same settings at the same moment: they are trained once.
    two._queue_failed()
    for member in (1, 3):
        one.study.add_trial(
            one.create_trial(state=one.states.WAITING, user_attrs={"member": member})
        )
    assert two.take() == one.take() == []
    # A machine was killed between failing a trial and queueing it.
    two.study.tell(again[2].number, state=two.states.FAIL)
    assert one.take_up()
    assert [t.member for t in two.take()] == [2]
    assert one.take() == []
    # What one has lost it does not tell any more.
    one.lost |= {t.number for t in first}
    one.tell(first[0], trial("x-001", 0.0, (0.0, 0.1)))
    assert len(two.results()) == 1


@pytest.mark.parametrize(
    ("errors", "says"),
    [
        ((0.1, 0.11), "; the other cannot be told apart"),
        ((0.1, 0.11, 0.12), "; the others cannot be told apart"),
        ((0.1, 0.11, 0.9), "; 1 of the other 2 cannot be told apart"),
        ((0.1, 0.9), "; it is better than all others"),
    ],
)
def test_the_verdict_counts_whom_the_best_cannot_be_told_from(
    errors: tuple[float, ...], says: str
) -> None:
    trials = [
        trial(f"x-{i}", error, (error - 0.05, error + 0.05)) for i, error in enumerate(errors)
    ]
    assert says in verdict(trials, 100, "error", CHANCE)[0]


def test_no_better_than_the_commonest_class_is_said_and_the_loss_decides() -> None:
    commonest = Baseline("majority class", 0.04, 0.04)
    answers_one_class = trial("a", 0.04, (0.02, 0.08))
    tells_something = replace(trial("b", 0.05, (0.03, 0.09)), dev_loss=0.01)
    trials = ordered([answers_one_class, tells_something], commonest)
    assert [t.run for t in trials] == ["b", "a"]
    assert verdict(trials, 100, "error", commonest) == [
        "no trial has a lower dev error than the majority class (4.00 %); b has the lowest dev loss"
    ]
    better = trial("c", 0.03, (0.01, 0.07))
    assert ordered([*trials, better], commonest)[0] is better


def test_a_machine_that_leaves_sets_its_trials_free_at_once(tmp_path: Path) -> None:
    pytest.importorskip("optuna", reason="pip install 'cutaway[tune]'")
    from cutaway.experiments.shared import Study

    one = Study(str(tmp_path / "s.log"), "x", 2, {})
    with one:
        assert len(one.take()) == 2
    two = Study(str(tmp_path / "s.log"), "x", 2, {})
    assert two.take_up()
    assert [t.again for t in two.take()] == [True, True]


def test_a_trial_that_is_taken_during_a_beat_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("optuna", reason="pip install 'cutaway[tune]'")
    from cutaway.experiments.shared import Study

    study = Study(str(tmp_path / "s.log"), "x", 4, {})
    read = study._trials

    def take_meanwhile() -> list[Any]:
        trials = read()
        monkeypatch.undo()
        study.take()
        study._over.set()
        return trials

    monkeypatch.setattr(study, "_trials", take_meanwhile)
    study._beat()
    assert len(study.mine) == 3
    assert study.lost == set()


def test_a_storage_that_fails_is_said_with_what_to_do(tmp_path: Path) -> None:
    pytest.importorskip("optuna", reason="pip install 'cutaway[tune]'")
    from cutaway.experiments.shared import Lease, Study

    place = tmp_path / "shared"
    study = Study(str(place / "s.log"), "x", 4, {}, stale=0.05)
    taken = study.take()
    shutil.rmtree(place)
    asked = (
        study.take,
        study.take_up,
        study.results,
        lambda: study.tell(taken[0], trial("x-001", 0.0, (0.0, 0.1))),
    )
    for ask in asked:
        with pytest.raises(RunError, match=r"s\.log failed: .*; what was trained is kept"):
            ask()
    # A training that is going on hears of it from the beat, once others may have its trials.
    lease = Lease(study, 1, 1)
    record: Any = None

    def train() -> None:
        with study:
            end = time.monotonic() + 20
            while time.monotonic() < end:
                lease(record, record)
                time.sleep(0.01)
            pytest.fail("the training never heard of it")

    with pytest.raises(RunError, match="the same command goes on"):
        train()
