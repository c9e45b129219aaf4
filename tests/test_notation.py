from __future__ import annotations

import ast
import inspect
from types import ModuleType

import pytest

from cutaway.equations import (
    activations,
    initializers,
    losses,
    metrics,
    optimizers,
    penalties,
    propagation,
)
from cutaway.notation import NOTATION

NAMES = [name for row in NOTATION for name in row.names]
# Words of the system, and sizes or draws that a docstring explains where they occur.
WORDS = {
    "coefficients",
    "caches",
    "initializers",
    "network",
    "normals",
    "output",
    "parameters",
    "penalties",
    "rates",
    "self",
    "state",
    "wrong",
    "z",
    "U",
}


def arguments(module: ModuleType) -> set[str]:
    """Return the names of the arguments of the public functions of a module."""
    functions = [
        node
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]
    return {argument.arg for function in functions for argument in function.args.args}


def test_a_name_means_one_thing() -> None:
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize(
    "module",
    [activations, initializers, losses, metrics, optimizers, penalties, propagation],
    ids=lambda module: module.__name__.rpartition(".")[2],
)
def test_the_equations_speak_in_these_symbols(module: ModuleType) -> None:
    assert arguments(module) - WORDS <= set(NAMES)
