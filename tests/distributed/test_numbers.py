"""Two and three real processes on the loopback interface give the numbers of one."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("jax")
WORKER = Path(__file__).with_name("worker.py")
OF_PROCESSES = {
    2: ("full batch", "mini-batch", "augmented, full batch"),
    3: ("weights, dropout", "tiny batch", "augmented"),
}


@pytest.fixture(scope="module")
def worker() -> Any:
    """Return the script of the processes, to train in this one."""
    spec: Any = importlib.util.spec_from_file_location("worker", WORKER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("n", OF_PROCESSES)
def test_processes_give_the_numbers_of_one(
    n: int, worker: Any, processes: Any, port: int, tmp_path: Path
) -> None:
    cases = OF_PROCESSES[n]
    at = (sys.executable, str(WORKER), f"127.0.0.1:{port}", str(n))
    started = [processes.start(*at, str(i), str(tmp_path), *cases) for i in range(n)]
    for process in started:
        assert processes.end(process) == (0, "")
    for case in cases:
        arrays = worker.arrays_of(worker.train_case(case))
        for i in range(n):
            found = dict(np.load(tmp_path / f"{case} {i}.npz"))
            assert set(found) == set(arrays)
            for name, array in arrays.items():
                np.testing.assert_allclose(
                    found[name], array, rtol=1e-12, atol=1e-12, err_msg=f"{case}: {name}"
                )
