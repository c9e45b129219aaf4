"""ONNX: from a graph to a model, compared by onnxruntime on the value where its layers end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cutaway.errors import DataError, MissingExtraError
from cutaway.importers.chain import OPEN, Chain
from cutaway.importers.imported import (
    FINISH,
    Given,
    Imported,
    Named,
    as_answers,
    numbers,
    to_model,
)
from cutaway.importers.onnx_graph import ANSWERS, OPERATORS, Graph, Step, attributes, named
from cutaway.training.model import KEY, Model

Floats = npt.NDArray[Any]
# Node that makes rows of several inputs, one a column
JOINS = ("Concat", "FeatureVectorizer")
ATTRIBUTES_WITH_CLASSES = ("classlabels_strings", "classlabels_int64s", "classlabels_ints")


class _Walked(NamedTuple):
    """Where the layers of a graph end, what they are, and what was found beside them."""

    chain: Chain
    end: str
    logarithm: bool
    classes: list[Any] | None
    columns: list[str] | None


def read(path: Path, given: Given) -> Imported:
    """Read an ONNX graph of dense layers, one after another.

    Raises:
        MissingExtraError: onnx is not installed.
        DataError: the file is damaged, or a node is no part of a dense network.
    """
    try:
        import onnx
    except ImportError:
        raise MissingExtraError("onnx", "export", "reading ONNX") from None
    try:
        model = onnx.load(path)
        onnx.checker.check_model(model)
    # onnx raises errors of protobuf, of its own and of Python
    except Exception as error:
        reason = str(error).strip().partition("\n")[0]
        raise DataError(f"{path} is damaged or no ONNX file: {reason}") from error
    given.refuse("the graph says it itself", "activation")
    try:
        return _read_own(path, model, given) or _read(model, given)
    except DataError as error:
        raise DataError(
            f"{path}: {error}; what can be imported are dense layers one after another, made of "
            f"{', '.join(OPERATORS)}"
        ) from error


def _read(model: Any, given: Given) -> Imported:
    graph = Graph(model)
    walked = _walk(graph)
    ours, notes = to_model(walked.chain, Named(walked.classes, walked.columns), given)
    finish = "exp" if walked.logarithm else ""
    if walked.chain.functions[-1] == OPEN and ours.network.output in FINISH:
        finish = ours.network.output
    inputs = {i.name: i for i in graph.inputs}
    ordered = [inputs[name] for name in walked.columns or inputs]
    floats = all(_kind(i) == "float32" for i in ordered)

    def answer(rows: Any) -> Floats:
        outputs = _run(model, walked.end, ordered, numbers(ours, rows))
        outputs = np.asarray(outputs, np.float64).reshape(len(outputs), -1)
        return as_answers(ours, FINISH[finish](outputs) if finish else outputs)

    return Imported(ours, notes, answer, floats)


def _walk(graph: Graph) -> _Walked:
    value, columns, seen = _start(graph)
    chain, logarithm = Chain(), False
    while len(users := graph.users[value]) == 1 and users[0].op_type in OPERATORS:
        node = users[0]
        step = Step(node, value, graph)
        if _spreads(chain, step):
            break
        OPERATORS[node.op_type](chain, step)
        logarithm = node.op_type == "LogSoftmax"
        seen.append(node)
        value = node.output[0]
    rest = [node for node in graph.nodes if not any(node is other for other in seen)]
    for node in rest:
        if node.op_type not in ANSWERS:
            raise DataError(f"{named(node)} is no part of a dense network")
    chain.end()
    return _Walked(chain, value, logarithm, _classes(graph, rest), columns)


def _spreads(chain: Chain, step: Step) -> bool:
    """Whether a node makes more of one output, as [1 - A, A]: that is an answer, no layer."""
    if chain.width != 1 or step.node.op_type not in ("Add", "Sub", "Mul", "Div"):
        return False
    return step.other()[0].size > 1


def _start(graph: Graph) -> tuple[str, list[str] | None, list[Any]]:
    """Return the value that holds the rows, the columns that they are made of, and nodes passed."""
    if len(graph.inputs) == 1:
        return graph.inputs[0].name, None, []
    names = [i.name for i in graph.inputs]
    joins = [
        node for node in graph.nodes if node.op_type in JOINS and set(node.input) <= set(names)
    ]
    if not joins or sorted(joins[0].input) != sorted(names):
        raise DataError(
            f"the graph has {len(names)} inputs ({', '.join(names[:5])}..), which are not joined "
            "to rows of numbers at once"
        )
    return joins[0].output[0], list(joins[0].input), [joins[0]]


def _classes(graph: Graph, rest: list[Any]) -> list[Any] | None:
    """Return the names of the classes from what makes labels of the outputs."""
    for node in rest:
        found = attributes(node)
        labels = next((found[name] for name in ATTRIBUTES_WITH_CLASSES if found.get(name)), None)
        if node.op_type in ("ArrayFeatureExtractor", "Gather") and node.input[0] in graph.constants:
            labels = graph.constants[node.input[0]].ravel().tolist()
        if labels is not None:
            return [x.decode("utf-8", "replace") if isinstance(x, bytes) else x for x in labels]
    return None


def _kind(value: Any) -> str:
    from onnx import helper

    return str(helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type))


def _run(model: Any, end: str, inputs: list[Any], x: Floats) -> Floats:
    """Return the value `end` for rows x (m, n_x), by onnxruntime.

    Raises:
        MissingExtraError: onnxruntime is not installed.
    """
    try:
        import onnxruntime
    except ImportError:
        raise MissingExtraError("onnxruntime", "export", "comparing with ONNX") from None
    import onnx

    whole = onnx.ModelProto()
    whole.CopyFrom(model)
    del whole.graph.output[:]
    whole.graph.output.append(onnx.helper.make_empty_tensor_value_info(end))
    options = onnxruntime.SessionOptions()
    # What it has to say comes as an error, not beside it on the terminal
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        whole.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    shapes = [[d.dim_value for d in i.type.tensor_type.shape.dim] for i in inputs]
    batch = shapes[0][0] if shapes[0] and shapes[0][0] else len(x)
    parts = []
    for start in range(0, len(x), batch):
        some = x[start : start + batch]
        # A graph may be made for so many rows and no others
        full = np.concatenate([some, np.repeat(some[-1:], batch - len(some), axis=0)])
        columns = [full] if len(inputs) == 1 else np.split(full, full.shape[1], axis=1)
        feed = {
            i.name: column.reshape(batch, *_inner(shape, column.shape[1])).astype(_kind(i))
            for i, shape, column in zip(inputs, shapes, columns, strict=True)
        }
        parts.append(np.asarray(session.run(None, feed)[0])[: len(some)])
    return np.concatenate(parts)


def _inner(shape: list[int], n_x: int) -> list[int]:
    """Return the shape of an example where the graph fixes it, else n_x."""
    inner = shape[1:]
    return inner if inner and all(inner) else [n_x]


def _read_own(path: Path, model: Any, given: Given) -> Imported | None:
    """Read a graph that cutaway wrote: its metadata hold all but the numbers."""
    from onnx import numpy_helper

    from cutaway.export import onnx_file
    from cutaway.export.subject import Subject

    metadata = {entry.key: entry.value for entry in model.metadata_props}
    if KEY not in metadata:
        return None
    given.refuse(f"{path} is a model of cutaway, which says everything itself")
    constants = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    said = json.loads(metadata[KEY])
    n_y = said["network"]["sizes"][-1]
    targets = {"target_mean": np.zeros(n_y), "target_scale": np.ones(n_y)}
    flat = {name: np.ravel(constants.get(name, default)) for name, default in targets.items()}
    flat |= {name: np.ravel(constants[name]) for name in ("mean", "scale")}
    ours = Model.from_parts(said, constants | flat, path)
    subject = Subject(path.stem, ours)
    return Imported(ours, (), lambda rows: onnx_file.answer(path, subject, rows))
