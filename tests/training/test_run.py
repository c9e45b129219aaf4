from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from cutaway.engine import measure as engine_measure
from cutaway.engine import numpy_executor
from cutaway.engine import threads as of_threads
from cutaway.engine.job import Part
from cutaway.engine.numpy_executor import NumpyExecutor
from cutaway.equations import SCHEDULES, cost_and_gradient
from cutaway.training.consumers import EarlyStopper, History
from cutaway.training.record import EVERYTHING, Needs, Record, State, Stop
from cutaway.training.run import Outcome, initial_state, run

OF_TRAIN = ("cost", "train_loss", "train_error")
OF_DEV = ("dev_loss", "dev_error")
OF_LAYERS = ("W_norm", "dW_norm", "update_ratio", "dead", "saturated")
ALWAYS = ("epoch", "iteration", "batch_cost", "learning_rate", "seconds")


class Watcher:
    """A consumer that keeps what it is given and does what it is told at an epoch."""

    def __init__(
        self,
        needs: Needs = EVERYTHING,
        every: int = 1,
        at: int = -1,
        then: Callable[[], Stop | None] = lambda: None,
    ) -> None:
        self.needs, self.every, self.at, self.then = needs, every, at, then
        self.records: list[Record] = []
        self.states: list[State] = []

    def __call__(self, record: Record, state: State) -> Stop | None:
        self.records.append(record)
        self.states.append(state)
        return self.then() if record.epoch == self.at else None

    @property
    def epochs(self) -> list[int]:
        return [record.epoch for record in self.records]


def go(training: Any, *consumers: Any) -> Outcome:
    return run(*training, consumers, initial_state(training.plan))


def interrupt() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("needs", "there"),
    [
        (set(), ()),
        ({"train"}, OF_TRAIN),
        ({"dev"}, OF_DEV),
        ({"layers"}, OF_TRAIN + OF_LAYERS),
        ({"train", "dev"}, OF_TRAIN + OF_DEV),
        ({"train", "dev", "layers"}, OF_TRAIN + OF_DEV + OF_LAYERS),
    ],
)
def test_a_record_holds_what_is_needed_and_none_else(
    tiny: Any, needs: set[str], there: tuple[str, ...]
) -> None:
    watcher = Watcher(frozenset(needs))
    go(tiny(), watcher)
    for name in (field.name for field in dataclasses.fields(Record)):
        value = getattr(watcher.records[-1], name)
        assert (value is not None) == (name in there + ALWAYS), name


