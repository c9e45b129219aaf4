"""A training that is killed goes on as if it had never been."""

from __future__ import annotations

import importlib.util
import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from cutaway.data.dataset import Dataset
from cutaway.engine.numpy_executor import NumpyExecutor
from cutaway.errors import CutawayError, DataError, MissingExtraError, RunError
from cutaway.experiments.many import set_up_many, train_all, train_many
from cutaway.hyperparameters import Hyperparameters
from cutaway.training.record import Record, State, Stop
from cutaway.training.resume import reopen, resume, taken_up
from cutaway.training.run_folder import RunFolder
from cutaway.training.session import begin, execute
from cutaway.training.setup import set_up
from cutaway.training.trainee import Run, Trainee

KINDS: dict[str, dict[str, Any]] = {
    "full batch": {"batch_size": "full", "optimizer": "momentum", "learning_rate": 0.1},
    "mini-batch": {"batch_size": 32, "optimizer": "adam", "l2": 0.1},
    "dropout": {"batch_size": 32, "optimizer": "momentum", "keep_prob": 0.8},
    "early stopping": {
        "batch_size": 32,
        "optimizer": "adam",
        "keep_prob": 0.8,
        "early_stopping": True,
        "patience": 20,
        "learning_rate": 0.001,
        "epochs": 3000,
    },
}
COMMON: dict[str, Any] = {
    "hidden": (8,),
    "epochs": 300,
    "early_stopping": False,
    "print_every": 1,
}


def result(folder: RunFolder) -> tuple[Any, ...]:
    """All that has to be the same: the model's bytes, the history without its clock, the end."""
    values = folder.read()
    rows = [record.to_json() | {"seconds": None} for record in folder.history()]
    ended = [values[name] for name in ("status", "reason", "epochs", "best_epoch", "dev_error")]
    return (
        folder.model.read_bytes(),
        json.dumps(rows),
        ended,
        sorted(p.name for p in folder.path.iterdir()),
    )


# ---- killed from outside, at any moment -------------------------------------------------------

WORKER = """
import json, sys, time
from pathlib import Path
from cutaway.hyperparameters import Hyperparameters
from cutaway.training.run_folder import RunFolder
from cutaway.training.resume import reopen, resume
from cutaway.training.session import begin, execute
from cutaway.training.setup import set_up

class Slow:
    needs, every = frozenset(), 1

    def __call__(self, record, state):
        time.sleep(pause)

job, runs, options, pause = sys.argv[1], Path(sys.argv[2]), sys.argv[3], float(sys.argv[4])
# To be killed, or not: writing a checkpoint after each epoch takes longer than the training.
interval = 0.0 if pause else 2.0
if job == "begin":
    setup = set_up("moons", Hyperparameters.of(**json.loads(options)))
    folder = begin(setup, runs, "run")
    print("ready", flush=True)
    execute(setup, folder=folder, consumers=[Slow()], checkpoint_interval=interval)
else:
    folder = RunFolder(runs / "run")
    setup = reopen(folder)
    print("ready", flush=True)
    resume(folder, setup, [Slow()], checkpoint_interval=interval)
"""
PAUSE = 0.004
KILLS = 5
# Even the shortest run, all pauses, lasts longer than this: no kill comes too late.
LONGEST_LIFE = 0.9 * PAUSE * COMMON["epochs"] / KILLS


def start(job: str, runs: Path, kind: str, pause: float) -> subprocess.Popen[str]:
    options = json.dumps(COMMON | KINDS[kind])
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, job, str(runs), options, str(pause)],
        stdout=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> int:
    process.communicate(timeout=60)
    return process.returncode


@pytest.mark.parametrize("kind", KINDS)
def test_kill_9_at_random_moments_changes_no_bit(tmp_path: Path, kind: str) -> None:
    moments = random.Random(kind)
    assert finish(start("begin", tmp_path / "whole", kind, 0.0)) == 0
    whole = RunFolder(tmp_path / "whole" / "run")
    assert whole.read()["epochs"] >= COMMON["epochs"]
    for kill in range(KILLS):
        process = start("resume" if kill else "begin", tmp_path / "killed", kind, PAUSE)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(moments.uniform(0.0, LONGEST_LIFE))
        process.kill()
        assert finish(process) == -signal.SIGKILL
    assert finish(start("resume", tmp_path / "killed", kind, 0.0)) == 0
    assert result(RunFolder(tmp_path / "killed" / "run")) == result(whole)


# ---- every single moment between two lines of the loop ----------------------------------------


class Crash(BaseException):
    """What no code catches: the process is gone."""


