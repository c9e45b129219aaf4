from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from cutaway.course.initialization import (
    initialize_parameters_he,
    initialize_parameters_random,
    initialize_parameters_zeros,
    model,
)
from cutaway.errors import DataError, OptionError

SIZES = [4, 3, 2, 1]


@pytest.mark.parametrize(
    ("draw", "scale"),
    [
        (initialize_parameters_random, lambda n_prev: 10),
        (initialize_parameters_he, lambda n_prev: math.sqrt(2 / n_prev)),
    ],
)
def test_draws(draw: Any, scale: Any) -> None:
    parameters = draw(SIZES)
    np.random.seed(3)
    assert list(parameters) == ["W1", "b1", "W2", "b2", "W3", "b3"]
    for l in (1, 2, 3):
        drawn = np.random.randn(SIZES[l], SIZES[l - 1])
        np.testing.assert_array_equal(parameters[f"W{l}"], drawn * scale(SIZES[l - 1]))
        np.testing.assert_array_equal(parameters[f"b{l}"], np.zeros((SIZES[l], 1)))


def test_zeros_draw_nothing() -> None:
    np.random.seed(7)
    parameters = initialize_parameters_zeros(SIZES)
    after = np.random.randn()
    np.random.seed(7)
    assert after == np.random.randn()
    shapes = {name: array.shape for name, array in parameters.items()}
    assert shapes == {
        "W1": (3, 4),
        "b1": (3, 1),
        "W2": (2, 3),
        "b2": (2, 1),
        "W3": (1, 2),
        "b3": (1, 1),
    }
    assert not any(array.any() for array in parameters.values())


def test_zeros_never_learn(circles: Any, capsys: pytest.CaptureFixture[str]) -> None:
    parameters = model(*circles, num_iterations=1001, initialization="zeros")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "Cost after iteration 0",
        "Cost after iteration 1000",
    ]
    assert [float(line.split(": ")[1]) for line in lines] == pytest.approx([math.log(2)] * 2)
    assert not any(parameters[f"W{l}"].any() for l in (1, 2, 3))


def test_large_weights_start_with_an_infinite_cost(
    circles: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    model(*circles, num_iterations=1, initialization="random")
    assert capsys.readouterr().out == "Cost after iteration 0: inf\n"


def test_he_learns_and_is_the_default(circles: Any, capsys: pytest.CaptureFixture[str]) -> None:
    parameters = model(*circles, num_iterations=2001)
    assert [parameters[f"W{l}"].shape for l in (1, 2, 3)] == [(10, 2), (5, 10), (1, 5)]
    first, _, last = [float(line.split(": ")[1]) for line in capsys.readouterr().out.splitlines()]
    assert last < first
    model(*circles, num_iterations=1, print_cost=False)
    assert capsys.readouterr().out == ""


def test_what_cannot_be_trained(circles: Any) -> None:
    X, Y = circles
    with pytest.raises(OptionError, match="choose from zeros, random, he"):
        model(X, Y, initialization="xavier")
    with pytest.raises(DataError, match=r"Y has the shape \(400, 1\)"):
        model(X, Y.T)
