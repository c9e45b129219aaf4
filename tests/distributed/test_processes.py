"""A process that dies or hangs ends the others, which name it; `--resume` goes on."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cutaway.training.run_folder import RunFolder
from cutaway.training.runs import find

pytest.importorskip("jax")

WATCHDOG = 90.0
SETTINGS: dict[str, Any] = {
    "dtype": "float64",
    "hidden": (8,),
    "batch_size": "full",
    "print_every": 5,
    "early_stopping": False,
    "backend": "jax",
    "path": "plain",
}
OPTIONS = "--dtype float64 --hidden 8 --batch-size full --print-every 5 --early-stopping false"


def make_table(folder: Path) -> str:
    """Write examples of two classes, 61 to train on: the processes have not all as many."""
    path, random = folder / "rows.csv", np.random.default_rng(0)
    lines = ["size,colour,class"]
    for x, y in random.normal(size=(101, 2)):
        lines.append(f"{x:.5f},{'red' if y > 0 else 'blue'},{'ab'[int(x + y > 0)]}")
    path.write_text("\n".join(lines))
    return str(path)


def start(
    processes: Any, port: int, *arguments: str, program: tuple[str, str] = ("-m", "cutaway")
) -> list[Any]:
    command = (sys.executable, *program, "train", *arguments, "--quiet", "--distributed")
    at = ("--coordinator", f"127.0.0.1:{port}", "--processes", "2", "--watch-timeout", "4")
    return [processes.start(*command, *at, "--process-id", str(i)) for i in range(2)]


def train_until_checkpoint(processes: Any, port: int, folder: Path) -> tuple[RunFolder, list[Any]]:
    """Start a training that is never done; return when it can be resumed."""
    arguments = (make_table(folder), *OPTIONS.split(), "--epochs", "10000000", "--name", "lost")
    started = start(processes, port, *arguments)
    run = folder / "runs" / "lost"
    until = time.monotonic() + WATCHDOG
    while not ((run / "checkpoint.safetensors").exists() and (run / "history.jsonl").exists()):
        assert time.monotonic() < until, "no checkpoint in time"
        for process in started:
            assert process.poll() is None, processes.said(process)
        time.sleep(0.05)
    return find("lost", folder / "runs"), started


@pytest.mark.parametrize(
    ("number", "victim", "words"),
    [
        (signal.SIGKILL, 0, "process 0 of 2 died"),
        (signal.SIGSTOP, 0, "process 0 of 2 has not answered for 4 seconds"),
        (signal.SIGSTOP, 1, "process 1 of 2 has not answered for 4 seconds"),
    ],
)
def test_a_lost_process_is_named(
    number: int, victim: int, words: str, processes: Any, port: int, tmp_path: Path
) -> None:
    _, started = train_until_checkpoint(processes, port, tmp_path)
    began = time.monotonic()
    started[victim].send_signal(number)
    code, err = processes.end(started[1 - victim])
    assert time.monotonic() - began < 10
    assert code == 2
    assert words in err
    assert "Traceback" not in err


STUCK = """
import sys, time
from cutaway.cli import main
from cutaway.training.consumers import History

def stuck(self, record, state, see=History.__call__):
    if sys.argv[-1] == "1" and record.epoch >= 10:
        time.sleep(1000)
    return see(self, record, state)

History.__call__ = stuck
main()
"""


def test_a_process_whose_training_is_stuck_is_named(
    processes: Any, port: int, tmp_path: Path
) -> None:
    arguments = (*OPTIONS.split(), "--epochs", "1000000", "--name", "stuck", "--hang-timeout", "3")
    started = start(processes, port, "iris", *arguments, program=("-c", STUCK))
    for process in started:
        code, err = processes.end(process)
        assert code == 2
        assert "process 1 of 2 hangs: the others have waited for it for 3 seconds" in err
        assert "cutaway train --resume stuck" in err
        assert "Traceback" not in err


def test_a_killed_training_goes_on_to_the_numbers_of_one(
    processes: Any, port: int, tmp_path: Path
) -> None:
    from cutaway.training.session import train

    folder, started = train_until_checkpoint(processes, port, tmp_path)
    started[1].kill()
    code, err = processes.end(started[0])
    assert code == 2
    assert "process 1 of 2 died" in err
    assert "--resume" in err

    # Ten epochs more, wherever it was.
    epoch = folder.checkpoint("adam")[0].epoch
    values = json.loads((folder.path / "run.json").read_text())
    values["plan"]["epochs"] = values["hyperparameters"]["epochs"] = epoch + 10
    (folder.path / "run.json").write_text(json.dumps(values))
    for process in start(processes, port, "--resume", "lost"):
        assert processes.end(process) == (0, "")
    assert [path.name for path in (tmp_path / "runs").iterdir() if path.is_dir()] == ["lost"]

    one = train(tmp_path / "rows.csv", **SETTINGS, epochs=epoch + 10)
    history = folder.history()
    assert [record.epoch for record in history] == [record.epoch for record in one.history]
    for name in ("cost", "dev_error"):
        theirs, ours = ([getattr(r, name) for r in run] for run in (history, one.history))
        np.testing.assert_allclose(theirs, ours, rtol=1e-12, atol=1e-12)
    # Process 0 judges the network on the examples of all.
    judged = json.loads(folder.metrics.read_text())
    assert (judged["train"]["examples"], judged["dev"]["examples"]) == (61, 20)
    state = folder.checkpoint("adam")[0]
    np.testing.assert_allclose(state.theta, one.outcome.state.theta, rtol=0, atol=1e-12)
