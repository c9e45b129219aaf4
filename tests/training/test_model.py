from __future__ import annotations

import dataclasses
import json
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

import cutaway
from cutaway.data.columns import Table
from cutaway.data.dataset import Dataset, PictureShape
from cutaway.errors import RunError
from cutaway.training.model import KEY, Model
from cutaway.training.trainee import Run

M = 40
RANDOM = np.random.default_rng(3)
NUMBERS = RANDOM.normal(size=(M, 3))
WORDS = np.array(["red", "größer", None, "blue"] * (M // 4), dtype=object)
TABLE = Table({"width": np.where(NUMBERS[:, 0] > 1, np.nan, NUMBERS[:, 0]), "colour": WORDS,
               "new": NUMBERS[:, 1] > 0})  # fmt: skip
PIXELS = RANDOM.integers(0, 256, (M, 4 * 3 * 3), dtype=np.uint8)
TWO, THREE = np.arange(M) % 2, np.arange(M) % 3
PRICES = NUMBERS[:, :2] * [1000, 1] + 5

DATASETS: dict[str, Dataset] = {
    "two classes": Dataset("a", "array", "classification", NUMBERS, TWO, ("no", "yes")),
    "three classes": Dataset("a", "array", "classification", NUMBERS, THREE, ("1", "2", "ü")),
    "labels": Dataset(
        "a", "array", "multi-label", NUMBERS, np.stack([TWO, THREE > 0], 1), ("x", "y"), ("x", "y")
    ),
    "regression": Dataset("a", "array", "regression", NUMBERS, PRICES, (), ("price", "rent")),
    "pictures": Dataset(
        "a",
        "pictures",
        "classification",
        PIXELS,
        TWO,
        ("cat", "dog"),
        picture=PictureShape(4, 3, 3),
    ),
    "table": Dataset("a", "table", "classification", TABLE, THREE, ("1", "2", "3")),
    "table of prices": Dataset("a", "table", "regression", TABLE, PRICES, (), ("price", "rent")),
}


def trained(name: str, **given: Any) -> Run:
    return cutaway.train(DATASETS[name], **{"hidden": (5, 4), "epochs": 2} | given)


@pytest.mark.parametrize("name", DATASETS)
@pytest.mark.parametrize("normalize", ["standard", "none"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_model_comes_back_exactly(tmp_path: Path, name: str, normalize: str, dtype: str) -> None:
    model = trained(name, normalize=normalize, dtype=dtype).model
    path = tmp_path / "model.safetensors"
    model.save(path)
    back = Model.load(path)
    assert back.network == model.network
    assert (back.theta.dtype, back.theta.tobytes()) == (np.dtype(dtype), model.theta.tobytes())
    for field in dataclasses.fields(model.preparation):
        ours, other = (getattr(m.preparation, field.name) for m in (model, back))
        if isinstance(ours, np.ndarray):
            assert (other.dtype, other.tobytes()) == (ours.dtype, ours.tobytes())
        else:
            assert other == ours, field.name
    rows = DATASETS[name].rows
    for ours, other in zip(model.outputs(rows), back.outputs(rows), strict=True):
        np.testing.assert_array_equal(ours, other)


def test_no_hidden_layer_and_several_activations_come_back(tmp_path: Path) -> None:
    for given in ({"hidden": "none"}, {"activation": ("tanh", "leaky_relu"), "output": "sigmoid"}):
        model = trained("two classes", **given).model
        model.save(tmp_path / "model")
        assert Model.load(tmp_path / "model").network == model.network


def test_equal_models_are_equal_files(tmp_path: Path) -> None:
    contents = set()
    for i in range(3):
        trained("table").model.save(tmp_path / str(i))
        contents.add((tmp_path / str(i)).read_bytes())
    assert len(contents) == 1


def test_the_file_holds_the_parameters_by_name_and_nothing_that_runs(tmp_path: Path) -> None:
    run = trained("three classes")
    run.model.save(tmp_path / "model")
    tensors = load_file(tmp_path / "model")
    assert {name: array.shape for name, array in tensors.items() if name[0] in "Wb"} == {
        "W1": (5, 3), "b1": (5, 1), "W2": (4, 5), "b2": (4, 1), "W3": (3, 4), "b3": (3, 1),
    }  # fmt: skip
    np.testing.assert_array_equal(tensors["W2"], run.parameters[1].W)
    with safe_open(tmp_path / "model", framework="numpy") as file:
        metadata = json.loads(file.metadata()[KEY])
    assert metadata["preparation"]["classes"] == ["1", "2", "ü"]


def test_no_pickle_is_imported_but_where_a_person_trusts_it() -> None:
    package = Path(cutaway.__file__).parent
    runs_code = re.compile(
        r"^\s*(import|from) (pickle|joblib|dill|marshal|shelve)\b|allow_pickle=True"
    )
    trusted = package / "importers" / "joblib_file.py"
    for path in set(package.rglob("*.py")) - {trusted}:
        lines = path.read_text(encoding="utf-8").splitlines()
        assert not [line for line in lines if runs_code.search(line)], path


def foreign(path: Path) -> None:
    save_file({"weight": np.zeros((2, 2))}, path, {"format": "pt"})


def other_version(path: Path) -> None:
    save_file({"W1": np.zeros((2, 2))}, path, {KEY: json.dumps({"format": 99})})


def without(name: str) -> Any:
    def harm(path: Path) -> None:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata()
        tensors = load_file(path)
        del tensors[name]
        save_file(tensors, path, metadata)

    return harm


def no_preparation(path: Path) -> None:
    with safe_open(path, framework="numpy") as file:
        metadata = json.loads(file.metadata()[KEY])
    del metadata["preparation"]
    save_file(load_file(path), path, {KEY: json.dumps(metadata)})


def other_size(path: Path) -> None:
    with safe_open(path, framework="numpy") as file:
        metadata = file.metadata()
    save_file(load_file(path) | {"W1": np.zeros((7, 7))}, path, metadata)


@pytest.mark.parametrize(
    ("harm", "match"),
    [
        (Path.unlink, "does not exist: the run has no model"),
        (lambda path: path.write_bytes(b""), "is damaged or no model file"),
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), "is damaged or no model file"),
        (lambda path: path.write_bytes(b"\x89PNG" * 100), "is damaged or no model file"),
        (lambda path: path.write_bytes(pickle.dumps({"W1": 1})), "is damaged or no model file"),
        (foreign, "no model that this version of cutaway can read"),
        (other_version, "its format is 99, expected 1"),
        (without("W2"), "is damaged: KeyError"),
        (without("mean"), "is damaged: KeyError"),
        (no_preparation, "is damaged: KeyError"),
        (other_size, "is damaged: ValueError"),
    ],
)
def test_a_file_that_is_no_model_is_named(tmp_path: Path, harm: Any, match: str) -> None:
    path = tmp_path / "model.safetensors"
    trained("two classes").model.save(path)
    harm(path)
    with pytest.raises(RunError, match=match) as caught:
        Model.load(path)
    assert str(path) in str(caught.value)


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no model file"):
        Model.load(tmp_path)


def test_the_examples_of_the_documentation_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Path(__file__).parents[2] / "docs" / "run-folder.md"
    examples = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    run = cutaway.train("digits", hidden=(6,), epochs=2, runs="runs")
    names: dict[str, Any] = {}
    for example in examples:
        exec(example, names)
    assert Path("runs/digits-1/README.md").is_file()
    assert [epoch for epoch, _ in names["curve"]] == [0, 1, 2]
    assert [loss for _, loss in names["curve"]] == [record.dev_loss for record in run.history]
    W1, b1 = run.parameters[0]
    mean, scale = run.model.preparation.mean, run.model.preparation.scale
    np.testing.assert_allclose(names["Z1"][:, 0], W1 @ (-mean / scale) + b1[:, 0], rtol=1e-5)
