"""The course's flower: 2-4-1, 400 points, 10,000 iterations of gradient descent from its start.

python benchmarks/cases/planar.py
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

import ours
from cutaway.data.generated import planar
from harness import Case
from peers import Layers, log_loss
from peers.contenders import gradient_descent
from run import main

HIDDEN, STEPS, ALPHA = (4,), 10_000, 1.2


def case(folder: Path | None) -> Case:
    points = planar()
    rows, y = points.rows.astype(np.float32), points.target
    legacy = np.random.RandomState(2)
    W1, W2 = legacy.randn(4, 2) * 0.01, legacy.randn(1, 4) * 0.01
    start: Layers = [(W1, np.zeros((4, 1))), (W2, np.zeros((1, 1)))]
    return Case(
        name="planar",
        title=f"planar 2-4-1 x {len(y)}, {STEPS:,} iterations",
        steps=STEPS,
        short=500,
        contenders=[
            *gradient_descent(rows, y, start, "tanh", ALPHA, unroll=(10,)),
            *ours.one(
                ours.dataset(rows, y),
                epochs=lambda steps: steps,
                parameters=start,
                hidden=HIDDEN,
                activation="tanh",
                optimizer="gradient_descent",
                learning_rate=ALPHA,
                batch_size=None,
            ),
        ],
        cost=lambda layers: log_loss(layers, rows, y, np.tanh),
        tolerance=1e-2,
        targets={ours.NUMPY: 5, ours.JAX: 10},
        step_targets={ours.JAX: 40},
    )


CASES = {"planar": case}

if __name__ == "__main__":
    main(CASES)
