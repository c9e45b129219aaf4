"""One process against two on the cores of one machine: time of an update, bytes over the network.

    python benchmarks/scaling.py

Drawn numbers, gradient descent in float32, everything compiled before it is timed. A process of the
pair has one core of its own, as a machine would; between them is the loopback interface, whose
counters (Linux) tell the bytes. Beside them: one process on one core, and on two. All end with the
same parameters, or the script fails.
"""

from __future__ import annotations

import itertools
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

# n_x, hidden and outputs; examples of an update
CASES = (
    ((64, 32, 10), 64),
    ((64, 32, 10), 16_384),
    ((784, 256, 128, 10), 256),
    ((784, 256, 128, 10), 4_096),
    ((1024, 1024, 1024, 10), 1_024),
    ((1024, 1024, 1024, 10), 8_192),
)
# Cores of each process
WAYS = {"one core": ((0,),), "two cores": ((0, 1),), "two processes": ((0,), (1,))}
UPDATES, ROUNDS = 4, 5
# Guesses that say how many epochs a round has
OPERATIONS_A_SECOND, SECONDS_BETWEEN, SECONDS_OF_A_ROUND = 5e10, 1e-3, 0.6


def sent() -> int:
    """Return the bytes that the loopback interface has sent so far."""
    for line in Path("/proc/net/dev").read_text().splitlines():
        name, _, numbers = line.partition(":")
        if name.strip() == "lo":
            return int(numbers.split()[8])
    return 0


def measured(sizes: tuple[int, ...], batch: int, processes: Any) -> dict[str, float]:
    """Train, here or with the other processes; return seconds and bytes of an update."""
    from cutaway.engine.executors import Execution, make_executor
    from cutaway.engine.job import Job, Part
    from cutaway.equations import Network, Rates

    network = Network(sizes, ("relu",) * (len(sizes) - 2), "softmax", "cross_entropy")
    random, m = np.random.default_rng(0), UPDATES * batch
    X = random.standard_normal((m, sizes[0]), dtype=np.float32)
    Y = np.eye(sizes[-1], dtype=np.float32)[random.integers(sizes[-1], size=m)]
    own = processes.own(np.arange(m))
    job = Job(network, "gradient_descent", (1.0,) * network.L, {}, batch)
    executor = make_executor(Execution("jax", "cpu:0"), job, Part(X[own].T, Y[own].T), processes)
    theta = (random.standard_normal(network.n_parameters) / 32).astype(np.float32)
    update = 6 * batch * network.n_parameters / OPERATIONS_A_SECOND + SECONDS_BETWEEN
    epochs = max(1, round(SECONDS_OF_A_ROUND / (UPDATES * update)))
    rates = [Rates(0.01, 0.9, 0.999, 1e-8)] * epochs
    seconds = []
    for round_ in range(ROUNDS + 1):
        processes.sum(0.0)
        before, began = sent(), time.perf_counter()
        done = executor.epochs(theta, (), round_ * epochs, round_ * epochs * UPDATES, rates)
        theta = np.asarray(done.theta)
        seconds.append((time.perf_counter() - began) / (epochs * UPDATES))
        over = (sent() - before) / (epochs * UPDATES)
    return {
        "seconds": statistics.median(seconds[1:]),
        "bytes": over,
        "theta": float(np.abs(theta).sum(dtype=np.float64)),
    }


def child(way: str, i: int, port: int) -> None:
    """Measure every case as one of the processes; process 0 prints them."""
    cores = WAYS[way]
    os.sched_setaffinity(0, cores[i])
    os.environ["NPROC"] = str(len(cores[i]))
    from cutaway.engine.processes import ALONE, of_jax
    from cutaway.training.launch import Launch
    from cutaway.training.meeting import join

    processes = ALONE
    if len(cores) > 1:
        watch = join(Launch(f"127.0.0.1:{port}", len(cores), i), 60.0)
        processes = of_jax()
    found = [measured(sizes, batch, processes) for sizes, batch in CASES]
    if i == 0:
        print(json.dumps(found), flush=True)
    if len(cores) > 1:
        watch.release()
        watch.leave(0)


def main() -> None:
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}", flush=True)
    found = {}
    for way, cores in WAYS.items():
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        command = [sys.executable, __file__, way]
        started = [
            subprocess.Popen([*command, str(i), str(port)], stdout=subprocess.PIPE, text=True)
            for i in range(len(cores))
        ]
        said = [process.communicate()[0] for process in started]
        found[way] = json.loads(said[0])
    head = "| network | parameters | batch |" + "".join(f" {way} |" for way in WAYS)
    print(head + " against one core | bytes over the network |")
    print("|---" * (len(WAYS) + 5) + "|")
    for number, (sizes, batch) in enumerate(CASES):
        rows = {way: found[way][number] for way in WAYS}
        thetas = [row["theta"] for row in rows.values()]
        if not np.allclose(thetas, thetas[0], rtol=1e-5):
            raise SystemExit(f"the parameters differ: {thetas}")
        one, _, pair = rows.values()
        n = sum(a * b + b for a, b in itertools.pairwise(sizes))
        times = "".join(f" {1e3 * row['seconds']:.3g} ms |" for row in rows.values())
        print(
            f"| {'-'.join(map(str, sizes))} | {n:,} | {batch:,} |{times} "
            f"{one['seconds'] / pair['seconds']:.2f} | {pair['bytes']:,.0f} |"
        )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        child(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
