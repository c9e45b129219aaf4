from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cutaway.export import onnx_file
from cutaway.export.subject import Subject

from .conftest import CASES  # isort: skip

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")


def session(subject: Subject, folder: Path) -> onnxruntime.InferenceSession:
    path = folder / "model.onnx"
    path.write_bytes(onnx_file.write(subject, path.name)[path.name])
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def test_the_graph_says_what_it_is(tmp_path: Path, subject: Callable[[str], Subject]) -> None:
    content = onnx_file.write(subject("table"), "model.onnx")["model.onnx"]
    model = onnx.load_from_string(content)
    assert (model.ir_version, model.opset_import[0].version, model.producer_name) == (
        10,
        21,
        "cutaway",
    )
    found = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(found["classes"]) == ["1", '"', "\\"]
    assert json.loads(found["features"])[:2] == ["width", "width is missing"]
    assert found["fingerprint"] == "0123"
    # A column is named like an output, which keeps its name.
    assert [value.name for value in model.graph.input] == ["width", "label_", "new", "time"]
    assert [value.name for value in model.graph.output] == ["label", "probabilities"]


@pytest.mark.parametrize("case", [name for name, (data, _) in CASES.items() if data.classes])
def test_labels_are_those_of_the_network(
    tmp_path: Path, subject: Callable[[str], Subject], case: str
) -> None:
    one, rows = subject(case), CASES[case][0].rows
    labels, probabilities = session(one, tmp_path).run(None, onnx_file.feed(one, rows))
    A, _ = one.model.outputs(rows)
    numbers = one.preparation.answers(A)
    if one.preparation.task == "multi-label":
        np.testing.assert_array_equal(labels, numbers)
    else:
        assert labels.tolist() == [one.preparation.classes[k] for k in numbers]
    assert probabilities.dtype == np.float32
    assert probabilities.shape == (len(rows), len(one.preparation.classes))


def test_pictures_go_in_as_they_are(tmp_path: Path, subject: Callable[[str], Subject]) -> None:
    one = subject("pictures")
    (given,) = session(one, tmp_path).get_inputs()
    assert (given.name, given.type, given.shape) == ("pictures", "tensor(uint8)", ["m", 4, 3, 3])


def test_a_row_at_a_time_gives_the_same(tmp_path: Path, subject: Callable[[str], Subject]) -> None:
    one = subject("prices")
    rows, runtime = CASES["prices"][0].rows, session(one, tmp_path)
    (together,) = runtime.run(None, onnx_file.feed(one, rows))
    for i in (0, 7):
        (alone,) = runtime.run(None, onnx_file.feed(one, rows[np.array([i])]))
        np.testing.assert_allclose(alone[0], together[i], rtol=1e-6)
