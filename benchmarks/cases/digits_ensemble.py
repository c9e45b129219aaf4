"""An ensemble of 20 networks on the digits: 64-64-32-10, Adam, 50 epochs of mini-batches of 32.

    python benchmarks/cases/digits_ensemble.py

Every member has a start and orders of its own, by its seed. The peers train one member after the
other, scikit-learn in two processes, as `BaggingClassifier(n_jobs=2)` does.
"""

from __future__ import annotations

import math
import sys
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from joblib import Parallel, delayed

import ours
from cutaway.data.load import load
from harness import Case, Contender
from peers import Layers, course, cross_entropy, orders, pytorch, relu, scikit_learn
from peers.contenders import COMPILED, NUMPY, PYTORCH, SCIKIT_LEARN
from run import main

MEMBERS, EPOCHS, BATCH, ALPHA = 20, 50, 32, 0.001
SEEDS = [{"seed": seed} for seed in range(MEMBERS)]
SETTINGS: dict[str, Any] = {
    "hidden": (64, 32),
    "optimizer": "adam",
    "learning_rate": ALPHA,
    "batch_size": BATCH,
}


def case(folder: Path | None) -> Case:
    digits = load("digits")
    rows, y = (digits.rows / 255).astype(np.float32), digits.target
    data = ours.dataset(rows, y)
    starts = [ours.initial(data, **SETTINGS, **one) for one in SEEDS]
    updates = math.ceil(len(y) / BATCH)

    def epochs(steps: int) -> int:
        return steps // updates

    def member(train: Any, seed: int, steps: int, **more: Any) -> Layers:
        given = orders(seed, len(y))
        return train(rows, y, starts[seed], ALPHA, BATCH, epochs(steps), given, 1, **more)

    def in_turn(train: Any, steps: int, **more: Any) -> list[Layers]:
        return [member(train, seed, steps, **more) for seed in range(MEMBERS)]

    def in_processes(steps: int) -> list[Layers]:
        train = delayed(member)
        return Parallel(2)(train(scikit_learn.adam, seed, steps) for seed in range(MEMBERS))

    return Case(
        name="digits-ensemble",
        title=f"{MEMBERS}-member ensemble on digits, 64-64-32-10, {EPOCHS} epochs, batch {BATCH}",
        steps=EPOCHS * updates,
        trial=2 * updates,
        contenders=[
            Contender(NUMPY, "float32, in turn", partial(in_turn, course.adam)),
            Contender(SCIKIT_LEARN, "float32, 2 processes", in_processes),
            Contender(PYTORCH, "eager, fused Adam, in turn", partial(in_turn, pytorch.adam)),
            Contender(
                COMPILED,
                "network and loss, fused Adam, in turn",
                partial(in_turn, pytorch.adam, compiled=True),
                forget=pytorch.forget,
            ),
            *ours.many(data, epochs=epochs, each=SEEDS, **SETTINGS),
        ],
        cost=lambda networks: np.mean([cross_entropy(l, rows, y, relu) for l in networks]),
        tolerance=2e-2,
        targets={ours.NUMPY: 5, ours.JAX: 10},
        notes="the mean of the members: differences of rounding grow over the steps of each",
    )


CASES = {"digits-ensemble": case}

if __name__ == "__main__":
    main(CASES)
