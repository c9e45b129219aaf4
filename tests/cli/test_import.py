from __future__ import annotations

import json
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from .conftest import Cutaway  # isort: skip

NAMES = "setosa,versicolor,virginica"
COLUMNS = ",".join(load_iris().feature_names)


@pytest.fixture
def mlp(cutaway: Cutaway, tmp_path: Path) -> Path:
    X, y = load_iris(return_X_y=True)
    mlp = MLPClassifier((8,), solver="lbfgs", max_iter=2000, random_state=0)
    estimator = make_pipeline(StandardScaler(), mlp).fit(X, y)
    joblib.dump(estimator, tmp_path / "mlp.joblib")
    return tmp_path


def test_an_import_is_a_run_like_others(cutaway: Cutaway, mlp: Path) -> None:
    del mlp
    done = cutaway("import", "mlp.joblib", "--trust", "--classes", NAMES, "--columns", COLUMNS)
    assert done.code == 0
    assert "a network (4-8-3) that tells 3 classes apart in rows of a table" in done.out
    assert "on 64 drawn rows" in done.out
    assert "cutaway evaluate mlp-1 PATH" in done.out
    measured = cutaway("evaluate", "last", "iris", "--json").json()
    assert measured["error"] == 0
    assert "setosa" in cutaway("predict", "mlp-1", "iris").out
    assert cutaway("export", "last", "--to", "onnx").code == 0
    assert cutaway("import", "runs/mlp-1/model.onnx", "--name", "again").code == 0
    (first, second) = cutaway("runs", "--json").json()
    assert (first["status"], second["name"]) == ("imported", "again")
    card = Path("runs/mlp-1/README.md").read_text()
    assert "**Imported from:** mlp.joblib (SHA-256" in card
    assert json.loads(Path("runs/mlp-1/run.json").read_text())["imported"]["format"] == "joblib"
    for command, says in (
        (("train", "--resume", "mlp-1"), "cannot be resumed"),
        (("evaluate", "mlp-1", "--test"), "has no data of its own"),
        (("diagnose", "mlp-1"), "has no errors of its own"),
        (("compare", "mlp-1", "again"), "has no data of its own"),
    ):
        code, _, err = cutaway(*command)
        assert code == 2
        assert says in err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("mlp.joblib", "add --trust"),
        ("nothing.onnx", "nothing.onnx does not exist"),
        ("empty.onnx", "damaged or no ONNX file"),
        ("empty.safetensors", "damaged or no safetensors file"),
        ("empty.joblib --trust", "cannot be read: EOFError"),
        ("empty.h5", "what can be imported are files of .onnx, .safetensors, .joblib"),
        (".", ". is no file"),
        ("mlp.joblib --trust --output softmax", "--output has no meaning here"),
        ("mlp.joblib --trust --classes a,b", "2 different names for 3 classes"),
        ("mlp.joblib --trust --columns a,b", "2 different names for 4 inputs"),
        ("mlp.joblib --trust --output sofmax", "did you mean 'softmax'?"),
        ("mlp.joblib --trust --name last", "'last' is no name for a run"),
    ],
)
def test_bad_input(cutaway: Cutaway, mlp: Path, arguments: str, says: str) -> None:
    for suffix in ("onnx", "safetensors", "joblib", "h5"):
        (mlp / f"empty.{suffix}").write_bytes(b"")
    code, out, err = cutaway("import", *arguments.split())
    assert (code, out) == (2, "")
    assert says in err
    assert not Path("runs").exists()


def test_what_is_predicted_can_be_named(cutaway: Cutaway, mlp: Path) -> None:
    cutaway("import", "mlp.joblib", "--trust", "--columns", "a,b,c,d", "--target", "kind")
    (mlp / "new.csv").write_text("a,b,c,d,kind\n5.1,3.5,1.4,0.2,0\n6.3,3.3,6.0,2.5,1\n")
    assert cutaway("evaluate", "last", "new.csv", "--json").json()["error"] == 0.5
    rows = np.array([[5.1, 3.5, 1.4, 0.2]])
    np.save(mlp / "rows.npy", rows)
    code, _, err = cutaway("predict", "last", "rows.npy")
    assert code == 2
    assert "does not fit" in err
