"""The mathematics: pure functions of arrays.

No I/O, no state, no random draw, no array library by name.

Each family is one table with one row per member, the derivative beside its function:
ACTIVATIONS, LOSSES and FUSED, INITIALIZERS, PENALTIES, OPTIMIZERS, SCHEDULES, METRICS.
Each is derived on its page of docs/equations/.
"""

from cutaway.equations.activations import ACTIVATIONS, Activation
from cutaway.equations.gradient_check import GradientCheck, gradient_check, kinks
from cutaway.equations.initializers import INITIALIZERS, Initializer, initialize
from cutaway.equations.losses import FUSED, LOSSES, OUTPUTS, Fused, Loss, Output, output_layer
from cutaway.equations.metrics import METRICS, Metric, wilson_interval
from cutaway.equations.network import Layer, Network, by_name, flatten, unflatten
from cutaway.equations.optimizers import OPTIMIZERS, Optimizer, Rates
from cutaway.equations.penalties import PENALTIES, Penalty, penalty
from cutaway.equations.propagation import (
    Cache,
    backward,
    cost,
    cost_and_gradient,
    dropout_mask,
    forward,
    linear_backward,
    linear_forward,
    mean_loss,
)
from cutaway.equations.schedules import SCHEDULES, Decay, Schedule

__all__ = [
    "ACTIVATIONS",
    "FUSED",
    "INITIALIZERS",
    "LOSSES",
    "METRICS",
    "OPTIMIZERS",
    "OUTPUTS",
    "PENALTIES",
    "SCHEDULES",
    "Activation",
    "Cache",
    "Decay",
    "Fused",
    "GradientCheck",
    "Initializer",
    "Layer",
    "Loss",
    "Metric",
    "Network",
    "Optimizer",
    "Output",
    "Penalty",
    "Rates",
    "Schedule",
    "backward",
    "by_name",
    "cost",
    "cost_and_gradient",
    "dropout_mask",
    "flatten",
    "forward",
    "gradient_check",
    "initialize",
    "kinks",
    "linear_backward",
    "linear_forward",
    "mean_loss",
    "output_layer",
    "penalty",
    "unflatten",
    "wilson_interval",
]
