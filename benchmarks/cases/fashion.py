"""Fashion-MNIST: 784-256-128-10, Adam, one epoch of 60,000 pictures in batches of 64 or 256.

    python benchmarks/cases/fashion.py [fashion-64] [fashion-256]

The data are Debian's package dataset-fashion-mnist. All take the mini-batches in the same order.
"""

from __future__ import annotations

import math
import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

import ours
from cutaway.data.load import load
from cutaway.errors import DataError
from harness import Case, SkippedError
from peers import cross_entropy, initial, orders, relu
from peers.contenders import adam
from run import main

SIZES, ALPHA = (784, 256, 128, 10), 0.001
# Of the first layer's input no derivative is taken: 2 products, 3 in the others.
PRODUCTS = 2 * 784 * 256 + 3 * (256 * 128 + 128 * 10)


def case(folder: Path | None, batch: int) -> Case:
    try:
        data = load("fashion_mnist")
    except DataError as error:
        raise SkippedError(str(error)) from error
    pictures = data.take(data.parts["train"])
    rows, y = (pictures.rows / 255).astype(np.float32), pictures.target
    start = initial(SIZES)
    updates = math.ceil(len(y) / batch)

    def epochs(steps: int) -> int:
        return steps // updates

    return Case(
        name=f"fashion-{batch}",
        title=f"Fashion-MNIST 784-256-128-10, Adam, one epoch, batch {batch}",
        steps=updates,
        # Where the share of the peak counts, a second epoch gives the time of a step alone.
        trial=updates if batch == 64 else 2 * updates,
        contenders=[
            *adam(rows, y, start, ALPHA, batch, orders(0, len(y)), epochs),
            *ours.updates_only(
                ours.dataset(rows, y),
                epochs=epochs,
                parameters=start,
                hidden=SIZES[1:-1],
                optimizer="adam",
                learning_rate=ALPHA,
                batch_size=batch,
            ),
        ],
        cost=lambda layers: cross_entropy(layers, rows, y, relu),
        # After an epoch of Adam the rounding of float32 alone leads to costs 3 % apart.
        tolerance=5e-2,
        targets={ours.NUMPY: 1.3, ours.JAX: 1.5}
        if batch == 64
        else {ours.NUMPY: 1.1, ours.JAX: 1.4},
        flops=2.0 * batch * PRODUCTS,
        share_target=None if batch == 64 else 0.8,
        notes="a step is its share of the whole training" if batch == 64 else "",
    )


CASES = {f"fashion-{batch}": partial(case, batch=batch) for batch in (64, 256)}

if __name__ == "__main__":
    main(CASES)
