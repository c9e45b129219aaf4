"""Two and three real processes on the loopback interface: same numbers, and no endless wait."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

pytest.importorskip("jax")

WATCHDOG = 90.0
COMMON = ("--dtype", "float64", "--print-every", "5", "--quiet", "--backend", "jax")
COMMON = (*COMMON, "--path", "plain", "--hidden", "8,40")
CASES = {
    # 90 examples on 2 processes and on 4 are full and unequal shards.
    "full batch": (2, ("--batch-size", "full", "--optimizer", "momentum", "--l2", "1")),
    "mini-batch, dropout, early stopping": (3, ("--batch-size", "32", "--patience", "5")),
    "weights, unequal shards": (
        2,
        ("--split", "91,30,29", "--class-weight", "setosa=2", "--batch-size", "full"),
    ),
}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = os.environ | {"JAX_PLATFORMS": "cpu", "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "cutaway", "train", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def start_all(folder: Path, n: int, *arguments: str) -> list[subprocess.Popen[str]]:
    at = ("--distributed", "--coordinator", f"127.0.0.1:{free_port()}", "--processes", str(n))
    return [
        start(folder, *arguments, *at, "--watch-timeout", "4", "--process-id", str(i))
        for i in range(n)
    ]


def end(process: subprocess.Popen[str]) -> tuple[int, str]:
    try:
        _, err = process.communicate(timeout=WATCHDOG)
    finally:
        process.kill()
    return process.returncode, err


def run_of(folder: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    run = next((folder / "runs").iterdir())
    lines = (run / "history.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines], load_file(run / "checkpoint.safetensors")


def assert_same(one: Path, several: Path) -> None:
    (records, tensors), (others, theirs) = run_of(one), run_of(several)
    assert [r["epoch"] for r in records] == [r["epoch"] for r in others]
    for record, other in zip(records, others, strict=True):
        del record["seconds"], other["seconds"]
        for name, value in record.items():
            if value is None:
                assert other[name] is None
            else:
                np.testing.assert_allclose(other[name], value, rtol=1e-12, atol=1e-12)
    assert set(tensors) == set(theirs)
    for name, tensor in tensors.items():
        np.testing.assert_allclose(theirs[name], tensor, rtol=0, atol=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_processes_give_the_numbers_of_one(case: str, tmp_path: Path) -> None:
    n, options = CASES[case]
    one, several = tmp_path / "one", tmp_path / "several"
    one.mkdir()
    several.mkdir()
    arguments = ("iris", *COMMON, "--epochs", "20", *options)
    processes = [start(one, *arguments), *start_all(several, n, *arguments)]
    for process in processes:
        code, err = end(process)
        assert code == 0, err
    assert_same(one, several)
    assert len(list((several / "runs").iterdir())) == 1


@pytest.mark.parametrize(
    ("number", "victim", "words"),
    [
        (signal.SIGKILL, 1, "process 1 of 2 died"),
        (signal.SIGKILL, 0, "process 0 of 2 died"),
        (signal.SIGSTOP, 1, "process 1 of 2 has not answered for 4 seconds"),
    ],
)
def test_a_lost_process_is_named_and_the_run_goes_on(
    number: int, victim: int, words: str, tmp_path: Path
) -> None:
    arguments = ("iris", *COMMON, "--batch-size", "32", "--early-stopping", "false")
    processes = start_all(tmp_path, 2, *arguments, "--epochs", "1000000", "--name", "lost")
    checkpoint = tmp_path / "runs" / "lost" / "checkpoint.safetensors"
    history = checkpoint.with_name("history.jsonl")
    until = time.monotonic() + WATCHDOG
    try:
        while not (checkpoint.exists() and history.read_text().count("\n") > 3):
            assert time.monotonic() < until
            assert all(process.poll() is None for process in processes)
            time.sleep(0.05)
        began = time.monotonic()
        processes[victim].send_signal(number)
        code, err = end(processes[1 - victim])
        assert time.monotonic() - began < 10
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    assert code == 2
    assert words in err
    assert "Traceback" not in err


def test_resumed_processes_give_the_numbers_of_one(tmp_path: Path) -> None:
    one, several = tmp_path / "one", tmp_path / "several"
    one.mkdir()
    several.mkdir()
    arguments = ("iris", *COMMON, "--batch-size", "32", "--early-stopping", "false")
    arguments = (*arguments, "--epochs", "1500", "--name", "lost")
    first = start(one, *arguments)
    processes = start_all(several, 2, *arguments)
    history = several / "runs" / "lost" / "history.jsonl"
    until = time.monotonic() + WATCHDOG
    while not (history.exists() and history.read_text().count("\n") > 3):
        assert time.monotonic() < until
        time.sleep(0.02)
    processes[1].kill()
    assert [end(process)[0] for process in processes] == [2, -signal.SIGKILL]
    assert end(first)[0] == 0
    for process in start_all(several, 2, "--resume", "lost", "--quiet"):
        code, err = end(process)
        assert code == 0, err
    assert_same(one, several)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--coordinator", "localhost:1"), "lacks --processes, --process-id"),
        (("--coordinator", "localhost", "--processes", "2", "--process-id", "0"), "no host:port"),
        (("--coordinator", "localhost:1", "--processes", "0", "--process-id", "0"), "at least 1"),
        (
            ("--coordinator", "localhost:1", "--processes", "2", "--process-id", "2"),
            "none of the 2",
        ),
    ],
)
def test_bad_options(options: tuple[str, ...], words: str, tmp_path: Path) -> None:
    code, err = end(start(tmp_path, "iris", "--distributed", *options))
    assert code == 2
    assert words in err
    assert len(err.splitlines()) == 1


def test_two_processes_of_one_number(tmp_path: Path) -> None:
    at = ("--distributed", "--coordinator", f"127.0.0.1:{free_port()}", "--processes", "3")
    processes = [start(tmp_path, "iris", *at, "--process-id", str(i)) for i in (0, 1, 1)]
    for process in processes:
        code, err = end(process)
        assert code == 2
        assert "two processes have --process-id 1" in err
        assert len(err.splitlines()) == 1
