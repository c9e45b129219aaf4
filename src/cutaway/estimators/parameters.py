"""The parameters of the estimators: rows of the table of hyper-parameters, and a few of their own.

Signatures and docstrings are made from the rows, so a new hyper-parameter is one of the estimators
too. Those that say how to read a path, or change pictures, are left out.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Container, Mapping
from typing import Any, NamedTuple, TypeVar

from cutaway.errors import unknown
from cutaway.hyperparameters import DEFAULTS, ROWS
from cutaway.kinds import (
    Row,
    read_count,
    read_counts,
    read_flag,
    read_number,
    read_one_or_choices,
    read_one_or_numbers,
    read_text,
)

T = TypeVar("T", bound=type)

NOT_FOR_ARRAYS = ("augment", "dev", "test", "split_seed", "size", "target", "ignore", "cache")
_WIDTH = 88

# What a value may be, as numpydoc writes it; the names of a table stand for themselves.
_TYPES: Mapping[Any, str] = {
    read_number: "float",
    read_count: "int",
    read_counts: "tuple of int",
    read_flag: "bool",
    read_text: "str",
    read_one_or_numbers: "float or tuple of float",
}


class Parameter(NamedTuple):
    """One parameter: its default, what it may be, and one line of help."""

    default: Any
    type: str
    help: str


def _of_row(name: str, row: Row) -> Parameter:
    choices = [f"'{choice}'" for choice in dict.fromkeys((*row.choices, *row.words))]
    kind = _TYPES.get(row.read)
    type_ = " or ".join([kind, *choices]) if kind else "{" + ", ".join(choices) + "}"
    if row.read is read_one_or_choices:
        type_ += " or a tuple of them"
    symbol = f" ({row.symbol} in the course)" if row.symbol not in ("", name) else ""
    bounds = f"; {row.bounds}" if row.bounds else ""
    return Parameter(DEFAULTS[name], type_, f"{row.help}{symbol}{bounds}")


# Where an array asks for another default, or for other words, than a path does.
_OF_ARRAYS: Mapping[str, Parameter] = {
    "early_stopping": Parameter(
        False,
        "bool or 'auto'",
        "stop when dev_loss no longer falls, and keep the best. It is that of X_val; without, that "
        "of the examples which split holds out. 'auto' stops where there is a dev set",
    ),
    "split": Parameter(
        "auto",
        "str or 'auto'",
        "shares (0.9,0.1,0) or counts (800,200,0) of train and dev, which needs no X_val then; "
        "'auto' holds a fifth out where early_stopping needs a dev set, and nothing else",
    ),
    "class_weight": Parameter(
        None,
        "dict, 'balanced' or None",
        "weight of each class, {class: weight}, 1 where it is not named; 'balanced' gives all "
        "classes the same sum",
    ),
    "normalize": Parameter(
        "standard",
        "{'standard', 'none'}",
        "brings every input to mean 0 and deviation 1, as they are in the training examples",
    ),
    "print_every": Parameter(
        "auto",
        "int or 'auto'",
        "epochs between two Records of history_; at least 1. 'auto' makes about 20, with the "
        "mean cost of the updates (batch_cost), and now and then one with everything",
    ),
    "dtype": Parameter(
        "auto", "{'auto', 'float32', 'float64'}", "precision of the arithmetic; 'auto' is that of X"
    ),
}
_RANDOM_STATE = Parameter(
    0,
    "int, RandomState, Generator or None",
    "seed of the initial parameters, the mini-batches, dropout and the split; None draws a new one",
)
_OWN: Mapping[str, Parameter] = {
    "warm_start": Parameter(
        False,
        "bool",
        "whether fit goes on from where the last one ended, for as many epochs more, with the "
        "same network, optimiser and normalisation",
    ),
    "callbacks": Parameter(
        None,
        "sequence of functions or None",
        "called with each Record; one that returns something true ends the training. Callbacks of "
        "scikit-learn are given to set_callbacks",
    ),
    "parameters": Parameter(
        None,
        "sequence of (W (n_l, n_prev), b (n_l, 1)) or None",
        "initial parameters, one pair a layer; drawn by initializer unless given",
    ),
}


def parameters(
    leave_out: Container[str] = (), own: Mapping[str, Parameter] | None = None, **others: Any
) -> dict[str, Parameter]:
    """Return the parameters of an estimator, `own` in front; `others` are other defaults."""
    table: dict[str, Parameter] = dict(own or {})
    for name, row in ROWS.items():
        if name == "seed":
            table["random_state"] = _RANDOM_STATE
        elif name not in NOT_FOR_ARRAYS:
            table[name] = _OF_ARRAYS.get(name) or _of_row(name, row)
    table |= _OWN
    return {
        name: parameter._replace(default=others.get(name, parameter.default))
        for name, parameter in table.items()
        if name not in leave_out
    }


def with_parameters(table: Mapping[str, Parameter]) -> Callable[[T], T]:
    """Give a class its constructor, with the signature and the documentation of `table`."""

    def __init__(self: Any, **values: Any) -> None:  # noqa: N807
        for name in values:
            if name not in table:
                raise TypeError(unknown(f"{type(self).__name__}: parameter", name, table))
        for name, parameter in table.items():
            setattr(self, name, values.get(name, parameter.default))

    first = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    others = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=parameter.default)
        for name, parameter in table.items()
    ]
    __init__.__signature__ = inspect.Signature([first, *others])  # type: ignore[attr-defined]

    def decorate(cls: T) -> T:
        __init__.__qualname__ = f"{cls.__qualname__}.__init__"
        cls.__init__ = __init__  # type: ignore[misc]
        cls.__doc__ = inspect.cleandoc(cls.__doc__ or "").replace("PARAMETERS", _described(table))
        return cls

    return decorate


def _described(table: Mapping[str, Parameter]) -> str:
    """Return the parameters as numpydoc writes them."""
    lines = ["Parameters", "----------"]
    for name, (default, kind, text) in table.items():
        lines.append(f"{name} : {kind}, default={default!r}")
        lines += textwrap.wrap(
            f"{text[0].upper()}{text[1:]}.",
            _WIDTH,
            initial_indent="    ",
            subsequent_indent="    ",
        )
    return "\n".join(lines)
