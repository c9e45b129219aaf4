from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cutaway.equations import OPTIMIZERS
from cutaway.errors import RunError
from cutaway.hyperparameters import Hyperparameters
from cutaway.training import files
from cutaway.training.consumers import Best
from cutaway.training.record import Record, State
from cutaway.training.resume import reopen, resume
from cutaway.training.run_folder import RunFolder, all_runs, create, find
from cutaway.training.session import begin, execute
from cutaway.training.setup import set_up

VALUES = {"status": "running", "hyperparameters": {}, "plan": {}, "data": {}}


def made(runs: Path, name: str, created: str = "") -> RunFolder:
    folder = create(runs, name, "unused")
    folder.write(VALUES | {"created": created})
    return folder


def names(runs: Path, stem: str, times: int) -> list[str]:
    return [create(runs, None, stem).name for _ in range(times)]


def test_runs_are_numbered(tmp_path: Path) -> None:
    assert names(tmp_path / "a" / "runs", "digits", 3) == ["digits-1", "digits-2", "digits-3"]
    (tmp_path / "a" / "runs" / "digits-2").rmdir()
    (tmp_path / "a" / "runs" / "digits-10").write_text("a file")
    assert names(tmp_path / "a" / "runs", "digits", 1) == ["digits-11"]
    assert names(tmp_path / "a" / "runs", "digit", 1) == ["digit-1"]


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("my pictures/", "my-pictures-1"),
        ("..", "run-1"),
        ("", "run-1"),
        ("../../etc/passwd", "etc-passwd-1"),
        ("katzen_größe", "katzen_größe-1"),
        ("a:b*c?", "a-b-c-1"),
    ],
)
def test_any_data_set_gives_a_name(tmp_path: Path, stem: str, name: str) -> None:
    folder = create(tmp_path, None, stem)
    assert folder.name == name
    assert folder.path.parent == tmp_path


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".hidden", "a/b", "/tmp/a", "a b", "a\n", "-x", "last", "a\\b", "*"]
)
def test_a_bad_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(RunError, match="is no name for a run"):
        create(tmp_path, name, "digits")
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_never_overwritten(tmp_path: Path) -> None:
    folder = made(tmp_path, "mine")
    before = (folder.path / "run.json").read_bytes()
    with pytest.raises(RunError, match="exists already and is never overwritten"):
        create(tmp_path, "mine", "digits")
    (tmp_path / "file").write_text("mine too")
    with pytest.raises(RunError, match="exists already"):
        create(tmp_path, "file", "digits")
    assert (folder.path / "run.json").read_bytes() == before


MANY = """
import sys
from pathlib import Path
from cutaway.training.run_folder import create
print("ready", flush=True)
sys.stdin.readline()
for _ in range(40):
    print(create(Path(sys.argv[1]), None, "digits").name)
"""


def test_two_processes_at_once_get_different_folders(tmp_path: Path) -> None:
    two = [
        subprocess.Popen(
            [sys.executable, "-c", MANY, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in two:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in two:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    both = [name for process in two for name in process.communicate(timeout=60)[0].split()]
    assert sorted(both) == sorted(f"digits-{i}" for i in range(1, 81))


@pytest.fixture
def three(tmp_path: Path) -> Path:
    for name, hour in (("digits-1", 9), ("digits-2", 8), ("moons-1", 7)):
        made(tmp_path, name, f"2025-01-01T{hour:02d}:00:00.000+00:00")
    (tmp_path / "no-run").mkdir()
    (tmp_path / "notes.txt").write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("digits-1", "digits-1"),
        ("digits-2", "digits-2"),
        ("m", "moons-1"),
        ("moons", "moons-1"),
        ("last", "digits-1"),
        ("{}/digits-2", "digits-2"),
        ("{}/digits-2/", "digits-2"),
        ("{}/digits-2/run.json", "digits-2"),
    ],
)
def test_a_run_is_found_by_path_name_prefix_or_last(three: Path, text: str, name: str) -> None:
    assert find(text.format(three), three).path == three / name


def test_a_run_has_its_name_from_within_too(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(three / "digits-2")
    assert find(".", Path("runs")).name == "digits-2"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("digits", "'digits' fits 2 runs: digits-2, digits-1; write more of the name"),
        ("digist-1", "there is no run 'digist-1' in .*; did you mean 'digits-1'"),
        ("no-run", "there is no run 'no-run' in .*the last ones are moons-1, digits-2, digits-1"),
        ("{}/elsewhere", "there is no run"),
    ],
)
def test_a_run_that_is_not_found_is_said(three: Path, text: str, message: str) -> None:
    with pytest.raises(RunError, match=message):
        find(text.format(three), three)


