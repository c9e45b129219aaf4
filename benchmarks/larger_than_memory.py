"""Training on more examples than memory holds: own memory, and speed against training in memory.

    python benchmarks/larger_than_memory.py --gigabytes 8
    python benchmarks/larger_than_memory.py --gigabytes 8 --kind table

Makes drawn examples with a target that can be learned (pictures of 64x64x3 as .npy, or a Parquet
file of 100 columns of float32 and 3 of categories), and trains two epochs from the cache in a
process of its own. Then, in another process, trains on some of these examples, drawn from all of
them, in mini-batches as large, by turns from the cache and in memory: whatever else the machine
does slows both. Reports

    RssAnon   the largest memory of its own that the first process had, by phase; sampled from /proc
    speed     examples a second of the second epoch, the errors on train and dev included
    ratio     of the median times of such an epoch, after a round that is not counted

Linux only. The folder takes two to three times the gigabytes; it is removed at the end.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

SHAPE, CLASSES = (64, 64, 3), 10
NUMBERS, CATEGORIES = 100, 3
EPOCHS = 2
ROUNDS = 5
# Bytes of a picture and of a row; and examples that are trained on by turns, 0.3 GB in memory.
ROW = {"pictures": int(np.prod(SHAPE)), "table": 4 * (NUMBERS + CATEGORIES)}
BY_TURNS = {"pictures": 5_000, "table": 200_000}

CHILD = """
import sys, time
import cutaway
from cutaway.data import load
from cutaway.experiments.baselines import baselines
from cutaway.report import write_report
from cutaway.training.evaluation import evaluate_all

path, labels, epochs, backend = sys.argv[1], sys.argv[2] or None, int(sys.argv[3]), sys.argv[4]
target = None if labels else "target"
say = lambda phase: print(phase, flush=True)
class Watch:
    needs, every, times = frozenset(), 1, []
    def __call__(self, record, state):
        self.times.append(time.perf_counter())
        say("train") if record.epoch == 0 else None

say("convert")
began = time.perf_counter()
load(path, labels=labels, target=target, cache="always")
say(f"converted {time.perf_counter() - began:.1f}")
say("prepare")
began = time.perf_counter()
run = cutaway.train(path, labels=labels, target=target, cache="always", epochs=epochs,
    backend=backend, early_stopping=False, consumers=[Watch()])
say("judge")
prepared = run.setup.prepared
write_report(run, evaluate_all(run.model, prepared), baselines(prepared))
say("end")
start, first, *_, last = Watch.times
m = run.setup.prepared.train.m
say(f"speed {m * (epochs - 1) / (last - first):.0f}")
say(f"first {m / (first - start):.0f}")
say(f"batch {run.plan.batch_size}")
say(f"error {run.history[-1].dev_error:.4f}")
say(f"examples {m}")
"""

BOTH = """
import dataclasses, statistics, sys, time
from cutaway.engine.inputs import at_once
from cutaway.hyperparameters import Hyperparameters
from cutaway.training.session import execute
from cutaway.training.setup import set_up

path, labels, m, rounds = sys.argv[1], sys.argv[2] or None, int(sys.argv[3]), int(sys.argv[4])
backend, batch_size = sys.argv[5:7]
given = Hyperparameters.of(target=None if labels else "target", cache="always", epochs=2,
    split=f"{m},{m // 3},0", backend=backend, batch_size=int(batch_size), early_stopping=False)
stored = set_up(path, given, labels=labels)
train, dev = (part._replace(X=at_once(part.X)) for part in stored.prepared[:2])
in_memory = dataclasses.replace(stored, prepared=stored.prepared._replace(train=train, dev=dev))
seconds = {"memory": [], "cache": []}
class Watch:
    needs, every, times = frozenset(), 1, []
    def __call__(self, record, state):
        self.times.append(time.perf_counter())
for _ in range(rounds + 1):
    for name, setup in (("memory", in_memory), ("cache", stored)):
        run = execute(setup, consumers=[Watch()])
        seconds[name].append(Watch.times[-1] - Watch.times[-2])
        print(f"theta {float(abs(run.model.theta).sum())}", flush=True)
for name, values in seconds.items():
    print(f"{name} {m / statistics.median(values[1:]):.0f}", flush=True)
