"""Logistic regression: 12288 inputs, 800 examples, 10,000 iterations of gradient descent.

    python benchmarks/cases/logistic.py [logistic] [logistic-reduced]

The rows are drawn numbers of the size of normalised pixels; all parameters are 0 at the start. In
logistic-reduced the peers get what their user has reduced by X = Q R to 800 inputs, beforehand and
at no cost. That is the same training: without a penalty W stays in the span of the examples, so
W X = (W Q) R. cutaway gets the whole rows in both.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

import ours
from harness import Case
from peers import course, log_loss, relu
from peers.contenders import NUMPY, SCIKIT_LEARN, gradient_descent
from run import main

N_X, M, STEPS, ALPHA = 12288, 800, 10_000, 0.005
NOT_ASKED = "the target names PyTorch"


def case(folder: Path | None, reduced: bool = False) -> Case:
    rows = np.random.default_rng(0).standard_normal((M, N_X)).astype(np.float32)
    y = np.arange(M) % 2
    inputs = np.linalg.qr(rows.T.astype(np.float64))[1].T.astype(np.float32) if reduced else rows
    R = np.ascontiguousarray(inputs)
    mine = ours.one(
        ours.dataset(rows, y),
        epochs=lambda steps: steps,
        hidden=(),
        parameters=[(np.zeros((1, N_X)), np.zeros((1, 1)))],
        optimizer="gradient_descent",
        learning_rate=ALPHA,
        batch_size=None,
    )
    peers = gradient_descent(
        R,
        y,
        [(np.zeros((1, R.shape[1])), np.zeros((1, 1)))],
        "relu",
        ALPHA,
        plain=course.logistic_regression,
        aside={NUMPY: NOT_ASKED, SCIKIT_LEARN: NOT_ASKED} if reduced else None,
    )
    title = f"logistic regression {N_X} x {M}, {STEPS:,} iterations"
    return Case(
        name="logistic-reduced" if reduced else "logistic",
        title=f"{title}, peers on {M} inputs by QR" if reduced else title,
        steps=STEPS,
        short=100,
        contenders=[*peers, *mine],
        cost=lambda l: log_loss(l, rows if l[0][0].shape[1] == N_X else R, y, relu),
        tolerance=1e-3,
        targets={ours.NUMPY: 2} if reduced else {ours.NUMPY: 12, ours.JAX: 12},
        step_targets={ours.JAX: 5} if reduced else {},
    )


CASES = {"logistic": case, "logistic-reduced": lambda folder: case(folder, reduced=True)}

if __name__ == "__main__":
    main(CASES)
