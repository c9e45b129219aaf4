"""Print the course's published costs beside ours: cats.py FOLDER, with the two HDF5 files in it."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import cutaway
from cutaway.data.parts import part
from cutaway.training.evaluation import evaluate

LOGISTIC = dict(
    zip(
        range(0, 2000, 100),
        (
            0.693147, 0.584508, 0.466949, 0.376007, 0.331463, 0.303273, 0.279880,
            0.260042, 0.242941, 0.228004, 0.214820, 0.203078, 0.192544, 0.183033,
            0.174399, 0.166521, 0.159305, 0.152667, 0.146542, 0.140872,
        ),
        strict=True,
    )
)  # fmt: skip
TWO_LAYERS = {
    0: 0.693049735659989,
    100: 0.6464320953428849,
    200: 0.6325140647912677,
    500: 0.5158304772764729,
    1000: 0.3394281538366412,
    1500: 0.1744831811255665,
    2000: 0.07439078704319081,
    2400: 0.04855478562877017,
    2499: 0.04421498215868951,
}
OPTIONS: Mapping[str, Any] = {
    "dev": "none",
    "optimizer": "gradient_descent",
    "batch_size": "full",
    "normalize": "none",
    "l2": 0.0,
    "keep_prob": 1.0,
    "dtype": "float64",
    "print_every": 100,
}


def show(folder: Path, title: str, published: Mapping[int, float], **given: Any) -> None:
    start = time.perf_counter()
    run = cutaway.train(
        folder / "train_catvnoncat.h5",
        test=str(folder / "test_catvnoncat.h5"),
        **OPTIONS,
        **given,
    )
    seconds = time.perf_counter() - start
    print(f"{title}: {run.outcome.state.epoch} iterations in {seconds:.1f} s")
    cost = {record.epoch: record.cost for record in run.history}
    for iteration, value in published.items():
        ours = cost[iteration]
        assert ours is not None
        print(f"{iteration:6d}  {value:<19}  {ours:<19.17g}  {ours - value:+.1e}")
    setup = run.setup
    test, _ = part(
        setup.dataset, setup.prepared.split.test, setup.prepared.preparation, setup.plan.dtype
    )
    train_error = run.history[-1].train_error
    assert train_error is not None
    print(f"accuracy: train {1 - train_error:.2%}, test {1 - evaluate(run.model, test).error:.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="holds train_ and test_catvnoncat.h5")
    folder = parser.parse_args().folder
    show(
        folder,
        "logistic regression",
        LOGISTIC,
        hidden="none",
        initializer="zeros",
        learning_rate=0.005,
        epochs=2000,
    )
    legacy = np.random.RandomState(1)
    W1, W2 = legacy.randn(7, 12288) * 0.01, legacy.randn(1, 7) * 0.01
    show(
        folder,
        "two layers",
        TWO_LAYERS,
        hidden=(7,),
        learning_rate=0.0075,
        epochs=2499,
        parameters=[(W1, np.zeros((7, 1))), (W2, np.zeros((1, 1)))],
    )


if __name__ == "__main__":
    main()