@pytest.mark.parametrize(
    ("needs", "every", "measured"),
    [
        ([set()], [1], 0),
        ([{"train"}], [1], 6),
        ([{"dev"}], [1], 6),
        ([{"train", "dev"}], [1], 12),
        ([{"train", "layers"}], [1], 6),
        ([{"train"}], [2], 4),
        ([{"train"}, {"dev"}], [2, 5], 4 + 2),
        ([set(), {"dev"}], [1, 10], 2),
    ],
)
def test_what_nobody_needs_is_not_computed(
    monkeypatch: pytest.MonkeyPatch,
    tiny: Any,
    needs: list[set[str]],
    every: list[int],
    measured: int,
) -> None:
    calls = 0

    def counted(*args: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        return engine_measure.measure(*args, **more)

    monkeypatch.setattr(numpy_executor, "measure", counted)
    go(tiny(), *(Watcher(frozenset(n), e) for n, e in zip(needs, every, strict=True)))
    assert calls == measured


def test_without_a_dev_set_its_fields_are_none(tiny: Any) -> None:
    watcher = Watcher()
    go(tiny(dev=False), watcher)
    assert {(r.dev_loss, r.dev_error) for r in watcher.records} == {(None, None)}


@pytest.mark.parametrize(
    ("epochs", "every", "seen"),
    [
        (5, 1, [0, 1, 2, 3, 4, 5]),
        (5, 2, [0, 2, 4, 5]),
        (6, 3, [0, 3, 6]),
        (5, 9, [0, 5]),
        (0, 1, [0]),
    ],
)
def test_the_first_and_the_last_record_are_always_given(
    tiny: Any, epochs: int, every: int, seen: list[int]
) -> None:
    watcher, all_of_them = Watcher(every=every), Watcher()
    outcome = go(tiny(epochs=epochs), watcher, all_of_them)
    assert watcher.epochs == seen
    assert all_of_them.epochs == list(range(epochs + 1))
    assert (outcome.status, outcome.state.epoch) == ("finished", epochs)


def test_a_training_that_nobody_watches_trains_all_the_same(tiny: Any) -> None:
    watcher = Watcher()
    watched = go(tiny(), watcher)
    # Without a Record there is no State but the last: the loop goes to the end unseen.
    unwatched = go(tiny(), Watcher(frozenset(), every=100))
    np.testing.assert_array_equal(watched.state.theta, unwatched.state.theta)


def test_a_consumer_stops_the_training(tiny: Any) -> None:
    before, after = Watcher(), Watcher()
    stopper = Watcher(at=3, then=lambda: Stop("enough"))
    outcome = go(tiny(), before, stopper, after)
    assert outcome[:2] == ("stopped", "enough")
    assert outcome.state.epoch == 3
    assert before.epochs == after.epochs == [0, 1, 2, 3]


@pytest.mark.parametrize("at", [0, 2, 5])
def test_ctrl_c_in_a_consumer_keeps_the_state_it_was_given(tiny: Any, at: int) -> None:
    watcher, breaker = Watcher(), Watcher(at=at, then=interrupt)
    outcome = go(tiny(), watcher, breaker)
    assert outcome[:2] == ("interrupted", f"interrupted after epoch {at}")
    assert outcome.state is watcher.states[-1]
    assert watcher.epochs == list(range(at + 1))


@pytest.mark.parametrize(("during", "kept"), [(0, 0), (1, 0), (3, 2), (4, 4)])
def test_ctrl_c_in_the_executor_keeps_the_last_record(
    monkeypatch: pytest.MonkeyPatch, tiny: Any, during: int, kept: int
) -> None:
    epochs = NumpyExecutor.epochs

    def breaking(self: Any, theta: Any, slots: Any, number: int, iteration: int, rates: Any) -> Any:
        if number <= during < number + len(rates):
            raise KeyboardInterrupt
        return epochs(self, theta, slots, number, iteration, rates)

    monkeypatch.setattr(NumpyExecutor, "epochs", breaking)
    watcher = Watcher(every=2)
    outcome = go(tiny(), watcher)
    assert (outcome.status, outcome.state.epoch) == ("interrupted", kept)
    assert watcher.epochs[-1] == kept


@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize("batch_size", ["full", 5])
def test_a_record_describes_the_parameters_after_its_epochs(
    tiny: Any, batch_size: Any, weights: bool
) -> None:
    training = tiny(batch_size=batch_size, weights=weights, l1=0.1, l2=0.3, optimizer="momentum")
    watcher = Watcher()
    go(training, watcher)
    plan, train, _ = training
    w = None if train.weights is None else train.weights * train.m / train.M
    for k, (record, state) in enumerate(zip(watcher.records, watcher.states, strict=True)):
        assert record.epoch == state.epoch == k
        J, _ = cost_and_gradient(
            plan.network, state.theta, train.X, train.Y, w, None, plan.penalties, train.M
        )
        assert record.cost == pytest.approx(J, rel=1e-13)
    np.testing.assert_array_equal(watcher.states[0].theta, initial_state(plan).theta)
    first = watcher.records[0]
    assert (first.batch_cost, first.learning_rate, first.dW_norm) == (None, None, None)
    per_epoch = 1 if batch_size == "full" else 3
    assert [r.iteration for r in watcher.records] == [per_epoch * k for k in range(6)]


def test_cost_is_the_loss_and_the_penalty(tiny: Any) -> None:
    training = tiny(weights=True, l1=0.1, l2=0.3)
    watcher = Watcher()
    go(training, watcher)
    n = 3 * 4
    for record, state in zip(watcher.records, watcher.states, strict=True):
        W = np.concatenate([state.theta[:n], state.theta[n + 4 : n + 8]])
        penalty = (0.1 * abs(W).sum() + 0.3 / 2 * (W**2).sum()) / training.train.M
        assert record.train_loss is not None
        assert record.cost == pytest.approx(record.train_loss + penalty, rel=1e-13)


def test_a_full_batch_differentiates_the_cost_before(tiny: Any) -> None:
    watcher = Watcher()
    go(tiny(weights=True, l2=0.3), watcher)
    costs = [record.cost for record in watcher.records]
    batch_costs = [record.batch_cost for record in watcher.records]
    np.testing.assert_allclose(
        np.array(batch_costs[1:], float), np.array(costs[:-1], float), rtol=1e-13
    )


def test_norms_tell_of_the_last_update(tiny: Any) -> None:
    watcher = Watcher()
    go(tiny(hidden="none"), watcher)
    for before, after, record in zip(
        watcher.states, watcher.states[1:], watcher.records[1:], strict=False
    ):
        change = np.linalg.norm((after.theta - before.theta)[:3])
        W = np.linalg.norm(after.theta[:3])
        assert record.W_norm == (pytest.approx(W),)
        assert record.dW_norm == (pytest.approx(change / 0.1),)
        assert record.update_ratio == (pytest.approx(change / W),)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_learning_rate_follows_the_schedule(tiny: Any, schedule: str) -> None:
    training = tiny(schedule=schedule, decay_rate=0.5, decay_interval=2, hidden="none", epochs=6)
    watcher = Watcher()
    go(training, watcher)
    plan = training.plan
    expected = [SCHEDULES[schedule].rate(0.1, k, plan.decay) for k in range(6)]
    assert [record.learning_rate for record in watcher.records[1:]] == expected
    # The rate is not only shown: it is the length of the step along the gradient.
    for rate, record in zip(expected, watcher.records[1:], strict=True):
        assert record.update_ratio is not None
        assert record.W_norm is not None
        assert record.dW_norm is not None
        step = record.update_ratio[0] * record.W_norm[0]
        assert step == pytest.approx(rate * record.dW_norm[0], rel=1e-9)


@pytest.mark.parametrize("every", [1, 3])
def test_the_early_stopper_keeps_the_best(tiny: Any, every: int) -> None:
    training = tiny(epochs=600, learning_rate=2.0, hidden=(20,))
    stopper, watcher = EarlyStopper(12, every), Watcher(every=every)
    outcome = go(training, stopper, watcher)
    losses = [record.dev_loss for record in watcher.records]
    best = int(np.argmin(np.array(losses, float)))
    assert outcome.status == "stopped"
    assert "has not fallen for 12 epochs" in outcome.reason
    assert stopper.best is not None
    assert stopper.best.dev_loss == losses[best]
    assert stopper.best.epoch == watcher.epochs[best]
    np.testing.assert_array_equal(stopper.best.theta, watcher.states[best].theta)
    assert watcher.epochs[-1] - stopper.best.epoch == 12
    assert 0 < best < len(losses) - 1


def test_a_dev_loss_that_is_no_number_is_not_the_best() -> None:
    stopper = EarlyStopper(2, 1)
    state = State(np.zeros(1), ())
    for epoch, loss in enumerate([float("nan"), 2.0, float("inf")]):
        assert stopper(Record(epoch, epoch, dev_loss=loss), state) is None
    assert stopper.best is not None
    assert stopper.best.epoch == 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"batch_size": 5, "optimizer": "adam", "weights": True},
        {"batch_size": 5, "keep_prob": 0.5, "optimizer": "momentum", "l1": 0.1, "l2": 0.2},
    ],
    ids=["full", "mini-batch", "dropout"],
)
def test_equal_seeds_give_equal_bits(tiny: Any, dtype: str, given: dict[str, Any]) -> None:
    def trained(seed: int) -> tuple[bytes, str, np.dtype[Any]]:
        history = History(1)
        state = go(tiny(seed=seed, dtype=dtype, **given), history).state
        rows = [record.to_json() | {"seconds": 0} for record in history.records]
        return state.theta.tobytes(), json.dumps(rows), state.theta.dtype

    assert trained(3) == trained(3)
    assert trained(3)[0] != trained(4)[0]
    assert trained(3)[2] == np.dtype(dtype)


