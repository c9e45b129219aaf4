from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cutaway.course.logistic_regression import (
    initialize_with_zeros,
    model,
    optimize,
    predict,
    propagate,
    sigmoid,
)
from cutaway.equations import Network, cost_and_gradient
from cutaway.errors import DataError

# fmt: off
COSTS = [
    0.693147, 0.584508, 0.466949, 0.376007, 0.331463, 0.303273, 0.279880, 0.260042, 0.242941,
    0.228004, 0.214820, 0.203078, 0.192544, 0.183033, 0.174399, 0.166521, 0.159305, 0.152667,
    0.146542, 0.140872,
]
# fmt: on


@pytest.fixture
def points() -> tuple[Any, float, Any, Any]:
    """Return w (3, 1), b, X (3, 6) and Y (1, 6)."""
    random = np.random.RandomState(0)
    return random.randn(3, 1), 0.4, random.randn(3, 6), random.randint(0, 2, (1, 6))


def test_zeros() -> None:
    w, b = initialize_with_zeros(3)
    assert w.shape == (3, 1)
    assert not w.any()
    assert type(b) is float
    assert b == 0.0


def test_propagate_is_the_equations(points: Any) -> None:
    w, b, X, Y = points
    grads, cost = propagate(w, b, X, Y)
    theta = np.append(w.ravel(), b)
    J, dtheta = cost_and_gradient(Network((3, 1), ()), theta, X, Y.astype(float))
    assert set(grads) == {"dw", "db"}
    assert isinstance(cost, np.ndarray)
    assert cost.shape == ()
    assert cost == pytest.approx(J)
    assert np.ndim(grads["db"]) == 0
    np.testing.assert_allclose(grads["dw"], dtheta[:3, None])
    assert grads["db"] == pytest.approx(dtheta[3])


def test_propagate_is_the_slope(points: Any, numeric: Callable[..., Any]) -> None:
    w, b, X, Y = points
    grads, _ = propagate(w, b, X, Y)
    slopes = numeric(
        lambda p: propagate(p["w"], p["b"].item(), X, Y)[1], {"w": w, "b": np.array(b)}
    )
    np.testing.assert_allclose(grads["dw"], slopes["dw"], rtol=1e-8)
    assert grads["db"] == pytest.approx(float(slopes["db"]), rel=1e-8)


@pytest.mark.parametrize(("iterations", "entries"), [(0, 0), (1, 1), (100, 1), (101, 2)])
def test_costs_are_every_hundredth(points: Any, iterations: int, entries: int) -> None:
    assert len(optimize(*points, num_iterations=iterations)[2]) == entries


def test_optimize_leaves_its_inputs(points: Any) -> None:
    w, b, X, Y = points
    before = w.copy()
    params, grads, _ = optimize(w, b, X, Y, num_iterations=3, learning_rate=0.1)
    np.testing.assert_array_equal(w, before)
    assert b == 0.4
    assert set(params) == {"w", "b"}
    expected_w, expected_b = w, b
    for _ in range(3):
        last, _ = propagate(expected_w, expected_b, X, Y)
        expected_w, expected_b = expected_w - 0.1 * last["dw"], expected_b - 0.1 * last["db"]
    np.testing.assert_array_equal(params["w"], expected_w)
    assert params["b"] == expected_b
    np.testing.assert_array_equal(grads["dw"], last["dw"])


def test_predict_asks_for_more_than_one_half() -> None:
    X = np.array([[-1.0, 0.0, 1.0]])
    p = predict(np.ones((1, 1)), 0.0, X)
    np.testing.assert_array_equal(p, [[0.0, 0.0, 1.0]])
    assert sigmoid(0) == 0.5


def test_a_saturated_right_answer_costs_nothing_and_a_wrong_one_is_infinite() -> None:
    X, w = np.array([[1.0, -1.0]]), np.array([[800.0]])
    assert propagate(w, 0.0, X, np.array([[1, 0]]))[1] == 0.0
    assert propagate(w, 0.0, X, np.array([[0, 0]]))[1] == np.inf


@pytest.mark.parametrize(
    ("X", "Y", "message"),
    [
        (np.ones((4, 3)), np.ones((1, 3)), "W has the shape"),
        (np.ones((3, 4)), np.ones((1, 3)), "Y has the shape"),
    ],
)
def test_shapes_that_do_not_fit(X: Any, Y: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        propagate(np.zeros((3, 1)), 0.0, X, Y)


def test_model_prints_and_returns(points: Any, capsys: pytest.CaptureFixture[str]) -> None:
    _, _, X, Y = points
    result = model(X, Y, X[:, :4], Y[:, :4], num_iterations=101, print_cost=True)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Cost after iteration 0: 0.693147"
    assert lines[1] == f"Cost after iteration 100: {result['costs'][1]:f}"
    assert [line.split(":")[0] for line in lines[2:]] == ["train accuracy", "test accuracy"]
    assert list(result) == [
        "costs",
        "Y_prediction_test",
        "Y_prediction_train",
        "w",
        "b",
        "learning_rate",
        "num_iterations",
    ]
    assert result["Y_prediction_train"].shape == (1, 6)
    assert result["Y_prediction_test"].shape == (1, 4)
    assert (result["learning_rate"], result["num_iterations"]) == (0.5, 101)


def test_the_published_costs_and_accuracy(
    rotated_cats: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    _, cats = rotated_cats
    model(*cats["train"], *cats["test"], 2000, learning_rate=0.005, print_cost=True)
    *costs, train, test = capsys.readouterr().out.splitlines()
    assert costs == [f"Cost after iteration {100 * i}: {J:f}" for i, J in enumerate(COSTS)]
    assert train == "train accuracy: 99.04306220095694 %"
    assert test == "test accuracy: 70.0 %"


@pytest.mark.parametrize(
    ("learning_rate", "train", "test"),
    [
        (0.01, "99.52153110047847", "68.0"),
        (0.001, "88.99521531100478", "64.0"),
        (0.0001, "68.42105263157895", "36.0"),
    ],
)
def test_the_published_learning_rates(
    rotated_cats: Any,
    capsys: pytest.CaptureFixture[str],
    learning_rate: float,
    train: str,
    test: str,
) -> None:
    _, cats = rotated_cats
    model(*cats["train"], *cats["test"], 1500, learning_rate, print_cost=True)
    lines = capsys.readouterr().out.splitlines()[-2:]
    assert lines == [f"train accuracy: {train} %", f"test accuracy: {test} %"]


def test_the_first_published_costs_from_the_pictures_themselves(cats: Any) -> None:
    w, b = initialize_with_zeros(12288)
    _, _, costs = optimize(w, b, *cats["train"], num_iterations=101, learning_rate=0.005)
    assert [f"{J:f}" for J in costs] == ["0.693147", "0.584508"]
