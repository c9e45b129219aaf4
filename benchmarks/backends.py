"""NumPy against JAX: what a training costs on each, and whether `backend=auto` sees it.

    python benchmarks/backends.py

Drawn numbers, adam. The seconds of an update come from two trainings of different length in one
process; the start is what the first training of a fresh process takes beyond its updates, imports
and compiling included. The last column is the shorter one of the two whole trainings.
"""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np

import cutaway
from cutaway.data.dataset import Dataset
from cutaway.training.backend import COSTS

# n_x, hidden, examples, batch_size, updates
CASES = (
    (2, (4,), 400, None, 2_000),
    (2, (4,), 400, None, 40_000),
    (64, (128, 64), 1_000, 32, 6_000),
    (784, (128, 64), 5_000, 64, 2_000),
    (784, (256, 128), 5_000, 256, 1_000),
    (12_288, (128, 64), 2_000, 256, 100),
)


def seconds(case: tuple, backend: str, updates: int) -> float:
    n_x, hidden, m, batch_size, _ = case
    rows = np.random.default_rng(0).standard_normal((m, n_x)).astype(np.float32)
    dataset = Dataset("drawn", "array", "classification", rows, np.arange(m) % 2, ("a", "b"))
    epochs = max(1, round(updates * (batch_size or m) / m))
    began = time.perf_counter()
    cutaway.train(
        dataset,
        backend=backend,
        path="plain",
        hidden=hidden,
        optimizer="adam",
        batch_size=batch_size,
        epochs=epochs,
        print_every=epochs,
        split="1,0,0",
        dev="none",
        l2=0,
        keep_prob=1,
    )
    return time.perf_counter() - began


def measured(number: int, backend: str) -> tuple[float, float]:
    """Return the start and the seconds of an update, in this fresh process."""
    case, updates = CASES[number], CASES[number][-1]
    began = time.perf_counter()
    seconds(case, backend, updates)
    first = time.perf_counter() - began
    short = min(seconds(case, backend, updates // 4) for _ in range(3))
    long = min(seconds(case, backend, updates) for _ in range(3))
    update = (long - short) / (updates - updates // 4)
    return first - update * updates, update


def main() -> None:
    print("inputs  hidden      batch  updates   NumPy s   us/update    JAX s  us/update   faster")
    for number, (n_x, hidden, _, batch_size, updates) in enumerate(CASES):
        figures = {}
        for backend in COSTS:
            command = [sys.executable, __file__, str(number), backend]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            start, update = map(float, done.stdout.split())
            figures[backend] = start + update * updates, update
        faster = min(figures, key=lambda backend: figures[backend][0])
        row = "  ".join(f"{s:8.2f}  {1e6 * u:9.1f}" for s, u in figures.values())
        batch = batch_size or "full"
        print(f"{n_x:6}  {hidden!s:10} {batch:>6}  {updates:7}  {row}   {faster}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(*measured(int(sys.argv[1]), sys.argv[2]))
    else:
        main()
