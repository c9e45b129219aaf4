from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cutaway.hyperparameters import Hyperparameters
from cutaway.training.record import Record
from cutaway.training.session import begin, execute
from cutaway.training.setup import set_up

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs" / "record.schema.json").read_text(encoding="utf-8")
)
FIELDS = [field.name for field in dataclasses.fields(Record)]


@pytest.fixture(scope="module")
def validator() -> Any:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    return jsonschema.Draft202012Validator(SCHEMA)


def test_the_schema_has_the_fields_of_a_record() -> None:
    assert list(SCHEMA["properties"]) == SCHEMA["required"] == FIELDS
    assert all(row["description"].endswith(".") for row in SCHEMA["properties"].values())


@pytest.mark.parametrize(
    ("data", "given"),
    [
        ("moons", {"hidden": "none"}),
        ("moons", {"hidden": (4, 3), "activation": ("tanh", "relu"), "batch_size": 32}),
        ("diabetes", {"hidden": (4,), "dev": "none", "early_stopping": False}),
        ("iris", {"epochs": 0}),
        ("xor", {"learning_rate": 1e30, "optimizer": "gradient_descent", "loss": "squared"}),
    ],
    ids=["logistic", "mini-batch", "regression", "no epoch", "huge rate"],
)
def test_real_histories_follow_the_schema(
    tmp_path: Path, validator: Any, data: str, given: dict[str, Any]
) -> None:
    setup = set_up(data, Hyperparameters.of(**{"epochs": 3} | given))
    folder = begin(setup, tmp_path)
    run = execute(setup, folder=folder)
    lines = (folder.path / "history.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert rows
    for row in rows:
        validator.validate(row)
        assert list(row) == FIELDS
    assert folder.history() == list(run.history)


@pytest.mark.parametrize("wrong", [{"epoch": -1}, {"cost": "low"}, {"dead": [2]}, {"extra": 1}])
def test_the_schema_refuses_what_is_no_record(validator: Any, wrong: dict[str, Any]) -> None:
    validator.validate(Record(0, 0).to_json())
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(Record(0, 0).to_json() | wrong)


@pytest.mark.parametrize(
    "record",
    [
        Record(0, 0),
        Record(3, 12, cost=0.1 + 0.2, seconds=1e-6, W_norm=(1 / 3, 2.0), dead=(), dev_error=0.0),
    ],
)
def test_a_record_survives_json(record: Record) -> None:
    assert Record.from_json(json.loads(json.dumps(record.to_json()))) == record


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_becomes_null(value: float) -> None:
    row = Record(0, 0, dev_loss=value, W_norm=(1.0, value)).to_json()
    assert row["dev_loss"] is None
    assert row["W_norm"] == [1.0, None]
    json.dumps(row, allow_nan=False)
