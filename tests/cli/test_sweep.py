"""cutaway sweep, from the line that is typed to its table, and on two machines at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

SMALL = ("--hidden", "4", "--print-every", "5")


def test_a_sweep_ends_with_a_table_a_picture_and_runs(cutaway: Any, tmp_path: Path) -> None:
    done = cutaway(
        "sweep", "iris", *SMALL, "--learning-rate", "0.001..0.1", "--l2", "0,0.5", "--trials", 6,
        "--epochs", 60, "--name", "s",
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


def _machine(folder: Path, *options: str) -> subprocess.Popen[str]:
    command = (
        sys.executable, "-m", "cutaway", "sweep", "iris", *SMALL, "--early-stopping", "false",
        "--no-halving", "--learning-rate", "0.001..0.1", "--trials", "4", "--name", "s",
        "--storage", "shared/journal.log", "--stale", "1.5", "--json", *options,
    )  # fmt: skip
    return subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_a_killed_machine_s_trials_are_taken_up_from_their_checkpoints(tmp_path: Path) -> None:
    pytest.importorskip("optuna", reason="pip install 'cutaway[tune]'")
    options = ("--epochs", "2500")
    one = _machine(tmp_path, *options)
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
    two, three = _machine(tmp_path, *options), _machine(tmp_path, *options)
    said = [json.loads(machine.communicate(timeout=120)[0]) for machine in (two, three)]
    assert [two.returncode, three.returncode] == [0, 0]
    runs = [f"s-{i:03d}" for i in range(1, 5)]
    for document in said:
        assert sorted(trial["run"] for trial in document["trials"]) == runs
        assert {trial["epochs"] for trial in document["trials"]} == {2500}
    # Nobody began it anew, and no Record was written twice by two machines.
    after = json.loads((tmp_path / "runs/s-001/run.json").read_text())
    assert after["created"] == json.loads(begun)["created"]
    for run in runs:
        lines = (tmp_path / "runs" / run / "history.jsonl").read_text().splitlines()
        assert [json.loads(line)["epoch"] for line in lines] == list(range(0, 2501, 5))
