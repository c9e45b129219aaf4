"""The trainings of the bank of faults: what is planted, how, and into which networks.

The verdict of every case was written down here before it was trained: a fault of the table. The
architecture of a case and how severe its fault is are drawn with its seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import fault_data
import numpy as np
from fault_data import CLASSES, DATA, Random, numbers

from cutaway.data.dataset import Dataset
from cutaway.equations import Layer

Layers = list[Layer]
Change = Callable[[Layers, Random], Layers]
KINKED = ("relu", "leaky_relu")
BOUNDED = ("sigmoid", "tanh")
OPTIMIZERS = ("adam", "rmsprop", "momentum", "gradient_descent")


@dataclass(frozen=True)
class Case:
    """One training.

    fault   that is to be named first; "" where nothing is wrong. also: others that are as right
    change  done to the initial layers
    """

    fault: str
    name: str
    data: str | Callable[[], Dataset]
    seed: int
    given: Mapping[str, Any] = field(default_factory=dict)
    change: Change | None = None
    also: tuple[str, ...] = ()


class Planting(NamedTuple):
    """One way to plant a fault.

    given        hyper-parameters; functions are called with the random numbers of the case
    change       done to the initial layers; data, to the rows and the target
    activations  of which one is drawn; deep, wide: bounds of the hidden layers and their units
    sets         data sets that it is planted into
    """

    fault: str
    name: str
    given: Mapping[str, Any] = {}
    change: Change | None = None
    data: Callable[[Any, Any, Random], Dataset] = fault_data.plain
    activations: Sequence[str] = (*KINKED, *BOUNDED)
    deep: tuple[int, int] = (1, 3)
    wide: tuple[int, int] = (8, 64)
    sets: Sequence[str] = DATA
    also: tuple[str, ...] = ()

    def case(self, data: str, seed: int) -> Case:
        """Draw the case of a data set and a seed."""
        random = np.random.default_rng([seed, *self.name.encode(), *data.encode()])
        hidden = tuple(random.integers(*self.wide, random.integers(*self.deep, endpoint=True)))
        given = {
            "hidden": tuple(int(n) for n in hidden),
            "activation": str(random.choice(self.activations)),
            "epochs": 30,
        }
        given |= {k: v(random) if callable(v) else v for k, v in self.given.items()}

        def dataset() -> Dataset:
            return self.data(*numbers(data, seed), np.random.default_rng([seed, 1]))

        return Case(
            self.fault, f"{self.name}, {data}", dataset, seed, given, self.change, self.also
        )


def log_uniform(low: float, high: float) -> Callable[[Random], float]:
    return lambda random: float(np.exp(random.uniform(np.log(low), np.log(high))))


def one_of(*values: Any) -> Callable[[Random], Any]:
    return lambda random: values[random.integers(len(values))]


def scaled(low: float, high: float) -> Change:
    """All weights a factor too large or too small."""
    factor = log_uniform(low, high)

    def change(layers: Layers, random: Random) -> Layers:
        size = factor(random)
        return [Layer(size * W, b) for W, b in layers]

    return change


def one_scaled(low: float, high: float) -> Change:
    """The weights of one hidden layer too large."""

    def change(layers: Layers, random: Random) -> Layers:
        l = random.integers(len(layers) - 1)
        layers[l] = Layer(log_uniform(low, high)(random) * layers[l].W, layers[l].b)
        return layers

    return change


def constants(layers: Layers, random: Random) -> Layers:
    value = log_uniform(0.01, 0.5)(random)
    return [Layer(0 * W + value, b) for W, b in layers]


def equal_rows(layers: Layers, random: Random) -> Layers:
    """All units of a layer start as copies of its first."""
    return [Layer(0 * W + W[:1], b) for W, b in layers]


def killed(low: float) -> Change:
    """Most units of one hidden layer, any of them, start with a bias far below 0."""

    def change(layers: Layers, random: Random) -> Layers:
        l = random.integers(len(layers) - 1)
        W, b = layers[l]
        units = random.permutation(len(b))[: round(random.uniform(low, 1.0) * len(b))]
        b = b.copy()
        b[units] -= random.uniform(15, 60)
        layers[l] = Layer(W, b)
        return layers

    return change


def pushed(layers: Layers, random: Random) -> Layers:
    """The biases of one hidden layer drive it to its bounds."""
    l = random.integers(len(layers) - 1)
    W, b = layers[l]
    sign = random.choice([-1.0, 1.0], b.shape)
    layers[l] = Layer(W, b + random.uniform(8, 20) * sign)
    return layers


def duplicated(outgoing: bool) -> Change:
    """A part of the units of a hidden layer are copies of others, on their way out as well."""

    def change(layers: Layers, random: Random) -> Layers:
        l = random.integers(len(layers) - 1)
        (W, b), (V, c) = layers[l], layers[l + 1]
        n = max(1, int(random.uniform(0.15, 0.5) * len(W)))
        W, V = W.copy(), V.copy()
        W[n : 2 * n] = W[:n]
        if outgoing:
            V[:, n : 2 * n] = V[:, :n]
        layers[l : l + 2] = [Layer(W, b), Layer(V, c)]
        return layers

    return change


def paired(layers: Layers, random: Random) -> Layers:
    """Two units of the first layer are alike in what comes in."""
    W, b = layers[0]
    W = W.copy()
    W[1] = W[0]
    return [Layer(W, b), *layers[1:]]


def biased(layers: Layers, random: Random) -> Layers:
    """The output starts out far on the side of one class."""
    W, b = layers[-1]
    b = b.copy()
    b[random.integers(len(b))] += random.uniform(15, 40)
    return [*layers[:-1], Layer(W, b)]


LONG = {"early_stopping": False}
ALONE = {"keep_prob": 1.0, "l2": 0.0}
RAW = {"normalize": "none", "epochs": 10}
SHORT = {"epochs": 10}
INFINITE = ("cost not finite",)
HIGH, LOW, UNRELATED = (
    "learning rate too high",
    "learning rate too low",
    "labels unrelated to inputs",
)


def _rates(fault: str, bounds: Mapping[str, tuple[float, float]], **more: Any) -> list[Planting]:
    return [
        Planting(fault, name, {"optimizer": name, "learning_rate": log_uniform(*of), **more},
                 also=INFINITE if fault == HIGH else ())
        for name, of in bounds.items()
    ]  # fmt: skip


PLANTINGS = (
    Planting("symmetric units", "zeros", {"initializer": "zeros"}),
    Planting("symmetric units", "constants", change=constants),
    Planting("symmetric units", "equal rows", change=equal_rows),
    Planting("symmetric units", "copies", {"keep_prob": 1.0}, duplicated(True)),
    Planting("symmetric units", "copies of what comes in", change=duplicated(False)),
    Planting("symmetric units", "one pair", change=paired),
    Planting("dead units", "most", {}, killed(0.65), activations=("relu",), wide=(12, 64)),
    Planting("dead units", "all", {}, killed(1.0), activations=("relu",)),
    Planting("saturated units", "weights", {}, scaled(8, 100), activations=BOUNDED),
    Planting("saturated units", "one layer", {}, one_scaled(30, 300), activations=BOUNDED),
    Planting("saturated units", "biases", {}, pushed, activations=BOUNDED),
    Planting("vanishing gradients", "deep sigmoid", ALONE, activations=("sigmoid",), deep=(6, 12)),
    Planting("vanishing gradients", "small weights", ALONE, scaled(0.03, 0.15),
             activations=("tanh", *KINKED), deep=(5, 10)),
    Planting("vanishing gradients", "small", ALONE | {"initializer": "small"}, deep=(4, 8),
             activations=("tanh", *KINKED)),
    Planting("exploding gradients", "large weights", ALONE, scaled(4, 10), activations=KINKED,
             deep=(4, 10), wide=(16, 64)),
    Planting("exploding gradients", "normal weights", ALONE, scaled(3, 4), activations=KINKED,
             deep=(7, 12), wide=(16, 64)),
    *_rates(HIGH, {"adam": (0.5, 30), "rmsprop": (0.5, 30), "momentum": (20, 500),
                   "gradient_descent": (10, 500)}),
    *_rates(LOW, {"adam": (1e-8, 5e-6), "rmsprop": (1e-8, 3e-6), "momentum": (1e-7, 3e-5),
                  "gradient_descent": (1e-7, 3e-5)}, **LONG),
    Planting("cost not finite", "squared", {
        "optimizer": "gradient_descent", "loss": "squared", "output": "identity",
        "learning_rate": log_uniform(1e12, 1e30),
    }, activations=KINKED),
    Planting("cost not finite", "weights", {}, scaled(1e25, 1e35), activations=KINKED, deep=(2, 4)),
    Planting("constant prediction", "l2", LONG | {
        "l2": log_uniform(1e4, 1e7), "learning_rate": 0.01, "epochs": 80,
    }),
    Planting("constant prediction", "l1", LONG | {
        "l1": log_uniform(1e4, 1e6), "learning_rate": 0.01, "epochs": 80,
    }),
    Planting("constant prediction", "inputs alike", RAW | {"epochs": 30}, data=fault_data.same),
    Planting("one-class prediction", "chance, l2", LONG | {"epochs": 60, "l2": 300.0},
             data=fault_data.chance, sets=CLASSES, also=("constant prediction",)),
    Planting("one-class prediction", "chance", {}, data=fault_data.chance, sets=CLASSES,
             also=(UNRELATED, "constant prediction")),
    Planting("one-class prediction", "biased", LONG | {
        "optimizer": "gradient_descent", "learning_rate": 1e-4,
    }, biased, sets=CLASSES, also=(LOW,)),
    Planting(UNRELATED, "by heart", LONG | ALONE | {"epochs": 150, "hidden": (128,)},
             data=fault_data.shuffled),
    Planting(UNRELATED, "shuffled", {"epochs": "auto"}, data=fault_data.shuffled),
    Planting(UNRELATED, "noise", LONG | {"epochs": 60}, data=fault_data.noise),
    Planting("inputs not scaled", "large", RAW, data=fault_data.large),
    Planting("inputs not scaled", "tiny", RAW, data=fault_data.tiny),
    Planting("inputs not scaled", "one large", RAW, data=fault_data.one_large),
    Planting("inputs not scaled", "far", RAW, data=fault_data.far),
    Planting("inputs not scaled", "as read", RAW, data=fault_data.as_read),
    Planting("leaking column", "copy", SHORT, data=fault_data.leak),
    Planting("leaking column", "curved", SHORT, data=fault_data.curved),
    Planting("leaking column", "words", SHORT, data=fault_data.words, sets=CLASSES),
    Planting("duplicates across splits", "doubled", SHORT, data=fault_data.doubled),
    Planting("duplicates across splits", "copied", SHORT, data=fault_data.copied),
    Planting("unbalanced classes", "rare", SHORT, data=fault_data.rare, sets=CLASSES),
    Planting("dev unlike train", "shifted", SHORT, data=fault_data.shifted),
    Planting("dev unlike train", "stretched", SHORT, data=fault_data.stretched),
    Planting("dev unlike train", "noisy", SHORT, data=fault_data.noisy),
    Planting("dev unlike train", "sorted", SHORT, data=fault_data.sorted_by),
)  # fmt: skip
# Data sets of one seed, of those that a fault is planted into
EACH = 4


def planted(seeds: range) -> Iterator[Case]:
    """Yield every case in which something is wrong."""
    for seed in seeds:
        for i, planting in enumerate(PLANTINGS):
            n = len(planting.sets)
            for k in range(EACH):
                yield planting.case(planting.sets[(EACH * seed + i + k * 3) % n], seed)
