"""Advice in the words of Python, where an estimator gives it."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from cutaway.estimators import EnsembleRegressor, LogisticRegression, NeuralNetworkClassifier
from cutaway.estimators.phrasing import as_call, in_parameters
from cutaway.insight.faults.setting import Setting
from cutaway.insight.faults.table import DATA_FAULTS, FAULTS


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("such as --split 0.8,0.2,0", "such as split='0.8,0.2,0'"),
        ("--learning-rate 3e-4; or more", "learning_rate=0.0003; or more"),
        ("--hidden 64,32 --l2 1", "hidden=(64, 32) l2=1.0"),
        ("give --target-error in its unit", "give --target-error in its unit"),
    ],
)
def test_options_are_parameters(said: str, expected: str) -> None:
    assert in_parameters(said) == expected


@pytest.mark.parametrize(
    ("estimator", "command", "expected"),
    [
        (
            NeuralNetworkClassifier(),
            "cutaway train X --l2 0 --keep-prob 1",
            "NeuralNetworkClassifier(l2=0.0, keep_prob=1.0)",
        ),
        (
            LogisticRegression(),
            "cutaway train X --l2 0 --keep-prob 1",
            "LogisticRegression(l2=0.0)",
        ),
        (EnsembleRegressor(), "cutaway train X --class-weight balanced", ""),
        (LogisticRegression(), "", ""),
    ],
)
def test_a_command_is_the_estimator_with_its_parameters(
    estimator: Any, command: str, expected: str
) -> None:
    assert as_call(estimator, command) == expected


@pytest.mark.parametrize("fault", [*FAULTS.values(), *DATA_FAULTS.values()], ids=lambda f: f.name)
def test_every_option_of_a_fault_is_a_parameter(fault: Any) -> None:
    for option in fault.options(Setting(learning_rate=0.01)):
        assert "--" not in in_parameters(option)


def test_an_estimator_says_no_option(blobs: tuple[Any, Any]) -> None:
    model = NeuralNetworkClassifier(hidden=(4,), activation="tanh", initializer="zeros")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model.fit(*blobs)
    assert str(said[0].message).endswith(": NeuralNetworkClassifier(initializer='auto')")
    assert "split='0.8,0.2,0'" in model.diagnosis_.notes[-1]
    assert "--" not in " ".join([*model.diagnosis_.notes, *(f.command for f in model.faults_)])
