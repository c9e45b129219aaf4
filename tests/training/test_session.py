from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import cutaway
from cutaway.data.dataset import Dataset, Task
from cutaway.errors import CutawayError, OptionError, TrainingError
from cutaway.training.consumers import History
from cutaway.training.record import Stop
from cutaway.training.trainee import Run

M = 24
RANDOM = np.random.default_rng(5)
ROWS = RANDOM.normal(size=(M, 3)) * [1, 5, 0.2] + [0, 10, -1]
WEIGHTS = RANDOM.choice([0.0, 1.0, 2.0], M)
WEIGHTS[:4] = [2, 2, 0, 0]
REPEATED = np.repeat(np.arange(M), WEIGHTS.astype(int))
LABELS = ((ROWS[:, 0] > 0) + 2 * (ROWS[:, 1] > 11)) % 3
PRICES = ROWS @ [[1.0, 2.0], [0.5, -1.0], [3.0, 0.0]] + RANDOM.normal(size=(M, 2))


def dataset(task: Task, index: Any = slice(None), classes: int = 3) -> Dataset:
    """The same rows with a target of each task."""
    targets = {
        "classification": LABELS % classes,
        "multi-label": (PRICES > PRICES.mean(axis=0)).astype(int),
        "regression": PRICES,
    }
    names: dict[Task, tuple[str, ...]] = {
        "classification": ("a", "b", "c")[:classes],
        "multi-label": ("big", "new"),
        "regression": (),
    }
    target_names = ("price", "rent") if task == "regression" else ("class",)
    rows, target = ROWS[index], targets[task][index]
    return Dataset("rows", "array", task, rows, target, names[task], target_names=target_names)


def fitted(data: Dataset, **given: Any) -> Run:
    """A full batch of all examples: no dev set and no test set."""
    return cutaway.train(
        data,
        **{
            "dev": "none",
            "split": "1,0,0",
            "hidden": (5,),
            "batch_size": "full",
            "optimizer": "gradient_descent",
            "learning_rate": 0.1,
            "epochs": 40,
            "l2": 0.0,
            "keep_prob": 1.0,
            "dtype": "float64",
        }
        | given,
    )


def same(first: Run, second: Run) -> None:
    """Equal parameters and statistics to 1e-12, and equal costs."""
    for ours, other in zip(first.parameters, second.parameters, strict=True):
        np.testing.assert_allclose(ours.W, other.W, rtol=0, atol=1e-12)
        np.testing.assert_allclose(ours.b, other.b, rtol=0, atol=1e-12)
    for name, numbers in first.model.preparation.to_tensors().items():
        np.testing.assert_allclose(
            numbers, second.model.preparation.to_tensors()[name], rtol=1e-13, atol=1e-13
        )
    np.testing.assert_allclose(
        [record.cost for record in first.history if record.cost],
        [record.cost for record in second.history if record.cost],
        rtol=1e-12,
    )


@pytest.mark.parametrize("task", ["classification", "multi-label", "regression"])
@pytest.mark.parametrize("normalize", ["standard", "none"])
@pytest.mark.parametrize("optimizer", ["gradient_descent", "momentum", "rmsprop"])
@pytest.mark.parametrize("penalties", [{}, {"l1": 0.5}, {"l2": 0.9}, {"l1": 0.2, "l2": 0.4}])
def test_weight_2_is_the_example_twice_and_weight_0_is_its_absence(
    task: Task, normalize: str, optimizer: str, penalties: dict[str, float]
) -> None:
    given = {"normalize": normalize, "optimizer": optimizer, "activation": "tanh", **penalties}
    given["learning_rate"] = {"rmsprop": 0.002}.get(optimizer, 0.02)
    weighted = fitted(dataset(task), sample_weight=WEIGHTS, **given)
    repeated = fitted(dataset(task, REPEATED), **given)
    assert weighted.setup.prepared.train.m < repeated.setup.prepared.train.m == WEIGHTS.sum()
    same(weighted, repeated)


