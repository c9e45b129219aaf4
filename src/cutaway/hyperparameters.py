"""The table of hyper-parameters: one row a field, one name from the command line to the equation.

`Hyperparameters` is the table. Each row gives the default, how a value is read and checked, the
course's symbol and one line of help; the options of the command line, `run.json` and the tables of
the documentation are made from the rows, so a new hyper-parameter is one new row.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cutaway.equations.activations import ACTIVATIONS
from cutaway.equations.example_space import PATHS
from cutaway.equations.initializers import INITIALIZERS
from cutaway.equations.losses import LOSSES, OUTPUTS
from cutaway.equations.optimizers import OPTIMIZERS
from cutaway.equations.schedules import SCHEDULES
from cutaway.errors import OptionError, nearest
from cutaway.kinds import (
    Row,
    field,
    read_choice,
    read_class_weight,
    read_count,
    read_counts,
    read_flag,
    read_number,
    read_one_or_choices,
    read_one_or_numbers,
    read_text,
)

Auto = Literal["auto"]


AUTO: Mapping[str, Any] = {"auto": "auto"}
NONE: Mapping[str, Any] = {"none": None}


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """Everything that a person can set about a network, its training and its data.

    Values are read and checked when the object is made.

    Raises:
        OptionError: a value is of the wrong kind, out of bounds, or no member of its family.
    """

    hidden: tuple[int, ...] | Auto = field(
        "auto",
        read_counts,
        "units of each hidden layer; none for logistic or linear regression",
        group="network",
        symbol="n_1,n_2,..",
        metavar="N,N,..",
        low=1,
        words={**AUTO, "none": ()},
    )
    activation: str | tuple[str, ...] = field(
        "relu",
        read_one_or_choices,
        "activation of the hidden layers, one or one a layer",
        group="network",
        symbol="g",
        metavar="NAME,..",
        choices=tuple(ACTIVATIONS),
    )
    output: str = field(
        "auto",
        read_choice,
        "activation of the last layer",
        group="network",
        symbol="g_L",
        metavar="NAME",
        choices=OUTPUTS,
        words=AUTO,
    )
    loss: str = field(
        "auto",
        read_choice,
        "loss of one example",
        group="network",
        symbol="loss(A, Y)",
        metavar="NAME",
        choices=tuple(LOSSES),
        words=AUTO,
    )
    initializer: str = field(
        "auto",
        read_choice,
        "scale of the initial W: he for the relus, lecun else",
        group="network",
        metavar="NAME",
        choices=tuple(INITIALIZERS),
        words=AUTO,
    )

    optimizer: str = field(
        "auto",
        read_choice,
        "update rule",
        group="training",
        metavar="NAME",
        choices=tuple(OPTIMIZERS),
        words=AUTO,
    )
    learning_rate: float | Auto = field(
        "auto",
        read_number,
        "step size",
        group="training",
        symbol="alpha",
        metavar="RATE",
        low=0,
        above=True,
        words=AUTO,
    )
    schedule: str = field(
        "constant",
        read_choice,
        "how the learning rate changes over the epochs",
        group="training",
        metavar="NAME",
        choices=tuple(SCHEDULES),
    )
    decay_rate: float = field(
        0.01, read_number, "how fast the schedule decays", group="training", metavar="RATE", low=0
    )
    decay_interval: int = field(
        10,
        read_count,
        "epochs between two steps of the schedule step",
        group="training",
        metavar="EPOCHS",
        low=1,
    )
    beta1: float = field(
        0.9,
        read_number,
        "memory of the mean gradient (momentum, adam)",
        group="training",
        symbol="beta1",
        metavar="B",
        low=0,
        high=1,
        below=True,
    )
    beta2: float = field(
        0.999,
        read_number,
        "memory of the squared gradient (rmsprop, adam)",
        group="training",
        symbol="beta2",
        metavar="B",
        low=0,
        high=1,
        below=True,
    )
    epsilon: float = field(
        1e-8,
        read_number,
        "keeps the division of rmsprop and adam finite",
        group="training",
        symbol="epsilon",
        metavar="E",
        low=0,
        above=True,
    )
    epochs: int | Auto = field(
        "auto",
        read_count,
        "passes over the training examples",
        group="training",
        metavar="N",
        low=0,
        words=AUTO,
    )
    batch_size: int | Auto | None = field(
        "auto",
        read_count,
        "examples of a mini-batch; full for all of them",
        group="training",
        metavar="N",
        low=1,
        words={**AUTO, "full": None},
    )
    early_stopping: bool | Auto = field(
        "auto",
        read_flag,
        "stop when dev_loss no longer falls, and keep the best; auto: on with a dev set",
        group="training",
        metavar="BOOL",
        words=AUTO,
    )
    patience: int | Auto = field(
        "auto",
        read_count,
        "epochs without a better dev_loss before it stops",
        group="training",
        metavar="EPOCHS",
        low=1,
        words=AUTO,
    )
    seed: int = field(
        0,
        read_count,
        "of the split, the initial parameters, the mini-batches and dropout",
        group="training",
        metavar="N",
        low=0,
    )

    l1: float = field(
        0.0,
        read_number,
        "weight of the L1 penalty sum |W|",
        group="regularisation",
        symbol="lambda_1",
        metavar="LAMBDA",
        low=0,
    )
    l2: float | Auto = field(
        "auto",
        read_number,
        "weight of the L2 penalty sum W^2 / 2",
        group="regularisation",
        symbol="lambda",
        metavar="LAMBDA",
        low=0,
        words=AUTO,
    )
    keep_prob: float | tuple[float, ...] | Auto = field(
        "auto",
        read_one_or_numbers,
        "share of the units that dropout keeps: one, one a hidden layer, or the input's in front",
        group="regularisation",
        symbol="keep_prob",
        metavar="P,P,..",
        low=0,
        high=1,
        above=True,
        words=AUTO,
    )
    class_weight: dict[str, float] | str | None = field(
        None,
        read_class_weight,
        "weight of each class: balanced, or cat=2,dog=1",
        group="regularisation",
        metavar="W",
        low=0,
        words={**NONE, "balanced": "balanced"},
    )

    dev: str | None = field(
        None, read_text, "a dev set of its own; none for no dev set", group="data", metavar="PATH"
    )
    test: str | None = field(None, read_text, "a test set of its own", group="data", metavar="PATH")
    split: str = field(
        "auto",
        read_text,
        "shares (0.6,0.2,0.2) or counts (800,0,200) of train, dev and test",
        group="data",
        metavar="A,B,C",
        words=AUTO,
    )
    normalize: str = field(
        "standard",
        read_choice,
        "mean 0 and deviation 1 of every input, or only /255 for pictures",
        group="data",
        metavar="NAME",
        choices=("standard", "none"),
    )
    size: str = field(
        "auto",
        read_text,
        "pictures are stretched to this many pixels: 64, or 48x64 (height x width)",
        group="data",
        metavar="SIZE",
        words=AUTO,
    )
    target: str | None = field(
        None, read_text, "column to predict; several: price,rent", group="data", metavar="COLUMN"
    )
    dtype: str = field(
        "float32",
        read_choice,
        "precision of the arithmetic",
        group="execution",
        metavar="NAME",
        choices=("float32", "float64"),
    )
    path: str = field(
        "auto",
        read_choice,
        "coordinates of the first layer: the same numbers, faster for wide inputs in example space",
        group="execution",
        metavar="NAME",
        choices=PATHS,
        words=AUTO,
    )
    print_every: int | Auto = field(
        "auto",
        read_count,
        "epochs between two Records",
        group="execution",
        metavar="EPOCHS",
        low=1,
        words=AUTO,
    )

    def __post_init__(self) -> None:
        for name, kind in ROWS.items():
            value = getattr(self, name)
            if value is not None or DEFAULTS[name] is not None:
                object.__setattr__(self, name, kind.convert(name, value))

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
DEFAULTS: Mapping[str, Any] = {f.name: f.default for f in dataclasses.fields(Hyperparameters)}
