"""What the search for faults asks of a network now and then: gradients, and units that are alike.

A probe costs about one small update, so it is made only when somebody asks, on few examples.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cutaway.engine.job import Part
from cutaway.engine.measure import norms
from cutaway.engine.processes import ALONE, Processes
from cutaway.equations import Network, backward, flatten, forward, unflatten

# Examples that are propagated back, spread evenly over the training set
EXAMPLES = 64
# Directions in which units are compared, and how near they have to be, as a share of their size:
# far above the rounding of float32, far below any chance in two directions at once.
DIRECTIONS = 2
NEAR = 2e-6


class Probe(NamedTuple):
    """A network at one moment.

    gradient  per layer |dW| of the mean loss, without penalty and dropout
    twins     per hidden layer the share of the units whose weights are those of another one; None
              where nobody asked
    """

    gradient: tuple[float, ...]
    twins: tuple[float, ...] | None


def probe(
    network: Network, theta: Any, train: Part, processes: Processes = ALONE, *, alike: bool = True
) -> list[Probe]:
    """Probe every network of a stack theta (k, n), or the one (n,), on a few training examples.

    `train` is this process's part of them; all processes probe on the same ones. Twins are looked
    for if `alike`.
    """
    theta = np.asarray(theta)
    some = _spread(train, processes)
    layers = unflatten(network, theta, some.X)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        caches = forward(network, layers, some.X)
        gradient = norms(network, flatten(backward(network, layers, caches, some.Y)), some.X)
        if not alike:
            return [Probe(of_layers, None) for of_layers in gradient]
        random = np.random.default_rng(0)
        of_hidden = []
        for l, cache in enumerate(caches[:-1]):
            # The first layer by what it computes: in example space its W is not at hand.
            rows = cache.Z - layers[l].b if l == 0 else layers[l].W
            R = random.standard_normal((rows.shape[-1], DIRECTIONS))
            of_hidden.append(np.atleast_1d(twins(rows @ R)))
    k = len(gradient)
    shares = np.stack(of_hidden, axis=-1) if of_hidden else np.zeros((k, 0))
    return [Probe(gradient[i], tuple(shares[i].tolist())) for i in range(k)]


def twins(F: npt.NDArray[Any]) -> npt.NDArray[np.floating[Any]]:
    """Return the share of the rows of F (.., n, p) that are another row's to rounding."""
    order = np.argsort(F[..., 0], axis=-1)
    F = np.take_along_axis(F, order[..., np.newaxis], axis=-2)
    size = np.maximum(abs(F[..., 1:, :]), abs(F[..., :-1, :]))
    near = np.all(abs(np.diff(F, axis=-2)) <= NEAR * size, axis=-1)
    nothing = np.zeros((*near.shape[:-1], 1), bool)
    before, after = (np.concatenate(pair, axis=-1) for pair in ((nothing, near), (near, nothing)))
    share: npt.NDArray[np.floating[Any]] = np.mean(before | after, axis=-1)
    return share


def _spread(train: Part, processes: Processes) -> Part:
    """Return a few examples, evenly spread over those of all processes, each weighing the same."""
    m = train.m if processes.N == 1 else int(processes.sum(train.m))
    columns = np.linspace(0, m - 1, min(m, EXAMPLES)).astype(np.intp)
    train = train._replace(weights=None)
    if processes.N == 1:
        place = np.full(m, len(columns))
        place[columns] = np.arange(len(columns))
        return train.take(columns, place)
    mine = columns % processes.N == processes.i
    own = train.take(columns[mine] // processes.N)

    def of_all(array: Any) -> Any:
        filled = np.zeros((array.shape[0], len(columns)))
        filled[:, mine] = array
        return processes.gather(filled).sum(axis=0).astype(array.dtype)

    return Part(of_all(own.X), of_all(own.Y))
