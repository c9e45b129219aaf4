"""Trackers are read back by their own readers, and hold what the run folder holds."""

from __future__ import annotations

import importlib.util
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.cli.conftest import Cutaway, cutaway

from cutaway.errors import MissingExtraError, RunError
from cutaway.hyperparameters import Hyperparameters
from cutaway.tracking import TRACKERS, require
from cutaway.tracking.tracker import Point, Tracker, flat, open_trackers
from cutaway.training.record import Record
from cutaway.training.resume import reopen, resume
from cutaway.training.run_folder import RunFolder
from cutaway.training.session import begin, execute
from cutaway.training.setup import set_up

__all__ = ["cutaway"]
# step -> value of each measurement
Series = dict[str, dict[int, float]]


@pytest.fixture(autouse=True)
def _store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let MLflow use files: making the tables of a database takes it some seconds."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "store").as_uri())


def by_tensorboard(folder: RunFolder) -> Series:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder.path / "tensorboard"))
    events.Reload()
    found: Series = {}
    for name in events.Tags()["scalars"]:
        steps = [(event.step, event.value) for event in events.Scalars(name)]
        assert len(dict(steps)) == len(steps), "a step is there twice"
        found[name] = dict(steps)
    return found


def by_mlflow(folder: RunFolder) -> Series:
    from mlflow import MlflowClient

    tracked = folder.read()["tracked"]["mlflow"]
    client = MlflowClient(tracked["uri"])
    found: Series = {}
    for name in client.get_run(tracked["run_id"]).data.metrics:
        steps = [(m.step, m.value) for m in client.get_metric_history(tracked["run_id"], name)]
        assert len(dict(steps)) == len(steps), "a step is there twice"
        found[name] = dict(steps)
    return found


READERS: dict[str, Callable[[RunFolder], Series]] = {
    "tensorboard": by_tensorboard,
    "mlflow": by_mlflow,
}
EXTRAS = pytest.mark.parametrize("name", TRACKERS)


def expected(folder: RunFolder) -> Series:
    found: Series = {}
    for record in folder.history():
        for name, value in flat(record).items():
            found.setdefault(name, {})[record.epoch] = value
    return found


def assert_same(found: Series, folder: RunFolder) -> None:
    wanted = expected(folder)
    assert {name: list(steps) for name, steps in found.items()} == {
        name: list(steps) for name, steps in wanted.items()
    }
    for name, steps in wanted.items():
        # An event file has four bytes a value.
        np.testing.assert_allclose(list(found[name].values()), list(steps.values()), rtol=1e-6)


def test_a_table_row_a_tracker_has_a_reader() -> None:
    assert set(READERS) == set(TRACKERS)


@EXTRAS
def test_a_tracker_shows_what_the_run_folder_holds(
    cutaway: Cutaway, tmp_path: Path, name: str
) -> None:
    pytest.importorskip(TRACKERS[name].needs[0], reason="the extra track is not installed")
    done = cutaway("train", "iris", "--epochs", 4, "--hidden", 3, "--track", name)
    assert done.code == 0
    folder = RunFolder(Path("runs/iris-1"))
    assert_same(READERS[name](folder), folder)
    assert {"cost", "dev_loss", "train_error", "W_norm/1", "dead/1"} <= set(expected(folder))
    assert ("tensorboard --logdir runs" if name == "tensorboard" else "MLflow run") in done.out


@EXTRAS
def test_a_training_that_was_interrupted_goes_on_there(tmp_path: Path, name: str) -> None:
    pytest.importorskip(TRACKERS[name].needs[0], reason="the extra track is not installed")
    options = {"epochs": 8, "hidden": "3", "early_stopping": False, "print_every": 1}
    setup = set_up("iris", Hyperparameters.of(**options))
    folder = begin(setup, tmp_path)

    class Cut:
        needs = frozenset[str]()
        every = 1

        def __call__(self, record: Record, state: Any) -> None:
            if record.epoch == 5:
                raise KeyboardInterrupt

    (tracker,), _ = open_trackers([name], folder, setup.plan, pytest.fail)
    # The checkpoint is older than what the tracker has heard.
    execute(setup, folder=folder, consumers=[tracker, Cut()], checkpoint_interval=math.inf)
    tracker.close("interrupted")
    setup = reopen(folder)
    (tracker,), _ = open_trackers([name], folder, setup.plan, pytest.fail)
    run = resume(folder, setup, [tracker])
    tracker.close(run.outcome.status, [folder.model])
    assert run.outcome.state.epoch == 8
    assert_same(READERS[name](folder), folder)


TOGETHER = {
    "sweep iris --l2 0,1 --name s": (["s-001", "s-002"], ""),
    "ensemble iris --members 2 --name s": (["s/members/1", "s/members/2"], "s-1 s-2"),
    "improve iris --seeds 2 --target-error 0.9 --name s": (["s-01-1", "s-01-2"], ""),
}


