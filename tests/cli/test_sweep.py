"""cutaway sweep, from the line that is typed to its table, and on two machines at once."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from cutaway.cli import INTERRUPTED
from cutaway.training.resume import reopen, require_unfinished, taken_up
from cutaway.training.run_folder import RunFolder

SMALL = ("--hidden", "4", "--print-every", "5")


def test_a_sweep_ends_with_a_table_a_picture_and_runs(cutaway: Any, tmp_path: Path) -> None:
    done = cutaway(
        "sweep", "iris", *SMALL, "--learning-rate", "0.001..0.1", "--l2", "0,0.5", "--trials", 6,
        "--epochs", 30, "--name", "s",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "6 trials, halving: learning_rate 0.001..0.1 (log scale), l2 0,0.5" in done.out
    assert "dev examples" in done.out
    kept = json.loads((tmp_path / "runs/s/sweep.json").read_text())
    names = [trial["run"] for trial in kept["trials"]]
    assert sorted(names) == [f"s-{i:03d}" for i in range(1, 7)]
    errors = [trial["dev_error"] for trial in kept["trials"]]
    assert errors == sorted(errors)
    assert f"cutaway evaluate {kept['best']} --test" in done.out
    page = (tmp_path / "runs/s/sweep.html").read_text()
    assert page.count("<svg") == 2
    assert page.count('class="spot"') == 12
    assert [row["name"] for row in cutaway("runs", "--json").json()] == sorted(names)
    assert cutaway("evaluate", kept["best"], "--test").code == 0
    # The report of any of them is one command away; a trial that was ended early goes on.
    last = kept["trials"][-1]["run"]
    assert cutaway("train", "--resume", last, "--quiet").code == 0
    assert (tmp_path / "runs" / last / "report.html").is_file()
    taken = cutaway("sweep", "iris", *SMALL, "--l2", "0,1", "--name", "s")
    assert taken.code == 2
    assert "exists already" in taken.err


def test_json_is_what_is_kept(cutaway: Any, tmp_path: Path) -> None:
    done = cutaway("sweep", "iris", *SMALL, "--seed", "0,1", "--epochs", 5, "--json")
    assert done.json() == json.loads((tmp_path / "runs/iris-sweep-1/sweep.json").read_text())
    assert [trial["settings"] for trial in done.json()["trials"]] in (
        [{"seed": 0}, {"seed": 1}],
        [{"seed": 1}, {"seed": 0}],
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "nothing is swept"),
        (("--l2", "0.1"), "nothing is swept"),
        (("--l2", "0,1", "--trials", "0"), "at least 1"),
        (("--l2", "0,1", "--dev", "none"), "nothing to choose the best by"),
        (("--l2", "0,1", "--split", "1,0,0"), "dev"),
        (("--l2", "1..0"), "reversed"),
        (("--optimizer", "adam,momentun"), "did you mean 'momentum'"),
        (("--optimizer", "adam..momentum"), "only numbers have a range"),
        (("--normalize", "standard,none"), "normalize cannot be swept"),
        (("--learning-rat", "1,2"), "--learning-rate"),
    ],
)
def test_what_is_typed_wrong(
    cutaway: Any, tmp_path: Path, options: tuple[str, ...], says: str
) -> None:
    done = cutaway("sweep", "iris", *options)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert len([line for line in done.err.splitlines() if line.startswith("error")]) == 1
    assert not (tmp_path / "runs").exists()


def test_a_full_disk_under_the_storage_is_said(
    cutaway: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    optuna = pytest.importorskip("optuna", reason="pip install 'cutaway[tune]'")

    def full(*arguments: Any, **more: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(optuna.study.Study, "tell", full)
    options = ("--l2", "0,1", "--epochs", 5, "--name", "s", "--storage", "s.log")
    done = cutaway("sweep", "iris", *SMALL, *options)
    assert done.code == 2
    assert "the storage s.log failed: [Errno 28] No space left on device" in done.err
    assert "the same command goes on" in done.err
    # It left its list of runs; the same command goes on from what they had come to.
    left = json.loads((tmp_path / "runs/s/sweep.json").read_text())
    assert left["status"] == "running"
    assert [member["run"] for member in left["members"]] == ["s-001", "s-002"]
    assert left["rung"]["going"] == ["s-001", "s-002"]
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    assert cutaway("sweep", "iris", *SMALL, *options).code == 0
    kept = json.loads((tmp_path / "runs/s/sweep.json").read_text())
    assert (kept["status"], len(kept["trials"])) == ("finished", 2)


def test_without_optuna_it_says_what_to_install(
    cutaway: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    done = cutaway("sweep", "iris", *SMALL, "--l2", "0,1", "--storage", "s.log")
    assert done.code == 2
    assert "pip install 'cutaway[tune]'" in done.err
    assert not (tmp_path / "runs").exists()


LONG = ("--early-stopping", "false", "--no-halving", "--learning-rate", "0.001..0.1", "--name", "s")
SHARED = ("--storage", "shared/journal.log", "--stale", "1.5", "--trials", "4", "--json")


def _started(folder: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        (sys.executable, "-m", "cutaway", "sweep", "iris", *SMALL, *LONG, *options),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_ctrl_c_keeps_the_runs_and_shows_the_table(cutaway: Any, tmp_path: Path) -> None:
    process = _started(tmp_path, "--trials", "2", "--epochs", "20000", "--batch-size", "full")
    history = tmp_path / "runs/s-001/history.jsonl"
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        if history.exists() and len(history.read_text().splitlines()) > 2:
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (INTERRUPTED, "")
    rows = [line.split() for line in out.splitlines() if "interrupted" in line]
    assert sorted(row[-2:] for row in rows) == [["interrupted", f"s-00{i}"] for i in (1, 2)]
    assert "dev examples" in out
    kept = json.loads((tmp_path / "runs/s/sweep.json").read_text())
    assert kept["status"] == "interrupted"
    assert [trial["status"] for trial in kept["trials"]] == ["interrupted"] * 2
    assert (tmp_path / "runs/s/sweep.html").is_file()
    came_to = max(trial["epochs"] for trial in kept["trials"])
    assert 5 < came_to < 20000
    for trial in kept["trials"]:
        folder = RunFolder(tmp_path / "runs" / trial["run"])
        require_unfinished(folder)
        # It goes on from where it was; where Ctrl-C fell between a network's Record and its being
        # kept, from the one before, which is 5 epochs earlier.
        state = taken_up(folder, reopen(folder)).state
        assert trial["epochs"] - state.epoch in (0, 5)
        assert state.epoch > 0


def test_a_killed_machine_s_trials_are_taken_up_from_their_checkpoints(
    cutaway: Any, tmp_path: Path
) -> None:
    pytest.importorskip("optuna", reason="pip install 'cutaway[tune]'")
    options = (*SHARED, "--epochs", "2000")
    one = _started(tmp_path, *options)
    checkpoint = tmp_path / "runs/s-001/checkpoint.safetensors"
    end = time.monotonic() + 60
    # Two checkpoints: so that there is something to go on from.
    first = None
    while time.monotonic() < end and one.poll() is None:
        now = checkpoint.stat().st_mtime_ns if checkpoint.exists() else None
        if first is not None and now != first:
            break
        first = first or now
        time.sleep(0.02)
    assert one.poll() is None
    os.killpg(one.pid, signal.SIGKILL)
    one.communicate()
    epochs = [
        json.loads(line)["epoch"]
        for line in (tmp_path / "runs/s-001/history.jsonl").read_text().splitlines()
    ]
    assert max(epochs) > 5
    begun = (tmp_path / "runs/s-001/run.json").read_text()
    # The list of its runs is there, though it never came to its end.
    left = json.loads((tmp_path / "runs/s/sweep.json").read_text())
    assert left["status"] == "running"
    # A fast machine has ended the first three between their last checkpoints.
    assert left["rung"]["going"] in (["s-001", "s-002", "s-003"], ["s-004"])
    two = _started(tmp_path, *options)
    three = cutaway("sweep", "iris", *SMALL, *LONG, *options)
    said = [json.loads(two.communicate(timeout=120)[0]), three.json()]
    assert [two.returncode, three.code] == [0, 0]
    runs = [f"s-{i:03d}" for i in range(1, 5)]
    for document in said:
        assert sorted(trial["run"] for trial in document["trials"]) == runs
        assert {trial["epochs"] for trial in document["trials"]} == {2000}
    # Nobody began it anew, and no Record was written twice by two machines.
    after = json.loads((tmp_path / "runs/s-001/run.json").read_text())
    assert after["created"] == json.loads(begun)["created"]
    for run in runs:
        lines = (tmp_path / "runs" / run / "history.jsonl").read_text().splitlines()
        assert [json.loads(line)["epoch"] for line in lines] == list(range(0, 2001, 5))
