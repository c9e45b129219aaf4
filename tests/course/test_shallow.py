from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cutaway.course.shallow import (
    backward_propagation,
    compute_cost,
    forward_propagation,
    initialize_parameters,
    layer_sizes,
    nn_model,
    predict,
    update_parameters,
)
from cutaway.errors import DataError


@pytest.fixture
def small() -> tuple[dict[str, Any], Any, Any]:
    """Return parameters 2-3-1, X (2, 5) and Y (1, 5)."""
    np.random.seed(4)
    parameters = {name: 50 * a + 0.1 for name, a in initialize_parameters(2, 3, 1).items()}
    return parameters, np.random.randn(2, 5), np.array([[1, 0, 1, 1, 0]])


def test_sizes_and_draws() -> None:
    assert layer_sizes(np.ones((5, 3)), np.ones((2, 3))) == (5, 4, 2)
    np.random.seed(2)
    parameters = initialize_parameters(2, 4, 1)
    np.random.seed(2)
    assert list(parameters) == ["W1", "b1", "W2", "b2"]
    np.testing.assert_array_equal(parameters["W1"], np.random.randn(4, 2) * 0.01)
    np.testing.assert_array_equal(parameters["W2"], np.random.randn(1, 4) * 0.01)
    np.testing.assert_array_equal(parameters["b1"], np.zeros((4, 1)))
    np.testing.assert_array_equal(parameters["b2"], np.zeros((1, 1)))


def test_forward(small: Any) -> None:
    parameters, X, Y = small
    A2, cache = forward_propagation(X, parameters)
    assert list(cache) == ["Z1", "A1", "Z2", "A2"]
    np.testing.assert_allclose(cache["A1"], np.tanh(parameters["W1"] @ X + parameters["b1"]))
    np.testing.assert_allclose(A2, 1 / (1 + np.exp(-cache["Z2"])))
    cost = compute_cost(A2, Y)
    assert type(cost) is float
    assert cost == pytest.approx(-np.mean(np.log(np.where(Y == 1, A2, 1 - A2))))


def test_backward_is_the_slope(small: Any, numeric: Callable[..., Any]) -> None:
    parameters, X, Y = small
    _, cache = forward_propagation(X, parameters)
    grads = backward_propagation(parameters, cache, X, Y)
    assert list(grads) == ["dW1", "db1", "dW2", "db2"]
    slopes = numeric(lambda p: compute_cost(forward_propagation(X, p)[0], Y), parameters)
    for name, slope in slopes.items():
        np.testing.assert_allclose(grads[name], slope, rtol=1e-7, atol=1e-10)


def test_update_leaves_its_inputs(small: Any) -> None:
    parameters, _, _ = small
    before = {name: array.copy() for name, array in parameters.items()}
    grads = {f"d{name}": np.ones_like(array) for name, array in parameters.items()}
    updated = update_parameters(parameters, grads)
    for name, array in before.items():
        np.testing.assert_array_equal(parameters[name], array)
        np.testing.assert_array_equal(updated[name], array - 1.2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda grads: grads.pop("dW2"), "grads lacks 'dW2'"),
        (lambda grads: grads.update(db1=np.float64(0.1)), r"db1 has the shape \(\)"),
    ],
)
def test_gradients_that_do_not_fit(small: Any, change: Any, message: str) -> None:
    parameters, _, _ = small
    grads = {f"d{name}": np.ones_like(array) for name, array in parameters.items()}
    change(grads)
    with pytest.raises(DataError, match=message):
        update_parameters(parameters, grads)


def test_model_is_the_loop_of_its_parts(small: Any) -> None:
    _, X, Y = small
    np.random.seed(3)
    parameters = initialize_parameters(2, 3, 1)
    for _ in range(5):
        _, cache = forward_propagation(X, parameters)
        parameters = update_parameters(parameters, backward_propagation(parameters, cache, X, Y))
    trained = nn_model(X, Y, 3, num_iterations=5)
    for name, array in parameters.items():
        np.testing.assert_allclose(trained[name], array, rtol=1e-12)


def test_predict_gives_booleans(small: Any) -> None:
    parameters, X, _ = small
    p = predict(parameters, X)
    assert p.dtype == bool
    np.testing.assert_array_equal(p, forward_propagation(X, parameters)[0] > 0.5)


@pytest.mark.parametrize("transpose", ["X", "Y"])
def test_rows_in_place_of_columns(small: Any, transpose: str) -> None:
    _, X, Y = small
    with pytest.raises(DataError, match="examples"):
        nn_model(X.T if transpose == "X" else X, Y.T if transpose == "Y" else Y, 3)


@pytest.mark.usefixtures("without_shape_checks")
def test_the_published_costs_on_the_flower_from_seed_3(
    flower: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    X, Y = flower
    parameters = nn_model(X, Y, 4, print_cost=True)
    lines = capsys.readouterr().out.splitlines()
    costs = ["0.693162", "0.258625", "0.239334", "0.230802", "0.225528", "0.221845"]
    assert len(lines) == 10
    assert lines[:6] == [f"Cost after iteration {1000 * i}: {J}" for i, J in enumerate(costs)]
    # From iteration 6000 on rounding moves the fourth digit, and with it an example at the border.
    assert 100 * np.mean(predict(parameters, X) == Y) == pytest.approx(90.75, abs=100 / 400)


@pytest.mark.usefixtures("without_shape_checks")
def test_the_published_costs_on_the_flower_from_seed_2(flower: Any) -> None:
    X, Y = flower
    np.random.seed(2)
    parameters = initialize_parameters(2, 4, 1)
    costs = []
    for i in range(6001):
        A2, cache = forward_propagation(X, parameters)
        if i % 1000 == 0:
            costs.append(f"{compute_cost(A2, Y):f}"[1:])
        parameters = update_parameters(parameters, backward_propagation(parameters, cache, X, Y))
    assert costs == [".693048", ".288083", ".254385", ".233864", ".226792", ".222644", ".219731"]


@pytest.mark.usefixtures("without_shape_checks")
@pytest.mark.parametrize(
    ("n_h", "accuracy"), [(1, 67.5), (2, 67.25), (3, 90.75), (4, 90.5), (5, 91.25)]
)
def test_the_published_accuracies_of_hidden_units(flower: Any, n_h: int, accuracy: float) -> None:
    X, Y = flower
    parameters = nn_model(X, Y, n_h, num_iterations=5000)
    assert 100 * np.mean(predict(parameters, X) == Y) == accuracy
