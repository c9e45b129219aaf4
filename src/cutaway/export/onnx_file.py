"""ONNX: the graph from the rows as they were read to the answer, built node by node."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cutaway.data.encoding import EncodedColumn
from cutaway.errors import MissingExtraError
from cutaway.export.subject import Subject
from cutaway.training.model import KEY

# Pinned: onnx writes its newest by default, which runtimes of a year ago do not read.
OPSET, IR = 21, 10
# Names that the graph itself uses, beside those of paths: /Z1
_OWN = re.compile(
    r"label|probabilities|prediction|classes|mean|scale|target_mean|target_scale|[Wb]\d+"
)
# Operator of each activation, and its attributes
ACTIVATIONS: Mapping[str, tuple[str, dict[str, float]]] = {
    "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
    "relu": ("Relu", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": 0.01}),
    "identity": ("Identity", {}),
    "softmax": ("Softmax", {"axis": 1}),
}


class _Graph:
    """Nodes, constants, inputs and outputs as they are added; every name is a path of its own."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []

    def constant(self, name: str, value: Any) -> str:
        from onnx import TensorProto, helper, numpy_helper

        if isinstance(value, np.ndarray):
            self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        else:
            shape, texts = value
            encoded = [text.encode("utf-8", "surrogateescape") for text in texts]
            self.constants.append(helper.make_tensor(name, TensorProto.STRING, shape, encoded))
        return name

    def node(self, operator: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(operator, inputs, [output], output, **attributes))
        return output

    def input(self, name: str, kind: int, shape: Sequence[str | int]) -> str:
        from onnx import helper

        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def output(self, name: str, kind: int, shape: Sequence[str | int]) -> str:
        from onnx import helper

        self.outputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name


