from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto
from tests.export.conftest import CASES as OURS
from tests.importers.graphs import CASES, GEMM, LAST, TWO, F, graph, numbers

import cutaway
from cutaway.data.columns import Table
from cutaway.errors import CutawayError
from cutaway.export import onnx_file
from cutaway.importers.imported import Given
from cutaway.importers.importing import import_file
from cutaway.training.model import Model

OTHERS: dict[str, Any] = CASES


def answers_of(path: Path, name: str, columns: list[str] | None, rows: Any) -> Any:
    """What onnxruntime answers, two rows at a time, from the graph as it is."""
    session = onnxruntime.InferenceSession(path)
    parts = []
    for some in np.split(rows, len(rows) // 2):
        if columns:
            feed = {c: some[:, [i]].astype(np.float64) for i, c in enumerate(columns)}
        else:
            (one,) = session.get_inputs()
            shape = [n for n in one.shape[1:] if n]
            feed = {one.name: some.reshape(2, *shape).astype(F)}
        parts.append(session.run([name], feed)[0])
    return np.concatenate(parts)


@pytest.mark.parametrize("name", OTHERS)
def test_a_graph_of_another_program_answers_as_before(tmp_path: Path, name: str) -> None:
    case = OTHERS[name]
    path = tmp_path / "other.onnx"
    onnx.save(case.graph, path)
    kept = import_file(path, Given(**case.given), runs=tmp_path / "runs")
    model = cutaway.load(kept.folder.path)
    assert model.network.sizes == case.sizes
    assert (*model.network.activations, model.network.output) == case.functions
    assert model.preparation.classes == case.classes
    assert kept.difference is not None
    rows = numbers(8, case.sizes[0])
    encoding = model.preparation.encoding
    columns = None if encoding is None else [column.name for column in encoding.columns]
    given: Any = rows
    if columns:
        assert columns == ["w", "a"]
        given = Table({c: rows[:, i].astype(np.float64) for i, c in enumerate(columns)})
    A, _ = model.outputs(given)
    p = model.preparation
    ours = p.answers(A) if p.task == "regression" else p.probabilities(A)
    theirs = case.apply(answers_of(path, case.answers, columns, rows))
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("case", OURS)
def test_a_graph_of_cutaway_comes_back_whole(tmp_path: Path, case: str, subject: Any) -> None:
    before = subject(case)
    path = tmp_path / "ours.onnx"
    path.write_bytes(onnx_file.write(before, path.name)[path.name])
    kept = import_file(path, runs=tmp_path / "runs")
    after = cutaway.load(kept.folder.path)
    assert after.network == before.network
    assert after.preparation.to_json() == before.preparation.to_json()
    assert kept.difference is not None
    np.testing.assert_array_equal(after.theta, before.model.theta.astype(F))


def test_columns_named_as_the_graph_names_its_own_come_back(tmp_path: Path) -> None:
    names = ("mean", "/Z1", "label", "W1")
    rows = numbers(20, 4).astype(np.float64)
    data = cutaway.data.dataset.Dataset(  # type: ignore[attr-defined]
        "x", "table", "classification", Table({n: rows[:, i] for i, n in enumerate(names)}),
        np.arange(20) % 2, ("a", "b"),
    )  # fmt: skip
    run = cutaway.train(data, hidden=(3,), epochs=1)
    path = tmp_path / "ours.onnx"
    from cutaway.export.subject import Subject

    path.write_bytes(onnx_file.write(Subject("x", run.model, {}), path.name)[path.name])
    kept = import_file(path, runs=tmp_path / "runs")
    assert kept.difference is not None
    assert kept.model.preparation.features == names


REFUSED = {
    "a convolution": (
        graph(
            [("Conv", "X K", "out")], {"K": numbers(1, 4, 1)},
            (("X", TensorProto.FLOAT, ["m", 4, 9]),),
        ),
        {}, "node 'Conv out' (Conv) is no part of a dense network",
    ),
    "a way around a layer": (
        graph(
            [*GEMM, ("Gemm", "A1 V b1", "Z2", {"transB": 1}), ("Add", "Z2 A1", "out")],
            TWO | {"V": numbers(5, 5)},
        ),
        {}, "node 'Gemm Z2' (Gemm)",
    ),
    "another activation": (
        graph([GEMM[0], ("Elu", "Z1", "out")], TWO), {}, "node 'Elu out' (Elu)",
    ),
    "another slope": (
        graph([GEMM[0], ("LeakyRelu", "Z1", "out", {"alpha": 0.2})], TWO), {}, "the slope 0.2",
    ),
    "softmax over the examples": (
        graph([GEMM[0], ("Softmax", "Z1", "out", {"axis": 0})], TWO), {}, "not taken over the",
    ),
    "no layer": (graph([("Relu", "X", "out")], {}), {}, "follows no dense layer"),
    "nothing": (graph([("Identity", "X", "out")], {}), {}, "there is no dense layer"),
    "weights that are given with the rows": (
        graph(
            [("MatMul", "X V", "out")], {},
            (("X", TensorProto.FLOAT, ["m", 4]), ("V", TensorProto.FLOAT, [4, 4])),
        ),
        {}, "2 inputs (X, V..), which are not joined",
    ),
    "probabilities that are scaled": (
        graph([GEMM[0], ("Sigmoid", "Z1", "A1"), ("Mul", "A1 two", "out")], TWO | {"two": F(2)}),
        {}, "is scaled once more",
    ),
    "a number that is none": (
        graph([*GEMM, LAST], TWO | {"b2": F([1, np.nan, 3])}, outputs=("Z2",)),
        {}, "layer 2 has parameters that are not finite",
    ),
    "too few classes": (
        graph([*GEMM, LAST, ("Softmax", "Z2", "out")], TWO), {"classes": ("a", "b")},
        "--classes: 2 different names for 3 classes",
    ),
    "another output": (
        graph([*GEMM, LAST, ("Softmax", "Z2", "out")], TWO), {"output": "sigmoid"},
        "the network ends in softmax itself",
    ),
    "columns twice": (
        graph([*GEMM, LAST], TWO, outputs=("Z2",)), {"columns": ("a", "a", "b", "c")},
        "--columns: 3 different names for 4 inputs",
    ),
    "an activation": (
        graph([*GEMM, LAST], TWO, outputs=("Z2",)), {"activation": "relu"}, "the graph says it",
    ),
    "targets": (
        graph([*GEMM, LAST], TWO, outputs=("Z2",)), {"target": ("price",)}, "1 names for 3 outputs",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_dense_network_is_named(tmp_path: Path, name: str) -> None:
    model, given, says = REFUSED[name]
    onnx.save(model, tmp_path / "other.onnx")
    with pytest.raises(CutawayError) as raised:
        import_file(tmp_path / "other.onnx", Given(**given), runs=tmp_path / "runs")
    assert says in str(raised.value)
    assert not (tmp_path / "runs").exists()


def test_a_damaged_graph_is_told(tmp_path: Path) -> None:
    path = tmp_path / "other.onnx"
    path.write_bytes(CASES["Gemm"].graph.SerializeToString()[:-40])
    with pytest.raises(CutawayError, match="damaged or no ONNX file"):
        import_file(path, runs=tmp_path / "runs")


def test_a_network_that_differs_from_its_file_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    onnx.save(CASES["Gemm"].graph, tmp_path / "other.onnx")
    outputs = Model.outputs
    monkeypatch.setattr(
        Model, "outputs", lambda self, rows: (outputs(self, rows)[0] + 1e-4, ()), raising=True
    )
    with pytest.raises(CutawayError, match=r"differs from the file by 0\.0001"):
        import_file(tmp_path / "other.onnx", runs=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()
