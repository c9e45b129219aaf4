"""Training on more examples than memory holds: own memory, and speed against training in memory.

    python benchmarks/larger_than_memory.py --gigabytes 8
    python benchmarks/larger_than_memory.py --gigabytes 8 --kind table

Makes drawn examples with a target that can be learned (pictures of 64x64x3 as .npy, or a Parquet
file of 100 columns of float32 and 3 of categories), trains three epochs from the cache in a process
of its own, and does the same in memory on as many examples as fit there. Reports

    RssAnon   the largest memory of its own that the process had, by phase; sampled from /proc
    speed     examples a second after the first epoch, the errors on train and dev included

Linux only. The folder takes two to three times the gigabytes; it is removed at the end.
"""

from __future__ import annotations

import argparse
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
EPOCHS = 3
# Bytes of a picture and of a row; in memory stand the rows as they are read and X in float32.
ROW = {"pictures": int(np.prod(SHAPE)), "table": 4 * (NUMBERS + CATEGORIES)}
IN_MEMORY = {"pictures": 5, "table": 6}

CHILD = """
import sys, time
import cutaway
from cutaway.data import load

path, labels, cache, epochs = sys.argv[1:]
say = lambda phase: print(phase, flush=True)
labels = labels or None
target = None if labels else "target"
say("convert" if cache == "always" else "read")
began = time.perf_counter()
load(path, labels=labels, target=target, cache=cache) if cache == "always" else None
say(f"seconds {time.perf_counter() - began:.1f}")
say("prepare")
began = time.perf_counter()
say_train = type("Say", (), {"needs": frozenset(), "every": 1, "__call__":
    lambda self, record, state: say("train") if record.epoch == 0 else None})()
run = cutaway.train(path, labels=labels, target=target, cache=cache, epochs=int(epochs),
    early_stopping=False, consumers=[say_train])
say("judge")
from cutaway.experiments.baselines import baselines
from cutaway.training.evaluation import evaluate
from cutaway.report import write_report
train, dev = (evaluate(run.model, part) for part in run.setup.prepared[:2])
write_report(run, dev, train, baselines(run.setup.prepared))
say("end")
seconds = [record.seconds for record in run.history]
m = run.setup.prepared.train.m
say(f"speed {m * (len(seconds) - 2) / (seconds[-1] - seconds[1]):.0f}")
say(f"first {m / seconds[1]:.0f}")
say(f"error {run.history[-1].dev_error:.4f}")
say(f"examples {m}")
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


def train(path: Path, labels: str, cache: str) -> tuple[dict[str, float], dict[str, float]]:
    """Train in a process of its own; return its peaks of RssAnon by phase, and its figures."""
    arguments = [sys.executable, "-c", CHILD, str(path), labels, cache, str(EPOCHS)]
    child = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    peaks: dict[str, float] = {}
    figures: dict[str, float] = {}
    phase = "start"
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}", flush=True)

    def listen() -> None:
        nonlocal phase
        assert child.stdout is not None
        for line in child.stdout:
            word, _, value = line.strip().partition(" ")
            if value:
                figures[word] = float(value)
            else:
                phase = word

    listener = threading.Thread(target=listen)
    listener.start()
    while child.poll() is None:
        try:
            peaks[phase] = max(peaks.get(phase, 0.0), own_memory(child.pid))
        except OSError:
            break
        time.sleep(0.02)
    listener.join()
    if child.wait():
        raise SystemExit("the training failed")
    return peaks, figures


def available() -> float:
    text = Path("/proc/meminfo").read_text()
    return int(text.split("MemAvailable:")[1].split()[0]) * 1024.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=8.0)
    parser.add_argument("--kind", choices=sorted(ROW), default="pictures")
    parser.add_argument("--folder", default=None, help="where the files are made")
    options = parser.parse_args()
    make = make_pictures if options.kind == "pictures" else make_table
    m = int(options.gigabytes * 1e9 / ROW[options.kind])
    fits = int(available() / 2 / IN_MEMORY[options.kind] / ROW[options.kind])
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        os.environ["CUTAWAY_CACHE"] = str(folder / "cache")
        few, labels = make(folder, min(m, fits))
        peaks, in_memory = train(few, labels, "never")
        print(f"in memory     {in_memory['examples']:,.0f} training examples")
        print(f"  RssAnon     {max(peaks.values()):.2f} GB")
        words = f"{in_memory['speed']:,.0f} examples/s, error {in_memory['error']:.4f}"
        print(f"  speed       {words}", flush=True)
        few.unlink()
        many, labels = make(folder, m)
        peaks, cached = train(many, labels, "always")
        print(
            f"from a cache  {cached['examples']:,.0f} training examples, {options.gigabytes:g} GB"
        )
        words = ", ".join(f"{phase} {peak:.2f}" for phase, peak in peaks.items())
        print(f"  RssAnon     {max(peaks.values()):.2f} GB  ({words})")
        print(f"  converted   in {cached['seconds']:.0f} s")
        print(f"  speed       {cached['speed']:,.0f} examples/s, error {cached['error']:.4f}")
        print(f"  first epoch {cached['first']:,.0f} examples/s")
        print(f"ratio         {cached['speed'] / in_memory['speed']:.2f} of the speed in memory")


if __name__ == "__main__":
    main()
