from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from cutaway.data.builtin import read_builtin
from cutaway.data.columns import Table
from cutaway.data.dataset import Dataset, PictureShape
from cutaway.data.preparation import Preparation, fit_preparation
from cutaway.errors import DataError

RANDOM = np.random.default_rng(0)
ROWS = RANDOM.normal(5, 3, (5000, 4))
PIXELS = RANDOM.integers(0, 256, (50, 12), dtype=np.uint8)


def arrays(rows: Any = ROWS, target: Any = None, task: Any = "regression", **more: Any) -> Dataset:
    target = rows[:, :1] * 2 + 1 if target is None else np.asarray(target)
    return Dataset("test", "array", task, rows, target, **more)


def pictures(rows: Any = PIXELS, **more: Any) -> Dataset:
    target = np.arange(len(rows)) % 2
    shape = PictureShape(2, 2, 3)
    return Dataset(
        "test", "pictures", "classification", rows, target, ("a", "b"), picture=shape, **more
    )


def fitted(dataset: Dataset, normalize: str = "standard", **more: Any) -> Preparation:
    return fit_preparation(dataset, np.arange(dataset.m), normalize=normalize, **more)[0]


def test_standard_inputs_have_mean_0_and_deviation_1_over_train_only() -> None:
    dataset, train = arrays(), np.arange(0, 5000, 2)
    preparation, _ = fit_preparation(dataset, train, normalize="standard")
    np.testing.assert_allclose(preparation.mean, ROWS[train].mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(preparation.scale, ROWS[train].std(axis=0), rtol=1e-12)
    X, notes = preparation.inputs(ROWS, np.float64, train)
    np.testing.assert_allclose(X.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(X.std(axis=1), 1, rtol=1e-12)
    assert notes == ()
    assert X.T.flags.c_contiguous


def test_a_weight_of_2_is_the_example_twice_and_0_is_none() -> None:
    rows, w = ROWS[:3000], RANDOM.integers(0, 3, 3000)
    weighted = fitted(arrays(rows), weights=w.astype(np.float64))
    repeated = fitted(arrays(np.repeat(rows, w, axis=0)))
    for name, value in weighted.to_tensors().items():
        np.testing.assert_allclose(value, repeated.to_tensors()[name], rtol=1e-12)


def test_constant_inputs_are_0_and_hardly_constant_pixels_are_not_blown_up() -> None:
    rows = ROWS[:100].copy()
    rows[:, 1] = 0.1
    X, _ = fitted(arrays(rows)).inputs(rows, np.float64)
    np.testing.assert_allclose(X[1], 0, atol=1e-12)

    pixels = np.zeros((100, 12), np.uint8)
    pixels[:, 6:] = RANDOM.integers(0, 256, (100, 6))
    pixels[0, 0] = 1
    preparation = fitted(pictures(pixels))
    assert len(set(preparation.scale)) == 1
    X, _ = preparation.inputs(np.full((1, 12), 255, np.uint8), np.float64)
    assert np.abs(X).max() < 6


@pytest.mark.parametrize("pixel", [0, 7])
def test_pictures_that_are_all_alike_have_inputs_0(pixel: int) -> None:
    rows = np.full((10, 12), pixel, np.uint8)
    X, _ = fitted(pictures(rows)).inputs(rows, np.float64)
    np.testing.assert_allclose(X, 0, atol=1e-12)


def test_without_normalisation_pictures_are_only_divided_by_255() -> None:
    X, _ = fitted(pictures(), "none").inputs(PIXELS, np.float64)
    np.testing.assert_array_equal(X, PIXELS.T / 255)
    X, _ = fitted(arrays(), "none").inputs(ROWS, np.float64)
    np.testing.assert_array_equal(X, ROWS.T)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("normalize", ["standard", "none"])
def test_inputs_have_the_dtype_and_take_an_index(dtype: Any, normalize: str) -> None:
    preparation = fitted(pictures(), normalize)
    X, _ = preparation.inputs(PIXELS, dtype)
    some, _ = preparation.inputs(PIXELS, dtype, np.array([7, 3]))
    assert X.shape == (12, 50)
    assert X.dtype == some.dtype == dtype
    np.testing.assert_array_equal(some, X[:, [7, 3]])


@pytest.mark.parametrize(
    ("K", "target", "Y"),
    [
        (2, [0, 1, 1], [[0, 1, 1]]),
        (3, [0, 2, 1], [[1, 0, 0], [0, 0, 1], [0, 1, 0]]),
    ],
)
def test_classes_become_outputs_and_come_back(K: int, target: list[int], Y: list[Any]) -> None:
    classes = tuple("abc"[:K])
    dataset = arrays(ROWS[:3], target, "classification", classes=classes)
    preparation = fitted(dataset)
    outputs = preparation.outputs(np.array(target), np.float32)
    np.testing.assert_array_equal(outputs, Y)
    assert outputs.dtype == np.float32
    assert preparation.n_y == len(Y)
    np.testing.assert_array_equal(preparation.answers(outputs), target)
    probabilities = preparation.probabilities(0.1 + 0.8 * outputs)
    assert probabilities.shape == (3, K)
    np.testing.assert_array_equal(probabilities.argmax(axis=1), target)


def test_labels_and_numbers_become_outputs_and_come_back() -> None:
    labels = np.array([[0.0, 1.0], [1.0, 1.0], [0.0, 0.0]])
    several = fitted(arrays(ROWS[:3], labels, "multi-label", classes=("p", "q")))
    Y = several.outputs(labels, np.float64)
    np.testing.assert_array_equal(Y, labels.T)
    np.testing.assert_array_equal(several.answers(Y * 0.6), labels)
    assert several.probabilities(Y).shape == (3, 2)

    numbers = np.column_stack([ROWS[:, 0] * 1e6, np.full(5000, 7.0)])
    regression = fitted(arrays(ROWS, numbers))
    Y = regression.outputs(numbers, np.float64)
    np.testing.assert_allclose(Y.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(Y.std(axis=1), [1, 0], atol=1e-12)
    np.testing.assert_allclose(regression.answers(Y), numbers, rtol=1e-12)
    with pytest.raises(ValueError, match="no probabilities"):
        regression.probabilities(Y)


@pytest.mark.parametrize(
    ("output", "mean", "scale"),
    [
        ("auto", 3.0, 2.0),
        ("identity", 3.0, 2.0),
        ("leaky_relu", 3.0, 2.0),
        ("relu", 0.0, 2.0),
        ("sigmoid", 0.0, 1.0),
        ("tanh", 0.0, 1.0),
    ],
)
def test_a_target_stays_within_reach_of_its_output(output: str, mean: float, scale: float) -> None:
    target = np.array([[1.0], [5.0], [1.0], [5.0]])
    preparation = fitted(arrays(ROWS[:4], target), output=output)
    assert (preparation.target_mean, preparation.target_scale) == (mean, scale)
    A = preparation.outputs(target, np.float64)
    np.testing.assert_allclose(preparation.answers(A), target, rtol=1e-15)


@pytest.mark.parametrize("name", ["digits", "iris", "diabetes", "planar"])
def test_parts_give_the_same_preparation_back(name: str) -> None:
    dataset = read_builtin(name)
    preparation = fitted(dataset)
    again = Preparation.from_parts(
        json.loads(json.dumps(preparation.to_json())), preparation.to_tensors()
    )
    assert again.to_json() == preparation.to_json()
    assert again.picture == dataset.picture
    np.testing.assert_array_equal(
        again.inputs(dataset.rows, np.float64)[0], preparation.inputs(dataset.rows, np.float64)[0]
    )


def test_a_table_is_encoded_and_what_it_says_is_passed_on() -> None:
    table = Table(
        {
            "size": np.array([1.0, 2.0, 3.0, 4.0]),
            "colour": np.array(["red", "blue", "red", "mauve"], dtype=object),
        }
    )
    target = np.array([0, 1, 0, 1])
    dataset = Dataset("t", "table", "classification", table, target, ("a", "b"))
    preparation, _ = fit_preparation(dataset, np.arange(3), normalize="standard")
    assert preparation.features == ("size", "colour=blue", "colour=red")
    X, notes = preparation.inputs(table, np.float32, np.array([3]))
    assert X.shape == (3, 1)
    assert "mauve" in notes[0]


@pytest.mark.parametrize(
    ("dataset", "says"),
    [
        (Dataset("x", "array", "regression", ROWS, None), "no targets"),
        (arrays(ROWS[:3], [0, 0, 0], "classification", classes=("a",)), r"one class only \(a\)"),
        (arrays(np.array([[1e200], [-1e200]]), features=("far",)), "'far' holds numbers up to 1e"),
        (arrays(np.array([[1.0], [np.nan]])), "number 1 holds numbers"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(dataset: Dataset, says: str) -> None:
    with pytest.raises(DataError, match=says):
        fitted(dataset)


def test_inputs_that_do_not_fit_are_refused() -> None:
    preparation = fitted(arrays(), "none")
    with pytest.raises(DataError, match="have 3 inputs each, but the model takes 4"):
        preparation.inputs(ROWS[:, :3], np.float32)
    with pytest.raises(DataError, match="too large for float32"):
        preparation.inputs(np.full((1, 4), 1e300), np.float32)
