"""The table of hyper-parameters: one row a field, one name from the command line to the equation.

`Hyperparameters` is the table. Each row gives the default, how a value is read and checked, the
course's symbol and one line of help; the options of the command line, `run.json` and the tables of
the documentation are made from the rows, so a new hyper-parameter is one new row.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from cutaway import wording
from cutaway.equations.activations import ACTIVATIONS
from cutaway.equations.example_space import PATHS
from cutaway.equations.initializers import INITIALIZERS
from cutaway.equations.losses import LOSSES, OUTPUTS
from cutaway.equations.optimizers import OPTIMIZERS
from cutaway.equations.schedules import SCHEDULES
from cutaway.errors import OptionError, unknown
from cutaway.kinds import (
    Row,
    field,
    read_augment,
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

BACKENDS = ("numpy", "jax")
MATMUL_PRECISIONS = ("float32", "tf32", "bfloat16")
AUTO: Mapping[str, Any] = {"auto": "auto"}

_network = partial(field, group="network")
_training = partial(field, group="training")
_regularisation = partial(field, group="regularisation")
_data = partial(field, group="data")
_execution = partial(field, group="execution")


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """Everything that a person can set about a network, its training and its data.

    Values are read and checked when the object is made.

    Raises:
        OptionError: a value is of the wrong kind, out of bounds, or no member of its family.
    """

    hidden: tuple[int, ...] | Auto = _network(
        "auto",
        read_counts,
        "units of each hidden layer; none for logistic or linear regression",
        symbol="n_1,n_2,..",
        metavar="N,N,..",
        low=1,
        words={**AUTO, "none": ()},
    )
    activation: str | tuple[str, ...] = _network(
        "relu",
        read_one_or_choices,
        "activation of the hidden layers, one or one a layer",
        symbol="g",
        metavar="NAME,..",
        choices=tuple(ACTIVATIONS),
    )
    output: str = _network(
        "auto",
        read_choice,
        "activation of the last layer",
        symbol="g_L",
        metavar="NAME",
        choices=OUTPUTS,
        words=AUTO,
    )
    loss: str = _network(
        "auto",
        read_choice,
        "loss of one example",
        symbol="loss(A, Y)",
        metavar="NAME",
        choices=tuple(LOSSES),
        words=AUTO,
    )
    initializer: str = _network(
        "auto",
        read_choice,
        "scale of the initial W: he for the relus, lecun else",
        metavar="NAME",
        choices=tuple(INITIALIZERS),
        words=AUTO,
    )

    optimizer: str = _training(
        "auto", read_choice, "update rule", metavar="NAME", choices=tuple(OPTIMIZERS), words=AUTO
    )
    learning_rate: float | Auto = _training(
        "auto",
        read_number,
        "step size",
        symbol="alpha",
        metavar="RATE",
        low=0,
        above=True,
        words=AUTO,
    )
    schedule: str = _training(
        "auto",
        read_choice,
        "how the learning rate changes over the epochs",
        metavar="NAME",
        choices=tuple(SCHEDULES),
        words=AUTO,
    )
    decay_rate: float = _training(
        0.01, read_number, "how fast the schedule decays", metavar="RATE", low=0
    )
    decay_interval: int = _training(
        10, read_count, "epochs between two steps of the schedule step", metavar="EPOCHS", low=1
    )
    beta1: float = _training(
        0.9,
        read_number,
        "memory of the mean gradient (momentum, adam)",
        symbol="beta1",
        metavar="B",
        low=0,
        high=1,
        below=True,
    )
    beta2: float = _training(
        0.999,
        read_number,
        "memory of the squared gradient (rmsprop, adam)",
        symbol="beta2",
        metavar="B",
        low=0,
        high=1,
        below=True,
    )
    epsilon: float = _training(
        1e-8,
        read_number,
        "keeps the division of rmsprop and adam finite",
        symbol="epsilon",
        metavar="E",
        low=0,
        above=True,
    )
    epochs: int | Auto = _training(
        "auto", read_count, "passes over the training examples", metavar="N", low=0, words=AUTO
    )
    batch_size: int | Auto | None = _training(
        "auto",
        read_count,
        "examples of a mini-batch; full for all of them",
        metavar="N",
        low=1,
        words={**AUTO, "full": None},
    )
    early_stopping: bool | Auto = _training(
        "auto",
        read_flag,
        "stop when dev_loss no longer falls, and keep the best; auto: on with a dev set",
        metavar="BOOL",
        words=AUTO,
    )
    patience: int | Auto = _training(
        "auto",
        read_count,
        "epochs without a better dev_loss before it stops",
        metavar="EPOCHS",
        low=1,
        words=AUTO,
    )
    seed: int = _training(
        0,
        read_count,
        "of the split, the initial parameters, the mini-batches, dropout and augment",
        metavar="N",
        low=0,
    )

    l1: float = _regularisation(
        0.0,
        read_number,
        "weight of the L1 penalty sum |W|",
        symbol="lambda_1",
        metavar="LAMBDA",
        low=0,
    )
    l2: float | Auto = _regularisation(
        "auto",
        read_number,
        "weight of the L2 penalty sum W^2 / 2",
        symbol="lambda",
        metavar="LAMBDA",
        low=0,
        words=AUTO,
    )
    keep_prob: float | tuple[float, ...] | Auto = _regularisation(
        "auto",
        read_one_or_numbers,
        "share of the units that dropout keeps: one, one a hidden layer, or the input's in front",
        symbol="keep_prob",
        metavar="P,P,..",
        low=0,
        high=1,
        above=True,
        words=AUTO,
    )
    augment: str | None = _regularisation(
        None,
        read_augment,
        "change the training pictures at random in each epoch: flip,rotate:15,shift:0.1",
        metavar="NAME:STRENGTH,..",
        words={"none": None},
    )
    class_weight: dict[str, float] | str | None = _regularisation(
        None,
        read_class_weight,
        "weight of each class: balanced, or cat=2,dog=1",
        metavar="W",
        low=0,
        words={"none": None, "balanced": "balanced"},
    )

    dev: str | None = _data(
        None, read_text, "a dev set of its own; none for no dev set", metavar="PATH"
    )
    train_dev: float = _data(
        0.0,
        read_number,
        "share of the training examples kept aside, where the dev set is of another origin",
        metavar="SHARE",
        low=0,
        high=1,
        below=True,
    )
    test: str | None = _data(None, read_text, "a test set of its own", metavar="PATH")
    split: str = _data(
        "auto",
        read_text,
        "shares (0.6,0.2,0.2) or counts (800,0,200) of train, dev and test",
        metavar="A,B,C",
        words=AUTO,
    )
    split_seed: int | Auto = _data(
        "auto", read_count, "of the split alone; auto: that of seed", metavar="N", low=0, words=AUTO
    )
    normalize: str = _data(
        "standard",
        read_choice,
        "mean 0 and deviation 1 of every input, or only /255 for pictures",
        metavar="NAME",
        choices=("standard", "none"),
    )
    size: str = _data(
        "auto",
        read_text,
        "pictures are stretched to this many pixels: 64, or 48x64 (height x width)",
        metavar="SIZE",
        words=AUTO,
    )
    target: str | None = _data(
        None, read_text, "column to predict; several: price,rent", metavar="COLUMN"
    )
    ignore: str | None = _data(
        None, read_text, "columns that shall be no inputs: date,notes", metavar="COLUMNS"
    )
    cache: str = _data(
        "auto",
        read_choice,
        "convert the data once into mapped files; auto: where they are large for the memory",
        metavar="NAME",
        choices=("always", "never"),
        words=AUTO,
    )
    dtype: str = _execution(
        "float32",
        read_choice,
        "precision of the arithmetic",
        metavar="NAME",
        choices=("float32", "float64"),
    )
    path: str = _execution(
        "auto",
        read_choice,
        "coordinates of the first layer: the same numbers, faster for wide inputs in example space",
        metavar="NAME",
        choices=PATHS,
        words=AUTO,
    )
    backend: str = _execution(
        "auto",
        read_choice,
        "array library that trains: numpy at once, jax compiled first and faster then",
        metavar="NAME",
        choices=BACKENDS,
        words=AUTO,
    )
    device: str = _execution(
        "auto",
        read_text,
        "where jax computes: cpu, gpu, tpu, gpu:1; auto: the best that it finds",
        metavar="NAME",
        words=AUTO,
    )
    matmul_precision: str = _execution(
        "float32",
        read_choice,
        "products of float32 matrices on an accelerator",
        metavar="NAME",
        choices=MATMUL_PRECISIONS,
    )
    faults: bool = _execution(
        True,
        read_flag,
        "look for faults while it trains, and name them when they arise",
        metavar="BOOL",
        words={"on": True, "off": False},
    )
    print_every: int | Auto = _execution(
        "auto", read_count, "epochs between two Records", metavar="EPOCHS", low=1, words=AUTO
    )

    def __post_init__(self) -> None:
        for name, kind in ROWS.items():
            value = getattr(self, name)
            if value is not None or DEFAULTS[name] is not None:
                object.__setattr__(self, name, kind.convert(name, value))

    def to_json(self) -> dict[str, Any]:
        """Return the values as JSON."""
        return dataclasses.asdict(self)

    def typed(self, source: Mapping[str, Any]) -> dict[str, str]:
        """Return what differs from the defaults as it is typed, and how the source was read."""
        values = {
            name: wording.setting(value, ROWS[name].words)
            for name, value in self.to_json().items()
            if value != DEFAULTS[name]
        }
        # The other options of reading are hyper-parameters.
        return values | {name: source[name] for name in ("labels", "task") if source.get(name)}

    @classmethod
    def of(cls, **values: Any) -> Hyperparameters:
        """Make hyper-parameters from names and values.

        Raises:
            OptionError: a name is unknown (the nearest one is suggested).
        """
        for name in values:
            if name not in ROWS:
                raise OptionError(unknown("hyper-parameter", name, ROWS))
        return cls(**values)


ROWS: Mapping[str, Row] = {f.name: f.metadata["row"] for f in dataclasses.fields(Hyperparameters)}
DEFAULTS: Mapping[str, Any] = {f.name: f.default for f in dataclasses.fields(Hyperparameters)}
