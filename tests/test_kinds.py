"""How values are read and checked: text as a person types it, or Python's own."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from cutaway import kinds
from cutaway.errors import OptionError
from cutaway.kinds import Row

AUTO = {"auto": "auto", "none": None}


def row(read: Callable[[Row, str, Any], Any], **more: Any) -> Row:
    return Row(read, "help", "network", **more)


NUMBER = row(kinds.read_number, low=0, high=1, above=True)
HALF_OPEN = row(kinds.read_number, low=0, high=1, below=True)
COUNT = row(kinds.read_count, low=1)
CHOICE = row(kinds.read_choice, choices=("relu", "tanh"))
FLAG = row(kinds.read_flag)
COUNTS = row(kinds.read_counts, low=1, words={"none": ()})
NUMBERS = row(kinds.read_one_or_numbers, low=0, high=1)
CHOICES = row(kinds.read_one_or_choices, choices=("relu", "tanh"))
CLASS_WEIGHT = row(kinds.read_class_weight, low=0, words={"balanced": "balanced"})
WORDS = row(kinds.read_number, words=AUTO)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (NUMBER, "0.5", 0.5),
        (NUMBER, 1, 1.0),
        (HALF_OPEN, "0", 0.0),
        (COUNT, "64", 64),
        (COUNT, 64.0, 64),
        (COUNT, "1e3", 1000),
        (CHOICE, "relu", "relu"),
        (FLAG, "true", True),
        (FLAG, False, False),
        (COUNTS, "64,32", (64, 32)),
        (COUNTS, " 64 , 32 ", (64, 32)),
        (COUNTS, [64, 32], (64, 32)),
        (COUNTS, 64, (64,)),
        (COUNTS, "none", ()),
        (COUNTS, (), ()),
        (NUMBERS, "0.8", 0.8),
        (NUMBERS, "1,0.8", (1.0, 0.8)),
        (NUMBERS, (0.8, 0.5), (0.8, 0.5)),
        (CHOICES, "relu,tanh", ("relu", "tanh")),
        (CHOICES, ["tanh"], "tanh"),
        (CLASS_WEIGHT, "cat=2, dog=0.5", {"cat": 2.0, "dog": 0.5}),
        (CLASS_WEIGHT, {1: 2}, {"1": 2.0}),
        (CLASS_WEIGHT, "balanced", "balanced"),
        (WORDS, "auto", "auto"),
        (WORDS, None, None),
        (WORDS, "none", None),
        (row(kinds.read_text), 64, "64"),
    ],
)
def test_what_is_read(kind: Row, value: Any, expected: Any) -> None:
    found = kind.convert("name", value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (NUMBER, "0", "name=0 is out of bounds: it must be above 0 and at most 1"),
        (NUMBER, 1.5, "name=1.5 is out of bounds"),
        (HALF_OPEN, 1, "name=1 is out of bounds: it must be at least 0 and below 1"),
        (NUMBER, "one", "name='one' is no number"),
        (NUMBER, math.nan, "name=nan is no number"),
        (NUMBER, math.inf, "name=inf is no number"),
        (NUMBER, True, "name=True is no number"),
        (NUMBER, None, "name=None is no number"),
        (NUMBER, 10**400, "is no number"),
        (WORDS, "aut", "name='aut' is no number (or auto, none)"),
        (COUNT, "2.5", "name='2.5' is no whole number"),
        (COUNT, 0, "name=0 is out of bounds: it must be at least 1"),
        (CHOICE, "rellu", "name 'rellu' is unknown; did you mean 'relu'?"),
        (FLAG, "yes", "name='yes' is neither true nor false"),
        (COUNTS, "64,many", "name='many' is no number"),
        (COUNTS, "64,0", "name=0 is out of bounds"),
        (NUMBERS, "0.5,2", "name=2 is out of bounds"),
        (NUMBERS, "", "name='' is empty"),
        (CHOICES, "relu,tan", "name 'tan' is unknown; did you mean 'tanh'?"),
        (CHOICES, [], "name=[] is empty"),
        (CLASS_WEIGHT, "cat", "name[cat]='' is no number (or balanced)"),
        (CLASS_WEIGHT, "cat=-1", "name[cat]=-1 is out of bounds"),
        (CLASS_WEIGHT, 3, "name[3]='' is no number"),
    ],
)
def test_what_is_refused(kind: Row, value: Any, message: str) -> None:
    with pytest.raises(OptionError) as caught:
        kind.convert("name", value)
    assert message in str(caught.value)