def test_the_seed_draws_the_parameters_of_every_precision_alike(tiny: Any) -> None:
    double = initial_state(tiny(dtype="float64").plan).theta
    single = initial_state(tiny(dtype="float32").plan).theta
    np.testing.assert_array_equal(double.astype("float32"), single)


@pytest.mark.parametrize("batch_size", ["full", 5])
def test_a_cost_that_is_not_finite_ends_the_training(tiny: Any, batch_size: Any) -> None:
    training = tiny(learning_rate=1e308, batch_size=batch_size, output="identity", loss="squared")
    watcher = Watcher()
    outcome = go(training, watcher)
    assert outcome.status == "diverged"
    assert "the cost is not finite in epoch" in outcome.reason
    assert "layer" in outcome.reason
    assert "learning rate 1e+308" in outcome.reason
    assert np.isfinite(outcome.state.theta).all()
    assert outcome.state is watcher.states[-1]


def test_the_layer_that_broke_is_named(tiny: Any) -> None:
    training = tiny(hidden=(4, 4))
    X = training.train.X.copy()
    X[0, 0] = np.inf
    outcome = go(training._replace(train=Part(X, training.train.Y)), Watcher())
    assert outcome.status == "diverged"
    assert "first in layer 1" in outcome.reason


LONG = """
import gc
import tracemalloc
import numpy as np
from cutaway.data.dataset import Dataset
from cutaway.hyperparameters import Hyperparameters
from cutaway.training.run import initial_state, run
from cutaway.training.setup import set_up

class Meter:
    needs, every, marks = frozenset({"train"}), 500, []

    def __call__(self, record, state):
        gc.collect()
        self.marks.append(tracemalloc.get_traced_memory()[0])

rows = np.random.default_rng(0).normal(size=(12, 3))
data = Dataset("tiny", "array", "classification", rows, (rows[:, 0] > 0).astype(int), ("a", "b"))
given = dict(hidden=(4,), epochs=5000, batch_size=6, optimizer="adam", keep_prob=0.9, dev="none",
             backend="numpy")
setup = set_up(data, Hyperparameters.of(**given))
tracemalloc.start()
run(setup.plan, setup.prepared.train, None, [Meter()], initial_state(setup.plan))
print(*Meter.marks)
"""


def test_the_memory_of_the_loop_does_not_grow() -> None:
    # In a process of its own: the shape checks of the tests slow the loop and fill caches.
    done = subprocess.run(
        [sys.executable, "-c", LONG], capture_output=True, text=True, check=True, timeout=120
    )
    marks = [int(mark) for mark in done.stdout.split()]
    assert len(marks) == 11
    # Of 10,000 steps the first half fills the caches of Python and NumPy; then nothing grows.
    assert max(marks[5:]) - min(marks[5:]) < 2_000


@pytest.mark.parametrize(("fewest", "threads"), [(2 * 4 * 3 * 12 + 1, 1), (2 * 4 * 3 * 12, 2)])
def test_small_products_take_one_thread(
    tiny: Any, monkeypatch: pytest.MonkeyPatch, fewest: int, threads: int
) -> None:
    monkeypatch.setattr(of_threads, "FEWEST_OPERATIONS_OF_BLAS", fewest)

    def blas() -> set[int]:
        return {p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas"}

    seen: list[set[int]] = []
    with threadpool_limits(2, "blas"):
        go(tiny(), Watcher(at=1, then=lambda: seen.append(blas())))
        assert blas() == {2}
    assert seen == [{threads}]
