"""Small trainings for the tests: a plan and its parts, made in a millisecond."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from cutaway.engine.job import Part
from cutaway.hyperparameters import Hyperparameters
from cutaway.training.plan import Plan
from cutaway.training.resolve import Facts, resolve
from cutaway.training.run_folder import RunFolder
from cutaway.training.runs import create

VALUES = {"status": "running", "hyperparameters": {}, "plan": {}, "data": {}}


def made(runs: Path, name: str, created: str = "") -> RunFolder:
    folder = create(runs, name, "unused")
    folder.write(VALUES | {"created": created})
    return folder


class Training(NamedTuple):
    """What `run` is given."""

    plan: Plan
    train: Part
    dev: Part | None


class Tiny:
    """Makes a training on a few random examples of two classes, three inputs each."""

    def __call__(
        self, *, m: int = 12, dev: bool = True, weights: bool = False, **given: Any
    ) -> Training:
        random = np.random.default_rng(7)
        hyperparameters = Hyperparameters.of(
            **{"hidden": (4,), "optimizer": "gradient_descent", "learning_rate": 0.1,
               "batch_size": "full", "epochs": 5, "early_stopping": False, "print_every": 1,
               "l2": 0.0, "keep_prob": 1.0, "dtype": "float64"} | given
        )  # fmt: skip
        facts = Facts("classification", m, 3, 1, dev)
        plan = resolve(hyperparameters, facts)

        def part(n: int) -> Part:
            X = random.normal(size=(n, 3)).astype(plan.dtype).T
            Y = (X[:1] + 0.3 * random.normal(size=(1, n)) > 0).astype(plan.dtype)
            return Part(X, Y, random.random((1, n)) + 0.5 if weights else None)

        return Training(plan, part(m), part(6) if dev else None)


@pytest.fixture(scope="session")
def tiny() -> Tiny:
    return Tiny()
