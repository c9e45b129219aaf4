"""Assignment "Optimization methods": mini-batches, momentum, Adam, decay of the learning rate.

As in the course, mini-batches seed NumPy's legacy generator with the number that they are given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from cutaway.course._common import (
    Array,
    Arrays,
    examples,
    floats,
    layers,
    log_cost,
    relu_network,
    update,
)
from cutaway.course.initialization import initialize_parameters_he
from cutaway.equations import SCHEDULES, Decay, Rates, backward, by_name, forward
from cutaway.errors import DataError, OptionError, unknown

__all__ = [
    "initialize_adam",
    "initialize_velocity",
    "model",
    "random_mini_batches",
    "schedule_lr_decay",
    "update_lr",
    "update_parameters_with_adam",
    "update_parameters_with_gd",
    "update_parameters_with_momentum",
]

PRINT_EVERY = 1000
OPTIMIZERS = ("gd", "momentum", "adam")


def update_parameters_with_gd(
    parameters: Mapping[str, Array], grads: Mapping[str, Array], learning_rate: float
) -> Arrays:
    """Return W - learning_rate * dW and b - learning_rate * db.

    Raises:
        DataError: a gradient is missing or has another shape than its parameter.
    """
    return update("gradient_descent", parameters, grads, Rates(learning_rate))[0]


def random_mini_batches(
    X: Array, Y: Array, mini_batch_size: int = 64, seed: int = 0
) -> list[tuple[Array, Array]]:
    """Return [(X, Y), ..]: the shuffled columns in pieces of mini_batch_size, the last smaller.

    Raises:
        OptionError: mini_batch_size is below 1.
        DataError: X (n_x, m) and Y (n_y, m) do not fit together.
    """
    if mini_batch_size < 1:
        raise OptionError(f"mini_batch_size={mini_batch_size}: a mini-batch has at least 1 example")
    if X.ndim != 2 or Y.ndim != 2 or X.shape[1] != Y.shape[1]:
        raise DataError(
            f"X has the shape {X.shape} and Y {Y.shape}: give one column an example in both"
        )
    m = X.shape[1]
    np.random.seed(seed)
    permutation = np.random.permutation(m)
    starts = range(0, m, mini_batch_size)
    batches = [permutation[start : start + mini_batch_size] for start in starts]
    return [(X[:, columns], Y[:, columns]) for columns in batches]


def initialize_velocity(parameters: Mapping[str, Array]) -> Arrays:
    """Return v = {"dW1", "db1", ..}, zeros of the parameters' shapes."""
    return {f"d{name}": np.zeros(np.shape(array)) for name, array in parameters.items()}


def update_parameters_with_momentum(
    parameters: Mapping[str, Array],
    grads: Mapping[str, Array],
    v: Mapping[str, Array],
    beta: float,
    learning_rate: float,
) -> tuple[Arrays, Arrays]:
    """v := beta v + (1 - beta) dW, W := W - learning_rate v; return the parameters and v.

    Raises:
        DataError: a gradient is missing or has another shape than its parameter.
    """
    rates = Rates(learning_rate, beta1=beta)
    parameters, (v,) = update("momentum", parameters, grads, rates, (v,))
    return parameters, v


def initialize_adam(parameters: Mapping[str, Array]) -> tuple[Arrays, Arrays]:
    """Return v and s, each {"dW1", "db1", ..}, zeros of the parameters' shapes."""
    return initialize_velocity(parameters), initialize_velocity(parameters)


def update_parameters_with_adam(
    parameters: Mapping[str, Array],
    grads: Mapping[str, Array],
    v: Mapping[str, Array],
    s: Mapping[str, Array],
    t: int,
    learning_rate: float = 0.01,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> tuple[Arrays, Arrays, Arrays, Arrays, Arrays]:
    """W := W - learning_rate v_corrected / (sqrt(s_corrected) + epsilon), update t = 1, 2, ..

    Return the parameters, v, s, v_corrected and s_corrected.

    Raises:
        OptionError: t is below 1.
        DataError: a gradient is missing or has another shape than its parameter.
    """
    if t < 1:
        raise OptionError(f"t={t}: the first update has the number 1")
    rates = Rates(learning_rate, beta1, beta2, epsilon)
    parameters, (v, s) = update("adam", parameters, grads, rates, (v, s), t)
    v_corrected = {key: array / (1 - beta1**t) for key, array in v.items()}
    s_corrected = {key: array / (1 - beta2**t) for key, array in s.items()}
    return parameters, v, s, v_corrected, s_corrected


def update_lr(learning_rate0: float, epoch_num: int, decay_rate: float) -> float:
    """learning_rate0 / (1 + decay_rate * epoch_num)."""
    decay = Decay(decay_rate, interval=1, epochs=0)
    return SCHEDULES["inverse_time"].rate(learning_rate0, epoch_num, decay)


def schedule_lr_decay(
    learning_rate0: float, epoch_num: int, decay_rate: float, time_interval: int = 1000
) -> float:
    """learning_rate0 / (1 + decay_rate * floor(epoch_num / time_interval))."""
    decay = Decay(decay_rate, interval=time_interval, epochs=0)
    return SCHEDULES["step"].rate(learning_rate0, epoch_num, decay)


def model(
    X: Array,
    Y: Array,
    layers_dims: Sequence[int],
    optimizer: str,
    learning_rate: float = 0.0007,
    mini_batch_size: int = 64,
    beta: float = 0.9,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    num_epochs: int = 5000,
    print_cost: bool = True,
    decay: Callable[[float, int, float], float] | None = None,
    decay_rate: float = 1,
) -> Arrays:
    """Train ReLU layers and a sigmoid by "gd", "momentum" or "adam"; return the parameters.

    The cost of an epoch is the total over its mini-batches, each before its update, over m.

    Raises:
        OptionError: the optimizer is unknown, or a size is below 1.
        DataError: the shapes of X (n_x, m) and Y (n_y, m) do not fit.
    """
    if optimizer not in OPTIMIZERS:
        raise OptionError(unknown("optimizer", optimizer, OPTIMIZERS))
    network = relu_network(layers_dims)
    X, Y = examples(floats(X), floats(Y), network)
    parameters = initialize_parameters_he(layers_dims)
    v, s = initialize_adam(parameters)
    t, alpha = 0, learning_rate
    for epoch in range(num_epochs):
        total = 0.0
        for batch_X, batch_Y in random_mini_batches(X, Y, mini_batch_size, seed=11 + epoch):
            weights = layers(parameters)
            caches = forward(network, weights, batch_X)
            total += log_cost(caches[-1].A, batch_Y) * batch_X.shape[1]
            grads = by_name(backward(network, weights, caches, batch_Y), prefix="d")
            t += 1
            if optimizer == "gd":
                parameters = update_parameters_with_gd(parameters, grads, alpha)
            elif optimizer == "momentum":
                parameters, v = update_parameters_with_momentum(parameters, grads, v, beta, alpha)
            else:
                parameters, v, s, _, _ = update_parameters_with_adam(
                    parameters, grads, v, s, t, alpha, beta1, beta2, epsilon
                )
        if print_cost and epoch % PRINT_EVERY == 0:
            print(f"Cost after epoch {epoch}: {total / X.shape[1]:f}")
        if decay is not None:
            alpha = decay(learning_rate, epoch, decay_rate)
    return parameters