def test_weight_0_is_the_absence_of_an_example_for_adam_and_a_deep_network() -> None:
    # 40 epochs of adam amplify rounding where a gradient is nearly zero, hence the few epochs.
    given: dict[str, Any] = {"optimizer": "adam", "hidden": (6, 4), "epochs": 10, "l2": 0.3}
    keep = (np.arange(M) % 3 > 0).astype(float)
    same(
        fitted(dataset("regression"), sample_weight=keep, **given),
        fitted(dataset("regression", np.flatnonzero(keep)), **given),
    )


@pytest.mark.parametrize("scale", [0.25, 3.0])
def test_only_the_ratio_of_the_weights_counts_without_a_penalty(scale: float) -> None:
    data = dataset("classification")
    same(
        fitted(data, sample_weight=WEIGHTS),
        fitted(data, sample_weight=WEIGHTS * scale),
    )


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("normalize", ["standard", "none"])
def test_balanced_is_explicit_weights(classes: int, normalize: str) -> None:
    data = dataset("classification", classes=classes)
    counts = data.counts()
    weights = {name: M / (classes * count) for name, count in counts.items()}
    given: dict[str, Any] = {"l2": 0.5, "normalize": normalize, "learning_rate": 0.02}
    balanced = fitted(data, class_weight="balanced", **given)
    assert len(set(counts.values())) > 1
    same(balanced, fitted(data, class_weight=weights, **given))
    of_example = np.array(list(weights.values()))[LABELS % classes]
    same(balanced, fitted(data, sample_weight=of_example, **given))


def test_class_weight_and_sample_weight_are_multiplied() -> None:
    data = dataset("classification")
    both = fitted(data, class_weight={"b": 3.0}, sample_weight=WEIGHTS)
    same(both, fitted(data, sample_weight=WEIGHTS * np.where(LABELS == 1, 3, 1)))


def test_initial_parameters_are_what_training_starts_from() -> None:
    given = [(RANDOM.normal(size=(5, 3)), RANDOM.normal(size=(5, 1))), (np.ones((3, 5)), [[1]] * 3)]
    before = [np.array(W) for W, _ in given]
    run = fitted(dataset("classification"), parameters=given, epochs=0)
    for ours, (W, b) in zip(run.parameters, given, strict=True):
        np.testing.assert_array_equal(ours.W, W)
        np.testing.assert_array_equal(ours.b, b)
    fitted(dataset("classification"), parameters=given)
    for (W, _), copy in zip(given, before, strict=True):
        np.testing.assert_array_equal(W, copy)


def test_the_parameters_of_a_run_can_be_handed_to_the_next() -> None:
    data = dataset("classification")
    first = fitted(data, epochs=10)
    second = fitted(data, epochs=30, parameters=first.parameters)
    same_end = fitted(data, epochs=40)
    for ours, other in zip(second.parameters, same_end.parameters, strict=True):
        np.testing.assert_array_equal(ours.W, other.W)


@pytest.mark.parametrize(
    ("parameters", "error", "match"),
    [
        ([], OptionError, r"needs W of shapes \[\(5, 3\), \(3, 5\)\]"),
        ([(np.ones((5, 3)), np.ones((5, 1)))], OptionError, "do not fit the network"),
        (
            [(np.ones((3, 5)), np.ones((5, 1))), (np.ones((3, 5)), np.ones((3, 1)))],
            OptionError,
            r"W of shapes \[\(3, 5\), \(3, 5\)\]",
        ),
        (
            [(np.ones((5, 3)), np.ones(5)), (np.ones((3, 5)), np.ones((3, 1)))],
            OptionError,
            r"b of shapes \[\(5,\), \(3, 1\)\]",
        ),
        ([(np.ones((5, 3)),), (np.ones((3, 5)),)], OptionError, "one pair"),
        ([([[1.0], [1.0, 2.0]], [[1.0]])], OptionError, "one pair"),
        ([("W", "b")], OptionError, "one pair"),
        (
            [(np.ones((5, 3)), np.ones((5, 1))), (np.full((3, 5), np.nan), np.ones((3, 1)))],
            TrainingError,
            "not finite",
        ),
    ],
)
def test_initial_parameters_that_do_not_fit_are_refused(
    parameters: Any, error: type[CutawayError], match: str
) -> None:
    with pytest.raises(error, match=match):
        fitted(dataset("classification"), parameters=parameters)


