"""The errors that a person can mend, and how they name what was meant."""

from __future__ import annotations

import pytest

from cutaway import errors
from cutaway.errors import CutawayError, MissingExtraError, nearest, unknown

EVERY = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, BaseException)
]


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
def test_every_error_is_one_that_the_command_line_prints(kind: type[CutawayError]) -> None:
    assert issubclass(kind, CutawayError)
    assert kind.exit_code == 2
    assert errors.__doc__ is not None
    assert kind.__name__ in errors.__doc__


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [("DataError", ValueError), ("OptionError", ValueError), ("MissingExtraError", ImportError)],
)
def test_python_finds_its_own_kind(kind: str, builtin: type[Exception]) -> None:
    assert issubclass(getattr(errors, kind), builtin)


def test_a_missing_extra_says_how_to_get_it() -> None:
    message = str(MissingExtraError("h5py", "hdf5", "reading cats.h5"))
    assert message.startswith("reading cats.h5 needs h5py, which is not installed")
    assert message.endswith("pip install 'cutaway[hdf5]'")


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("rellu", "; did you mean 'relu'?"),
        ("RELU", "; did you mean 'relu'?"),
        ("sigmiod", "; did you mean 'Sigmoid'?"),
        ("banana", ""),
        ("", ""),
    ],
)
def test_nearest(word: str, hint: str) -> None:
    assert nearest(word, ["relu", "Sigmoid", "tanh"]) == hint


def test_nothing_is_near_where_nothing_is() -> None:
    assert nearest("relu", []) == ""


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("tanhh", "activation 'tanhh' is unknown; did you mean 'tanh'? choose from relu, tanh"),
        ("x", "activation 'x' is unknown; choose from relu, tanh"),
    ],
)
def test_unknown(word: str, message: str) -> None:
    assert unknown("activation", word, ["relu", "tanh"]) == message