@pytest.mark.parametrize("command", TOGETHER)
def test_trainings_that_belong_together_are_runs_of_one_parent(
    cutaway: Cutaway, command: str
) -> None:
    mlflow = pytest.importorskip("mlflow", reason="the extra track is not installed")
    pytest.importorskip("tensorboard", reason="the extra track is not installed")
    tracked = ["--track", "tensorboard", "--track", "mlflow"]
    done = cutaway(*command.split(), "--epochs", 4, "--hidden", 3, *tracked)
    assert done.code == 0
    assert done.out.count("MLflow run") == 1
    folders, names = TOGETHER[command]
    client = mlflow.MlflowClient()
    for path, name in zip(folders, names.split() or folders, strict=True):
        folder = RunFolder(Path("runs") / path)
        assert_same(by_tensorboard(folder), folder)
        assert_same(by_mlflow(folder), folder)
        run = client.get_run(folder.read()["tracked"]["mlflow"]["run_id"])
        assert (run.info.run_name, run.info.status) == (name, "FINISHED")
        assert run.data.tags["part_of"] == "s"
        assert "model.safetensors" in {one.path for one in client.list_artifacts(run.info.run_id)}
    if not command.startswith("sweep"):
        # What goes on after an interruption is told there too.
        assert set(RunFolder(Path("runs/s")).read()["tracked"]) == {"tensorboard", "mlflow"}


def test_mlflow_gets_settings_files_and_the_end(cutaway: Cutaway) -> None:
    mlflow = pytest.importorskip("mlflow", reason="the extra track is not installed")
    cutaway("train", "iris", "--epochs", 2, "--hidden", 3, "--l2", 0.5, "--track", "mlflow")
    client = mlflow.MlflowClient()
    (experiment,) = client.search_experiments(filter_string="name = 'cutaway'")
    (run,) = client.search_runs([experiment.experiment_id])
    assert (run.info.run_name, run.info.status) == ("iris-1", "FINISHED")
    assert run.data.params["l2"] == "0.5"
    assert run.data.params["hidden"] == "3"
    assert len(run.data.params["fingerprint"]) == 16
    names = {artifact.path for artifact in client.list_artifacts(run.info.run_id)}
    assert names == {"README.md", "metrics.json", "model.safetensors", "report.html"}


class Broken:
    """A server that goes away after some deliveries."""

    last = -1

    def __init__(self, good: int) -> None:
        self.good, self.heard = good, 0

    def write(self, points: Sequence[Point]) -> None:
        if self.heard == self.good:
            raise ConnectionError("the server is gone\nand more")
        self.heard += 1

    def close(self, status: str, files: Sequence[Path]) -> None:
        raise AssertionError("nobody is there to hear it")


def test_a_tracker_that_fails_is_told_once_and_the_training_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cutaway.tracking.tracker.INTERVAL", 0)
    said: list[str] = []
    tracker = Tracker("mlflow", Broken(2), 1, 0.0, said.append)
    setup = set_up("iris", Hyperparameters.of(epochs=6, hidden="3"))
    run = execute(setup, consumers=[tracker])
    tracker.close("finished")
    assert run.outcome.status == "finished"
    assert said == [
        "mlflow failed and hears no more of this training (ConnectionError: the server is gone); "
        "the run folder has everything"
    ]


def test_what_is_not_finite_is_left_out() -> None:
    record = Record(3, 9, cost=math.inf, train_loss=0.5, W_norm=(1.0, math.nan))
    assert flat(record) == {"train_loss": 0.5, "W_norm/1": 1.0}


@EXTRAS
def test_an_extra_that_is_missing_is_told_before_anything_else(
    cutaway: Cutaway, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda package: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'cutaway\[track\]'"):
        require([name])
    code, out, err = cutaway("train", "iris", "--track", name)
    assert (code, out) == (2, "")
    assert f"--track {name} needs" in err
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("train iris --track tensorbord", "did you mean 'tensorboard'?"),
        ("train --resume last --track mlflow", "give no other"),
        ("ensemble --resume last --track mlflow", "give no other"),
        ("improve --resume last --track mlflow", "give no other"),
    ],
)
def test_bad_input(cutaway: Cutaway, command: str, says: str) -> None:
    code, _, err = cutaway(*command.split())
    assert code == 2
    assert says in err


def test_a_server_that_does_not_run_is_told_and_the_run_can_go_on(
    cutaway: Cutaway, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("mlflow", reason="the extra track is not installed")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    code, _, err = cutaway("train", "iris", "--epochs", 1, "--track", "mlflow")
    assert code == 2
    assert "MLflow at http://127.0.0.1:9 cannot be used" in err
    assert "go on with: cutaway train --resume iris-1" in err
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "store").as_uri())
    assert cutaway("train", "--resume", "iris-1").code == 0
    folder = RunFolder(Path("runs/iris-1"))
    assert json.loads((folder.path / "run.json").read_text())["status"] == "finished"
    assert_same(by_mlflow(folder), folder)


def test_a_run_of_mlflow_that_is_gone_is_told(tmp_path: Path) -> None:
    pytest.importorskip("mlflow", reason="the extra track is not installed")
    setup = set_up("iris", Hyperparameters.of(epochs=1, hidden="3"))
    folder = begin(setup, tmp_path)
    folder.update(tracked={"mlflow": {"run_id": "0123", "uri": (tmp_path / "no").as_uri()}})
    with pytest.raises(RunError, match="cannot be used"):
        open_trackers(["mlflow"], folder, setup.plan, pytest.fail)
