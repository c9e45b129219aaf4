"""Values and derivatives of the scalar graph, against central differences and jax.grad."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutaway.errors import GraphError
from cutaway.graph import OPERATIONS, Node, exp, log, relu, sigmoid, tanh, variable, variables

# Each takes two numbers between 0.25 and 4, nodes or floats, and is smooth there.
FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "numbers on both sides": lambda x, y: 2 + x * 3 - 1 / y + (5 - y) / 4 - 2**x + y**3,
    "power of two nodes": lambda x, y: x**y + y**-0.5,
    "functions": lambda x, y: exp(-x) * log(y) + tanh(x * y) - sigmoid(x - y),
    "relu": lambda x, y: relu(x + 1) * y + relu(-y),
    "fan-out": lambda x, y: (s := x * y) * s + s / x + s,
    "same input twice": lambda x, y: x * x + y / y + x**x - (y - y),
    "logistic unit": lambda x, y: -log(sigmoid(x * 0.7 - y)) - 0.3 * log(1 - sigmoid(x * 0.7 - y)),
}
numbers = st.floats(0.25, 4)


def derivatives(f: Callable[..., Any], *values: float) -> tuple[Node, list[float]]:
    inputs = [variable(f"x{i}", value) for i, value in enumerate(values)]
    J = f(*inputs)
    found = J.derivatives()
    return J, [found[x] for x in inputs]


def central(f: Callable[..., float], values: list[float], i: int, step: float = 6e-6) -> float:
    up, down = list(values), list(values)
    up[i], down[i] = values[i] + step, values[i] - step
    return (f(*up) - f(*down)) / (up[i] - down[i])


def test_the_courses_example() -> None:
    a, b, c = variables(a=5, b=3, c=2)
    u = (b * c).named("u")
    v = (a + u).named("v")
    J = (3 * v).named("J")
    d = J.derivatives()
    assert (u.value, v.value, J.value) == (6, 11, 33)
    assert {node.name: d[node] for node in d} == {"a": 3, "b": 6, "c": 9, "u": 3, "v": 3, "J": 1}


@pytest.mark.parametrize("name", FUNCTIONS)
@given(x=numbers, y=numbers)
def test_values_and_derivatives(name: str, x: float, y: float) -> None:
    f = FUNCTIONS[name]
    J, found = derivatives(f, x, y)
    # The same function of floats gives the same value: one expression serves for both.
    assert J.value == f(x, y)
    scale = max(1.0, *map(abs, found), abs(J.value))
    for i in (0, 1):
        assert abs(found[i] - central(f, [x, y], i)) < 1e-7 * scale


@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives_are_those_of_jax(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    jax = pytest.importorskip("jax", reason="the oracle jax.grad needs JAX: pip install jax")
    x, y = 1.7, 0.6
    _, found = derivatives(FUNCTIONS[name], x, y)
    for function, theirs in {
        "exp": jax.numpy.exp,
        "log": jax.numpy.log,
        "tanh": jax.numpy.tanh,
        "sigmoid": jax.nn.sigmoid,
        "relu": jax.nn.relu,
    }.items():
        monkeypatch.setitem(globals(), function, theirs)
    with jax.enable_x64(True):
        theirs = jax.grad(FUNCTIONS[name], argnums=(0, 1))(x, y)
    np.testing.assert_allclose(found, [float(d) for d in theirs], rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("name", OPERATIONS)
@given(x=st.floats(0.3, 3), y=st.floats(0.3, 3))
def test_every_row_has_its_slopes(name: str, x: float, y: float) -> None:
    row = OPERATIONS[name]
    inputs = [x, y][: len(row.slopes)]
    for i, slope in enumerate(row.slopes):
        numeric = central(row.value, inputs, i)
        assert math.isclose(slope(row.value(*inputs), *inputs), numeric, rel_tol=1e-7, abs_tol=1e-7)


@pytest.mark.parametrize("units", [2, 3000])
def test_a_long_chain(units: int) -> None:
    x = variable("x", 0.5)
    J = x
    for _ in range(units):
        J = J + x * 0.001
    assert math.isclose(J.derivatives()[x], 1 + 0.001 * units, rel_tol=1e-12)


@pytest.mark.parametrize(
    ("value", "slope"), [(-1.0, 0.0), (0.0, 0.0), (2.0, 1.0)], ids=["left", "kink", "right"]
)
def test_relu_at_its_kink(value: float, slope: float) -> None:
    x = variable("x", value)
    assert relu(x).derivatives()[x] == slope


@pytest.mark.parametrize("z", [-1e4, 1e4])
def test_sigmoid_does_not_overflow(z: float) -> None:
    x = variable("z", z)
    A = sigmoid(x)
    assert A.value == float(z > 0)
    assert A.derivatives()[x] == 0


@pytest.mark.parametrize(
    ("x", "y", "slopes"), [(0.0, 2.0, (0, 0)), (0.0, 1.0, (1, 0)), (-2.0, 3.0, (12, None))]
)
def test_powers_at_the_edge(x: float, y: float, slopes: tuple[float, float | None]) -> None:
    base, exponent = variables(x=x, y=y)
    assert (base**y).derivatives()[base] == slopes[0]
    if slopes[1] is not None:
        assert (base**exponent).derivatives()[exponent] == slopes[1]


def test_a_number_to_the_power_zero_is_flat() -> None:
    x = variable("x", 0.0)
    assert (x**0).derivatives()[x] == 0


def test_numbers_of_numpy() -> None:
    x = variable("x", np.float64(3))
    J = np.float64(2) * x + np.int64(1) - np.float32(0.5)
    assert isinstance(J, Node)
    assert (J.value, J.derivatives()[x]) == (6.5, 2.0)


def test_naming_makes_a_new_node() -> None:
    a = variable("a", 2.0)
    u = a * 3
    named = u.named("u")
    assert (u.name, named.name, named.value) == ("", "u", 6.0)
    assert repr(named) == "Node(u = a * 3 = 6)"
    assert repr(a - -1.0) == "Node(a - (-1) = 3)"
    assert repr(a) == "Node(a = 2)"


def test_a_node_of_which_nothing_depends_has_no_derivative() -> None:
    a, b = variables(a=1, b=2)
    assert b not in (a * 2).derivatives()


@pytest.mark.parametrize(
    ("mistake", "says"),
    [
        (lambda x: log(x - 2), r"log\(0\) is no finite number"),
        (lambda x: log(-1.0), r"log\(\(-1\)\) is no finite number"),
        (lambda x: x / (x - 2), "2 / 0 is no finite number; choose inputs"),
        (lambda x: exp(500 * x), r"exp\(1000\) is no finite number"),
        (lambda x: 1e200 * x * 1e200, r"2e\+200 \* 1e\+200 is no finite number"),
        (lambda x: (x - 10) ** 0.5, r"\(-8\) \*\* 0.5 is no finite number"),
        (lambda x: ((x - 2) ** 0.5).derivatives(), r"the slope of 0 \*\* 0.5 is no finite number"),
        (lambda x: x + math.nan, "a number in add is nan, where a finite number is expected"),
        (lambda x: variable("x", "3"), "variable 'x' is '3', where a finite number is expected"),
        (lambda x: tanh("3"), "the input of tanh is '3', where a finite number is expected"),
        (lambda x: variable("", 3.0), "'' is no name of a node"),
        (lambda x: x.named("a\nb"), "is no name of a node"),
        (lambda x: x.save("/nowhere/at/all.svg"), "cannot be written: No such file or directory"),
    ],
)
def test_mistakes(mistake: Callable[[Node], Any], says: str) -> None:
    with pytest.raises(GraphError, match=says):
        mistake(variable("x", 2.0))


@pytest.mark.parametrize(
    "mistake", [lambda x: x + "1", lambda x: [1] * x, lambda x: math.exp(x), lambda x: max(0, x)]
)
def test_what_python_itself_refuses(mistake: Callable[[Node], Any]) -> None:
    with pytest.raises(TypeError):
        mistake(variable("x", 2.0))
