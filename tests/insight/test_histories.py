"""Histories of other frameworks: read as those write them, and what is wrong with one is said."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cutaway.errors import DataError, OptionError
from cutaway.insight.histories import read_history
from cutaway.insight.history_columns import recognise
from cutaway.insight.history_files import newest as newest_of
from cutaway.training.record import Record

# As Keras' CSVLogger writes it: epochs from 0, NA where an epoch has no value
KERAS = """\
epoch,accuracy,loss,val_accuracy,val_loss
0,0.3571428656578064,0.9205079078674316,NA,NA
1,0.5,0.75,0.4444444477558136,0.9477880001068115
2,0.75,0.5,0.5,0.9437004923820496
"""
# As Lightning's CSVLogger does: a row for train, one for validation, empty cells
LIGHTNING = """\
epoch,lr-Adam,step,train_acc,train_loss_epoch,train_loss_step,val_acc,val_loss
,0.001,0,,,,,
0,,24,,,1.25,,
0,,49,,,,0.5,1.5
0,,49,0.5,1.0,,,
1,,74,,,0.75,,
1,,99,,,,0.625,1.25
1,,99,0.75,0.5,,,
"""
HUGGING_FACE = {
    "epoch": 2.0,
    "global_step": 4,
    "log_history": [
        {"epoch": 0.5, "grad_norm": 1.5, "learning_rate": 5e-5, "loss": 0.75, "step": 1},
        {"epoch": 1.0, "grad_norm": 1.0, "learning_rate": 4e-5, "loss": 0.25, "step": 2},
        {"epoch": 1.0, "eval_accuracy": 0.5, "eval_loss": 0.6, "eval_runtime": 1.0, "step": 2},
        {"epoch": 2.0, "grad_norm": 0.5, "learning_rate": 2e-5, "loss": 0.125, "step": 4},
        {"epoch": 2.0, "eval_accuracy": 0.75, "eval_loss": 0.4, "eval_runtime": 1.0, "step": 4},
        {"epoch": 2.0, "step": 4, "total_flos": 1.0, "train_loss": 0.3, "train_runtime": 9.0},
    ],
}


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def events(
    folder: Path, scalars: dict[str, list[float]], first: int = 0, tensors: bool = False
) -> None:
    """Write event files with TensorBoard's own writer; TensorFlow 2 writes scalars as tensors."""
    pytest.importorskip("tensorboard", reason="event files are TensorBoard's")
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter
    from tensorboard.util.tensor_util import make_tensor_proto

    writer = EventFileWriter(str(folder))
    for tag, values in scalars.items():
        for step, value in enumerate(values, start=first):
            one = Summary.Value(tag=tag, simple_value=value)
            if tensors:
                one = Summary.Value(tag=tag, tensor=make_tensor_proto(value))
                one.metadata.plugin_data.plugin_name = "scalars"
            writer.add_event(Event(step=step, wall_time=1.0, summary=Summary(value=[one])))
    writer.close()


def test_keras(tmp_path: Path) -> None:
    history = read_history(write(tmp_path / "h.csv", KERAS))
    assert [r.epoch for r in history.records] == [1, 2, 3]
    assert history.records[0].dev_error is None
    last = history.at()
    assert (last.train_error, last.dev_error, last.train_loss) == (0.25, 0.5, 0.5)
    assert history.at("best").epoch == 3


def test_keras_itself_writes_what_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    pytest.importorskip("jax", reason="Keras computes with it here")
    keras = pytest.importorskip("keras", reason="the CSVLogger of Keras")
    logger = keras.callbacks.CSVLogger(str(tmp_path / "h.csv"))
    logger.set_model(SimpleNamespace(stop_training=False))
    logger.on_train_begin()
    for epoch, accuracy in enumerate([np.float32(0.25), np.float32(0.75)]):
        logs = {"binary_accuracy": accuracy, "loss": 0.5, "val_binary_accuracy": accuracy / 2}
        logger.on_epoch_end(epoch, logs)
    logger.on_train_end()
    records = read_history(tmp_path / "h.csv").records
    assert [(r.epoch, r.train_error, r.dev_error) for r in records] == [
        (1, 0.75, 0.875),
        (2, 0.25, 0.625),
    ]


def test_lightning(tmp_path: Path) -> None:
    write(tmp_path / "version_0" / "metrics.csv", LIGHTNING)
    history = read_history(tmp_path / "version_0")
    first, last = history.records
    assert (first.epoch, first.train_loss, first.dev_error) == (1, 1.0, 0.5)
    assert (last.epoch, last.iteration, last.train_error, last.dev_loss) == (2, 99, 0.25, 1.25)
    assert history.columns["train_loss"] == "train_loss_epoch"
    assert history.columns["learning_rate"] == "lr-Adam"


