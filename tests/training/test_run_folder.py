from __future__ import annotations

import errno
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.training.conftest import made

from cutaway.equations import OPTIMIZERS
from cutaway.errors import RunError
from cutaway.hyperparameters import Hyperparameters
from cutaway.training import files
from cutaway.training.consumers import Best
from cutaway.training.record import Record, State
from cutaway.training.resume import reopen, resume
from cutaway.training.run_folder import RunFolder
from cutaway.training.session import begin, execute
from cutaway.training.setup import set_up


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
