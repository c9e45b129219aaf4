"""One of N processes: trains every case given, and writes what it has at the end of each.

python worker.py HOST:PORT N I FOLDER CASE..
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.engine.processes import ALONE, Processes, of_jax
from cutaway.training.launch import Launch
from cutaway.training.meeting import join
from cutaway.training.session import train
from cutaway.training.trainee import Run

# 91 examples: the processes have not all as many.
CASES: dict[str, dict[str, Any]] = {
    "full batch": {"batch_size": "full", "optimizer": "momentum", "l2": 1.0},
    "weights, dropout": {"batch_size": "full", "class_weight": "setosa=2", "keep_prob": "0.8"},
    "mini-batch": {
        "batch_size": 32,
        "keep_prob": "0.9,0.8",
        "class_weight": "setosa=2",
        "patience": 2,
    },
    # In some mini-batch of 2 some process has no example.
    "augmented": {"data": "digits", "batch_size": 16, "augment": "flip,rotate:10,noise"},
    "augmented, full batch": {"data": "digits", "batch_size": "full", "augment": "shift,elastic"},
    "tiny batch": {"split": "7,60,60", "batch_size": 2, "l1": 0.1},
}


def train_case(case: str, processes: Processes = ALONE) -> Run:
    common = {"data": "iris", "split": "91,30,29", "hidden": (8, 5), "dtype": "float64"}
    common |= {"epochs": 6, "print_every": 2, "backend": "jax", "path": "plain"}
    return train(**(common | CASES[case]), processes=processes)


def arrays_of(run: Run) -> dict[str, Any]:
    """Return the parameters, the optimiser's slots and every number of the Records."""
    records = [asdict(record) | {"seconds": None} for record in run.history]
    told = {name: value for name, value in records[-1].items() if value is not None}
    # What the start has not, such as a gradient, is a row of nan.
    arrays = {
        name: np.array(
            [np.resize(r[name] if r[name] is not None else np.nan, np.size(value)) for r in records]
        )
        for name, value in told.items()
    }
    state = run.outcome.state
    slots = {f"slot{i}": np.asarray(slot) for i, slot in enumerate(state.slots)}
    return arrays | slots | {"theta": np.asarray(state.theta)}


def main(coordinator: str, n: str, i: str, folder: str, *cases: str) -> None:
    watch = join(Launch(coordinator, int(n), int(i)), timeout=20.0)
    for case in cases:
        np.savez(Path(folder) / f"{case} {i}.npz", **arrays_of(train_case(case, of_jax())))
    watch.release()
    watch.leave(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
