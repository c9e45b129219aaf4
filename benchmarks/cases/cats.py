"""The course's cat classifier: 12288-20-7-5-1, 209 pictures, 2,500 iterations of gradient descent.

    python benchmarks/cases/cats.py [--data FOLDER] [cats] [cats-reduced]

On the course's own pictures when FOLDER holds train_catvnoncat.h5, else on drawn rows of the same
shape. In cats-reduced the peers get what their user has reduced by X = Q R to 209 inputs and a
first layer W Q, beforehand and at no cost: the same training, see logistic.py. cutaway gets the
whole rows in both.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

import ours
from harness import Case
from peers import Rows, initial, log_loss, relu
from peers.contenders import NUMPY, SCIKIT_LEARN, gradient_descent
from run import main

HIDDEN, STEPS, ALPHA = (20, 7, 5), 2500, 0.0075
NOT_ASKED = "the target names PyTorch"


def pictures(folder: Path | None) -> tuple[Rows, Rows, str]:
    """Return rows (209, 12288) from 0 to 1, the classes, and where they are from."""
    if folder is None:
        rows = np.random.default_rng(0).random((209, 12288))
        return rows.astype(np.float32), (np.arange(209) % 3 == 0).astype(int), "drawn rows"
    import h5py

    with h5py.File(folder / "train_catvnoncat.h5") as file:
        rows, y = file["train_set_x"][:].reshape(209, -1), file["train_set_y"][:].astype(int)
    return (rows / 255).astype(np.float32), y, "the course's pictures"


def case(folder: Path | None, reduced: bool = False) -> Case:
    rows, y, source = pictures(folder)
    m, n_x = rows.shape
    start = initial((n_x, *HIDDEN, 1))
    R, begin = rows, start
    if reduced:
        Q, R = np.linalg.qr(rows.T.astype(np.float64))
        (W, b), *others = start
        R, begin = np.ascontiguousarray(R.T.astype(np.float32)), [(W @ Q, b), *others]
    mine = ours.one(
        ours.dataset(rows, y),
        epochs=lambda steps: steps,
        parameters=start,
        hidden=HIDDEN,
        optimizer="gradient_descent",
        learning_rate=ALPHA,
        batch_size=None,
    )
    aside = {NUMPY: NOT_ASKED, SCIKIT_LEARN: NOT_ASKED} if reduced else None
    title = f"cats {n_x}-20-7-5-1 x {m}, {STEPS:,} iterations"
    return Case(
        name="cats-reduced" if reduced else "cats",
        title=f"{title}, peers on {m} inputs by QR" if reduced else title,
        steps=STEPS,
        short=50,
        contenders=[*gradient_descent(R, y, begin, "relu", ALPHA, aside=aside), *mine],
        cost=lambda l: log_loss(l, rows if l[0][0].shape[1] == n_x else R, y, relu),
        tolerance=1e-2,
        targets={ours.NUMPY: 2} if reduced else {ours.NUMPY: 20, ours.JAX: 15},
        step_targets={ours.JAX: 5 if reduced else 35},
        notes=f"on {source}",
    )


CASES = {"cats": case, "cats-reduced": lambda folder: case(folder, reduced=True)}

if __name__ == "__main__":
    main(CASES)
