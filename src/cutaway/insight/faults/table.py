"""The table of faults: one row a fault, causes before what they cause.

A row says what of a Record the fault is seen in, its limits with their source, why it matters, what
to do about it and which lesson shows it. A new fault is a new row, and a sign in `signs.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from cutaway.insight.faults import data_signs, signs
from cutaway.insight.faults.setting import Setting, Sign


class Fault(NamedTuple):
    """One fault.

    needs    fields of a Record that it is seen in
    sign     called with the Records, the Setting and the limits
    limits   the threshold first, then what else the sign depends on
    means    what the threshold is a threshold of
    source   where the threshold comes from
    options  of the command that trains without the fault; none where no option helps
    follows  the faults that bring this one about
    """

    name: str
    needs: tuple[str, ...]
    sign: Callable[..., Sign | None]
    limits: Mapping[str, Any]
    means: str
    source: str
    why: str
    remedy: str
    options: Callable[[Setting], tuple[str, ...]]
    lesson: str
    follows: tuple[str, ...] = ()


def _option(*options: str) -> Callable[[Setting], tuple[str, ...]]:
    return lambda s: options


def _rate(factor: float) -> Callable[[Setting], tuple[str, ...]]:
    """Return the option of another learning rate, where that of now is known."""

    def options(s: Setting) -> tuple[str, ...]:
        return (f"--learning-rate {factor * s.learning_rate:.2g}",) if s.learning_rate else ()

    return options


MEASURED = "measured on the healthy and the planted trainings of benchmarks/insight"

# What keeps a network from learning: some of it is there at the start, some comes in training.
AT_START = ("symmetric units", "saturated units", "exploding gradients")
STUCK = (*AT_START, "vanishing gradients", "learning rate too high", "dead units")

NOT_FINITE = Fault(
    "cost not finite",
    ("cost",),
    signs.not_finite,
    {},
    "whether a cost is infinite or not a number",
    "IEEE 754: nothing finite comes of it any more",
    "One number that is not finite makes the gradient, and with it every weight, not finite. "
    "Mostly the steps were too long, so that the weights grew from update to update.",
    "a learning rate ten times smaller; look for absurd values in the data if that does not help",
    _rate(0.1),
    "optimizers",
    ("exploding gradients", "learning rate too high"),
)
_ROWS = (
    NOT_FINITE,
    Fault(
        "symmetric units",
        ("twins",),
        signs.symmetry,
        {"most": 0.02},
        "share of the units of a hidden layer that start with the parameters of another one",
        "no two units drawn at random are alike, but for rounding",
        "Units that start alike get the same gradient, so they stay alike: the layer can do no "
        "more than one of them. Zeros or constants as initial weights make all of a layer alike.",
        "draw the initial weights at random",
        _option("--initializer auto"),
        "symmetry",
    ),
    Fault(
        "saturated units",
        ("saturated",),
        signs.saturated,
        {"most": 0.3},
        "share of the activations of a hidden layer within 1 % of a bound, at the start",
        MEASURED,
        "Where sigmoid or tanh are flat their slope is almost 0: nothing behind them is changed. "
        "At the end of a training that is what a sure network looks like; at the start it is one "
        "that cannot learn.",
        "smaller initial weights, and normalised inputs",
        _option("--initializer auto", "--normalize standard"),
        "activations",
    ),
    Fault(
        "exploding gradients",
        ("gradient", "W_norm"),
        signs.exploding,
        {"most": 30.0, "worse": 30.0},
        "|dW| / |W| of a layer at the start",
        MEASURED,
        "A gradient that is many times as large as its weights throws them away in one step. "
        "Through layers whose weights are too large it grows by a factor from each to the next.",
        "initial weights that keep the variance from layer to layer, and normalised inputs",
        _option("--initializer auto", "--normalize standard"),
        "vanishing_gradients",
        ("saturated units",),
    ),
    Fault(
        "vanishing gradients",
        ("gradient", "W_norm"),
        signs.vanishing,
        {"least": 0.01, "nothing": 1e-5, "records": 8, "deep": 4, "off": 0.9},
        "|dW| |W| of a layer over that of a later one, at the start",
        "equal for all layers of a balanced network (Du, Hu and Lee, 2018); " + MEASURED,
        "The chain rule multiplies by one slope and one W a layer: small ones leave the first "
        "layers without a gradient. They stay as they were drawn; the last ones learn from noise.",
        "relu units with initial weights that keep the variance, or fewer layers",
        _option("--activation relu", "--initializer auto"),
        "vanishing_gradients",
        AT_START,
    ),
    Fault(
        "learning rate too high",
        ("cost",),
        signs.rate_too_high,
        {
            "rise": 1.5,
            "far": 10.0,
            "updates": 100,
            "window": 10,
            "swing": 0.1,
            "part": 0.2,
            "damage": 0.4,
            "wide": 1.0,
            "fallen": 0.5,
            "first": 6,
        },
        "cost over its start",
        MEASURED,
        "A step that is too long jumps over the valley and lands higher on the other side. "
        "An oscillation at the start that settles is no fault; one that stays is.",
        "a learning rate ten times smaller",
        _rate(0.1),
        "optimizers",
        ("exploding gradients", "saturated units"),
    ),
    Fault(
        "dead units",
        ("dead",),
        signs.dead,
        {"most": 0.4, "wide": 1.0},
        "share of the units of a layer that are 0 on every training example, beyond chance",
        "CS231n: 40 % is too much; chance, 1 / sqrt(units), may take more of a narrow layer",
        "A ReLU unit that is off on every example gets no gradient, so it never comes back. "
        "What is left of the layer has to do the work of all.",
        "a learning rate ten times smaller, or leaky_relu units, which cannot die",
        _option("--activation leaky_relu"),
        "activations",
        ("symmetric units", "exploding gradients", "learning rate too high"),
    ),
    Fault(
        "learning rate too low",
        ("cost",),
        signs.rate_too_low,
        {
            "fall": 0.1,
            "part": 0.5,
            "hardly": 0.01,
            "early": 0.2,
            "steady": 0.5,
            "faster": 1.5,
            "updates": 20,
            "moved": 0.02,
        },
        "share of the cost that the epochs planned take away",
        MEASURED,
        "The cost falls along a straight line: the network would learn, were it given the time. "
        "A larger step gets as far in fewer epochs.",
        "a learning rate ten times larger",
        _rate(10.0),
        "optimizers",
        STUCK,
    ),
    Fault(
        "constant prediction",
        ("spread",),
        signs.constant,
        {"least": 3e-3, "records": 2, "updates": 50, "part": 0.5},
        "largest standard deviation of an output over the training examples",
        MEASURED,
        "The output does not depend on the input: the network answers what it would answer without "
        "any. Nothing of what it could have learned has arrived in its weights.",
        "less regularisation, another learning rate, or the faults named before this one",
        _option("--l2 0", "--keep-prob 1"),
        "regularization",
        (*STUCK, "learning rate too low"),
    ),
    Fault(
        "one-class prediction",
        ("commonest",),
        signs.one_class,
        {"least": 0.05, "records": 3, "updates": 100, "part": 0.5, "frequent": 0.7},
        "examples that do not get the commonest answer, over those not of the most frequent class",
        MEASURED,
        "Always answering the most frequent class is right as often as that class is frequent, and "
        "says nothing about any example. An error that looks low may be no more than that.",
        "weigh the classes alike",
        _option("--class-weight balanced"),
        "train_dev_test",
        (*STUCK, "learning rate too low", "constant prediction"),
    ),
    Fault(
        "labels unrelated to inputs",
        ("train_loss", "dev_loss"),
        signs.unrelated,
        {"most": 0.97, "small": 0.3, "learned": 0.6, "examples": 15},
        "lowest dev loss over that of an answer without any input, less 0.3 / sqrt(dev examples)",
        MEASURED,
        "What was learned by heart says nothing of other examples, as if the labels had been "
        "shuffled. A row that has moved, or a wrong join of two tables, does that.",
        "check that every label stands beside its own example",
        _option(),
        "train_dev_test",
    ),
    Fault(
        "update ratio out of range",
        ("update_ratio", "W_norm", "cost"),
        signs.update_ratio,
        {"most": 0.3, "least": 1e-6, "records": 5, "updates": 50, "part": 0.2},
        "|change of W| / |W| of an update",
        "CS231n: about 1e-3; 1e-6 and 0.3 are far from it on either side",
        "An update that changes a large share of the weights forgets what they had learned; one "
        "that changes next to nothing teaches nothing. A thousandth is a good size.",
        "another learning rate",
        _option(),
        "optimizers",
        (*STUCK, "learning rate too low"),
    ),
)
FAULTS: Mapping[str, Fault] = {row.name: row for row in _ROWS}

# Their signs are read off a sample of the data, before the first update.
_DATA_ROWS = (
    Fault(
        "inputs not scaled",
        (),
        data_signs.not_scaled,
        {"most": 5.0, "unlike": 1000.0, "least": 0.01},
        "root mean square of an input as it enters the network",
        "LeCun et al., Efficient BackProp, 1998: mean 0 and variance 1",
        "Large inputs make large Z and large gradients, so that a rate that suits other layers "
        "is too high for the first. Inputs of different sizes make a narrow valley.",
        "normalise the inputs",
        _option("--normalize standard"),
        "normalization",
    ),
    Fault(
        "leaking column",
        (),
        data_signs.leak,
        {"most": 0.01, "beyond": 0.02, "examples": 60, "rest": 0.1},
        "error of a single column, where no other comes near",
        MEASURED,
        "A column that tells the target alone is mostly a copy of it, or was written after it was "
        "known. The network will use nothing else, and fail where the column is not there yet.",
        "leave the column out, unless it will be known when the network is to answer",
        _option(),
        "train_dev_test",
    ),
    Fault(
        "duplicates across splits",
        (),
        data_signs.duplicates,
        {"most": 0.05, "examples": 3},
        "share of the dev or test examples that are training examples too",
        "a twentieth, for rows of few values agree by chance",
        "The network is judged by examples that it has seen the answers of. The error looks better "
        "than it is on new ones.",
        "remove the copies before the data are split",
        _option(),
        "train_dev_test",
    ),
    Fault(
        "unbalanced classes",
        (),
        data_signs.unbalanced,
        {"most": 9.0},
        "training examples of the most frequent class over those of the rarest",
        "Fernandez et al., 2008: more than 9 is highly unbalanced",
        "Always answering the frequent class is right almost always, so the rare one is hardly "
        "learned. The share of wrong answers hides it.",
        "weigh the classes alike, and judge by precision and recall of each class",
        _option("--class-weight balanced"),
        "train_dev_test",
    ),
    Fault(
        "dev unlike train",
        (),
        data_signs.unlike,
        {"most": 0.65, "errors": 4.0},
        "area under the ROC curve of a linear classifier of train against dev, by cross-validation",
        "0.5 is chance; at least four of its standard errors (Hanley and McNeil, 1982)",
        "The network is judged by examples of another kind than those that it learns from. A gap "
        "between the errors then is no variance, and more training examples of the old kind "
        "will not close it.",
        "training examples of the kind that the dev set has; --train-dev tells the two gaps apart",
        _option("--train-dev 0.1"),
        "train_dev_test",
    ),
)
DATA_FAULTS: Mapping[str, Fault] = {row.name: row for row in _DATA_ROWS}
