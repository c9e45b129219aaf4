"""Every metric against scikit-learn, with and without weights; Wilson against SciPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn import metrics as sk

from cutaway.equations import METRICS, wilson_interval
from cutaway.equations.metrics import (
    ERROR_OF_TASK,
    confusion_matrix,
    decide,
    precision_recall,
    wrong,
)

every_row = pytest.mark.parametrize("row", METRICS.values(), ids=lambda row: row.name)


def classes(Y: Any) -> Any:
    """The class of each column: 0 or 1 for one output, the row of the 1 for several."""
    return (Y[0] > 0.5).astype(int) if len(Y) == 1 else Y.argmax(axis=0)


SCIKIT_LEARN: dict[str, Callable[[Any, Any, Any], float]] = {
    "error": lambda A, Y, w: sk.zero_one_loss(classes(Y), classes(A), sample_weight=w),
    "label_error": lambda A, Y, w: sk.hamming_loss(Y.T > 0.5, A.T > 0.5, sample_weight=w),
    # The root of the mean over the outputs too, where scikit-learn would average the roots
    "rmse": lambda A, Y, w: sk.mean_squared_error(Y.T, A.T, sample_weight=w) ** 0.5,
    "mae": lambda A, Y, w: sk.mean_absolute_error(Y.T, A.T, sample_weight=w),
    "r2": lambda A, Y, w: sk.r2_score(Y.T, A.T, sample_weight=w),
}


def outputs_and_labels(name: str, n_y: int, m: int, generator: np.random.Generator) -> Any:
    A = generator.random((n_y, m))
    if name == "error" and n_y > 1:
        return A / A.sum(axis=0), np.eye(n_y)[:, generator.integers(n_y, size=m)]
    if name in ("error", "label_error"):
        return A, (generator.random((n_y, m)) < 0.5).astype(float)
    return A, generator.normal(size=(n_y, m))


@every_row
@pytest.mark.parametrize("n_y", [1, 2, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_it_is_scikit_learns(row: Any, n_y: int, weighted: bool) -> None:
    generator = np.random.default_rng(0)
    A, Y = outputs_and_labels(row.name, n_y, 30, generator)
    w = generator.random(30) if weighted else None
    value = row.value(A, Y, None if w is None else w.reshape(1, 30))
    assert float(value) == pytest.approx(SCIKIT_LEARN[row.name](A, Y, w))


@every_row
@given(
    n_y=st.integers(1, 3),
    m=st.integers(1, 5),
    seed=st.integers(0, 2**32 - 1),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_shape_dtype_and_weights(row: Any, n_y: int, m: int, seed: int, dtype: Any) -> None:
    generator = np.random.default_rng(seed)
    A, Y = (array.astype(dtype) for array in outputs_and_labels(row.name, n_y, m, generator))
    times = generator.integers(1, 4, size=m)
    weighted = row.value(A, Y, times.reshape(1, m).astype(dtype))
    assert weighted.shape == ()
    assert weighted.dtype == row.value(A, Y, None).dtype == dtype
    repeated = row.value(np.repeat(A, times, axis=1), np.repeat(Y, times, axis=1), None)
    assert float(weighted) == pytest.approx(float(repeated), rel=1e-3, abs=1e-4)


@every_row
def test_nothing_wrong_is_the_best_value(row: Any) -> None:
    Y = np.eye(3)[:, [0, 1, 2, 0]]
    assert float(row.value(Y, Y, None)) == (1.0 if row.name == "r2" else 0.0)


def test_the_error_of_every_task_is_a_row() -> None:
    assert set(ERROR_OF_TASK.values()) <= set(METRICS)


@pytest.mark.parametrize(
    ("A", "decided"),
    [
        ([[0.2, 0.5, 0.51]], [[0, 0, 1]]),
        # The first of two that are equal
        ([[0.2, 0.4, 0.5], [0.7, 0.4, 0.1], [0.1, 0.2, 0.4]], [[0, 1, 1], [1, 0, 0], [0, 0, 0]]),
    ],
)
def test_decide(A: Any, decided: Any) -> None:
    np.testing.assert_array_equal(decide(np.array(A)), np.array(decided, bool))


def test_wrong_marks_the_examples() -> None:
    A = np.array([[0.9, 0.2, 0.5], [0.1, 0.8, 0.5]])
    np.testing.assert_array_equal(wrong(A, np.array([[1.0, 1, 0], [0, 0, 1]])), [[0, 1, 1]])


def test_r2_of_a_constant_column_is_0() -> None:
    A, Y = np.array([[1.0, 2.0], [1.0, 2.0]]), np.array([[3.0, 3.0], [1.0, 2.0]])
    assert float(METRICS["r2"].value(A, Y, None)) == 0.5


@pytest.mark.parametrize("n_y", [1, 2, 4])
def test_confusion_precision_and_recall_are_scikit_learns(n_y: int) -> None:
    generator = np.random.default_rng(0)
    A, Y = outputs_and_labels("error", n_y, 40, generator)
    C = confusion_matrix(A, Y)
    np.testing.assert_array_equal(C, sk.confusion_matrix(classes(Y), classes(A)))
    precision, recall = precision_recall(C)
    expected = sk.precision_recall_fscore_support(classes(Y), classes(A))
    np.testing.assert_allclose(precision, expected[0])
    np.testing.assert_allclose(recall, expected[1])


def test_a_class_that_nobody_chose_has_precision_0() -> None:
    precision, recall = precision_recall(np.array([[3.0, 0.0], [1.0, 0.0]]))
    np.testing.assert_allclose(precision, [0.75, 0.0])
    np.testing.assert_allclose(recall, [1.0, 0.0])


@pytest.mark.parametrize(
    ("wrong", "m", "low", "high"),
    [
        (5, 50, 0.0435, 0.2136),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (5, 10, 0.2366, 0.7634),
        (81, 263, 0.2553, 0.3662),  # Newcombe, "Two-sided confidence intervals", 1998, table I
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_known_values(wrong: int, m: int, low: float, high: float) -> None:
    assert wilson_interval(wrong, m) == pytest.approx((low, high), abs=5e-5)


@given(
    m=st.integers(1, 10**6), share=st.floats(0, 1), confidence=st.sampled_from([0.8, 0.95, 0.99])
)
def test_wilson_holds_its_share_and_is_scipys(m: int, share: float, confidence: float) -> None:
    z = {0.8: 1.2815515655446004, 0.95: 1.959963984540054, 0.99: 2.5758293035489004}[confidence]
    k = round(share * m)
    low, high = wilson_interval(k, m, z)
    assert 0.0 <= low <= k / m <= high <= 1.0
    expected = binomtest(k, m).proportion_ci(confidence, method="wilson")
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_wilson_holds_the_ends() -> None:
    for m in range(1, 1000):
        assert wilson_interval(0, m)[0] == 0.0
        assert wilson_interval(m, m)[1] == 1.0


@pytest.mark.parametrize(("wrong", "m"), [(0, 0), (-1, 5), (6, 5)])
def test_what_is_no_share_is_refused(wrong: int, m: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        wilson_interval(wrong, m)
