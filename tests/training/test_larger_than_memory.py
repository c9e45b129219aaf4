"""200 MB of pictures are trained on in a fraction of the memory that they would take."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

M, SIDE = 65_000, 32
BYTES = M * SIDE * SIDE * 3
CHILD = """
import sys, threading, time
import cutaway, cutaway.training.session, cutaway.data.arrays
from cutaway.training.evaluation import evaluate

def own_memory():
    for line in open("/proc/self/status"):
        if line.startswith("RssAnon"):
            return int(line.split()[1]) * 1024

start, most, ended = own_memory(), [0], []
def watch():
    while not ended:
        most[0] = max(most[0], own_memory())
        time.sleep(0.005)
watcher = threading.Thread(target=watch)
watcher.start()
run = cutaway.train(sys.argv[1], labels=sys.argv[2], cache="always", hidden=(8,), epochs=1)
for part in run.setup.prepared[:2]:
    evaluate(run.model, part)
answered = sum(1 for row in run.model.predict(sys.argv[1], cache="always").rows())
ended.append(True)
watcher.join()
print(type(run.setup.prepared.train.X).__name__, answered, most[0] - start)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="RssAnon is told by Linux only")
def test_own_memory_stays_far_below_the_size_of_the_data(tmp_path: Path) -> None:
    x = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.uint8, shape=(M, SIDE, SIDE, 3))
    random = np.random.default_rng(0)
    for i in range(0, M, 1000):
        x[i : i + 1000] = random.integers(0, 256, (1000, SIDE, SIDE, 3), dtype=np.uint8)
    np.save(tmp_path / "y.npy", random.integers(0, 2, M))
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path / "x.npy"), str(tmp_path / "y.npy")],
        env={**os.environ, "CUTAWAY_CACHE": str(tmp_path / "cache")},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    kind, answered, grown = done.stdout.split()
    assert (kind, int(answered)) == ("Stored", M)
    # In memory would stand the pixels, and X in float32: five times as much as the data
    assert int(grown) < BYTES / 2
