"""The table of hyper-parameters: complete, consistent with the equations, JSON both ways."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, get_args

import pytest

from cutaway.equations import ACTIVATIONS, INITIALIZERS, LOSSES, OPTIMIZERS, OUTPUTS, SCHEDULES
from cutaway.errors import OptionError
from cutaway.hyperparameters import DEFAULTS, ROWS, Hyperparameters
from cutaway.kinds import Group, Row

every_row = pytest.mark.parametrize(("name", "row"), ROWS.items(), ids=list(ROWS))


@every_row
def test_a_row_is_complete(name: str, row: Row) -> None:
    assert row.help
    assert not row.help.endswith(".")
    assert row.group in get_args(Group)
    assert row.metavar.isupper()


@every_row
def test_a_default_and_every_word_are_values(name: str, row: Row) -> None:
    assert getattr(Hyperparameters(), name) == DEFAULTS[name]
    for word, meaning in row.words.items():
        assert getattr(Hyperparameters.of(**{name: word}), name) == meaning
        assert getattr(Hyperparameters.of(**{name: meaning}), name) == meaning


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("activation", ACTIVATIONS),
        ("output", OUTPUTS),
        ("loss", LOSSES),
        ("initializer", INITIALIZERS),
        ("optimizer", OPTIMIZERS),
        ("schedule", SCHEDULES),
    ],
)
def test_every_row_of_an_equations_table_is_a_choice(name: str, table: Any) -> None:
    assert ROWS[name].choices == tuple(table)
    for choice in table:
        assert getattr(Hyperparameters.of(**{name: choice}), name) == choice


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"hidden": (20, 7, 5), "activation": ("relu", "tanh", "relu"), "keep_prob": (1.0, 0.5)},
        {"hidden": "none", "batch_size": "full", "class_weight": {"cat": 2.0}, "l2": 0.7},
        {"class_weight": "balanced", "dev": "dev.csv", "size": "48x64", "early_stopping": False},
    ],
)
def test_json_both_ways(values: dict[str, Any]) -> None:
    hyperparameters = Hyperparameters.of(**values)
    text = json.dumps(hyperparameters.to_json())
    assert Hyperparameters.of(**json.loads(text)) == hyperparameters


def test_text_and_python_values_are_the_same() -> None:
    text = Hyperparameters.of(hidden="64,32", l2="0.7", epochs="20", early_stopping="true")
    assert text == Hyperparameters(hidden=(64, 32), l2=0.7, epochs=20, early_stopping=True)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"learning_rat": 0.1}, "'learning_rat' is unknown; did you mean 'learning_rate'?"),
        ({"zebra": 1}, "'zebra' is unknown; choose from hidden,"),
        ({"learning_rate": 0}, "learning_rate=0 is out of bounds: it must be above 0"),
        ({"keep_prob": 0}, "keep_prob=0 is out of bounds: it must be above 0 and at most 1"),
        ({"beta1": 1}, "beta1=1 is out of bounds: it must be at least 0 and below 1"),
        ({"beta2": 1}, "beta2=1 is out of bounds"),
        ({"epsilon": 0}, "epsilon=0 is out of bounds"),
        ({"hidden": "64,0"}, "hidden=0 is out of bounds"),
        ({"activation": "rellu"}, "did you mean 'relu'?"),
        ({"optimizer": "adma"}, "did you mean 'adam'?"),
        ({"l2": -1}, "l2=-1 is out of bounds: it must be at least 0"),
        ({"epochs": None}, "epochs=None is no number (or auto)"),
        ({"dtype": "float16"}, "choose from float32, float64"),
    ],
)
def test_what_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError) as caught:
        Hyperparameters.of(**values)
    assert message in str(caught.value)


def test_it_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Hyperparameters().l2 = 0.7  # type: ignore[misc]