@pytest.mark.parametrize(
    ("there", "newest"),
    [
        (("version_2/metrics.csv", "version_10/metrics.csv"), "version_10"),
        (("version_0/metrics.csv", "version_1/hparams.yaml"), "version_0"),
        (("metrics.csv", "version_0/metrics.csv"), "."),
        (
            ("checkpoint-90/trainer_state.json", "checkpoint-100/trainer_state.json"),
            "checkpoint-100",
        ),
        (("runs/a/1.tfevents",), "runs/a"),
        (("train/1.tfevents", "validation/1.tfevents"), "."),
        (("lightning_logs/version_0/metrics.csv",), "."),
    ],
)
def test_the_newest_training_of_a_folder_is_read(tmp_path: Path, there: Any, newest: str) -> None:
    for name in there:
        write(tmp_path / name, "")
    assert newest_of(tmp_path) == tmp_path / newest


def test_of_several_trainings_without_a_number_one_has_to_be_named(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / name / "1.tfevents", "")
    with pytest.raises(DataError, match="holds 2 trainings: a, b; give one of them"):
        newest_of(tmp_path)
    write(tmp_path / "version_3" / "metrics.csv", KERAS)
    assert read_history(tmp_path).path == tmp_path / "version_3"


def test_hugging_face(tmp_path: Path) -> None:
    path = write(tmp_path / "trainer_state.json", json.dumps(HUGGING_FACE))
    history = read_history(path)
    assert [(r.epoch, r.train_loss, r.dev_error) for r in history.records] == [
        (1, 0.5, 0.5),
        (2, 0.125, 0.25),
    ]
    with pytest.raises(DataError, match=r"no train error at epoch 2.*give --train-error"):
        history.errors()
    assert history.errors(train_error=0.1, n_dev=40).dev_error == 0.25


def test_what_fit_of_keras_returns(tmp_path: Path) -> None:
    columns = {"accuracy": [0.5, 0.75], "val_accuracy": [0.25, 0.5], "loss": [1.0, 0.5]}
    history = read_history(write(tmp_path / "history.json", json.dumps(columns)))
    assert [(r.epoch, r.train_loss, r.train_error, r.dev_error) for r in history.records] == [
        (1, 1.0, 0.5, 0.75),
        (2, 0.5, 0.25, 0.5),
    ]


def test_tensorboard_of_keras_and_of_pytorch(tmp_path: Path) -> None:
    keras = tmp_path / "keras"
    events(keras / "train", {"epoch_loss": [1.0, 0.5], "epoch_accuracy": [0.5, 0.75]}, tensors=True)
    events(keras / "validation", {"epoch_accuracy": [0.25, 0.5]}, tensors=True)
    other = tmp_path / "pytorch"
    events(other, {"Loss/train": [1.0, 0.5], "acc/train": [0.5, 0.75], "acc/val": [0.25, 0.5]}, 1)
    for folder in (keras, other):
        records = read_history(folder).records
        assert [(r.epoch, r.train_error, r.dev_error) for r in records] == [
            (1, 0.5, 0.75),
            (2, 0.25, 0.5),
        ]
        assert records[-1].train_loss == 0.5


def test_our_own_lines_come_back_as_they_were(tmp_path: Path) -> None:
    records = [
        Record(e, 3 * e, 0.5, None, 0.5, 0.6, 0.1, 0.2, dead=(0.5, 0.0), seconds=1.0)
        for e in range(3)
    ]
    lines = "".join(json.dumps(r.to_json()) + "\n" for r in records)
    history = read_history(write(tmp_path / "history.jsonl", lines))
    assert [(r.epoch, r.iteration, r.dead, r.dev_error) for r in history.records] == [
        (r.epoch, r.iteration, r.dead, r.dev_error) for r in records
    ]
    assert history.notes_beside(()) == []


def test_updates_of_a_watched_loop_are_searched_one_by_one(tmp_path: Path) -> None:
    whole = Record(1, 1, batch_cost=1.0, dev_loss=0.6, train_error=0.1, dev_error=0.2)
    records = [
        *(Record(0, i, cost, cost, spread=0.5) for i, cost in enumerate((0.5, math.nan))),
        whole,
    ]
    lines = "".join(json.dumps(r.to_json()) + "\n" for r in records)
    history = read_history(write(tmp_path / "history.jsonl", lines))
    costs = [(r.iteration, str(r.cost), r.spread) for r in history.written]
    assert costs == [(0, "0.5", 0.5), (1, "nan", 0.5)]
    assert history.errors().dev_error == 0.2
    assert "means over an epoch" in history.notes_beside(())[-1]
    assert history.notes_beside(["train_error"]) == []


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("val_accuracy", "dev_accuracy"),
        ("eval/acc", "dev_accuracy"),
        ("validation/epoch_accuracy", "dev_accuracy"),
        ("valid_MulticlassAccuracy", "dev_accuracy"),
        ("sparse_categorical_accuracy", "train_accuracy"),
        ("accuracy_1", "train_accuracy"),
        ("val_root_mean_squared_error", "dev_rmse"),
        ("test_error", "test_error"),
        ("lr", "learning_rate"),
        ("train/epoch", "epoch"),
        ("val_top_k_categorical_accuracy", None),
        ("grad_norm", None),
        ("evaluation_loss_vs_iterations", None),
    ],
)
def test_a_column_is_recognised_by_the_words_of_its_name(name: str, role: str | None) -> None:
    assert recognise([name], {}) == ({role: name} if role else {})


