from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cutaway.course.gradient_checking import (
    backward_propagation,
    backward_propagation_n,
    dictionary_to_vector,
    forward_propagation,
    forward_propagation_n,
    gradient_check,
    gradient_check_n,
    gradients_to_vector,
    vector_to_dictionary,
)
from cutaway.errors import DataError


def test_one_dimension(capsys: pytest.CaptureFixture[str]) -> None:
    assert forward_propagation(2, 4) == 8
    assert backward_propagation(2, 4) == 2
    difference = gradient_check(2, 4, print_msg=True)
    assert difference < 1e-8
    assert capsys.readouterr().out == (
        f"The backward propagation works perfectly fine! difference = {difference}\n"
    )
    assert gradient_check(0, 4) == 0
    assert capsys.readouterr().out == ""


def test_a_right_gradient(three_layers: Any, capsys: pytest.CaptureFixture[str]) -> None:
    parameters, X, Y = three_layers
    before = {name: array.copy() for name, array in parameters.items()}
    cost, cache = forward_propagation_n(X, Y, parameters)
    assert np.ndim(cost) == 0
    assert len(cache) == 12
    gradients = backward_propagation_n(X, Y, cache)
    assert gradient_check_n(parameters, gradients, X, Y, print_msg=True) < 2e-7
    assert "works perfectly fine" in capsys.readouterr().out
    for name, array in before.items():
        np.testing.assert_array_equal(parameters[name], array)


@pytest.mark.parametrize(("name", "factor"), [("dW2", 2.0), ("db1", 4.0)])
def test_a_planted_mistake(
    three_layers: Any, capsys: pytest.CaptureFixture[str], name: str, factor: float
) -> None:
    parameters, X, Y = three_layers
    gradients = backward_propagation_n(X, Y, forward_propagation_n(X, Y, parameters)[1])
    right = gradients_to_vector(gradients)
    gradients[name] = factor * gradients[name]
    wrong = gradients_to_vector(gradients)
    difference = gradient_check_n(parameters, gradients, X, Y, print_msg=True)
    norm = np.linalg.norm
    assert difference == pytest.approx(norm(wrong - right) / (norm(wrong) + norm(right)), rel=1e-5)
    assert capsys.readouterr().out == (
        f"There is a mistake in the backward propagation! difference = {difference}\n"
    )


def test_vectors_and_back(three_layers: Any) -> None:
    parameters, X, Y = three_layers
    theta, keys = dictionary_to_vector(parameters)
    assert theta.shape == (47, 1)
    names = ["W1", "b1", "W2", "b2", "W3", "b3"]
    assert keys == [name for name in names for _ in range(parameters[name].size)]
    np.testing.assert_array_equal(theta[20:25], parameters["b1"])
    back = vector_to_dictionary(theta)
    assert list(back) == names
    for name in names:
        np.testing.assert_array_equal(back[name], parameters[name])
    gradients = backward_propagation_n(X, Y, forward_propagation_n(X, Y, parameters)[1])
    grad = gradients_to_vector(gradients)
    assert grad.shape == (47, 1)
    np.testing.assert_array_equal(grad[20:25], gradients["db1"])
    np.testing.assert_array_equal(grad[:20], gradients["dW1"].reshape(-1, 1))


def test_other_sizes() -> None:
    parameters = vector_to_dictionary(np.arange(9.0), layers_dims=(2, 3))
    np.testing.assert_array_equal(parameters["W1"], [[0, 1], [2, 3], [4, 5]])
    np.testing.assert_array_equal(parameters["b1"], [[6], [7], [8]])


def test_lengths_that_do_not_fit(three_layers: Any) -> None:
    parameters, X, Y = three_layers
    with pytest.raises(DataError, match="theta has 46 entries"):
        vector_to_dictionary(np.zeros((46, 1)))
    gradients = backward_propagation_n(X, Y, forward_propagation_n(X, Y, parameters)[1])
    del gradients["db2"]
    with pytest.raises(DataError, match="44 gradients for 47 parameters"):
        gradient_check_n(parameters, gradients, X, Y)
