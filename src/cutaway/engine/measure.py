"""What a Record tells of a network on a part of the data: losses, errors and activity."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cutaway.engine.inputs import ahead, block, blocks
from cutaway.engine.job import Part
from cutaway.equations import ACTIVATIONS, METRICS, Layer, Network, forward, output_layer, unflatten
from cutaway.equations.metrics import decide
from cutaway.equations.penalties import sq_norm

# A bounded activation is saturated within this share of its range from either bound.
SATURATED = 0.01


class Measured(NamedTuple):
    """A network on a part of the data.

    loss       weighted mean of the losses
    error      value of the metric, each example counting once
    dead       per hidden layer, the share of units whose g'(Z) is 0 on every example
    saturated  per hidden layer, the share of the values of A within 1 % of a bound of g
    answers    what the answers have in common, None where nobody asked
    """

    loss: float
    error: float
    dead: tuple[float, ...]
    saturated: tuple[float, ...]
    answers: Answers | None = None


class Answers(NamedTuple):
    """How much the outputs differ from one example to the next.

    spread     standard deviation of A over the examples, of the output where it is largest
    commonest  share of the examples that get the most frequent class; None where A is no class
    """

    spread: float
    commonest: float | None


def outputs(network: Network, parameters: tuple[Layer, ...], X: Any) -> Any:
    """Return A (n_y, m) of the last layer, (k, n_y, m) of a stack, block by block."""
    return last_layer(network, parameters, X)[1]


def last_layer(network: Network, parameters: tuple[Layer, ...], X: Any) -> tuple[Any, Any]:
    """Return Z and A (n_y, m) of the last layer, (k, n_y, m) of a stack, block by block."""
    k = parameters[0].W.shape[0] if parameters[0].W.ndim > 2 else 1
    some = ahead(X, (block(X, columns) for columns in blocks(X, k)))
    lasts = [forward(network, parameters, X_b)[-1] for X_b in some]
    Z, A = [last.Z for last in lasts], [last.A for last in lasts]
    return (Z[0], A[0]) if len(lasts) == 1 else (np.concatenate(Z, -1), np.concatenate(A, -1))


class Look(NamedTuple):
    """What is read off some examples; in a stack each array has an axis of k in front.

    A       (n_y, m) outputs; losses (1, m)
    alive   per hidden layer (n_l,), whether g'(Z) of a unit is other than 0 on some example; None
            where g has no kink
    near    per hidden layer, how many values of A lie within 1 % of a bound of g; None without one
    """

    A: Any
    losses: Any
    alive: tuple[Any, ...]
    near: tuple[Any, ...]


class Seen(NamedTuple):
    """What a network does on some examples; from those of several parts follows that of the whole.

    loss    weighted mean of the losses, weight the sum of the weights
    error   value of the metric over m examples
    alive   (units,) of all hidden layers: whether g'(Z) of a unit is other than 0 on some example
    near    (L - 1,): how many values of A lie within 1 % of a bound of g
    answers (3 n_y,): sums of A and of its squares, and how many examples get each class, not a
            number where A is none; empty where nobody asked
    """

    loss: float
    weight: float
    error: float
    m: int
    alive: npt.NDArray[np.float64]
    near: npt.NDArray[np.float64]
    answers: npt.NDArray[np.float64]

    def measured(self, network: Network) -> Measured:
        """Return what a Record tells."""
        sizes = network.sizes[1:-1]
        of_layers = np.split(self.alive, np.cumsum(sizes)[:-1]) if sizes else []
        return Measured(
            self.loss,
            self.error,
            tuple(1.0 - float(units.mean()) for units in of_layers),
            tuple(float(count) / (n * self.m) for count, n in zip(self.near, sizes, strict=True)),
            self._answers() if self.answers.size else None,
        )

    def _answers(self) -> Answers:
        sums, squares, counts = self.answers.reshape(3, -1) / self.m
        spread = float(np.sqrt(np.maximum(squares - sums**2, 0.0).max()))
        if len(counts) == 1:
            counts = np.array([counts[0], 1.0 - counts[0]])
        return Answers(spread, None if np.isnan(counts[0]) else float(counts.max()))

    def to_array(self) -> npt.NDArray[np.float64]:
        """Return everything as one vector."""
        numbers = [self.loss, self.weight, self.error, self.m]
        return np.concatenate([numbers, self.alive, self.near, self.answers])


def pooled(arrays: npt.NDArray[np.float64], network: Network, metric: str) -> Seen:
    """Return what is seen on several parts together; each row of `arrays` is that of a part."""
    loss, weight, error, m = arrays[:, :4].T
    units, hidden = sum(network.sizes[1:-1]), network.L - 1
    power = METRICS[metric].power
    with np.errstate(over="ignore", invalid="ignore"):
        return Seen(
            float(loss @ weight / weight.sum()),
            float(weight.sum()),
            float((error**power @ m / m.sum()) ** (1 / power)),
            int(m.sum()),
            arrays[:, 4 : 4 + units].max(axis=0),
            arrays[:, 4 + units : 4 + units + hidden].sum(axis=0),
            arrays[:, 4 + units + hidden :].sum(axis=0),
        )


def look(network: Network, theta: Any, X: Any, Y: Any) -> Look:
    """Propagate X (n_x, m) forward and read off what a Record tells, on any array library."""
    xp = theta.__array_namespace__()
    *hidden, last = forward(network, unflatten(network, theta, X), X)
    alive: list[Any] = [None] * len(hidden)
    near: list[Any] = [None] * len(hidden)
    for l, (name, (_, Z, A, _)) in enumerate(zip(network.activations, hidden, strict=True)):
        row = ACTIVATIONS[name]
        if row.kink:
            alive[l] = xp.any(row.dg(Z, A) != 0, axis=-1)
        if row.bounds:
            low, high = row.bounds
            margin = SATURATED * (high - low)
            near[l] = xp.sum((A < low + margin) | (A > high - margin), axis=(-2, -1))
    losses = output_layer(network.output, network.loss).loss(last.Z, last.A, Y)
    return Look(last.A, losses, tuple(alive), tuple(near))


def measure(
    network: Network,
    looking: Callable[[Any, Any, Any], Look],
    theta: Any,
    part: Part,
    metric: str,
    scale: Any = 1.0,
    *,
    answers: bool = False,
) -> list[Measured]:
    """Measure every network of a stack theta (k, n), or the one (n,), on `part`.

    looking  `look` of the network, on the array library of theta
    scale    (n_y, 1), turns Y into the units of the metric
    answers  whether to look at what the answers have in common
    """
    seen = see(network, looking, theta, part, metric, scale, answers=answers)
    return [one.measured(network) for one in seen]


def see(
    network: Network,
    looking: Callable[[Any, Any, Any], Look],
    theta: Any,
    part: Part,
    metric: str,
    scale: Any = 1.0,
    *,
    answers: bool = False,
) -> list[Seen]:
    """Look at `part` with every network of a stack, or the one; as `measure`, to be pooled."""
    k = theta.shape[0] if theta.ndim > 1 else 1
    m, sizes = part.m, network.sizes[1:-1]
    if not m:
        nothing = (np.zeros(n) for n in (sum(sizes), len(sizes), 3 * network.n_y * answers))
        return [Seen(0.0, 0.0, 0.0, 0, *nothing)] * k
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        some = ahead(part.X, map(part.block, blocks(part.X, k)))
        looks = [looking(theta, one.X, one.Y) for one in some]
        A = np.concatenate([one.A for one in looks], axis=-1, dtype=np.float64)
        losses = np.concatenate([one.losses for one in looks], axis=-1, dtype=np.float64)
        weights = None if part.weights is None else part.weights[0]
        means = np.average(losses[..., 0, :], axis=-1, weights=weights).reshape(k)
        A = A.reshape(k, *A.shape[-2:])
        alive = [
            _over_blocks(np.logical_or, layer, k)
            for layer in zip(*(o.alive for o in looks), strict=True)
        ]
        near = [
            _over_blocks(np.add, layer, k) for layer in zip(*(o.near for o in looks), strict=True)
        ]
        return [
            Seen(
                float(means[i]),
                part.M,
                # Every example counts once: class weights change what is learned, not what is
                # right.
                float(METRICS[metric].value(A[i] * scale, part.Y * scale, None)),
                m,
                np.concatenate(
                    [
                        np.ones(n) if units is None else units[i]
                        for units, n in zip(alive, sizes, strict=True)
                    ]
                    or [[]]
                ).astype(np.float64),
                np.array([0.0 if count is None else count[i, 0] for count in near]),
                _sums(A[i], metric) if answers else np.zeros(0),
            )
            for i in range(k)
        ]


def _sums(A: npt.NDArray[np.float64], metric: str) -> npt.NDArray[np.float64]:
    """Return the sums of A (n_y, m) and of its squares, and how many examples get each class."""
    counts = decide(A).sum(axis=1) if metric == "error" else np.full(len(A), np.nan)
    return np.concatenate([A.sum(axis=1), (A * A).sum(axis=1), counts])


def _over_blocks(function: np.ufunc, layer: Sequence[Any], k: int) -> Any:
    """Return what the blocks of a layer amount to, a row for each of k networks; None for none."""
    if layer[0] is None:
        return None
    return function.reduce([np.asarray(values).reshape(k, -1) for values in layer])


def norms(network: Network, theta: Any, X: Any) -> list[tuple[float, ...]]:
    """Return |W| of every layer, for every network of a stack in the coordinates of X."""
    with np.errstate(over="ignore", invalid="ignore"):
        squares = [np.atleast_1d(sq_norm(layer.W)) for layer in unflatten(network, theta, X)]
        # In example space rounding can leave the square of a W near 0 just below 0.
        of_layers = [np.sqrt(np.maximum(square, 0.0)).tolist() for square in squares]
    return list(zip(*of_layers, strict=True))