class Crasher:
    """Crashes when it is given a Record: called last, after the run folder has been written."""

    every = 1
    needs: frozenset[str] = frozenset()

    def __init__(self, at: int) -> None:
        self.at = at

    def __call__(self, record: Record, state: State) -> Stop | None:
        if record.epoch == self.at:
            raise Crash
        return None


SHORT: dict[str, dict[str, Any]] = {
    "all epochs": {"epochs": 4, "batch_size": 64, "optimizer": "adam", "keep_prob": 0.9},
    "stopped early": {
        "epochs": 30,
        "batch_size": 64,
        "optimizer": "momentum",
        "learning_rate": 30.0,
        "early_stopping": True,
        "patience": 2,
    },
    "every third": {"epochs": 8, "print_every": 3, "batch_size": "full", "optimizer": "rmsprop"},
}


def whole_run(runs: Path, options: dict[str, Any], data: str = "moons") -> RunFolder:
    setup = set_up(data, Hyperparameters.of(**COMMON | options))
    folder = begin(setup, runs, "whole")
    execute(setup, folder=folder)
    return folder


def crashed(
    runs: Path, options: dict[str, Any], at: int, interval: float = 0.0, data: str = "moons"
) -> RunFolder:
    setup = set_up(data, Hyperparameters.of(**COMMON | options))
    folder = begin(setup, runs, f"crashed-{at}")
    with pytest.raises(Crash):
        execute(setup, folder=folder, consumers=[Crasher(at)], checkpoint_interval=interval)
    return folder


def go_on(folder: RunFolder) -> Run:
    return resume(folder, reopen(folder))


@pytest.mark.parametrize("options", SHORT.values(), ids=SHORT)
@pytest.mark.parametrize("interval", [0.0, 1e9], ids=["new checkpoint", "old checkpoint"])
def test_a_crash_after_any_record_changes_no_bit(
    tmp_path: Path, options: dict[str, Any], interval: float
) -> None:
    whole = whole_run(tmp_path, options)
    epochs = [record.epoch for record in whole.history()]
    assert len(epochs) > 3
    for at in epochs:
        folder = crashed(tmp_path, options, at, interval)
        go_on(folder)
        assert result(folder) == result(whole), at


ON_JAX = {"backend": "jax", "device": "cpu", "epochs": 4, "batch_size": 64}
EXECUTORS: dict[str, dict[str, Any]] = {
    "jax": {"path": "plain", "optimizer": "adam", "keep_prob": 0.9},
    "jax, example space": {"path": "example-space", "optimizer": "momentum", "keep_prob": 1.0},
    "jax, fed from the cache": {"path": "plain", "optimizer": "rmsprop", "cache": "always"},
}


