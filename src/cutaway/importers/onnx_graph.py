"""An ONNX graph as a walk from its input through dense layers: one row an operator."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from cutaway.errors import DataError
from cutaway.importers.chain import Chain

Floats = npt.NDArray[Any]


class Graph:
    """Nodes of a graph by what they read; constants computed where nothing but constants enters."""

    def __init__(self, model: Any) -> None:
        from onnx import numpy_helper

        self.graph = model.graph
        self.opsets = model.opset_import
        self.constants: dict[str, Floats] = {
            tensor.name: numpy_helper.to_array(tensor) for tensor in self.graph.initializer
        }
        self.inputs = [i for i in self.graph.input if i.name not in self.constants]
        self.nodes = [node for node in self.graph.node if not self._is_constant(node)]
        self.users: dict[str, list[Any]] = defaultdict(list)
        for node in self.nodes:
            for name in dict.fromkeys(node.input):
                self.users[name].append(node)

    def _is_constant(self, node: Any) -> bool:
        """Compute a node that reads nothing but constants, such as Transpose of weights."""
        inputs = [name for name in node.input if name]
        if not all(name in self.constants for name in inputs) or (
            not inputs and node.op_type != "Constant"
        ):
            return False
        from onnx import helper
        from onnx.reference import ReferenceEvaluator

        outputs = [helper.make_empty_tensor_value_info(name) for name in node.output if name]
        values = [helper.make_empty_tensor_value_info(name) for name in inputs]
        one = helper.make_model(
            helper.make_graph([node], "constant", values, outputs), opset_imports=self.opsets
        )
        try:
            results = ReferenceEvaluator(one).run(None, {n: self.constants[n] for n in inputs})
        except Exception:
            # Whatever cannot be computed here is named as what it is when the walk meets it.
            return False
        self.constants |= dict(zip((name for name in node.output if name), results, strict=True))
        return True


def attributes(node: Any) -> dict[str, Any]:
    """Return the attributes of a node by name."""
    from onnx import helper

    return {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}


def named(node: Any) -> str:
    """Return a node as a message names it."""
    name = node.name or (node.output[0] if node.output else "")
    return f"node '{name}' ({node.op_type})"


class Step:
    """One node on the walk: what flows in, and its constants."""

    def __init__(self, node: Any, value: str, graph: Graph) -> None:
        self.node, self.value, self.graph = node, value, graph
        self.attributes = attributes(node)
        self.where = named(node)

    def constant(self, at: int) -> Floats | None:
        """Return the constant that stands at a place; None where none is given.

        Raises:
            DataError: it is computed.
        """
        if at >= len(self.node.input) or not self.node.input[at]:
            return None
        name = self.node.input[at]
        if name not in self.graph.constants:
            raise DataError(f"{self.where} takes '{name}', which is computed and no constant")
        return self.graph.constants[name]

    def other(self) -> tuple[Floats, bool]:
        """Return the constant beside what flows in, and whether it stands first.

        Raises:
            DataError: there is none.
        """
        first = self.node.input[0] != self.value
        found = self.constant(0 if first else 1)
        if found is None:
            raise DataError(f"{self.where} has one input only")
        return found.astype(np.result_type(np.float32, found.dtype)), first


Handler = Callable[[Chain, Step], None]


def _gemm(chain: Chain, step: Step) -> None:
    alpha, beta = step.attributes.get("alpha", 1.0), step.attributes.get("beta", 1.0)
    B = step.constant(1)
    if step.attributes.get("transA", 0) or B is None or step.node.input[0] != step.value:
        raise DataError(f"{step.where} does not multiply rows by constant weights")
    C = step.constant(2)
    W = B if step.attributes.get("transB", 0) else B.T
    chain.dense(_float(alpha * W), None if C is None else _float(beta * C), step.where)


def _matmul(chain: Chain, step: Step) -> None:
    W, first = step.other()
    if first:
        raise DataError(f"{step.where} has its weights in front; examples are expected as rows")
    chain.dense(W.T, None, step.where)


def _add(chain: Chain, step: Step) -> None:
    c, _ = step.other()
    chain.affine(np.ones(1), c, step.where)


def _sub(chain: Chain, step: Step) -> None:
    c, first = step.other()
    chain.affine(-np.ones(1) if first else np.ones(1), c if first else -c, step.where)


def _mul(chain: Chain, step: Step) -> None:
    a, _ = step.other()
    chain.affine(a, np.zeros(1), step.where)


def _div(chain: Chain, step: Step) -> None:
    a, first = step.other()
    if first:
        raise DataError(f"{step.where} divides by what flows through the network")
    chain.affine(1 / a, np.zeros(1), step.where)


def _batch_normalization(chain: Chain, step: Step) -> None:
    found = [step.constant(at) for at in range(1, 5)]
    if None in [None if one is None else 0 for one in found] or step.attributes.get(
        "training_mode", 0
    ):
        raise DataError(f"{step.where} has no fixed mean and variance")
    scale, B, mean, variance = (np.asarray(one, np.float64) for one in found)
    a = scale / np.sqrt(variance + step.attributes.get("epsilon", 1e-5))
    chain.affine(a, B - mean * a, step.where)


def _scaler(chain: Chain, step: Step) -> None:
    offset, scale = (
        np.asarray(step.attributes.get(name, [default]), np.float64)
        for name, default in (("offset", 0.0), ("scale", 1.0))
    )
    chain.affine(scale, -offset * scale, step.where)


def _leaky(chain: Chain, step: Step) -> None:
    slope = step.attributes.get("alpha", 0.01)
    if not math.isclose(slope, 0.01, rel_tol=1e-6):
        raise DataError(f"{step.where} has the slope {slope:g}, where cutaway's is 0.01")
    chain.activate("leaky_relu", step.where)


def _softmax(chain: Chain, step: Step) -> None:
    if step.attributes.get("axis", -1) not in (1, -1):
        raise DataError(f"{step.where} is not taken over the outputs of an example")
    chain.activate("softmax", step.where)


def _pass(chain: Chain, step: Step) -> None:
    """Nothing that a dense network would notice: the comparison with the file guards it."""


def _activation(name: str) -> Handler:
    return lambda chain, step: chain.activate(name, step.where)


def _float(array: Any) -> Floats:
    array = np.asarray(array)
    return np.asarray(array, np.result_type(np.float32, array.dtype))


OPERATORS: Mapping[str, Handler] = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Add": _add,
    "Sub": _sub,
    "Mul": _mul,
    "Div": _div,
    "BatchNormalization": _batch_normalization,
    "Scaler": _scaler,
    "Relu": _activation("relu"),
    "LeakyRelu": _leaky,
    "Sigmoid": _activation("sigmoid"),
    "Tanh": _activation("tanh"),
    "Softmax": _softmax,
    "LogSoftmax": _softmax,
    "Cast": _pass,
    "Dropout": _pass,
    "Flatten": _pass,
    "Identity": _pass,
    "Reshape": _pass,
}
# What may come after the network: labels and tables made of its outputs
ANSWERS = (
    "Add", "ArgMax", "ArrayFeatureExtractor", "Binarizer", "Cast", "Concat", "Equal", "Flatten",
    "Gather", "Greater", "GreaterOrEqual", "Identity", "LabelEncoder", "Less", "Mul", "Normalizer",
    "Reshape", "Squeeze", "Sub", "TopK", "Unsqueeze", "Where", "ZipMap",
)  # fmt: skip
