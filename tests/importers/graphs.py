"""ONNX graphs as other programs write them: one row a manner, with what the network must be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

RANDOM = np.random.default_rng(5)
F = np.float32
ML = "ai.onnx.ml"
X = ("X", TensorProto.FLOAT, ["m", 4])


def numbers(*shape: int) -> Any:
    return RANDOM.normal(size=shape).astype(F)


W1, b1, W2, b2, w2 = numbers(5, 4), numbers(5), numbers(3, 5), numbers(3), numbers(1, 5)


def graph(
    nodes: list[tuple[Any, ...]],
    constants: Mapping[str, Any],
    inputs: tuple[Any, ...] = (X,),
    outputs: tuple[str, ...] = ("out",),
    opset: int = 21,
) -> ModelProto:
    """Nodes are (operator, inputs, output[, attributes[, domain]])."""
    made = [
        helper.make_node(
            operator, inputs.split(), [output], name=f"{operator} {output}",
            domain=(more[1:] or ("",))[0], **(more[0] if more else {}),
        )
        for operator, inputs, output, *more in nodes
    ]  # fmt: skip
    tensors = [numpy_helper.from_array(np.asarray(v), name) for name, v in constants.items()]
    is_text = np.asarray(constants.get("classes")).dtype == object and "classes" in constants
    kinds = {"label": TensorProto.STRING if is_text else TensorProto.INT64}
    whole = helper.make_graph(
        made, "foreign", [helper.make_tensor_value_info(*i) for i in inputs],
        [helper.make_tensor_value_info(o, kinds.get(o, TensorProto.FLOAT), "mk") for o in outputs],
        tensors,
    )  # fmt: skip
    imports = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", 1)]
    return helper.make_model(whole, opset_imports=imports, ir_version=10)


class Case(NamedTuple):
    """A graph, the network that it is, the name of its answers, and what a person adds."""

    graph: ModelProto
    sizes: tuple[int, ...]
    functions: tuple[str, ...]
    answers: str = "out"
    given: Mapping[str, Any] = {}
    apply: Callable[[Any], Any] = lambda out: out
    classes: tuple[str, ...] = ("0", "1", "2")


TWO = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
ROWS = {"W1": W1.T, "b1": b1[None], "W2": W2.T, "b2": b2[None]}
GEMM = [("Gemm", "X W1 b1", "Z1", {"transB": 1}), ("Relu", "Z1", "A1")]
LAST = ("Gemm", "A1 W2 b2", "Z2", {"transB": 1})
SIZES = (4, 5, 3)


def _softmax(Z: Any) -> Any:
    e = np.exp(Z - Z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


CASES = {
    "Gemm": Case(graph([*GEMM, LAST, ("Softmax", "Z2", "out")], TWO), SIZES, ("relu", "softmax")),
    "MatMul and Add, labels as text": Case(
        graph(
            [
                ("Scaler", "X", "s", {"offset": [1.0, 2, 3, 4], "scale": [2.0, 1, 1, 3]}, ML),
                ("Cast", "s", "c", {"to": 1}),
                ("MatMul", "c W1", "p1"), ("Add", "p1 b1", "Z1"), ("Tanh", "Z1", "A1"),
                ("MatMul", "A1 W2", "p2"), ("Add", "b2 p2", "Z2"), ("Softmax", "Z2", "out"),
                ("ArgMax", "out", "k", {"axis": 1}),
                ("ArrayFeatureExtractor", "classes k", "label", {}, ML),
            ],
            ROWS | {"classes": np.array([b"ant", b"bee", b"cow"], dtype=object)},
            outputs=("label", "out"),
        ),
        SIZES, ("tanh", "softmax"), classes=("ant", "bee", "cow"),
    ),
    "two classes of one output": Case(
        graph(
            [
                *GEMM, ("MatMul", "A1 w2", "Z2"), ("Sigmoid", "Z2", "p"), ("Sub", "one p", "q"),
                ("Concat", "q p", "out", {"axis": 1}), ("ArgMax", "out", "k", {"axis": 1}),
                ("ArrayFeatureExtractor", "classes k", "label", {}, ML),
            ],
            {"W1": W1, "b1": b1, "w2": w2.T, "one": F(1), "classes": np.array([3, 7])},
            outputs=("label", "out"),
        ),
        (4, 5, 1), ("relu", "sigmoid"), classes=("3", "7"),
    ),
    "numbers, scaled before and after": Case(
        graph(
            [
                ("Sub", "X mean", "c"), ("Div", "c scale", "n"),
                ("Gemm", "n W1 b1", "Z1", {"transB": 1, "alpha": 0.5, "beta": 2.0}),
                ("LeakyRelu", "Z1", "A1"), LAST, ("Relu", "Z2", "A2"),
                ("Mul", "A2 unit", "u"), ("Add", "u zero", "out"),
            ],
            TWO
            | {"mean": numbers(4), "scale": F([1, 2, 3, 4])}
            | {"unit": F(1000), "zero": F([[1, 2, 3]])},
        ),
        SIZES, ("leaky_relu", "relu"), classes=(),
    ),
    "batch normalisation before and after, and a layer without activation": Case(
        graph(
            [
                ("Flatten", "X", "f"), ("Gemm", "f W1 b1", "Z1", {"transB": 1}),
                ("BatchNormalization", "Z1 g h u v", "N1"), ("Relu", "N1", "A1"),
                ("BatchNormalization", "A1 g h u v", "N2"), ("Dropout", "N2", "D"),
                ("Transpose", "W2", "W2t", {"perm": [1, 0]}), ("MatMul", "D W2t", "p2"),
                ("Add", "p2 b2", "Z2"),
                ("Gemm", "Z2 W3 ", "Z3"), ("LogSoftmax", "Z3", "out", {"axis": 1}),
            ],
            {"W1": W1, "b1": b1, "W2": W2, "b2": b2, "W3": numbers(3, 2), "g": numbers(5),
             "h": numbers(5), "u": numbers(5), "v": numbers(5) ** 2},
            inputs=(("X", TensorProto.FLOAT, [2, 1, 2, 2]),),
        ),
        (4, 5, 3, 2), ("relu", "identity", "softmax"), apply=np.exp, classes=("0", "1"),
    ),
    "a column an input": Case(
        graph(
            [("Concat", "w a", "X", {"axis": 1}), ("Cast", "X", "x", {"to": 1}),
             ("Gemm", "x W1 b1", "Z1", {"transB": 1}), ("Sigmoid", "Z1", "out")],
            {"W1": W1[:, :2].copy(), "b1": b1},
            inputs=(("a", TensorProto.DOUBLE, ["m", 1]), ("w", TensorProto.DOUBLE, ["m", 1])),
        ),
        (2, 5), ("sigmoid",), classes=tuple("01234"),
    ),
    "Z alone, said to be classes": Case(
        graph([*GEMM, LAST, ("Identity", "Z2", "out")], TWO), SIZES, ("relu", "softmax"),
        given={"classes": ("x", "y", "z")}, apply=_softmax, classes=("x", "y", "z"),
    ),
    "Z alone, said to be labels": Case(
        graph([*GEMM, LAST, ("Identity", "Z2", "out")], TWO), SIZES, ("relu", "sigmoid"),
        given={"output": "sigmoid"}, apply=lambda Z: 1 / (1 + np.exp(-Z)),
    ),
    "Z and its probabilities": Case(
        graph([*GEMM, LAST, ("Softmax", "Z2", "out")], TWO, outputs=("Z2", "out")),
        SIZES, ("relu", "softmax"),
    ),
}  # fmt: skip