@pytest.mark.parametrize("kind", EXECUTORS)
def test_a_crash_changes_no_bit_on_jax(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("jax", reason="needs JAX: pip install 'cutaway[jax]'")
    monkeypatch.setenv("CUTAWAY_CACHE", str(tmp_path / "cache"))
    rows = np.random.default_rng(0).normal(size=(300, 2))
    np.savez(tmp_path / "data.npz", x=rows, y=(rows[:, 0] > 0).astype(int))
    data, options = str(tmp_path / "data.npz"), ON_JAX | EXECUTORS[kind]
    whole = whole_run(tmp_path, options, data)
    folder = crashed(tmp_path, options, 2, data=data)
    go_on(folder)
    assert result(folder) == result(whole)


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_a_stack_that_goes_on_as_a_stack_changes_no_bit(tmp_path: Path, backend: str) -> None:
    if backend == "jax":
        pytest.importorskip("jax", reason="needs JAX: pip install 'cutaway[jax]'")
    common = COMMON | ON_JAX | {"backend": backend, "keep_prob": 0.9}
    settings = [{"seed": 0}, {"seed": 1}]
    whole = train_many("moons", settings, **common)
    setups = set_up_many("moons", settings, **common)
    folders = [begin(setup, tmp_path) for setup in setups]
    # The last one of them crashes, when both have been kept.
    begun = [
        Trainee(setup, folder=folder, consumers=[Crasher(2)][:i], checkpoint_interval=0.0)
        for i, (setup, folder) in enumerate(zip(setups, folders, strict=True))
    ]
    with pytest.raises(Crash):
        train_all(begun)
    again = [taken_up(folder, setup) for folder, setup in zip(folders, setups, strict=True)]
    assert [trainee.state.epoch for trainee in again] == [2, 2]
    train_all(again)
    for one, trainee in zip(whole, again, strict=True):
        np.testing.assert_array_equal(trainee.finish().model.theta, one.model.theta)


OPTIONS = SHORT["all epochs"]


def half_a_line(folder: RunFolder) -> None:
    path = folder.path / "history.jsonl"
    path.write_bytes(path.read_bytes()[:-40])


def half_a_line_more(folder: RunFolder) -> None:
    with (folder.path / "history.jsonl").open("a") as file:
        file.write('{"epoch": 3, "iterat')


def no_checkpoint(folder: RunFolder) -> None:
    (folder.path / "checkpoint.safetensors").unlink()


def nothing_but_run_json(folder: RunFolder) -> None:
    no_checkpoint(folder)
    (folder.path / "history.jsonl").unlink()


def half_a_first_line(folder: RunFolder) -> None:
    no_checkpoint(folder)
    (folder.path / "history.jsonl").write_text('{"epoch"')


def half_a_checkpoint_beside(folder: RunFolder) -> None:
    content = (folder.path / "checkpoint.safetensors").read_bytes()
    (folder.path / ".checkpoint.safetensors.1.tmp").write_bytes(content[:100])
    (folder.path / ".run.json.1.tmp").write_bytes(b"{")


@pytest.mark.parametrize(
    "harm",
    [
        half_a_line_more,
        no_checkpoint,
        nothing_but_run_json,
        half_a_first_line,
        half_a_checkpoint_beside,
    ],
)
def test_what_a_kill_may_leave_is_mended(tmp_path: Path, harm: Callable[[RunFolder], None]) -> None:
    whole = whole_run(tmp_path, OPTIONS)
    folder = crashed(tmp_path, OPTIONS, 2)
    harm(folder)
    go_on(folder)
    assert result(folder) == result(whole)


def test_half_a_line_after_an_older_checkpoint_is_cut(tmp_path: Path) -> None:
    whole = whole_run(tmp_path, OPTIONS)
    folder = crashed(tmp_path, OPTIONS, 3, interval=1e9)
    half_a_line(folder)
    assert [record.epoch for record in folder.history()] == [0, 1, 2]
    go_on(folder)
    assert result(folder) == result(whole)


@pytest.mark.parametrize("where", ["before the loop", "in the loop"])
def test_initial_parameters_that_were_handed_in_survive(tmp_path: Path, where: str) -> None:
    state = None
    folders = []
    for name in ("whole", "crashed"):
        setup = set_up("moons", Hyperparameters.of(**COMMON | OPTIONS))
        theta = np.linspace(-1, 1, setup.plan.network.n_parameters, dtype=np.float32)
        state = State(theta, (np.zeros_like(theta), np.zeros_like(theta)))
        folders.append(begin(setup, tmp_path, name, state=state))
        if name == "whole":
            execute(setup, folder=folders[-1], state=state)
        elif where == "in the loop":
            with pytest.raises(Crash):
                execute(setup, folder=folders[-1], state=state, consumers=[Crasher(0)])
    go_on(folders[1])
    assert result(folders[1]) == result(folders[0])


def test_ctrl_c_keeps_a_model_and_can_be_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = whole_run(tmp_path, OPTIONS)
    epochs = NumpyExecutor.epochs

    def breaking(self: Any, theta: Any, slots: Any, number: int, *rest: Any) -> Any:
        if number == 3:
            raise KeyboardInterrupt
        return epochs(self, theta, slots, number, *rest)

    setup = set_up("moons", Hyperparameters.of(**COMMON | OPTIONS))
    folder = begin(setup, tmp_path, "interrupted")
    with monkeypatch.context() as patch:
        patch.setattr(NumpyExecutor, "epochs", breaking)
        run = execute(setup, folder=folder)
    assert run.outcome[:2] == ("interrupted", "interrupted after epoch 3")
    assert folder.read()["status"] == "interrupted"
    assert run.best_epoch == 3
    assert folder.model.is_file()
    go_on(folder)
    assert result(folder) == result(whole)


# ---- what cannot go on says why ---------------------------------------------------------------


@pytest.mark.parametrize("kind", ["all epochs", "stopped early"])
def test_a_run_that_has_ended_is_not_trained_again(tmp_path: Path, kind: str) -> None:
    folder = whole_run(tmp_path, SHORT[kind])
    before = result(folder)
    go_on(folder)
    assert result(folder) == before
    folder.report.write_text("")
    before = result(folder)
    with pytest.raises(RunError, match=r"has ended \(.*nothing to resume"):
        go_on(folder)
    assert result(folder) == before


def table(path: Path, rows: int = 60, factor: float = 1.0) -> str:
    random = np.random.default_rng(0).normal(size=(rows, 3)) * factor
    lines = [f"{x:.4f},{y:.4f},{x + y + z:.4f}" for x, y, z in random]
    path.write_text("\n".join(["width,depth,price", *lines]) + "\n")
    return str(path)


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        (lambda path: table(path, rows=61), RunError, r"have changed .*60 examples then, 61 now"),
        (lambda path: table(path, factor=1.01), RunError, "have changed"),
        (lambda path: path.unlink(), DataError, "does not exist"),
    ],
    ids=["a row more", "other numbers", "gone"],
)
def test_changed_data_are_refused(
    tmp_path: Path, change: Callable[[Path], Any], error: type[CutawayError], match: str
) -> None:
    path = tmp_path / "prices.csv"
    options = OPTIONS | {"target": "price"}
    folder = crashed(tmp_path / "runs", options, 2, data=table(path))
    change(path)
    with pytest.raises(error, match=match):
        go_on(folder)
    table(path)
    go_on(folder)
    assert folder.read()["status"] == "finished"


