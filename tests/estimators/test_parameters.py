"""Parameters are rows of the table of hyper-parameters: none missing, none with another default."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

from cutaway.estimators import (
    EnsembleClassifier,
    EnsembleRegressor,
    LogisticRegression,
    NeuralNetworkClassifier,
    NeuralNetworkRegressor,
)
from cutaway.estimators.parameters import NOT_FOR_ARRAYS
from cutaway.hyperparameters import DEFAULTS, ROWS

ESTIMATORS = [
    NeuralNetworkClassifier,
    NeuralNetworkRegressor,
    LogisticRegression,
    EnsembleClassifier,
    EnsembleRegressor,
]
every_estimator = pytest.mark.parametrize("kind", ESTIMATORS)
# An array has no dev set of its own, and its own precision.
OTHERWISE = {"early_stopping": False, "dtype": "auto"}


@every_estimator
def test_a_parameter_is_a_row_with_its_default(kind: Any) -> None:
    given = kind().get_params()
    of_table = {name: value for name, value in given.items() if name in ROWS}
    expected = {name: (DEFAULTS | OTHERWISE)[name] for name in of_table}
    if kind is LogisticRegression:
        expected["initializer"] = "zeros"
    assert of_table == expected
    assert given["random_state"] == DEFAULTS["seed"]


def test_only_rows_of_paths_and_pictures_are_left_out() -> None:
    assert set(ROWS) - set(NeuralNetworkClassifier().get_params()) == {*NOT_FOR_ARRAYS, "seed"}


@every_estimator
def test_the_signature_and_the_documentation_name_every_parameter(kind: Any) -> None:
    parameters = list(inspect.signature(kind).parameters)
    assert sorted(parameters) == sorted(kind().get_params())
    documented = [line.split(" : ")[0] for line in kind.__doc__.splitlines() if " : " in line]
    assert documented[: len(parameters)] == parameters


def test_an_unknown_parameter_names_the_nearest() -> None:
    with pytest.raises(TypeError, match=r"'learning_rte' is unknown; did you mean 'learning_rate'"):
        NeuralNetworkClassifier(learning_rte=0.1)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"learning_rate": 0}, "learning_rate=0 is out of bounds: it must be above 0"),
        ({"activation": "rellu"}, "did you mean 'relu'?"),
        ({"dtype": "float23"}, "did you mean 'float32'?"),
        ({"random_state": "x"}, "random_state='x' cannot be used as a seed"),
        ({"random_state": -1}, "random_state=-1 is out of bounds"),
        ({"split": "0.6,0.2,0.2"}, "split='0.6,0.2,0.2' holds out a test set"),
        ({"keep_prob": (0.5, 0.5, 0.5)}, "3 numbers for 1 hidden layers"),
    ],
)
def test_parameters_are_checked_in_fit(
    blobs: tuple[Any, Any], given: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        NeuralNetworkClassifier(**{"hidden": (4,)} | given).fit(*blobs)