"""


def make_pictures(folder: Path, m: int) -> tuple[Path, str]:
    random = np.random.default_rng(0)
    likeness = random.integers(0, 56, (CLASSES, *SHAPE), dtype=np.uint8)
    x = np.lib.format.open_memmap(folder / f"x{m}.npy", "w+", np.uint8, (m, *SHAPE))
    y = random.integers(0, CLASSES, m)
    for i in range(0, m, 4096):
        few = y[i : i + 4096]
        x[i : i + 4096] = random.integers(0, 200, (len(few), *SHAPE), dtype=np.uint8)
        x[i : i + 4096] += likeness[few]
    np.save(folder / f"y{m}.npy", y)
    return folder / f"x{m}.npy", str(folder / f"y{m}.npy")


def make_table(folder: Path, m: int) -> tuple[Path, str]:
    import duckdb

    path = folder / f"rows{m}.parquet"
    numbers = [f"CAST(random() AS FLOAT) AS x{i}" for i in range(NUMBERS)]
    words = [
        f"chr(97 + CAST(floor(7 * random()) AS INTEGER)) AS word{i}" for i in range(CATEGORIES)
    ]
    rule = "x0 + x1 - x2 + (CASE word0 WHEN 'a' THEN 1 ELSE 0 END) > 0.6"
    duckdb.execute("SET memory_limit = '2GB'")
    duckdb.execute(
        f"COPY (SELECT *, CASE WHEN {rule} THEN 'yes' ELSE 'no' END AS target FROM "
        f"(SELECT {', '.join(numbers + words)} FROM range({m}))) TO '{path}' (FORMAT parquet)"
    )
    return path, ""


def own_memory(pid: int) -> float:
    """Return RssAnon of a process in GB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1e6
    return 0.0


def watch(program: str, *arguments: str) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Run a process of its own; return its peaks of RssAnon by phase, and the figures it says."""
    command = [sys.executable, "-c", program, *arguments]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    peaks: dict[str, float] = {}
    figures: dict[str, list[float]] = {}
    phase = "start"

    def listen() -> None:
        nonlocal phase
        assert child.stdout is not None
        for line in child.stdout:
            word, _, value = line.strip().partition(" ")
            if value:
                figures.setdefault(word, []).append(float(value))
            else:
                phase = word

    listener = threading.Thread(target=listen)
    listener.start()
    while child.poll() is None:
        with contextlib.suppress(OSError):
            peaks[phase] = max(peaks.get(phase, 0.0), own_memory(child.pid))
        time.sleep(0.02)
    listener.join()
    if child.wait():
        raise SystemExit("the training failed")
    return peaks, figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=8.0)
    parser.add_argument("--kind", choices=sorted(ROW), default="pictures")
    parser.add_argument("--backend", choices=("numpy", "jax"), default="numpy")
    parser.add_argument("--folder", default=None, help="where the files are made")
    options = parser.parse_args()
    make = make_pictures if options.kind == "pictures" else make_table
    m = int(options.gigabytes * 1e9 / ROW[options.kind])
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        os.environ["CUTAWAY_CACHE"] = str(folder / "cache")
        path, labels = make(folder, m)
        print(f"load of the machine before: {os.getloadavg()[0]:.1f}", flush=True)
        peaks, said = watch(CHILD, str(path), labels, str(EPOCHS), options.backend)
        words = ", ".join(f"{phase} {peak:.2f}" for phase, peak in peaks.items())
        print(f"examples    {said['examples'][0]:,.0f} in train, {options.gigabytes:g} GB in all")
        print(f"RssAnon     {max(peaks.values()):.2f} GB  ({words})")
        print(f"converted   in {said['converted'][0]:.0f} s")
        print(f"speed       {said['speed'][0]:,.0f} examples/s, {said['first'][0]:,.0f} at first")
        print(f"dev error   {said['error'][0]:.4f}", flush=True)
        few, batch = min(BY_TURNS[options.kind], m // 2), int(said["batch"][0])
        arguments = (str(few), str(ROUNDS), options.backend, str(batch))
        _, said = watch(BOTH, str(path), labels, *arguments)
    if len(set(said["theta"])) != 1:
        raise SystemExit("the two ways end with different parameters")
    cache, memory = said["cache"][0], said["memory"][0]
    print(f"by turns    {few:,} of them, {batch} an update")
    print(f"            {cache:,.0f} examples/s, in memory {memory:,.0f}")
    print(f"ratio       {cache / memory:.2f} of the speed in memory, the same parameters")


if __name__ == "__main__":
    main()