def write(subject: Subject, name: str) -> dict[str, bytes]:
    """Return the ONNX file, checked by onnx itself.

    Raises:
        MissingExtraError: onnx is not installed.
    """
    try:
        import onnx
        from onnx import helper
    except ImportError:
        raise MissingExtraError("onnx", "export", "writing ONNX") from None
    graph = _Graph()
    A = _network(graph, subject, _normalised(graph, subject, _inputs(graph, subject)))
    _answers(graph, subject, A)
    model = helper.make_model(
        helper.make_graph(
            graph.nodes, "cutaway", graph.inputs, graph.outputs, graph.constants, subject.title()
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR,
        producer_name="cutaway",
        producer_version=subject.about.get("cutaway", ""),
        doc_string=f"{subject.name}: {subject.title()}",
    )
    helper.set_model_props(model, _metadata(subject))
    onnx.checker.check_model(model, full_check=True)
    return {name: model.SerializeToString()}


def _metadata(subject: Subject) -> dict[str, str]:
    p = subject.preparation
    texts = {
        "task": p.task,
        "classes": list(p.classes),
        "targets": list(p.target_names),
        "features": list(p.features or ()),
        "inputs": list(input_names(subject).values()),
        "picture": list(p.picture or ()),
    }
    shown = {key: value if isinstance(value, str) else _json(value) for key, value in texts.items()}
    # What `cutaway import` makes the model of again
    return {**shown, **subject.about, KEY: subject.model.to_json()}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def input_names(subject: Subject) -> dict[str, str]:
    """Return the name of the input that takes each column, or the one of the rows."""
    if subject.preparation.picture:
        return {"pictures": "pictures"}
    if subject.columns is None:
        return {"rows": "rows"}
    names: dict[str, str] = {}
    for column in subject.columns:
        name = column.name
        # Two values of a graph may not share a name.
        name = f"_{name}" if name.startswith("/") else name
        while _OWN.fullmatch(name) or name in names.values() or not name:
            name += "_"
        names[column.name] = name
    return names


def _inputs(graph: _Graph, subject: Subject) -> str:
    """Add the inputs as a person has them; return the name of the numbers (m, n_x)."""
    from onnx import TensorProto

    names = input_names(subject)
    picture, n_x = subject.preparation.picture, subject.network.n_x
    if picture:
        graph.input("pictures", TensorProto.UINT8, ["m", *picture])
        flat = graph.node("Flatten", ["pictures"], "/flat", axis=1)
        graph.node("Cast", [flat], "/float", to=TensorProto.FLOAT)
        white = graph.constant("/255", np.float32(255).reshape(1))
        return graph.node("Div", ["/float", white], "/pixels")
    if subject.columns is None:
        # In float64, as cutaway normalises: a column of large numbers keeps its digits.
        return graph.input("rows", TensorProto.DOUBLE, ["m", n_x])
    parts = []
    for column in subject.columns:
        name = names[column.name]
        is_text = column.kind == "category"
        graph.input(name, TensorProto.STRING if is_text else TensorProto.DOUBLE, ["m", 1])
        encode = _category if is_text else _number
        parts += encode(graph, column, name)
    return graph.node("Concat", parts, "/encoded", axis=1)


def _category(graph: _Graph, column: EncodedColumn, name: str) -> list[str]:
    """One input a category: 1 where the text is that one; a missing or unknown text is none."""
    from onnx import TensorProto

    categories = column.categories
    known = graph.constant(f"/{name}/categories", ([1, len(categories)], categories))
    same = graph.node("Equal", [name, known], f"/{name}/same")
    return [graph.node("Cast", [same], f"/{name}/encoded", to=TensorProto.DOUBLE)]


def _number(graph: _Graph, column: EncodedColumn, name: str) -> list[str]:
    """The number, or the mean of the training rows where it is NaN; and whether it was."""
    from onnx import TensorProto

    missing = graph.node("IsNaN", [name], f"/{name}/missing")
    fill = graph.constant(f"/{name}/fill", np.float64(column.fill).reshape(1, 1))
    parts = [graph.node("Where", [missing, fill, name], f"/{name}/filled")]
    if column.indicator:
        parts.append(graph.node("Cast", [missing], f"/{name}/indicator", to=TensorProto.DOUBLE))
    return parts


def _normalised(graph: _Graph, subject: Subject, numbers: str) -> str:
    """(row - mean) / scale, in the type of the rows; then float32."""
    from onnx import TensorProto

    p = subject.preparation
    exact = np.float32 if p.picture else np.float64
    mean = graph.constant("mean", p.mean.astype(exact)[np.newaxis])
    scale = graph.constant("scale", p.scale.astype(exact)[np.newaxis])
    centred = graph.node("Sub", [numbers, mean], "/centred")
    X = graph.node("Div", [centred, scale], "/normalised")
    return X if p.picture else graph.node("Cast", [X], "/X", to=TensorProto.FLOAT)


def _network(graph: _Graph, subject: Subject, X: str) -> str:
    """Z = A_prev @ W.T + b and A = g(Z), examples as rows."""
    A = X
    layers = zip(subject.layers, subject.functions, strict=True)
    for l, ((W, b), function) in enumerate(layers, start=1):
        constants = [graph.constant(f"W{l}", W), graph.constant(f"b{l}", b)]
        Z = graph.node("Gemm", [A, *constants], f"/Z{l}", transB=1)
        operator, attributes = ACTIVATIONS[function]
        A = graph.node(operator, [Z], f"/A{l}", **attributes)
    return A


def _answers(graph: _Graph, subject: Subject, A: str) -> None:
    from onnx import TensorProto

    p, n_y = subject.preparation, subject.network.n_y
    if p.task == "regression":
        # In float64 like the rows: 250,000.00 has more digits than float32 holds.
        double = graph.node("Cast", [A], "/A", to=TensorProto.DOUBLE)
        scale = graph.constant("target_scale", p.target_scale[np.newaxis])
        mean = graph.constant("target_mean", p.target_mean[np.newaxis])
        scaled = graph.node("Mul", [double, scale], "/scaled")
        graph.node("Add", [scaled, mean], "prediction")
        graph.output("prediction", TensorProto.DOUBLE, ["m", n_y])
        return
    K = len(p.classes)
    if subject.two_from_one:
        # One output is the probability A of the second class: [1 - A, A]
        sign = graph.constant("/sign", np.array([[-1, 1]], np.float32))
        one = graph.constant("/one", np.array([[1, 0]], np.float32))
        graph.node("Add", [graph.node("Mul", [A, sign], "/signed"), one], "probabilities")
    else:
        graph.node("Identity", [A], "probabilities")
    if p.task == "multi-label":
        half = graph.constant("/half", np.array([[0.5]], np.float32))
        more = graph.node("Greater", ["probabilities", half], "/more")
        graph.node("Cast", [more], "label", to=TensorProto.INT64)
        graph.output("label", TensorProto.INT64, ["m", K])
    else:
        number = graph.node("ArgMax", ["probabilities"], "/number", axis=1, keepdims=0)
        classes = graph.constant("classes", ([K], p.classes))
        graph.node("Gather", [classes, number], "label")
        graph.output("label", TensorProto.STRING, ["m"])
    graph.output("probabilities", TensorProto.FLOAT, ["m", K])


def feed(subject: Subject, rows: Any) -> dict[str, npt.NDArray[Any]]:
    """Return the inputs of the graph for rows as they were read."""
    names, picture = input_names(subject), subject.preparation.picture
    if picture:
        return {"pictures": np.asarray(rows).reshape(-1, *picture)}
    if subject.columns is None:
        return {"rows": np.asarray(rows, np.float64)}
    values = {}
    for column in subject.columns:
        found = rows.columns[column.name]
        if column.kind == "category":
            texts = ["" if text is None else text for text in found]
            values[names[column.name]] = np.array(texts, dtype=object)[:, np.newaxis]
        else:
            values[names[column.name]] = found.astype(np.float64)[:, np.newaxis]
    return values


def answer(path: Path, subject: Subject, rows: Any) -> npt.NDArray[np.floating[Any]]:
    """Return what onnxruntime answers for rows as they were read.

    Raises:
        MissingExtraError: onnxruntime is not installed.
    """
    try:
        import onnxruntime
    except ImportError:
        raise MissingExtraError("onnxruntime", "export", "checking ONNX") from None
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    answers: npt.NDArray[np.floating[Any]] = session.run([subject.answer], feed(subject, rows))[0]
    return answers
