"""Which coordinates the first layer is trained in: its own, or those of the examples.

The numbers are the same to rounding; only the time differs. docs/example-space.md derives why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cutaway.equations import OPTIMIZERS
from cutaway.equations.example_space import EXAMPLE_SPACE, PLAIN
from cutaway.errors import OptionError

# Measured by benchmarks/example_space.py. An update reads and writes each parameter of the first
# layer a few times, which takes as long as this many operations of Z1 or dW1.
UPDATE = 10
# K is one product of large matrices, which runs this many times faster than those of thin ones.
ONCE = 6


class Work(NamedTuple):
    """What decides between the paths: the sizes of the training, and what acts on the first layer.

    n_1, n_x   shape of W1
    m, m_dev   examples in train and dev
    updates    of one epoch
    stored     whether the inputs stay in the cache
    augmented  whether the pictures change every epoch
    """

    n_1: int
    n_x: int
    m: int
    m_dev: int
    updates: int
    epochs: int
    float32: bool
    optimizer: str
    penalties: Mapping[str, float]
    keep_input: float
    stored: bool = False
    augmented: bool = False


def choose(path: str, work: Work) -> tuple[str, str]:
    """Return the path and the reason.

    Raises:
        OptionError: example space is asked for where it does not hold.
    """
    obstacle = _obstacle(work)
    if path == PLAIN:
        return PLAIN, "as asked for"
    if path == EXAMPLE_SPACE:
        if obstacle:
            raise OptionError(f"path=example-space does not hold with {obstacle}; use path=auto")
        return EXAMPLE_SPACE, "as asked for"
    if obstacle:
        return PLAIN, f"example space does not hold with {obstacle}"
    if _plain(work) <= _in_example_space(work):
        return PLAIN, f"example space would not pay: {work.m} examples, {work.n_x} inputs"
    return EXAMPLE_SPACE, f"{work.m} examples are fewer than {work.n_x} inputs: it takes less time"


def _obstacle(work: Work) -> str:
    if not OPTIMIZERS[work.optimizer].linear:
        return f"the optimizer {work.optimizer}"
    if "l1" in work.penalties:
        return "an L1 penalty"
    if work.keep_input < 1:
        return "dropout of the input"
    if work.stored:
        return "examples that stay in the cache"
    if work.augmented:
        return "pictures that change every epoch"
    return ""


def _plain(work: Work) -> float:
    """Operations of the first layer: Z1 and dW1, and the updates of W1."""
    n = work.n_1 * work.n_x
    return work.epochs * n * (4.0 * work.m + UPDATE * work.updates)


def _in_example_space(work: Work) -> float:
    """Operations for K and Z1_0 once, then U K; the updates of U."""
    once = 2.0 * work.n_x * (work.m + work.m_dev) * (work.m + work.n_1) / ONCE
    n = work.n_1 * work.m
    steps = work.epochs * n * (4.0 * work.m + UPDATE * work.updates)
    # It computes in float64: a gather of mini-batches moves twice the bytes. In a full batch K is
    # read once, where X is read forward and back.
    return once + steps * (2.0 if work.float32 and work.updates > 1 else 1.0)