def test_a_column_can_be_named(tmp_path: Path) -> None:
    path = write(tmp_path / "h.csv", "epoch,loss,val_loss\n0,9.0,16.0\n1,4.0,9.0\n")
    history = read_history(path, {"train_mse": "loss", "dev_mse": "val_loss"})
    assert history.metric == "rmse"
    errors = history.errors(target_error=2.5)
    assert (errors.train_error, errors.dev_error) == (2.0, 3.0)
    assert (history.at().train_loss, history.at().dev_loss) == (4.0, 9.0)


def test_per_cent_become_shares(tmp_path: Path) -> None:
    path = write(tmp_path / "h.csv", "epoch,train_acc,val_acc\n1,50,25\n2,97.5,90\n")
    history = read_history(path)
    assert history.at().dev_error == pytest.approx(0.1)
    assert any("taken for per cent" in note for note in history.notes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("epoch,acc,val_acc\n0,.5,.5\n1,.6,.5\n5,.7,.6\n", "gaps: epoch 6 follows epoch 2"),
        ("epoch,acc,val_acc\n0,.5,.5\n1,.6,\n", "the dev set was last measured in epoch 1"),
        ("epoch,acc,val_acc\n0,.5,.5\n1,,.6\n", "the train error was last measured in epoch 1"),
        ("acc,val_acc\n.5,.5\n.6,.5\n", "no column says the epoch: each row is taken for one"),
    ],
)
def test_what_is_uncertain_is_noted(tmp_path: Path, text: str, said: str) -> None:
    history = read_history(write(tmp_path / "h.csv", text))
    assert any(said in note for note in history.notes)
    assert history.errors().dev_error is not None


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("h.csv", "", "holds no row of a history"),
        ("h.csv", "epoch,acc\n", "holds no row of a history"),
        ("h.csv", "epoch,acc,acc\n0,1,1\n", "two columns are called 'acc'"),
        ("h.csv", "epoch,acc\n0,.5\n1,.5,.5\n", "line 3 has 3 fields where the first line has 2"),
        ("h.csv", "epoch,acc\n0,.5\n1,.6\n0,.5\n", "line 4: epoch 0 comes after epoch 1"),
        ("h.csv", "epoch,x,y\n0,1,2\n", "there are epoch, x, y.*--column train_accuracy=NAME"),
        ("h.csv", "epoch,train_acc,accuracy\n0,1,1\n", "--column train_accuracy=train_acc"),
        ("h.csv", "epoch,train_error\n0,250\n", "is no share and no percentage"),
        ("h.jsonl", '{"epoch": 0, "acc": 1}\n{"epoch"', "line 2 is no JSON"),
        ("h.jsonl", "[1, 2]\n", "line 1 is no JSON object"),
        ("trainer_state.json", '{"epoch": 1}', "has neither a list 'log_history' nor"),
        ("history.json", '{"loss": [1.0], "accuracy": [0.5, 0.6]}', "lists of one number an epoch"),
        ("h.txt", "epoch,acc\n", "is no history; give a CSV file"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_history(write(tmp_path / name, text))


def test_a_training_that_failed_says_from_where(tmp_path: Path) -> None:
    text = "epoch,acc,loss,val_acc\n0,.5,1.0,.5\n1,.6,nan,.5\n2,.1,nan,.1\n"
    history = read_history(write(tmp_path / "h.csv", text))
    with pytest.raises(DataError, match=r"from epoch 2 on the train loss .* --epoch 1 diagnoses"):
        history.errors()
    assert history.errors("1").train_error == 0.5
    assert math.isnan(history.records[-1].train_loss or 0.0)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"train_acc": "acc"}, "the role 'train_acc' is unknown"),
        ({"train_accuracy": "ac"}, "the column 'ac' is unknown; did you mean 'acc'"),
    ],
)
def test_what_is_named_must_be_there(tmp_path: Path, columns: Any, message: str) -> None:
    path = write(tmp_path / "h.csv", "epoch,acc\n0,.5\n")
    with pytest.raises(OptionError, match=message):
        read_history(path, columns)


@pytest.mark.parametrize("epoch", ["7", "first", "best"])
def test_an_epoch_that_is_not_there_is_named(tmp_path: Path, epoch: str) -> None:
    history = read_history(write(tmp_path / "h.csv", "epoch,acc\n0,.5\n"))
    with pytest.raises(OptionError, match=f"--epoch {epoch}"):
        history.errors(epoch)
