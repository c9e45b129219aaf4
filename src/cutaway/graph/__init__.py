"""A small graph of scalars: values, derivatives by the chain rule, and a drawing of both.

    from cutaway.graph import variables

    a, b, c = variables(a=5, b=3, c=2)
    u = (b * c).named("u")
    v = (a + u).named("v")
    J = (3 * v).named("J")
    J.value, J.derivatives()[b]                # 33.0 and 6.0
    J.save("graph.svg")

Arithmetic (+ - * / **) is Python's own, with numbers on either side; `exp`, `log`, `tanh`,
`sigmoid` and `relu` take nodes and numbers alike, so one function serves for both.
"""

from __future__ import annotations

from cutaway.graph.node import (
    Node,
    exp,
    log,
    relu,
    sigmoid,
    tanh,
    variable,
    variables,
)
from cutaway.graph.operations import OPERATIONS, Operation

__all__ = [
    "OPERATIONS",
    "Node",
    "Operation",
    "exp",
    "log",
    "relu",
    "sigmoid",
    "tanh",
    "variable",
    "variables",
]
