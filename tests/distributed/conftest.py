"""Real processes, each with a time after which it is killed: a hang is a failure, not a wait."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

WATCHDOG = 90.0
# Set by JAX when it is imported here; it would reach the processes
LEVEL = "TF_CPP_MIN_LOG_LEVEL"


class Processes:
    """The processes of one test; stderr of each goes to a file, so that no pipe is ever full."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        one_core = {"JAX_PLATFORMS": "cpu", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        environment = {name: os.environ[name] for name in os.environ if name != LEVEL} | one_core
        environment["CUTAWAY_CACHE"] = str(self.folder / "cache")
        with (self.folder / f"stderr{len(self.running)}").open("wb") as stderr:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )
        self.running.append(process)
        return process

    def said(self, process: subprocess.Popen[bytes]) -> str:
        """Return what a process wrote to stderr."""
        return (self.folder / f"stderr{self.running.index(process)}").read_text()

    def end(self, process: subprocess.Popen[bytes]) -> tuple[int, str]:
        """Wait for the end of a process; return its exit code and what it wrote to stderr."""
        code = process.wait(timeout=WATCHDOG)
        return code, self.said(process)


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    made = Processes(tmp_path)
    try:
        yield made
    finally:
        for process in made.running:
            process.kill()
        for process in made.running:
            process.wait()


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
