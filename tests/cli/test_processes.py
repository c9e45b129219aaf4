"""Signals and pipes, on real processes: no run is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = (sys.executable, "-m", "cutaway")
ENDLESS = (
    "--epochs",
    "1000000",
    "--print-every",
    "5",
    "--early-stopping",
    "false",
    "--hidden",
    "4",
)


# Trains with a reader that says that it reads, and never ends.
READS_FOR_EVER = """
import time
from cutaway.cli import main
from cutaway.training import setup

def set_up(*arguments, **given):
    print("reading", flush=True)
    time.sleep(600)

setup.set_up = set_up
main(["train", "iris"])
"""


def _start(
    folder: Path, *arguments: str, command: tuple[str, ...] = COMMAND
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*command, *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _wait_for(path: Path) -> None:
    end = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < end, f"{path} did not appear"
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_training_is_kept_and_goes_on(
    tmp_path: Path, number: signal.Signals
) -> None:
    process = _start(tmp_path, "train", "iris", *ENDLESS)
    _wait_for(tmp_path / "runs/iris-1/checkpoint.safetensors")
    time.sleep(0.3)
    os.killpg(process.pid, number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "")
    assert "interrupted after epoch" in out
    assert "next      cutaway train --resume iris-1" in out
    run = tmp_path / "runs/iris-1"
    assert json.loads((run / "run.json").read_text())["status"] == "interrupted"
    assert (run / "model.safetensors").is_file()
    history = (run / "history.jsonl").read_text().splitlines()
    epochs = [json.loads(line)["epoch"] for line in history]
    assert epochs == list(range(0, 5 * len(epochs), 5))


def test_an_interrupt_while_reading_leaves_nothing(tmp_path: Path) -> None:
    process = _start(tmp_path, command=(sys.executable, "-c", READS_FOR_EVER))
    assert process.stdout is not None
    assert process.stdout.readline() == "reading\n"
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err.strip()) == (130, "error: interrupted")
    assert not (tmp_path / "runs").exists()


def test_a_reader_that_goes_away_does_not_stop_the_training(tmp_path: Path) -> None:
    process = _start(tmp_path, "train", "iris", "--epochs", "3", "--hidden", "none")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(timeout=60) == 0
    assert json.loads((tmp_path / "runs/iris-1/run.json").read_text())["status"] == "finished"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_behind_standard_output_is_told(tmp_path: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*COMMAND, "--help"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 2
    assert done.stderr == "error: standard output: No space left on device\n"


def test_a_terminal_without_umlauts_and_a_closed_output_do_not_crash(tmp_path: Path) -> None:
    lines = [f"{i % 7},{i % 5},{'schön' if i % 2 else 'häßlich'}" for i in range(60)]
    (tmp_path / "ü.csv").write_text("\n".join(["größe,b,antwort", *lines]), encoding="utf-8")
    ascii_only = os.environ | {"PYTHONIOENCODING": "ascii"}
    train = [*COMMAND, "train", "ü.csv", "--target", "antwort", "--epochs", "1", "--hidden", "none"]
    first = subprocess.run(train, cwd=tmp_path, env=ascii_only, capture_output=True, check=True)
    assert rb"sch\xf6n" in first.stdout
    predict = [*COMMAND, "predict", "last", "ü.csv", "--json"]
    done = subprocess.run(predict, cwd=tmp_path, env=ascii_only, capture_output=True, check=True)
    assert {row["class"] for row in json.loads(done.stdout)} <= {"schön", "häßlich"}
    closed = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *COMMAND, "runs"], cwd=tmp_path, check=False
    )
    assert closed.returncode == 0
