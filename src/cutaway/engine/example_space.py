"""The way into example space and out of it: what is done once before a training, and after.

The mathematics stands in `equations/example_space.py`; an executor does not know of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from cutaway.engine.job import Part
from cutaway.equations import Layer, Network, flatten, unflatten
from cutaway.equations.example_space import ExampleSpace, Lifted, beside, example_space, lift


class Way(NamedTuple):
    """What leads back from example space: W1_0 (n_1, n_x) and the training inputs (n_x, m).

    A checkpoint holds W1_0 only: X is known again when the data have been read.
    """

    W1_0: Any
    X: Any = None

    def out(self, network: Network, theta: Any) -> Any:
        """Return theta of the network itself, W1 = s W1_0 + U X.T lifted, in the type of X."""
        space = _outline(self.W1_0.shape[0], self.X.shape[1])
        first, *others = unflatten(network, theta, space)
        W1 = lift(first.W, self.X, self.W1_0)
        return flatten((Layer(W1, first.b), *others)).astype(self.X.dtype)


def n_parameters(network: Network, m: int) -> int:
    """Return the length of theta in example space: s and U (n_1, m) in place of W1."""
    n_1, n_x = network.shapes[0]
    return network.n_parameters - n_1 * n_x + n_1 * m + 1


def enter(
    train: Part, dev: Part | None, W1_0: Sequence[Any]
) -> tuple[Part, Part | None, list[Way]]:
    """Return both parts in the example space of k networks, in float64, and the ways back."""
    stack = np.stack(W1_0).astype(np.float64, copy=False)
    X = train.X.astype(np.float64, copy=False)
    space = example_space(X, stack)

    def inside(part: Part, of_part: ExampleSpace) -> Part:
        weights = None if part.weights is None else part.weights.astype(np.float64)
        return Part(of_part, part.Y.astype(np.float64), weights)

    in_dev = None
    if dev is not None:
        in_dev = inside(dev, beside(space, dev.X.astype(np.float64), X, stack))
    return inside(train, space), in_dev, [Way(of_network, train.X) for of_network in stack]


def start(network: Network, theta: Any, m: int) -> Any:
    """Return theta in example space: W1 is W1_0 itself, so s = 1 and U = 0 (n_1, m)."""
    first, *others = unflatten(network, np.asarray(theta, np.float64))
    n_1 = first.W.shape[0]
    W = Lifted(np.ones((1, 1)), np.zeros((n_1, m)), _outline(n_1, m))
    return flatten((Layer(W, first.b), *others))


def _outline(n_1: int, m: int) -> ExampleSpace:
    """Return an example space that has its shape and no numbers, which take no memory."""
    K, Z_0 = np.broadcast_to(0.0, (m, m)), np.broadcast_to(0.0, (n_1, m))
    return ExampleSpace(K, Z_0, K, Z_0, 0.0)