@pytest.mark.parametrize("part", ["dev", "test"])
def test_a_path_beside_a_dataset_is_refused(part: str) -> None:
    with pytest.raises(OptionError, match=f"{part}='more.csv' names a path"):
        cutaway.train(dataset("regression"), **{part: "more.csv"})


def test_a_misspelt_hyper_parameter_is_refused() -> None:
    with pytest.raises(OptionError, match="did you mean 'learning_rate'"):
        cutaway.train("moons", learning_rat=0.1)


@pytest.mark.parametrize("every", [1, 7])
def test_early_stopping_restores_the_best(every: int) -> None:
    run = cutaway.train(
        "moons",
        hidden=(30,),
        epochs=300,
        learning_rate=0.03,
        patience=14,
        print_every=every,
        dtype="float64",
        optimizer="adam",
        batch_size=32,
        early_stopping=True,
    )
    losses = {r.epoch: r.dev_loss for r in run.history if r.dev_loss is not None}
    assert run.outcome.status == "stopped"
    assert losses[run.best_epoch] == min(losses.values())
    assert run.best_epoch < run.history[-1].epoch
    dev = run.setup.prepared.dev
    assert dev is not None
    A, Y = run.model.outputs(run.setup.dataset.rows[run.setup.prepared.split.dev])[0], dev.Y
    loss = -np.mean(Y * np.log(A) + (1 - Y) * np.log(1 - A))
    assert loss == pytest.approx(min(losses.values()), rel=1e-10)


def test_without_early_stopping_the_last_parameters_are_kept() -> None:
    run = cutaway.train("moons", hidden=(3,), epochs=12, early_stopping=False)
    assert run.best_epoch == 12
    np.testing.assert_array_equal(run.model.theta, run.outcome.state.theta)


def test_a_consumer_of_the_person_is_called_and_may_stop() -> None:
    class Mine(History):
        def __call__(self, record: Any, state: Any) -> Stop | None:
            super().__call__(record, state)
            return Stop("mine") if record.epoch == 4 else None

    mine = Mine(2)
    run = cutaway.train("moons", hidden=(3,), epochs=12, print_every=1, consumers=[mine])
    assert [record.epoch for record in mine.records] == [0, 2, 4]
    assert run.outcome[:2] == ("stopped", "mine")


@pytest.mark.parametrize("given", [{}, {"batch_size": 16, "keep_prob": 0.8}], ids=["full", "mini"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equal_seeds_give_equal_models(given: dict[str, Any], dtype: str) -> None:
    def trained(seed: int) -> bytes:
        run = cutaway.train("xor", hidden=(6,), epochs=5, seed=seed, dtype=dtype, **given)
        assert run.model.theta.dtype == np.dtype(dtype)
        return run.model.theta.tobytes()

    assert trained(1) == trained(1) != trained(2)


@pytest.mark.parametrize("weigh", [{"class_weight": "balanced"}, {"sample_weight": WEIGHTS}])
def test_weights_leave_float32_alone(weigh: dict[str, Any]) -> None:
    run = fitted(dataset("classification"), dtype="float32", **weigh)
    assert run.outcome.state.theta.dtype == np.float32


def test_a_learning_rate_too_large_keeps_the_last_good_parameters() -> None:
    # A line has no bound: at this rate its parameters overflow after some epochs.
    run = fitted(dataset("regression"), learning_rate=1e12, hidden="none", epochs=100)
    assert run.outcome.status == "diverged"
    assert f"in epoch {run.outcome.state.epoch + 1}" in run.outcome.reason
    assert "layer 1" in run.outcome.reason
    assert "learning rate 1e+12" in run.outcome.reason
    assert np.isfinite(run.model.theta).all()
    assert np.isfinite([record.cost for record in run.history if record.cost]).all()
