from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cutaway
from cutaway.data.dataset import Dataset, PictureShape
from cutaway.errors import DataError, OptionError, RunError

M = 30
RANDOM = np.random.default_rng(5)
NUMBERS = RANDOM.normal(size=(M, 3))
PIXELS = RANDOM.integers(0, 256, (M, 4 * 3 * 3), dtype=np.uint8)
TWO = np.arange(M) % 2
LABELS = np.stack([TWO, NUMBERS[:, 0] > 0], axis=1)
PRICES = NUMBERS[:, :2] * [1000, 1] + 5

DATASETS = {
    "classes": Dataset("a", "array", "classification", NUMBERS, TWO, ("no", "yes")),
    "labels": Dataset("a", "array", "multi-label", NUMBERS, LABELS, ("x", "y"), ("x", "y")),
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
}


def model_of(data: str | Dataset) -> cutaway.Model:
    return cutaway.train(data, hidden=(4,), epochs=3).model


@pytest.mark.parametrize("name", DATASETS)
def test_rows_are_answered_in_words_and_units(name: str) -> None:
    dataset = DATASETS[name]
    model = model_of(dataset)
    prediction = model.predict(np.asarray(dataset.rows))
    A, _ = model.outputs(dataset.rows)
    np.testing.assert_array_equal(prediction.A, A)
    assert list(prediction.origins) == [f"row {i + 1}" for i in range(M)]
    for answer, values in zip(prediction.answers, prediction.values, strict=True):
        if name == "regression":
            assert answer == {"price": values[0], "rent": values[1]}
        elif name == "labels":
            assert answer == tuple(np.array(("x", "y"))[values == 1])
        else:
            assert answer == dataset.classes[values]
    probabilities = prediction.probabilities
    assert (probabilities is None) == (name == "regression")
    if probabilities is not None:
        assert probabilities.shape == (M, 2)


def test_pictures_may_keep_their_shape() -> None:
    model = model_of(DATASETS["pictures"])
    flat, shaped = model.predict(PIXELS), model.predict(PIXELS.reshape(M, 4, 3, 3))
    np.testing.assert_array_equal(flat.A, shaped.A)


@pytest.mark.parametrize(
    ("name", "rows", "message"),
    [
        ("classes", [[1.0, 2.0]], "2 inputs an example, but 3 are expected"),
        ("classes", [1.0, 2.0, 3.0], "a single example x.reshape(1, -1)"),
        ("classes", [[1.0, 2.0, np.nan]], "row 1, column 3"),
        ("classes", [["a", "b", "c"]], "where numbers are expected"),
        ("classes", [[1.0], [1.0, 2.0]], "give one row an example"),
        ("classes", np.zeros((0, 3)), "is empty"),
        ("pictures", PIXELS / 255, "type uint8 (0 to 255) are expected"),
        ("iris", [[5.1, 3.5, 1.4, 0.2]], "give the path of a file with sepal length (cm)"),
    ],
)
def test_rows_that_do_not_fit_are_refused(name: str, rows: Any, message: str) -> None:
    model = model_of(DATASETS.get(name, name))
    with pytest.raises(DataError, match=re.escape(message)):
        model.predict(rows)


def test_a_kept_run_is_loaded_by_name_and_answers_for_a_path(tmp_path: Path) -> None:
    run = cutaway.train("iris", runs=tmp_path, name="flowers", hidden=(4,), epochs=3)
    expected = run.model.predict("iris")
    assert expected.origins[0] == "row 1"
    for name in ("last", "flowers", "flow", tmp_path / "flowers"):
        np.testing.assert_array_equal(cutaway.load(name, tmp_path).predict("iris").A, expected.A)
    file = cutaway.load(tmp_path / "flowers" / "model.safetensors")
    assert file.predict("iris").answers == expected.answers
    with pytest.raises(RunError, match="no run 'flaw'"):
        cutaway.load("flaw", tmp_path)


@pytest.mark.parametrize("given", [{"labels": "l.csv"}, {"task": "regression"}, {"strict": True}])
def test_how_to_read_goes_with_a_path_only(given: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="is read already"):
        cutaway.train(DATASETS["classes"], **given)


def test_train_passes_on_how_to_read(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("a,y\n" + "\n".join(f"{i * 7 % 11},{i % 4}" for i in range(40)))
    by_itself = cutaway.train(table, epochs=1)
    asked = cutaway.train(table, task="regression", epochs=1)
    assert by_itself.setup.dataset.task == "classification"
    assert asked.setup.dataset.task == "regression"
