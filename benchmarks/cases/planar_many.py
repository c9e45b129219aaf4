"""32 networks on the course's flower: 2-4-1, 8 learning rates x 4 seeds, 2,000 iterations each.

    python benchmarks/cases/planar_many.py

The peers train one after the other, scikit-learn also in two processes, as `GridSearchCV(n_jobs=2)`
does. What a user gets who writes the 32 by hand with an axis in front is shown, and does not count.
"""

from __future__ import annotations

import itertools
import sys
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from joblib import Parallel, delayed

import ours
from cutaway.data.generated import planar
from harness import Case, Contender
from peers import Layers, Rows, course, log_loss, pytorch, scikit_learn
from peers.contenders import COMPILED, NUMPY, PYTORCH, SCIKIT_LEARN
from run import main

SEEDS, STEPS = range(4), 2000
RATES = np.geomspace(0.05, 1.2, 8).tolist()
GRID = [{"learning_rate": rate, "seed": seed} for rate, seed in itertools.product(RATES, SEEDS)]
SETTINGS: dict[str, Any] = {
    "hidden": (4,),
    "activation": "tanh",
    "optimizer": "gradient_descent",
    "batch_size": None,
}
BY_HAND = "all networks in one array, written by hand"


def case(folder: Path | None) -> Case:
    points = planar()
    rows, y = points.rows.astype(np.float32), points.target
    data = ours.dataset(rows, y)
    starts = [ours.initial(data, **SETTINGS, **one) for one in GRID]
    rates = np.reshape([one["learning_rate"] for one in GRID], (-1, 1, 1))

    def in_turn(train: Any, n: int, steps: int) -> list[Layers]:
        return [
            train(rows, y, start, "tanh", one["learning_rate"], steps, n)
            for start, one in zip(starts, GRID, strict=True)
        ]

    def in_processes(steps: int) -> list[Layers]:
        train = delayed(scikit_learn.gradient_descent)
        return Parallel(2)(
            train(rows, y, start, "tanh", one["learning_rate"], steps, 1)
            for start, one in zip(starts, GRID, strict=True)
        )

    def compiled(steps: int, n: int, unroll: int) -> list[Layers]:
        network = (stacked(starts), "tanh", rates, steps, n, unroll)
        return apart(pytorch.compiled_gradient_descent(rows, y, *network))

    return Case(
        name="planar-many",
        title=f"{len(GRID)} networks planar 2-4-1 x {len(y)}, {STEPS:,} iterations each",
        steps=STEPS,
        short=100,
        contenders=[
            Contender(NUMPY, "float32, in turn", partial(in_turn, course.gradient_descent, 1)),
            Contender(
                SCIKIT_LEARN, "float32, in turn", partial(in_turn, scikit_learn.gradient_descent, 1)
            ),
            Contender(SCIKIT_LEARN, "float32, 2 processes", in_processes),
            Contender(PYTORCH, "eager, in turn", partial(in_turn, pytorch.gradient_descent, 1)),
            Contender(
                NUMPY,
                "float32, 1 thread",
                lambda s: apart(by_hand(rows, y, stacked(starts), rates, s)),
                aside=BY_HAND,
            ),
            *(
                Contender(
                    COMPILED,
                    f"{n} thread{'s' if n > 1 else ''}, {unroll} updates a call",
                    partial(compiled, n=n, unroll=unroll),
                    aside=BY_HAND,
                    forget=pytorch.forget,
                )
                for n in (1, 2)
                for unroll in (1, 10)
            ),
            *ours.many(data, epochs=lambda steps: steps, each=GRID, **SETTINGS),
        ],
        cost=lambda networks: [log_loss(layers, rows, y, np.tanh) for layers in networks],
        tolerance=1e-2,
        targets={ours.NUMPY: 30, ours.JAX: 35},
        step_targets={ours.JAX: 80},
    )


def stacked(starts: list[Layers]) -> Layers:
    """Return W (k, n_l, n_prev) and b (k, n_l, 1) of every layer, k networks in one array."""
    return [tuple(map(np.stack, zip(*layer, strict=True))) for layer in zip(*starts, strict=True)]


def apart(layers: Layers) -> list[Layers]:
    """Return the layers of each of k networks."""
    return [[(W[i], b[i]) for W, b in layers] for i in range(len(layers[0][0]))]


def by_hand(rows: Rows, y: Rows, layers: Layers, alpha: Rows, steps: int) -> Layers:
    """The course's `nn_model` with an axis of networks in front."""
    X, Y, m = rows.T, y.astype(np.float32), len(rows)
    (W1, b1), (W2, b2) = [(np.float32(W), np.float32(b)) for W, b in layers]
    alpha = np.float32(alpha)
    for _ in range(steps):
        A1 = np.tanh(W1 @ X + b1)
        A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
        dZ2 = A2 - Y
        dZ1 = (W2.mT @ dZ2) * (1 - A1**2)
        W2 = W2 - alpha * (dZ2 @ A1.mT / m)
        b2 = b2 - alpha * (dZ2.sum(axis=2, keepdims=True) / m)
        W1 = W1 - alpha * (dZ1 @ X.T / m)
        b1 = b1 - alpha * (dZ1.sum(axis=2, keepdims=True) / m)
    return [(W1, b1), (W2, b2)]


CASES = {"planar-many": case}

if __name__ == "__main__":
    main(CASES)
