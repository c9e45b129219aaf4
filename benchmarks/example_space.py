"""Example space against the plain path: where it pays, and whether `path=auto` sees it.

    python benchmarks/example_space.py

Drawn numbers, 20 hidden units, momentum; both paths train the same network from the same start, K
included. A whole training each; medians of three alternating rounds, the costs at the end compared.
"""

from __future__ import annotations

import itertools
import statistics
import time

import numpy as np

import cutaway
from cutaway.data.dataset import Dataset

SIZES = ((200, 100), (500, 300), (784, 500), (1000, 900), (3000, 1500), (12288, 800), (12288, 200))
PATHS = ("plain", "example-space")
ROUNDS = 3


def train(dataset: Dataset, path: str, batch_size: int | None, epochs: int) -> cutaway.Run:
    return cutaway.train(
        dataset,
        path=path,
        hidden=(20,),
        optimizer="momentum",
        learning_rate=0.001,
        batch_size=batch_size,
        epochs=epochs,
        split="1,0,0",
        dev="none",
        l2=0,
        keep_prob=1,
        print_every=epochs,
    )


def main() -> None:
    print("   n_x      m   batch  epochs   plain s   example space s   ratio   auto")
    for (n_x, m), batch_size, epochs in itertools.product(SIZES, (None, 32), (20, 200)):
        rows = np.random.default_rng(0).standard_normal((m, n_x)).astype(np.float32)
        dataset = Dataset("drawn", "array", "classification", rows, np.arange(m) % 2, ("a", "b"))
        seconds: dict[str, list[float]] = {path: [] for path in PATHS}
        costs = {}
        for _, path in itertools.product(range(ROUNDS), PATHS):
            began = time.perf_counter()
            run = train(dataset, path, batch_size, epochs)
            seconds[path].append(time.perf_counter() - began)
            costs[path] = run.history[-1].cost
        if not np.isclose(costs["plain"], costs["example-space"], rtol=1e-3):
            raise SystemExit(f"the costs differ: {costs}")
        plain, ours = (statistics.median(seconds[path]) for path in PATHS)
        chosen = train(dataset, "auto", batch_size, epochs).plan.path
        batch = batch_size or "full"
        print(
            f"{n_x:6} {m:6} {batch:>7} {epochs:7} {plain:9.3f} {ours:17.3f} {plain / ours:7.2f}   "
            f"{chosen}"
        )


if __name__ == "__main__":
    main()