def test_a_run_is_read_where_what_trained_it_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = begin(set_up("iris", Hyperparameters.of(**COMMON)), tmp_path)
    values = folder.read()
    for where in (values["hyperparameters"], values["plan"]["execution"]):
        where |= {"backend": "jax", "device": "gpu:0"}
    folder.write(values)
    setup = reopen(folder)
    assert setup.plan.execution.device == "gpu:0"
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "jax" else find_spec(name)
    )
    with pytest.raises(MissingExtraError, match=r"needs JAX.*pip install 'cutaway\[jax\]'"):
        resume(folder, setup)


def test_arrays_from_python_cannot_be_read_again(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(60, 2))
    data = Dataset("mine", "array", "regression", rows, rows.sum(axis=1, keepdims=True))
    setup = set_up(data, Hyperparameters.of(**COMMON | OPTIONS))
    folder = begin(setup, tmp_path, "arrays")
    with pytest.raises(RunError, match="trained on arrays from Python"):
        reopen(folder)


def without(*names: str) -> Callable[[bytes], bytes]:
    def changed(content: bytes) -> bytes:
        values = json.loads(content)
        inner = values
        for name in names[:-1]:
            inner = inner[name]
        del inner[names[-1]]
        return json.dumps(values).encode()

    return changed


@pytest.mark.parametrize(
    ("file", "harm", "match"),
    [
        ("run.json", lambda content: b"", "damaged"),
        ("run.json", lambda content: content[:200], "damaged"),
        ("run.json", lambda content: b"\xff\xfe" + content, "damaged"),
        ("run.json", lambda content: b"[]", "format"),
        ("run.json", lambda content: b'{"format": 99}', "format"),
        ("run.json", without("plan"), "lacks plan"),
        ("run.json", without("plan", "epochs"), "damaged"),
        ("run.json", without("plan", "network", "sizes"), "damaged"),
        ("run.json", without("data", "fingerprint"), "damaged"),
        ("checkpoint.safetensors", lambda content: b"", "damaged"),
        ("checkpoint.safetensors", lambda content: content[:-8], "damaged"),
        ("checkpoint.safetensors", lambda content: content[:40], "damaged"),
        ("checkpoint.safetensors", lambda content: b"\0" * 400, "damaged"),
        ("history.jsonl", lambda content: b"{]\n" + content, "damaged"),
        ("history.jsonl", lambda content: b"[1]\n" + content, "damaged"),
        ("history.jsonl", lambda content: b'{"cost": 1}\n' + content, "damaged"),
        ("history.jsonl", lambda content: b"\xff\n" + content, "cannot be read"),
    ],
)
def test_a_damaged_file_is_named(
    tmp_path: Path, file: str, harm: Callable[[bytes], bytes], match: str
) -> None:
    folder = crashed(tmp_path, OPTIONS, 2)
    path = folder.path / file
    path.write_bytes(harm(path.read_bytes()))
    with pytest.raises(RunError, match=match) as caught:
        go_on(folder)
    assert str(path) in str(caught.value)


def test_the_checkpoint_of_another_run_is_refused(tmp_path: Path) -> None:
    folder = crashed(tmp_path, OPTIONS, 2)
    path = folder.path / "checkpoint.safetensors"
    save_file({"theta": np.zeros(3)}, path)
    with pytest.raises(RunError, match="damaged"):
        go_on(folder)
    other = crashed(tmp_path / "other", OPTIONS | {"hidden": (9,)}, 2)
    shutil.copy(other.path / "checkpoint.safetensors", path)
    with pytest.raises(RunError, match="belongs to another network"):
        go_on(folder)