@pytest.mark.parametrize("text", ["last", "digits"])
@pytest.mark.parametrize("folder", ["empty", "missing"])
def test_without_a_run_the_way_to_make_one_is_said(tmp_path: Path, text: str, folder: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(RunError, match=r"no run in .* yet; make one with: cutaway train digits"):
        find(text, tmp_path / folder)


def test_all_runs_are_in_the_order_they_were_made(three: Path) -> None:
    (three / "broken").mkdir()
    (three / "broken" / "run.json").write_text("{")
    assert [run.name for run in all_runs(three)] == ["broken", "moons-1", "digits-2", "digits-1"]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("with_best", [False, True])
def test_a_checkpoint_comes_back_bit_by_bit(
    tmp_path: Path, optimizer: str, dtype: str, with_best: bool
) -> None:
    random = np.random.default_rng(0)
    vectors = [random.normal(size=7).astype(dtype) for _ in range(4)]
    slots = tuple(vectors[: len(OPTIMIZERS[optimizer].slots)])
    state = State(vectors[2], slots, 3, 30, 0.1 + 0.2)
    best = Best(2, 1 / 3, vectors[3]) if with_best else None
    folder = made(tmp_path, "mine")
    folder.save_checkpoint(state, optimizer, best)
    back, best_back = folder.checkpoint(optimizer)
    assert back[2:] == state[2:]
    for ours, other in zip([state.theta, *slots], [back.theta, *back.slots], strict=True):
        assert (ours.dtype, ours.tobytes()) == (other.dtype, other.tobytes())
    assert (best_back is None) == (best is None)
    if best and best_back:
        assert best_back[:2] == best[:2]
        np.testing.assert_array_equal(best_back.theta, best.theta)


@pytest.mark.parametrize(
    ("name", "value"), [("data", None), ("hyperparameters", []), ("status", {}), ("created", 3)]
)
def test_a_value_of_another_kind_is_damage(tmp_path: Path, name: str, value: Any) -> None:
    folder = made(tmp_path, "mine")
    folder.write(folder.read() | {name: value})
    with pytest.raises(RunError, match=f"is damaged: its {name} is no"):
        folder.read()


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    assert not folder.has_checkpoint
    assert folder.history() == []
    with pytest.raises(RunError, match=r"run.json does not exist; is .* a run folder"):
        folder.read()
    with pytest.raises(RunError, match="has no checkpoint"):
        folder.checkpoint("adam")


# ---- where nothing can be written -------------------------------------------------------------


def untouched(folder: RunFolder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.path.iterdir()}


@pytest.mark.parametrize("runs", ["file", "file/runs", "/proc/nothing/runs"])
def test_a_place_that_takes_no_folder_is_named(tmp_path: Path, runs: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"cannot write .*choose another folder with --runs"):
        create(tmp_path / runs, None, "digits")


def test_a_full_disk_leaves_the_old_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = made(tmp_path, "mine")
    folder.append(Record(0, 0))
    state = State(np.zeros(3), ())
    folder.save_checkpoint(state, "gradient_descent", None)
    before = untouched(folder)

    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "fsync", full)
    for write in (
        lambda: folder.update(status="finished"),
        lambda: folder.save_checkpoint(state, "gradient_descent", None),
        lambda: folder.rewind(0),
    ):
        with pytest.raises(RunError, match=r"cannot write .*No space left .*free some space"):
            write()
        assert untouched(folder) == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(place)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("a small disk needs the command mount")
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_training_on_a_disk_that_fills_up_can_go_on(small_disk: Path) -> None:
    options: dict[str, Any] = {"hidden": (8,), "epochs": 1000, "early_stopping": False}
    setup = set_up("moons", Hyperparameters.of(**options, batch_size="full", print_every=1))
    folder = begin(setup, small_disk, "mine")
    with pytest.raises(RunError, match=r"cannot write .*No space left .*free some space"):
        execute(setup, folder=folder, checkpoint_interval=0.0)
    assert folder.read()["status"] == "running"
    state, _ = folder.checkpoint(setup.plan.optimizer)
    assert state.epoch in (folder.history()[-1].epoch, folder.history()[-1].epoch - 1)
    assert not list(folder.path.glob(".*"))
    subprocess.run(["mount", "-o", "remount,size=8m", str(small_disk)], check=True)
    resume(folder, reopen(folder))
    assert [record.epoch for record in folder.history()] == list(range(1001))


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind the superuser")
def test_a_read_only_folder_is_named(tmp_path: Path) -> None:
    folder = made(tmp_path, "mine")
    folder.path.chmod(0o500)
    try:
        with pytest.raises(RunError, match=r"cannot write .*Permission denied"):
            folder.update(status="finished")
        with pytest.raises(RunError, match=r"cannot write .*Permission denied"):
            folder.append(Record(0, 0))
    finally:
        folder.path.chmod(0o700)


def test_run_json_refuses_numbers_that_are_not_finite(tmp_path: Path) -> None:
    folder = made(tmp_path, "mine")
    with pytest.raises(ValueError, match="not JSON compliant"):
        folder.update(seconds=float("nan"))
    assert json.loads((folder.path / "run.json").read_bytes())["status"] == "running"
