"""The table of hyper-parameters: one row a field, one name from the command line to the equation.

`Hyperparameters` is the table. Each row gives the default, how a value is read and checked, the
course's symbol and one line of help; the options of the command line, `run.json` and the tables of
the documentation are made from the rows, so a new hyper-parameter is one new row.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cutaway.equations.activations import ACTIVATIONS
from cutaway.equations.initializers import INITIALIZERS
from cutaway.equations.losses import LOSSES, OUTPUTS
from cutaway.equations.optimizers import OPTIMIZERS
from cutaway.equations.schedules import SCHEDULES
from cutaway.errors import OptionError, nearest, unknown

Auto = Literal["auto"]
Group = Literal["network", "training", "regularisation", "data", "execution"]


@dataclass(frozen=True)
class Row:
    """What is known of one hyper-parameter beside its name and its default.

    words maps a word that may stand in place of a value to what it means (auto, none, full).
    """

    read: Callable[[Row, str, Any], Any]
    help: str
    group: Group
    symbol: str = ""
    metavar: str = "TEXT"
    low: float = -math.inf
    high: float = math.inf
    above: bool = False
    choices: tuple[str, ...] = ()
    words: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def convert(self, name: str, value: Any) -> Any:
        """Turn what a person wrote (text or a Python value) into a checked value."""
        if isinstance(value, str) and value in self.words:
            return self.words[value]
        if any(value is meaning for meaning in self.words.values()):
            return value
        return self.read(self, name, value)


def _within(row: Row, name: str, value: float) -> None:
    if not (row.low < value if row.above else row.low <= value) or not value <= row.high:
        low = "" if row.low == -math.inf else f"{'above' if row.above else 'at least'} {row.low:g}"
        high = "" if row.high == math.inf else f"at most {row.high:g}"
        bounds = " and ".join(filter(None, (low, high)))
        raise OptionError(f"{name}={value:g} is out of bounds: it must be {bounds}")


def _number(row: Row, name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number) or isinstance(value, bool):
        raise OptionError(f"{name}={value!r} is no number{_or_words(row)}")
    _within(row, name, number)
    return number


def _count(row: Row, name: str, value: Any) -> int:
    number = _number(row, name, value)
    if number != int(number):
        raise OptionError(f"{name}={value!r} is no whole number{_or_words(row)}")
    return int(number)


def _choice(row: Row, name: str, value: Any) -> str:
    if value not in row.choices:
        raise OptionError(unknown(name, str(value), (*row.choices, *row.words)))
    return str(value)


def _flag(row: Row, name: str, value: Any) -> bool:
    if value not in (True, False, "true", "false"):
        raise OptionError(f"{name}={value!r} is neither true nor false{_or_words(row)}")
    return value in (True, "true")


def _text(row: Row, name: str, value: Any) -> str:
    return str(value)


def _parts(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return list(value) if isinstance(value, Sequence) else [value]


def _counts(row: Row, name: str, value: Any) -> tuple[int, ...]:
    return tuple(_count(row, name, part) for part in _parts(value))


def _one_or_numbers(row: Row, name: str, value: Any) -> float | tuple[float, ...]:
    numbers = tuple(_number(row, name, part) for part in _parts(value))
    return numbers[0] if len(numbers) == 1 else numbers


def _one_or_choices(row: Row, name: str, value: Any) -> str | tuple[str, ...]:
    names = tuple(_choice(row, name, part) for part in _parts(value))
    return names[0] if len(names) == 1 else names


def _class_weight(row: Row, name: str, value: Any) -> dict[str, float]:
    if isinstance(value, Mapping):
        pairs = [(str(key), weight) for key, weight in value.items()]
    else:
        pairs = [(key, weight) for key, _, weight in (p.partition("=") for p in _parts(value))]
    return {key.strip(): _number(row, f"{name}[{key.strip()}]", weight) for key, weight in pairs}


def _or_words(row: Row) -> str:
    return f" (or {', '.join(row.words)})" if row.words else ""


def _row(default: Any, read: Callable[[Row, str, Any], Any], text: str, **more: Any) -> Any:
    return dataclasses.field(default=default, metadata={"row": Row(read, text, **more)})


AUTO: Mapping[str, Any] = {"auto": "auto"}
NONE: Mapping[str, Any] = {"none": None}


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """Everything that a person can set about a network, its training and its data.

    Values are read and checked when the object is made.

    Raises:
        OptionError: a value is of the wrong kind, out of bounds, or no member of its family.
    """

    hidden: tuple[int, ...] | Auto = _row(
        "auto",
        _counts,
        "units of each hidden layer; none for logistic or linear regression",
        group="network",
        symbol="n_1,n_2,..",
        metavar="N,N,..",
        low=1,
        words={**AUTO, "none": ()},
    )
    activation: str | tuple[str, ...] = _row(
        "relu",
        _one_or_choices,
        "activation of the hidden layers, one or one a layer",
        group="network",
        symbol="g",
        metavar="NAME,..",
        choices=tuple(ACTIVATIONS),
    )
    output: str = _row(
        "auto",
        _choice,
        "activation of the last layer",
        group="network",
        symbol="g_L",
        metavar="NAME",
        choices=OUTPUTS,
        words=AUTO,
    )
    loss: str = _row(
        "auto",
        _choice,
        "loss of one example",
        group="network",
        symbol="loss(A, Y)",
        metavar="NAME",
        choices=tuple(LOSSES),
        words=AUTO,
    )
    initializer: str = _row(
        "auto",
        _choice,
        "scale of the initial W: he for the relus, lecun else",
        group="network",
        metavar="NAME",
        choices=tuple(INITIALIZERS),
        words=AUTO,
    )

    optimizer: str = _row(
        "auto",
        _choice,
        "update rule",
        group="training",
        metavar="NAME",
        choices=tuple(OPTIMIZERS),
        words=AUTO,
    )
    learning_rate: float | Auto = _row(
        "auto",
        _number,
        "step size",
        group="training",
        symbol="alpha",
        metavar="RATE",
        low=0,
        above=True,
        words=AUTO,
    )
    schedule: str = _row(
        "constant",
        _choice,
        "how the learning rate changes over the epochs",
        group="training",
        metavar="NAME",
        choices=tuple(SCHEDULES),
    )
    decay_rate: float = _row(
        0.01, _number, "how fast the schedule decays", group="training", metavar="RATE", low=0
    )
    decay_interval: int = _row(
        10,
        _count,
        "epochs between two steps of the schedule step",
        group="training",
        metavar="EPOCHS",
        low=1,
    )
    beta1: float = _row(
        0.9,
        _number,
        "memory of the mean gradient (momentum, adam)",
        group="training",
        symbol="beta1",
        metavar="B",
        low=0,
        high=1,
    )
    beta2: float = _row(
        0.999,
        _number,
        "memory of the squared gradient (rmsprop, adam)",
        group="training",
        symbol="beta2",
        metavar="B",
        low=0,
        high=1,
    )
    epsilon: float = _row(
        1e-8,
        _number,
        "keeps the division of rmsprop and adam finite",
        group="training",
        symbol="epsilon",
        metavar="E",
        low=0,
        above=True,
    )
    epochs: int | Auto = _row(
        "auto",
        _count,
        "passes over the training examples",
        group="training",
        metavar="N",
        low=0,
        words=AUTO,
    )
    batch_size: int | None | Auto = _row(
        "auto",
        _count,
        "examples of a mini-batch; full for all of them",
        group="training",
        metavar="N",
        low=1,
        words={**AUTO, "full": None},
    )
    early_stopping: bool | Auto = _row(
        "auto",
        _flag,
        "stop when dev_loss no longer falls, and keep the best; auto: on with a dev set",
        group="training",
        metavar="BOOL",
        words=AUTO,
    )
    patience: int = _row(
        20,
        _count,
        "epochs without a better dev_loss before it stops",
        group="training",
        metavar="EPOCHS",
        low=1,
    )
    seed: int = _row(
        0,
        _count,
        "of the split, the initial parameters, the mini-batches and dropout",
        group="training",
        metavar="N",
        low=0,
    )

    l1: float = _row(
        0.0,
        _number,
        "weight of the L1 penalty sum |W|",
        group="regularisation",
        symbol="lambda_1",
        metavar="LAMBDA",
        low=0,
    )
    l2: float | Auto = _row(
        "auto",
        _number,
        "weight of the L2 penalty sum W^2 / 2",
        group="regularisation",
        symbol="lambda",
        metavar="LAMBDA",
        low=0,
        words=AUTO,
    )
    keep_prob: float | tuple[float, ...] | Auto = _row(
        "auto",
        _one_or_numbers,
        "share of the units that dropout keeps: one, one a hidden layer, or the input's in front",
        group="regularisation",
        symbol="keep_prob",
        metavar="P,P,..",
        low=0,
        high=1,
        above=True,
        words=AUTO,
    )
    class_weight: dict[str, float] | str | None = _row(
        None,
        _class_weight,
        "weight of each class: balanced, or cat=2,dog=1",
        group="regularisation",
        metavar="W",
        low=0,
        words={**NONE, "balanced": "balanced"},
    )

    dev: str | None = _row(
        None, _text, "a dev set of its own; none for no dev set", group="data", metavar="PATH"
    )
    test: str | None = _row(None, _text, "a test set of its own", group="data", metavar="PATH")
    split: str = _row(
        "auto",
        _text,
        "shares (0.6,0.2,0.2) or counts (800,0,200) of train, dev and test",
        group="data",
        metavar="A,B,C",
        words=AUTO,
    )
    normalize: str = _row(
        "standard",
        _choice,
        "mean 0 and deviation 1 of every input, or only /255 for pictures",
        group="data",
        metavar="NAME",
        choices=("standard", "none"),
    )
    size: str = _row(
        "auto",
        _text,
        "pictures are stretched to this many pixels: 64, or 48x64 (height x width)",
        group="data",
        metavar="SIZE",
        words=AUTO,
    )
    target: str | None = _row(
        None, _text, "column to predict; several: price,rent", group="data", metavar="COLUMN"
    )
    dtype: str = _row(
        "float32",
        _choice,
        "precision of the arithmetic",
        group="execution",
        metavar="NAME",
        choices=("float32", "float64"),
    )
    print_every: int | Auto = _row(
        "auto",
        _count,
        "epochs between two Records",
        group="execution",
        metavar="EPOCHS",
        low=1,
        words=AUTO,
    )

    def __post_init__(self) -> None:
        for name, row in ROWS.items():
            value = getattr(self, name)
            if value is not None or None in row.words.values():
                object.__setattr__(self, name, row.convert(name, value))

    def to_json(self) -> dict[str, Any]:
        """Return the values as JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def of(cls, **values: Any) -> Hyperparameters:
        """Make hyper-parameters from names and values.

        Raises:
            OptionError: a name is unknown (the nearest one is suggested).
        """
        for name in values:
            if name not in ROWS:
                raise OptionError(
                    f"hyper-parameter '{name}' is unknown{nearest(name, ROWS) or ';'} "
                    f"choose from {', '.join(ROWS)}"
                )
        return cls(**values)


ROWS: Mapping[str, Row] = {f.name: f.metadata["row"] for f in dataclasses.fields(Hyperparameters)}
