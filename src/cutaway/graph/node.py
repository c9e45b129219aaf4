"""A node of the graph: one number, and where it came from."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from numbers import Real
from pathlib import Path
from typing import TypeVar

from cutaway.errors import GraphError
from cutaway.graph.operations import OPERATIONS, Operation


@dataclass(frozen=True, eq=False)
class Node:
    """A variable (with a name), a constant, or an operation on other nodes.

    It has no conversion to float: `math.exp(node)` fails in place of losing the graph.
    """

    value: float
    name: str = ""
    operation: Operation | None = None
    inputs: tuple[Node, ...] = ()

    # NumPy's numbers then leave `np.float64(2) * node` to the node.
    __array_ufunc__ = None

    @property
    def is_constant(self) -> bool:
        """Whether it is a plain number that was written into the expression."""
        return self.operation is None and not self.name

    def named(self, name: str) -> Node:
        """Return this node under a name: u = (b * c).named("u").

        Raises:
            GraphError: the name is empty.
        """
        return replace(self, name=_checked(name))

    def ancestors(self) -> list[Node]:
        """Return this node and all it depends on, each after its inputs; constants left out."""
        order: dict[Node, None] = {}
        stack = [(self, False)]
        while stack:
            node, inputs_done = stack.pop()
            if inputs_done:
                order[node] = None
            elif node not in order and not node.is_constant:
                stack.append((node, True))
                stack.extend((parent, False) for parent in reversed(node.inputs))
        return list(order)

    def slope(self, parent: Node) -> float:
        """Return the derivative with respect to one input alone, the others held; 0 if it is none.

        Raises:
            GraphError: it is infinite or does not exist there.
        """
        total = 0.0
        for i, node in enumerate(self.inputs):
            if node is parent and self.operation is not None:
                values = [node.value for node in self.inputs]
                what = f"the slope of {self.operation.text.format(*map(_plain, values))}"
                total += _finite(self.operation.slopes[i], what, self.value, *values)
        return total

    def derivatives(self) -> dict[Node, float]:
        """Return d self / d node for every node it depends on, by the chain rule from the back.

        A node that is used twice has two ways to `self`: its derivative is the sum over both.

        Raises:
            GraphError: a slope on the way is infinite or does not exist.
        """
        order = self.ancestors()
        derivative = dict.fromkeys(order, 0.0)
        derivative[self] = 1.0
        for node in reversed(order):
            for parent in dict.fromkeys(node.inputs):
                if not parent.is_constant:
                    derivative[parent] += derivative[node] * node.slope(parent)
        return derivative

    def formula(self, names: Mapping[Node, str] | None = None) -> str:
        """Return the operation on its inputs' names, "b * c"; their values where they have none."""
        if self.operation is None:
            return self.name or f"{self.value:g}"
        return self.operation.text.format(*(_operand(node, names or {}) for node in self.inputs))

    def to_svg(self) -> str:
        """Return the drawing: every node with its value and the derivative of this one."""
        from cutaway.graph.svg import to_svg

        return to_svg(self)

    def save(self, path: str | Path) -> None:
        """Write the drawing into a file.

        Raises:
            GraphError: the file cannot be written.
        """
        try:
            Path(path).write_text(self.to_svg(), encoding="utf-8")
        except OSError as error:
            raise GraphError(f"{path} cannot be written: {error.strerror}") from error

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def __repr__(self) -> str:
        name = f"{self.name} = " if self.name else ""
        formula = f"{self.formula()} = " if self.operation else ""
        return f"Node({name}{formula}{self.value:g})"

    def __add__(self, other: Node | float) -> Node:
        return _binary("add", self, other)

    def __radd__(self, other: float) -> Node:
        return _binary("add", other, self)

    def __sub__(self, other: Node | float) -> Node:
        return _binary("subtract", self, other)

    def __rsub__(self, other: float) -> Node:
        return _binary("subtract", other, self)

    def __mul__(self, other: Node | float) -> Node:
        return _binary("multiply", self, other)

    def __rmul__(self, other: float) -> Node:
        return _binary("multiply", other, self)

    def __truediv__(self, other: Node | float) -> Node:
        return _binary("divide", self, other)

    def __rtruediv__(self, other: float) -> Node:
        return _binary("divide", other, self)

    def __pow__(self, other: Node | float) -> Node:
        return _binary("power", self, other)

    def __rpow__(self, other: float) -> Node:
        return _binary("power", other, self)

    def __neg__(self) -> Node:
        return _apply("negative", self)

    def __pos__(self) -> Node:
        return self


T = TypeVar("T", Node, float)


def variable(name: str, value: float) -> Node:
    """Return a named input of a computation.

    Raises:
        GraphError: the value is no finite number, or the name is empty.
    """
    return Node(_number(value, f"variable {name!r}"), _checked(name))


def variables(**values: float) -> tuple[Node, ...]:
    """Return one variable for each name=value, in that order.

    Raises:
        GraphError: a value is no finite number.
    """
    return tuple(variable(name, value) for name, value in values.items())


def exp(x: T) -> T:
    """e to the power of x: a node of a node, a number of a number."""
    return _function("exp", x)


def log(x: T) -> T:
    """Natural logarithm: a node of a node, a number of a number.

    Raises:
        GraphError: x is not positive.
    """
    return _function("log", x)


def tanh(x: T) -> T:
    """Hyperbolic tangent: a node of a node, a number of a number."""
    return _function("tanh", x)


def sigmoid(x: T) -> T:
    """1 / (1 + exp(-x)), finite for every x: a node of a node, a number of a number."""
    return _function("sigmoid", x)


def relu(x: T) -> T:
    """max(0, x), with slope 0 at the kink: a node of a node, a number of a number."""
    return _function("relu", x)


def _function(name: str, x: T) -> T:
    if isinstance(x, Node):
        return _apply(name, x)
    return _evaluate(OPERATIONS[name], _number(x, f"the input of {name}"))


def _operand(node: Node, names: Mapping[Node, str]) -> str:
    return names.get(node) or node.name or _plain(node.value)


def _checked(name: str) -> str:
    if not name or not name.isprintable():
        raise GraphError(f"{name!r} is no name of a node; give it a word, such as 'u'")
    return name


def _number(value: object, what: str) -> float:
    if not isinstance(value, Real) or not math.isfinite(value):
        raise GraphError(f"{what} is {value!r}, where a finite number is expected")
    return float(value)


def _binary(name: str, x: Node | float, y: Node | float) -> Node:
    # Python then says which two types do not go together.
    if not (isinstance(x, Node | Real) and isinstance(y, Node | Real)):
        return NotImplemented  # type: ignore[no-any-return]
    return _apply(name, x, y)


def _apply(name: str, *inputs: Node | float) -> Node:
    operation = OPERATIONS[name]
    nodes = tuple(
        x if isinstance(x, Node) else Node(_number(x, f"a number in {name}")) for x in inputs
    )
    value = _evaluate(operation, *(node.value for node in nodes))
    return Node(value, operation=operation, inputs=nodes)


def _evaluate(operation: Operation, *values: float) -> float:
    return _finite(operation.value, operation.text.format(*map(_plain, values)), *values)


def _finite(function: Callable[..., float], what: str, *values: float) -> float:
    try:
        result = function(*values)
    except (ArithmeticError, ValueError):
        result = math.nan
    if isinstance(result, complex) or not math.isfinite(result):
        raise GraphError(f"{what} is no finite number; choose inputs at which it is one")
    return result


def _plain(value: float) -> str:
    return f"({value:g})" if value < 0 else f"{value:g}"
