from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cutaway.engine import numpy_executor
from cutaway.engine.job import Epoch, Job, Part
from cutaway.engine.numpy_executor import NumpyExecutor
from cutaway.engine.step import Step
from cutaway.equations import OPTIMIZERS, Network, Rates

M_TRAIN = 10
RANDOM = np.random.default_rng(0)
# The first input is the number of the example, by which a batch tells what it holds.
X = np.vstack([np.arange(M_TRAIN), RANDOM.normal(size=(2, M_TRAIN))])
Y = (RANDOM.random((1, M_TRAIN)) < 0.5).astype(float)
WEIGHTS = np.arange(1.0, M_TRAIN + 1)[np.newaxis]
NETWORK = Network((3, 4, 1), ("tanh",))
THETA = RANDOM.normal(size=NETWORK.n_parameters) / 3


def job(**changes: Any) -> Job:
    return Job(**{"network": NETWORK, "optimizer": "adam", "keep_prob": (1.0, 1.0)} | changes)


def epoch(changes: dict[str, Any], number: int = 0, part: Part | None = None) -> Epoch:
    executor = NumpyExecutor(job(**changes), part or Part(X, Y))
    slots = OPTIMIZERS[executor.job.optimizer].init(THETA)
    return executor.epochs(THETA, slots, number, 0, [Rates(0.1)])


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What every step is given, without taking it."""
    seen: list[dict[str, Any]] = []

    def step(
        network: Any, optimizer: str, theta: Any, slots: Any, t: int, X: Any, Y: Any,
        weights: Any, masks: Any, penalties: Any, M: float, rates: Any, **_: Any,
    ) -> Step:  # fmt: skip
        seen.append({"t": t, "X": X, "Y": Y, "weights": weights, "masks": masks, "M": M})
        return Step(lambda: 1.0, theta, theta, slots)

    monkeypatch.setattr(numpy_executor, "step", step)
    return seen


@pytest.mark.parametrize(
    ("batch_size", "sizes"),
    [(1, [1] * 10), (3, [3, 3, 3, 1]), (5, [5, 5]), (9, [9, 1]), (10, [10]), (11, [10])],
)
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_mini_batches_cover_every_example_once(
    steps: list[dict[str, Any]], batch_size: int, sizes: list[int], weights: Any
) -> None:
    assert epoch({"batch_size": batch_size}, part=Part(X, Y, weights)).updates == len(sizes)
    assert [step["X"].shape[1] for step in steps] == sizes
    assert [step["t"] for step in steps] == list(range(1, len(sizes) + 1))
    order = np.concatenate([step["X"][0] for step in steps]).astype(int)
    assert sorted(order) == list(range(M_TRAIN))
    np.testing.assert_array_equal(np.hstack([step["X"] for step in steps]), X[:, order])
    np.testing.assert_array_equal(np.hstack([step["Y"] for step in steps]), Y[:, order])
    if weights is not None:
        given = np.hstack([step["weights"] for step in steps])
        np.testing.assert_allclose(given, weights[:, order] * M_TRAIN / weights.sum())


def test_a_full_batch_keeps_the_order_and_copies_nothing(steps: list[dict[str, Any]]) -> None:
    epoch({"batch_size": None})
    assert [step["X"] is X and step["Y"] is Y for step in steps] == [True]


def test_the_columns_of_a_mini_batch_are_contiguous(steps: list[dict[str, Any]]) -> None:
    epoch({"batch_size": 4}, part=Part(np.ascontiguousarray(X.T).T, Y))
    assert all(step["X"].T.flags.c_contiguous for step in steps)


@pytest.mark.parametrize("batch_size", [None, 4])
def test_weights_reach_the_update_with_mean_one(
    steps: list[dict[str, Any]], batch_size: int | None
) -> None:
    epoch({"batch_size": batch_size}, part=Part(X, Y, WEIGHTS))
    given = np.hstack([step["weights"] for step in steps])
    assert given.mean() == pytest.approx(1.0, rel=1e-15)
    assert {step["M"] for step in steps} == {WEIGHTS.sum()}


def order_of(steps: list[dict[str, Any]]) -> list[float]:
    order = np.concatenate([step["X"][0] for step in steps]).tolist()
    steps.clear()
    return order


def test_the_order_depends_on_seed_and_epoch_only(steps: list[dict[str, Any]]) -> None:
    orders = []
    for seed, number in [(0, 0), (0, 0), (0, 1), (1, 0)]:
        epoch({"batch_size": 3, "seed": seed}, number)
        orders.append(order_of(steps))
    assert orders[0] == orders[1]
    assert orders[2] != orders[0] != orders[3]


def test_dropout_masks_depend_on_seed_and_epoch_only(steps: list[dict[str, Any]]) -> None:
    drawn = []
    for seed, number in [(0, 0), (0, 0), (0, 1), (1, 0)]:
        epoch({"batch_size": 4, "keep_prob": (0.8, 0.5), "seed": seed}, number)
        drawn.append([[mask.copy() for mask in step["masks"]] for step in steps])
        steps.clear()
    for batch, width in zip(drawn[0], (4, 4, 2), strict=True):
        assert [mask.shape for mask in batch] == [(3, width), (4, width)]
        for mask, keep_prob in zip(batch, (0.8, 0.5), strict=True):
            assert set(np.unique(mask)) <= {0.0, 1 / keep_prob}
    flat = [np.concatenate([m.ravel() for batch in e for m in batch]) for e in drawn]
    np.testing.assert_array_equal(flat[0], flat[1])
    assert (flat[0] != flat[2]).any()
    assert (flat[0] != flat[3]).any()


def test_only_the_layers_with_dropout_have_masks(steps: list[dict[str, Any]]) -> None:
    epoch({"keep_prob": (1.0, 0.5)})
    assert steps[0]["masks"][0] is None
    assert steps[0]["masks"][1].shape == (4, M_TRAIN)


def test_keep_prob_1_is_no_dropout(steps: list[dict[str, Any]]) -> None:
    epoch({"keep_prob": (1.0, 1.0)})
    assert steps[0]["masks"] is None


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_epoch_keeps_the_dtype(optimizer: str, dtype: str) -> None:
    network_job = job(
        optimizer=optimizer, keep_prob=(0.9, 0.5), penalties={"l1": 0.1, "l2": 0.1}, batch_size=4
    )
    executor = NumpyExecutor(network_job, Part(X.astype(dtype), Y.astype(dtype), WEIGHTS))
    theta = THETA.astype(dtype)
    done = executor.epochs(theta, OPTIMIZERS[optimizer].init(theta), 0, 0, [Rates(0.1)])
    arrays = [done.theta, done.dtheta, done.before, *done.slots]
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}
    np.testing.assert_array_equal(theta, THETA.astype(dtype))


@pytest.mark.parametrize(
    ("wrong", "where"), [(np.inf, "theta"), (np.nan, "theta"), (np.nan, "X"), (np.inf, "X")]
)
def test_a_cost_that_is_not_finite_is_found(wrong: float, where: str) -> None:
    theta, inputs = THETA.copy(), X.copy()
    (theta if where == "theta" else inputs[1])[-1] = wrong
    executor = NumpyExecutor(job(optimizer="gradient_descent"), Part(inputs, Y))
    # A tanh bounds an infinite input, so its layer is made a line.
    line = Network((3, 4, 1), ("identity",))
    executor.job = job(network=line, optimizer="gradient_descent")
    rates = [Rates(0.1)] * 3
    assert not np.isfinite(executor.epochs(theta, (), 5, 0, rates).batch_cost)
    error = executor.not_finite(theta, (), 5, 0, rates)
    assert error is not None
    assert error.epoch == 5
    np.testing.assert_array_equal(error.theta, theta)


def test_batch_cost_is_the_mean_over_the_updates(monkeypatch: pytest.MonkeyPatch) -> None:
    costs = iter([1.0, 2.0, 6.0])
    monkeypatch.setattr(
        numpy_executor,
        "step",
        lambda *args, **_: Step(lambda: next(costs), args[2], args[2], args[3]),
    )
    assert epoch({"batch_size": 4}).batch_cost == 3.0


def test_before_is_theta_before_the_last_update() -> None:
    done = epoch({"batch_size": 4, "optimizer": "gradient_descent"})
    np.testing.assert_array_equal(done.theta, done.before - 0.1 * done.dtheta)
    assert done.updates == 3
