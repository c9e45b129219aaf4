"""Compare cutaway's defaults with scikit-learn's MLP on the digits: digits.py [--seeds 20].

Every seed is a split of its own into train, dev and test (60/20/20 of each class); cutaway stops
early on dev. scikit-learn gets the same training examples with pixels from 0 to 1, then train and
dev together, which is what it would have for training by itself.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.neural_network import MLPClassifier

from cutaway.data.parts import part
from cutaway.hyperparameters import Hyperparameters
from cutaway.training.evaluation import evaluate
from cutaway.training.session import execute
from cutaway.training.setup import Setup, set_up

MAX_ITER = 1000


class Result(NamedTuple):
    error: float
    seconds: float


def cutaway(setup: Setup) -> Result:
    start = time.perf_counter()
    run = execute(setup)
    seconds = time.perf_counter() - start
    test, _ = part(setup.dataset, setup.prepared.split.test, setup.prepared.preparation, "float32")
    return Result(evaluate(run.model, test).error, seconds)


def scikit_learn(setup: Setup, hidden: tuple[int, ...], *, with_dev: bool) -> Result:
    dataset, split = setup.dataset, setup.prepared.split
    rows, target = np.asarray(dataset.rows) / 255, np.asarray(dataset.target)
    index = np.concatenate([split.train, split.dev]) if with_dev else split.train
    seed = setup.hyperparameters.seed
    network = MLPClassifier(hidden, max_iter=MAX_ITER, random_state=seed)
    start = time.perf_counter()
    network.fit(rows[index], target[index])
    seconds = time.perf_counter() - start
    return Result(1 - float(network.score(rows[split.test], target[split.test])), seconds)


CANDIDATES: dict[str, Callable[[Setup], Result]] = {
    "cutaway": cutaway,
    "MLPClassifier (100)": lambda s: scikit_learn(s, (100,), with_dev=False),
    "MLPClassifier (64, 32)": lambda s: scikit_learn(s, (64, 32), with_dev=False),
    "MLPClassifier (100), train + dev": lambda s: scikit_learn(s, (100,), with_dev=True),
    "MLPClassifier (64, 32), train + dev": lambda s: scikit_learn(s, (64, 32), with_dev=True),
}


def standard_error(values: npt.NDArray[np.float64]) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    seeds = range(parser.parse_args().seeds)

    results: dict[str, list[Result]] = {name: [] for name in CANDIDATES}
    for seed in seeds:  # all on one split in turn, so that a busy machine slows them alike
        setup = set_up("digits", Hyperparameters.of(seed=seed))
        for name, train in CANDIDATES.items():
            results[name].append(train(setup))

    ours = np.array([result.error for result in results["cutaway"]])
    print(f"digits, test error in %, mean of {len(seeds)} seeds")
    print(f"{'':36}  error  minus cutaway's   seconds")
    for name, row in results.items():
        errors = np.array([result.error for result in row])
        seconds = np.mean([result.seconds for result in row])
        difference = errors - ours
        beside = f"{100 * difference.mean():+5.2f} ± {100 * standard_error(difference):.2f}"
        print(
            f"{name:36}  {100 * errors.mean():5.2f}  "
            f"{'' if row is results['cutaway'] else beside:16}  {seconds:8.2f}"
        )


if __name__ == "__main__":
    main()
