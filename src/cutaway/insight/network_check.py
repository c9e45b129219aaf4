"""A network with drawn parameters and examples, whose gradient is what would be trained."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cutaway.data.dataset import Task
from cutaway.equations import Layer, Network, backward, by_name, forward, unflatten
from cutaway.equations import cost as total_cost
from cutaway.hyperparameters import Hyperparameters
from cutaway.insight.gradcheck import Arrays, Floats
from cutaway.training.plan import initial_theta
from cutaway.training.resolve import Facts, resolve

EXAMPLES = 3


class DrawnNetwork(NamedTuple):
    """A network, its parameters by name, and examples."""

    network: Network
    parameters: Arrays
    X: Floats
    Y: Floats
    penalties: dict[str, float]

    @property
    def text(self) -> str:
        """What is checked, in one line."""
        n = self.network
        sizes = "-".join(map(str, n.sizes))
        names = ", ".join((*n.activations, n.output))
        extra = "".join(f", {name} {weight:g}" for name, weight in self.penalties.items())
        return f"{sizes} ({names}), {n.loss} loss{extra}, {self.X.shape[1]} drawn examples"

    def cost(self, parameters: Arrays) -> float:
        """J of the drawn examples."""
        layers = _layers(parameters, self.network.L)
        caches = forward(self.network, layers, self.X)
        return float(total_cost(self.network, layers, caches, self.Y, None, self.penalties))

    def gradients(self) -> Arrays:
        """Return the derivatives of J by the chain rule."""
        layers = _layers(self.parameters, self.network.L)
        caches = forward(self.network, layers, self.X)
        gradients = backward(self.network, layers, caches, self.Y, None, self.penalties)
        return by_name(gradients)


def drawn_network(given: Hyperparameters, n_x: int, n_y: int, m: int) -> DrawnNetwork:
    """Draw what `train` would start from with these hyper-parameters, in float64.

    Raises:
        OptionError: the hyper-parameters do not fit each other.
    """
    task: Task = "regression" if given.loss == "squared" else "classification"
    facts = Facts(task=task, m=m, n_x=n_x, n_y=n_y)
    plan = resolve(Hyperparameters(**{**given.to_json(), "dtype": "float64"}), facts)
    random = np.random.default_rng([given.seed, EXAMPLES])
    # Biases of zero would put units without inputs exactly onto a kink.
    theta = initial_theta(plan) + 0.1 * random.standard_normal(plan.network.n_parameters)
    layers = unflatten(plan.network, theta)
    X = random.standard_normal((n_x, m))
    if plan.network.loss == "squared":
        Y = random.standard_normal((n_y, m))
    elif plan.network.loss == "cross_entropy":
        Y = np.eye(n_y)[:, random.integers(n_y, size=m)]
    else:
        Y = random.integers(2, size=(n_y, m)).astype(np.float64)
    return DrawnNetwork(plan.network, by_name(layers), X, Y, dict(plan.penalties))


def _layers(parameters: Arrays, L: int) -> tuple[Layer, ...]:
    return tuple(Layer(parameters[f"W{l}"], parameters[f"b{l}"]) for l in range(1, L + 1))
