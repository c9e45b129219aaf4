"""Examples that are fed to JAX from files give the numbers of those that lie on its device."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cutaway.engine.inputs import Stored
from cutaway.engine.job import Job, Part
from cutaway.equations import OPTIMIZERS, Network, Rates

pytest.importorskip("jax", reason="needs JAX: pip install 'cutaway[jax]'")

M, RANDOM = 23, np.random.default_rng(4)
ROWS = RANDOM.normal(size=(2 * M, 5))
INDEX = RANDOM.permutation(2 * M)[:M]
Y = np.eye(3)[RANDOM.integers(3, size=M)].T
NETWORK = Network((5, 4, 3), ("tanh",), "softmax", "cross_entropy")


@pytest.mark.parametrize(
    ("updates_fed", "seed"), [(1, 1), (4, (1, 2))], ids=["one network", "own orders"]
)
def test_fed_is_lying(updates_fed: int, seed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from cutaway.engine import fed_executor
    from cutaway.engine.jax_executor import JaxExecutor

    k = len(np.atleast_1d(seed))
    monkeypatch.setattr(fed_executor, "MOST_BYTES", updates_fed * k * 4 * 5 * 8)
    # The last mini-batch of 4 has 3 examples.
    job = Job(NETWORK, "adam", (1.0, 0.8), {"l2": 0.1}, 4, seed)
    weights = RANDOM.random((1, M))
    stored = Stored(ROWS, INDEX, lambda rows: 2.0 * rows, 5, "float64")
    lying = JaxExecutor(job, Part(2.0 * ROWS[INDEX].T, Y, weights))
    fed = fed_executor.FedExecutor(job, Part(stored, Y, weights))
    theta = RANDOM.normal(size=(*([k] if k > 1 else []), NETWORK.n_parameters))
    slots = OPTIMIZERS["adam"].init(theta)
    rates = [Rates(0.1, 0.9, 0.999, 1e-8), Rates(0.05, 0.9, 0.999, 1e-8)]
    ours, theirs = (e.epochs(theta, slots, 3, 18, rates) for e in (fed, lying))
    for name in ("theta", "before", "dtheta", "batch_cost"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), err_msg=name)
