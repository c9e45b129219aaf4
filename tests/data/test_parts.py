from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cutaway.data.builtin import read_builtin
from cutaway.data.dataset import Dataset
from cutaway.data.parts import part, prepare
from cutaway.data.split import Split, split_dataset
from cutaway.errors import DataError, OptionError

ROWS = np.random.default_rng(0).normal(size=(10, 3))
TARGET = np.array([0, 0, 0, 1, 0, 1, 0, 1, 0, 1])
DATASET = Dataset("test", "array", "classification", ROWS, TARGET, ("cat", "dog"))
SPLIT = Split(np.arange(6), np.arange(6, 8), np.arange(8, 10), "by hand")
OPTIONS: dict[str, Any] = {"normalize": "standard", "dtype": np.float64}


def test_train_and_dev_are_columns_and_test_is_not_read() -> None:
    prepared = prepare(DATASET, SPLIT, **OPTIONS)
    assert prepared.train.X.shape == (3, 6)
    assert prepared.train.weights is None
    assert prepared.dev is not None
    assert prepared.dev.X.shape == (3, 2)
    np.testing.assert_array_equal(prepared.dev.Y, [[0, 1]])
    test, notes = part(DATASET, SPLIT.test, prepared.preparation, np.float64)
    np.testing.assert_allclose(
        test.X, (ROWS[8:].T - ROWS[:6].mean(0)[:, None]) / ROWS[:6].std(0)[:, None]
    )
    assert notes == ()


def test_without_a_dev_set_there_is_none() -> None:
    split = split_dataset(read_builtin("iris"), dev=False)
    assert prepare(read_builtin("iris"), split, **OPTIONS).dev is None


@pytest.mark.parametrize(
    ("class_weight", "sample_weight", "train", "dev"),
    [
        ("balanced", None, [0.75] * 3 + [1.5, 0.75, 1.5], [0.75, 1.5]),
        ({"dog": 3.0}, None, [1, 1, 1, 3, 1, 3], [1, 3]),
        ({"dog": 3.0}, np.arange(1, 11), [1, 2, 3, 12, 5, 18], [7, 24]),
        (None, np.full(10, 0.5), [0.5] * 6, [0.5] * 2),
        (
            "balanced",
            [2, 2, 1, 1, 1, 1, 1, 1, 1, 1],
            [4 / 3, 4 / 3, 2 / 3, 2, 2 / 3, 2],
            [2 / 3, 2],
        ),
    ],
)
def test_class_weights_and_sample_weights_are_multiplied(
    class_weight: Any, sample_weight: Any, train: list[float], dev: list[float]
) -> None:
    prepared = prepare(
        DATASET, SPLIT, class_weight=class_weight, sample_weight=sample_weight, **OPTIONS
    )
    assert prepared.train.weights is not None
    assert prepared.dev is not None
    assert prepared.dev.weights is not None
    np.testing.assert_allclose(prepared.train.weights, [train])
    np.testing.assert_allclose(prepared.dev.weights, [dev])


@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_an_example_of_weight_zero_is_as_if_it_were_not_there(class_weight: Any) -> None:
    weights = np.array([1.0, 0, 2, 1, 1, 1, 0, 1, 1, 1])
    prepared = prepare(DATASET, SPLIT, class_weight=class_weight, sample_weight=weights, **OPTIONS)
    kept = np.flatnonzero(weights)
    split = Split(np.arange(5), np.arange(5, 6), np.arange(6, 8), "by hand")
    without = prepare(
        DATASET.take(kept), split, class_weight=class_weight, sample_weight=weights[kept], **OPTIONS
    )
    for one, other in zip(
        (*prepared.train, *(prepared.dev or ())),
        (*without.train, *(without.dev or ())),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(prepared.split.train, [0, 2, 3, 4, 5])
    assert prepared.notes == ("2 examples of weight zero are left out",)


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        (np.ones(9), "one weight for each of the 10 examples"),
        ([1, -1] + [1] * 8, r"sample_weight\[1\] is -1"),
        ([1] * 9 + [np.nan], r"sample_weight\[9\] is nan"),
        ([1] * 9 + [np.inf], r"sample_weight\[9\] is inf"),
        (np.zeros(10), "every training example has the weight zero"),
    ],
)
def test_bad_sample_weights_are_refused(weights: Any, says: str) -> None:
    with pytest.raises(DataError, match=says):
        prepare(DATASET, SPLIT, sample_weight=weights, **OPTIONS)


@pytest.mark.parametrize(
    ("name", "class_weight", "says"),
    [
        ("iris", {"setos": 2.0}, "did you mean 'setosa'"),
        ("iris", {"setosa": -2.0}, r"class_weight\[setosa\]=-2"),
        ("iris", "even", "'even' is neither balanced nor"),
        ("diabetes", "balanced", "this is a regression task"),
    ],
)
def test_bad_class_weights_are_refused(name: str, class_weight: Any, says: str) -> None:
    dataset = read_builtin(name)
    with pytest.raises(OptionError, match=says):
        prepare(dataset, split_dataset(dataset), class_weight=class_weight, **OPTIONS)


def test_a_part_needs_targets() -> None:
    preparation = prepare(DATASET, SPLIT, **OPTIONS).preparation
    unlabelled = Dataset("x", "array", "classification", ROWS, None, ("cat", "dog"))
    with pytest.raises(DataError, match="no targets to compare with"):
        part(unlabelled, SPLIT.test, preparation, np.float64)
