"""The operations of the graph, one row each: value, and slope with respect to every input.

A slope is written from the inputs and the value, as g' is in `cutaway.equations`: tanh' = 1 - v^2.
At the kink of ReLU the slope is that of the left side, 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple


class Operation(NamedTuple):
    """One operation.

    text    how it is written, with one {} an input
    value   v = f(x) or f(x, y)
    slopes  one function an input: dv/dx from (v, x) or (v, x, y)
    """

    name: str
    text: str
    value: Callable[..., float]
    slopes: tuple[Callable[..., float], ...]


def _sigmoid(x: float) -> float:
    # exp of a number that is not positive: no x overflows.
    e = math.exp(-abs(x))
    return (1.0 if x >= 0 else e) / (1.0 + e)


def _power_base_slope(v: float, x: float, y: float) -> float:
    # x^0 is 1 everywhere, at x = 0 too, where y x^(y - 1) cannot be computed.
    return y * x ** (y - 1.0) if y else 0.0


def _power_exponent_slope(v: float, x: float, y: float) -> float:
    # 0^y is 0 beside every y > 0, where log(0) cannot be computed.
    return v * math.log(x) if v else 0.0


_ROWS = (
    Operation("add", "{} + {}", lambda x, y: x + y, (lambda v, x, y: 1.0, lambda v, x, y: 1.0)),
    Operation(
        "subtract", "{} - {}", lambda x, y: x - y, (lambda v, x, y: 1.0, lambda v, x, y: -1.0)
    ),
    Operation("multiply", "{} * {}", lambda x, y: x * y, (lambda v, x, y: y, lambda v, x, y: x)),
    Operation(
        "divide",
        "{} / {}",
        lambda x, y: x / y,
        (lambda v, x, y: 1.0 / y, lambda v, x, y: -v / y),
    ),
    Operation(
        "power",
        "{} ** {}",
        lambda x, y: x**y,
        (_power_base_slope, _power_exponent_slope),
    ),
    Operation("negative", "-{}", lambda x: -x, (lambda v, x: -1.0,)),
    Operation("exp", "exp({})", math.exp, (lambda v, x: v,)),
    Operation("log", "log({})", math.log, (lambda v, x: 1.0 / x,)),
    Operation("tanh", "tanh({})", math.tanh, (lambda v, x: 1.0 - v * v,)),
    Operation("sigmoid", "sigmoid({})", _sigmoid, (lambda v, x: v * (1.0 - v),)),
    Operation("relu", "relu({})", lambda x: max(0.0, x), (lambda v, x: float(x > 0),)),
)
OPERATIONS: Mapping[str, Operation] = {row.name: row for row in _ROWS}
