"""The compiled executor gives the numbers of the eager one, and compiles once."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from cutaway.engine.example_space import enter, start
from cutaway.engine.job import Epoch, Job, Part, stack_jobs
from cutaway.engine.numpy_executor import NumpyExecutor
from cutaway.equations import ACTIVATIONS, LOSSES, OPTIMIZERS, Network, Rates, unflatten

pytest.importorskip("jax", reason="the compiled executor needs JAX: pip install 'cutaway[jax]'")

from cutaway.engine import jax_program
from cutaway.engine.jax_executor import JaxExecutor

M_TRAIN = 12
RATES = [Rates(0.1 / (1 + e), 0.8, 0.99, 1e-6) for e in range(3)]
PAIRS = [(output, loss.name) for loss in LOSSES.values() for output in loss.outputs]


def case(**changes: Any) -> dict[str, Any]:
    return {
        "activation": "tanh", "output": "sigmoid", "loss": "log", "optimizer": "adam",
        "penalties": {}, "weights": False, "batch_size": None, "seeds": (0,), "space": False,
    } | changes  # fmt: skip


ACTIVATION_NAMES, OPTIMIZER_NAMES, SIZES = tuple(ACTIVATIONS), tuple(OPTIMIZERS), (None, 5, 4)
# Each row of a table stands in one case at least, beside others that change with it.
CASES = [
    case(
        output=output,
        loss=loss,
        activation=ACTIVATION_NAMES[i % len(ACTIVATION_NAMES)],
        optimizer=OPTIMIZER_NAMES[i % len(OPTIMIZER_NAMES)],
        batch_size=SIZES[i % len(SIZES)],
        penalties=[{}, {"l1": 0.1, "l2": 0.3}][i % 2],
        weights=i % 2 == 0,
    )
    for i, (output, loss) in enumerate(PAIRS)
] + [
    case(seeds=(3, 4, 5), batch_size=5, weights=True, penalties={"l1": 0.1, "l2": 0.3}),
    case(seeds=(3, 3, 3), batch_size=5, optimizer="momentum"),
    case(seeds=(3, 4, 5), optimizer="rmsprop"),
    case(space=True, optimizer="momentum", penalties={"l2": 0.3}, weights=True),
    case(space=True, optimizer="gradient_descent", batch_size=5, penalties={"l2": 0.3}),
    case(space=True, optimizer="momentum", batch_size=4, seeds=(3, 4, 5), weights=True),
]


def test_every_row_of_every_table_stands_in_a_case() -> None:
    assert {c["activation"] for c in CASES} == set(ACTIVATIONS)
    assert {c["optimizer"] for c in CASES} == set(OPTIMIZERS)
    assert {(c["output"], c["loss"]) for c in CASES} == set(PAIRS)


def problem(given: dict[str, Any]) -> tuple[Job, Part, Any]:
    """The job, the examples, and theta of one network or of a stack."""
    random = np.random.default_rng(1)
    n_x, n_y = (20, 2) if given["space"] else (3, 2)
    network = Network((n_x, 4, 3, n_y), (given["activation"],) * 2, given["output"], given["loss"])
    Y = random.random((n_y, M_TRAIN))
    if given["loss"] == "log":
        Y = np.round(Y)
    elif given["loss"] == "cross_entropy":
        Y = np.eye(n_y)[:, random.integers(n_y, size=M_TRAIN)]
    X = random.normal(size=(n_x, M_TRAIN))
    X[:, 3] = X[:, 5]
    train = Part(X, Y, random.random((1, M_TRAIN)) + 0.5 if given["weights"] else None)
    seeds, k = given["seeds"], len(given["seeds"])
    jobs = [
        Job(
            network,
            given["optimizer"],
            given.get("keep_prob", (1.0, 1.0, 1.0)),
            {name: weight * (1 + i) for name, weight in given["penalties"].items()},
            given["batch_size"],
            seed,
        )
        for i, seed in enumerate(seeds)
    ]
    thetas = [random.normal(size=network.n_parameters) / 3 for _ in seeds]
    if given["space"]:
        train, _, _ = enter(train, None, [unflatten(network, theta)[0].W for theta in thetas])
        train = train.members(0 if k == 1 else list(range(k)))
        thetas = [start(network, theta, M_TRAIN) for theta in thetas]
    return stack_jobs(jobs, np.float64), train, thetas[0] if k == 1 else np.stack(thetas)


def rates_of(k: int) -> list[Rates]:
    if k == 1:
        return RATES
    factors = np.linspace(0.5, 1.5, k)[:, np.newaxis]
    return [rates._replace(alpha=rates.alpha * factors) for rates in RATES]


def both(given: dict[str, Any]) -> Iterator[Epoch]:
    job, train, theta = problem(given)
    slots = OPTIMIZERS[job.optimizer].init(theta)
    rates = rates_of(len(given["seeds"]))
    for executor in (NumpyExecutor(job, train), JaxExecutor(job, train, "cpu")):
        yield executor.epochs(theta, slots, 2, 2 * executor.updates, rates)


def same(eager: Epoch, compiled: Epoch) -> None:
    assert compiled.updates == eager.updates
    for name in ("theta", "batch_cost", "before", "dtheta"):
        value, expected = np.asarray(getattr(compiled, name)), getattr(eager, name)
        assert value.dtype == np.float64
        np.testing.assert_allclose(value, expected, rtol=1e-10, atol=1e-10, err_msg=name)
    for slot, expected in zip(compiled.slots, eager.slots, strict=True):
        np.testing.assert_allclose(slot, expected, rtol=1e-10, atol=1e-10)


def name_of(given: dict[str, Any]) -> str:
    stack = "x".join(map(str, given["seeds"]))
    kind = "space" if given["space"] else given["activation"]
    return f"{given['output']}-{given['loss']}-{kind}-{given['optimizer']}-{stack}"


@pytest.mark.parametrize("given", CASES, ids=name_of)
def test_it_gives_the_numbers_of_the_eager_executor(given: dict[str, Any]) -> None:
    same(*both(given))


@pytest.fixture
def nothing_compiled() -> Iterator[None]:
    """Keep programs with masks of the test apart from those that draw their own."""
    jax_program.updates("cpu").clear_cache()
    yield
    jax_program.updates("cpu").clear_cache()


@pytest.mark.usefixtures("nothing_compiled")
@pytest.mark.parametrize("batch_size", [None, 5])
def test_dropout_is_the_same_where_the_masks_are(
    monkeypatch: pytest.MonkeyPatch, batch_size: int | None
) -> None:
    kept = (np.random.default_rng(9).random((5, M_TRAIN)) < 0.7) / 0.7

    def masks(network: Network, m: int) -> list[Any]:
        return [kept[:n, :m] for n in network.sizes[:-1]]

    def eager(self: NumpyExecutor, uniform: Any, m: int, dtype: Any) -> Any:
        return masks(self.job.network, m)

    def compiled(program: Any, key: Any, m: int, keep_prob: Any, dtype: Any) -> Any:
        return [jax_program.jnp.asarray(mask) for mask in masks(program.network, m)]

    monkeypatch.setattr(NumpyExecutor, "_masks", eager)
    monkeypatch.setattr(jax_program, "draw_masks", compiled)
    same(*both(case(keep_prob=(0.9, 0.7, 0.7), batch_size=batch_size, loss="squared")))


def test_a_network_of_a_stack_has_the_masks_that_it_has_alone() -> None:
    given = case(keep_prob=(1.0, 0.5, 0.8), batch_size=5, seeds=(3, 4), optimizer="momentum")
    job, train, thetas = problem(given)
    slots = OPTIMIZERS[job.optimizer].init(thetas)
    together = JaxExecutor(job, train, "cpu").epochs(thetas, slots, 0, 0, RATES)
    for i, seed in enumerate(given["seeds"]):
        alone, _, _ = problem(given | {"seeds": (seed,)})
        done = JaxExecutor(alone, train, "cpu").epochs(
            thetas[i], tuple(slot[i] for slot in slots), 0, 0, RATES
        )
        np.testing.assert_allclose(np.asarray(together.theta)[i], done.theta, rtol=0, atol=1e-12)


def test_what_an_epoch_begins_and_ends_with_is_not_overwritten() -> None:
    job, train, theta = problem(case(batch_size=5, optimizer="adam"))
    executor = JaxExecutor(job, train, "cpu")
    first = executor.epochs(theta, OPTIMIZERS["adam"].init(theta), 0, 0, RATES)
    given = [first.theta, *first.slots, first.before, first.dtheta]
    held = [np.array(array) for array in given]
    executor.epochs(first.theta, first.slots, 3, 3 * executor.updates, RATES)
    for array, copy in zip(given, held, strict=True):
        np.testing.assert_array_equal(np.asarray(array), copy)


def test_nothing_but_another_structure_is_compiled_again() -> None:
    given = case(batch_size=5, penalties={"l2": 0.3}, keep_prob=(1.0, 0.5, 0.8), weights=True)
    job, train, theta = problem(given)
    slots = OPTIMIZERS[job.optimizer].init(theta)

    def go(job: Job, train: Part, epoch: int, rates: list[Rates], first: bool = False) -> None:
        executor = JaxExecutor(job, train, "cpu")
        executor.capacity = 3
        executor.epochs(theta, slots, epoch, epoch * executor.updates, rates)

    def compiled() -> int:
        size: int = jax_program.updates("cpu")._cache_size()
        return size

    go(job, train, 0, RATES)
    before = compiled()
    heavier = train._replace(weights=train.weights * 2)
    for other, part, epoch, rates in [
        (job, train, 7, RATES),
        (job, train, 7, RATES[:2]),
        (job, train, 1, [Rates(0.3, 0.5, 0.9, 1e-3)]),
        (problem(given | {"penalties": {"l2": 0.9}})[0], train, 0, RATES),
        (problem(given | {"keep_prob": (1.0, 0.9, 0.3)})[0], train, 0, RATES),
        (problem(given | {"seeds": (8,)})[0], train, 0, RATES),
        (job, heavier, 0, RATES),
    ]:
        go(other, part, epoch, rates)
        assert compiled() == before


def test_the_memory_of_the_loop_does_not_grow() -> None:
    job, train, theta = problem(case(batch_size=5, keep_prob=(1.0, 0.5, 0.8)))
    executor, slots, rates = JaxExecutor(job, train, "cpu"), OPTIMIZERS["adam"].init(theta), RATES
    arrays, marks = [], []
    tracemalloc.start()
    # 112 calls of 30 epochs of 3 updates: 10,080 steps
    for call in range(112):
        done = executor.epochs(theta, slots, 30 * call, 90 * call, rates * 10)
        theta, slots = done.theta, done.slots
        if call % 14 == 13:
            gc.collect()
            arrays.append(sum(array.nbytes for array in jax_program.jax.live_arrays()))
            marks.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert len(set(arrays)) == 1
    # jax.device_put, whoever calls it, keeps some hundred objects of 56 bytes, fewer and fewer new
    # ones. Of the loop not one float is kept an epoch, in the 1,680 epochs of the second half.
    assert marks[-1] - marks[3] < 1_680 * sys.getsizeof(0.5)


@pytest.mark.usefixtures("nothing_compiled")
@pytest.mark.parametrize("optimizer", ["gradient_descent", "adam"])
def test_a_training_compiles_its_program_once(optimizer: str) -> None:
    job, train, theta = problem(case(batch_size=5, optimizer=optimizer))
    executor = JaxExecutor(job, train, "cpu")
    slots = OPTIMIZERS[optimizer].init(theta)
    done = executor.epochs(theta, slots, 0, 0, RATES)
    executor.epochs(done.theta, done.slots, len(RATES), done.updates, RATES)
    assert jax_program.updates("cpu")._cache_size() == 1
