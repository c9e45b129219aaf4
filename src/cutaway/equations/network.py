"""A network is data: its sizes and its rows' names; its parameters are views of one flat vector.

Explained in docs/equations/propagation.md.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from cutaway.equations._array import Array, namespace
from cutaway.equations.activations import ACTIVATIONS
from cutaway.equations.example_space import ExampleSpace, Lifted
from cutaway.equations.losses import LOSSES, OUTPUTS, output_layer
from cutaway.errors import OptionError, unknown

if TYPE_CHECKING or "jaxtyping" in sys.modules:
    from cutaway.equations._array import Float


class Layer(NamedTuple):
    """Parameters of one layer, or their derivatives: W (n_l, n_prev) and b (n_l, 1)."""

    W: Array
    b: Array


@dataclass(frozen=True)
class Network:
    """A dense network: sizes (n_x, n_1, .., n_y), a hidden activation a layer, output and loss.

    Raises:
        OptionError: fewer than two sizes, a size below 1, a wrong number of activations, or a name
            that is no row of its table.
    """

    sizes: tuple[int, ...]
    activations: tuple[str, ...]
    output: str = "sigmoid"
    loss: str = "log"

    def __post_init__(self) -> None:
        if len(self.sizes) < 2 or min(self.sizes) < 1:
            raise OptionError(
                f"sizes={self.sizes}: a network needs n_x, .., n_y, each of them at least 1"
            )
        if len(self.activations) != self.L - 1:
            raise OptionError(
                f"activation: {len(self.activations)} given for {self.L - 1} hidden layers; "
                "give one for all of them, or one a layer"
            )
        for name in self.activations:
            if name not in ACTIVATIONS:
                raise OptionError(unknown("activation", name, ACTIVATIONS))
        if self.loss not in LOSSES:
            raise OptionError(unknown("loss", self.loss, LOSSES))
        if self.output not in OUTPUTS:
            raise OptionError(unknown("output", self.output, OUTPUTS))
        if self.output == "softmax" and self.n_y < 2:
            raise OptionError("output 'softmax' needs at least 2 outputs; for one, use 'sigmoid'")
        output_layer(self.output, self.loss)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Network:
        """Make a network from what `dataclasses.asdict` gave, lists standing for tuples."""
        sizes, activations = tuple(values["sizes"]), tuple(values["activations"])
        return cls(sizes, activations, values["output"], values["loss"])

    @property
    def L(self) -> int:
        """Number of layers that have parameters."""
        return len(self.sizes) - 1

    @property
    def n_x(self) -> int:
        """Number of inputs."""
        return self.sizes[0]

    @property
    def n_y(self) -> int:
        """Number of outputs."""
        return self.sizes[-1]

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """Shape (n_l, n_prev) of every W."""
        return tuple(zip(self.sizes[1:], self.sizes[:-1], strict=True))

    @property
    def n_parameters(self) -> int:
        """Number of parameters, biases included."""
        return sum(n_l * n_prev + n_l for n_l, n_prev in self.shapes)


def unflatten(
    network: Network, theta: Float[Array, "*k n"], X: ExampleSpace | Array | None = None
) -> tuple[Layer, ...]:
    """Return the layers as views of theta = [W1, b1, W2, b2, ..], each W row by row.

    Where X is an ExampleSpace, theta is [s, U, b1, W2, b2, ..] and the first W is a Lifted. A stack
    of networks has one row of theta each: W (k, n_l, n_prev), b (k, n_l, 1).
    """
    space = X if isinstance(X, ExampleSpace) else None
    shapes = network.shapes
    if space is not None:
        shapes = ((network.sizes[1], space.m), *shapes[1:])
    reshape, stack = namespace(theta).reshape, theta.shape[:-1]
    layers, i = [], 0 if space is None else 1
    for n_l, n_prev in shapes:
        j, k = i + n_l * n_prev, i + n_l * n_prev + n_l
        W = reshape(theta[..., i:j], (*stack, n_l, n_prev))
        layers.append(Layer(W, theta[..., j:k, None]))
        i = k
    if space is not None:
        layers[0] = Layer(Lifted(theta[..., :1, None], layers[0].W, space), layers[0].b)
    return tuple(layers)


def flatten(layers: Sequence[Layer]) -> Float[Array, "*k n"]:
    """Return theta = [W1, b1, W2, b2, ..], the inverse of `unflatten`."""
    xp, stack = namespace(layers[0].b), layers[0].b.shape[:-2]
    return xp.concat([xp.reshape(array, (*stack, -1)) for array in arrays(layers)], axis=-1)


def arrays(layers: Sequence[Layer]) -> list[Array]:
    """Return the arrays of layers in the order of theta: W1, b1, ..; s, U, b1, .. of a Lifted."""
    return [
        array for W, b in layers for array in ((W.s, W.U, b) if isinstance(W, Lifted) else (W, b))
    ]


def by_name(layers: Sequence[Layer], prefix: str = "") -> dict[str, Array]:
    """Return the arrays of layers as "W1", "b1", "W2", ..; prefix "d" for their derivatives."""
    return {
        f"{prefix}{name}{l}": array
        for l, layer in enumerate(layers, start=1)
        for name, array in zip("Wb", layer, strict=True)
    }
