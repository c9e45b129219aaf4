"""Assignment "Initialization": the same three layers from zeros, from 10 randn and from He's draw.

As in the course, the random initialisers seed NumPy's legacy generator with 3.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cutaway.course._common import (
    Array,
    Arrays,
    draw_parameters,
    gradient_descent,
    relu_network,
)
from cutaway.equations import INITIALIZERS, Layer, by_name
from cutaway.errors import OptionError, unknown

__all__ = [
    "initialize_parameters_he",
    "initialize_parameters_random",
    "initialize_parameters_zeros",
    "model",
]

PRINT_EVERY = 1000


def initialize_parameters_zeros(layers_dims: Sequence[int]) -> Arrays:
    """W (n_l, n_prev) and b (n_l, 1) are zeros, for every layer.

    Raises:
        OptionError: fewer than two sizes, or a size below 1.
    """
    shapes = relu_network(layers_dims).shapes
    return by_name([Layer(np.zeros(shape), np.zeros((shape[0], 1))) for shape in shapes])


def initialize_parameters_random(layers_dims: Sequence[int]) -> Arrays:
    """W (n_l, n_prev) is 10 randn and b zeros, for every layer; seeds with 3.

    Raises:
        OptionError: fewer than two sizes, or a size below 1.
    """
    np.random.seed(3)
    return draw_parameters(layers_dims, lambda N: N * 10)


def initialize_parameters_he(layers_dims: Sequence[int]) -> Arrays:
    """W (n_l, n_prev) is sqrt(2 / n_prev) randn and b zeros, for every layer; seeds with 3.

    Raises:
        OptionError: fewer than two sizes, or a size below 1.
    """
    np.random.seed(3)
    he = INITIALIZERS["he"].scale
    return draw_parameters(layers_dims, lambda N: N * he(N.shape[1], N.shape[0]))


_INITIALIZATIONS = {
    "zeros": initialize_parameters_zeros,
    "random": initialize_parameters_random,
    "he": initialize_parameters_he,
}


def model(
    X: Array,
    Y: Array,
    learning_rate: float = 0.01,
    num_iterations: int = 15000,
    print_cost: bool = True,
    initialization: str = "he",
) -> Arrays:
    """Train three layers (n_x, 10, 5, 1) on X (n_x, m) and Y (1, m); return the parameters.

    Raises:
        OptionError: the initialization is unknown.
        DataError: the shapes do not fit.
    """
    if initialization not in _INITIALIZATIONS:
        raise OptionError(unknown("initialization", initialization, _INITIALIZATIONS))
    network = relu_network((np.shape(X)[0], 10, 5, 1))
    parameters = _INITIALIZATIONS[initialization](network.sizes)

    def watch(i: int, cost: np.float64) -> None:
        if print_cost and i % PRINT_EVERY == 0:
            print(f"Cost after iteration {i}: {cost}")

    return gradient_descent(network, parameters, X, Y, learning_rate, num_iterations, watch)
