r"""
Breaking the symmetry
=====================

Logistic regression may start from zeros; a network with a hidden layer may not. If all units of a
layer start with the same weights, they compute the same, so they get the same derivatives,

.. math::

    dW^{[1]} = \frac{1}{m} \left( W^{[2]T} dZ^{[2]} * g'(Z^{[1]}) \right) X^T,

whose rows are then equal, and they stay the same after every update, for ever. However many they
are, they do the work of one. A random start breaks the tie. Which scale should it have?
"""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np

import cutaway
from cutaway.data import load
from cutaway.engine.measure import outputs
from cutaway.equations import INITIALIZERS, Layer
from cutaway.lessons import stage

stage.begin()
circles = load("circles")


def train(parameters, activation, learning_rate, iterations, consumers=()):
    return cutaway.train(
        circles,
        parameters=parameters,
        consumers=consumers,
        hidden=tuple(len(layer.W) for layer in parameters[:-1]),
        activation=activation,
        optimizer="gradient_descent",
        learning_rate=learning_rate,
        batch_size=None,
        epochs=iterations,
        print_every=max(1, iterations // 100),
        normalize="none",
        split="1,0,0",
        dev="none",
        l2=0,
        keep_prob=1,
        dtype="float64",
    )


# %%
# Equal units stay equal
# ----------------------
# Four tanh units on the two circles, from three starts: all weights zero, all weights one half, and
# random ones times 0.01. The spread is the largest difference between two units' weights.

random = np.random.default_rng(3)
starts = {
    "zeros": [Layer(np.zeros((4, 2)), np.zeros((4, 1))), Layer(np.zeros((1, 4)), np.zeros((1, 1)))],
    "all 0.5": [
        Layer(np.full((4, 2), 0.5), np.zeros((4, 1))),
        Layer(np.full((1, 4), 0.5), np.zeros((1, 1))),
    ],
    "random * 0.01": [
        Layer(0.01 * random.standard_normal((4, 2)), np.zeros((4, 1))),
        Layer(0.01 * random.standard_normal((1, 4)), np.zeros((1, 1))),
    ],
}
iterations = stage.full(5000, quick=100)
rows, trajectories = [], {}
for name, start in starts.items():
    trajectories[name] = stage.Trajectory()
    run = train(start, "tanh", 1.0, iterations, consumers=[trajectories[name]])
    W = run.parameters[0].W
    wrong = 100 * run.history[-1].train_error
    rows.append((name, f"{np.ptp(W, axis=0).max():.3g}", run.history[-1].cost, f"{wrong:.1f} %"))
    print(f"{name}, W of the first layer after {iterations} iterations, one line a unit:")
    print(np.array2string(W, precision=4, suppress_small=True), "\n")
stage.table(("start", "spread of the units", "cost", "wrong"), rows)

# %%
# From zeros nothing moves at all but the last bias: the hidden outputs are tanh(0) = 0, so the
# second layer gets no derivative, and zero weights pass none on to the first.
#
# Which scale
# -----------
# A network 2-10-5-1 of ReLU units, five draws each. Every start is the same draw from a normal
# distribution, times 0, 0.01 or 10, or by the rule of LeCun (the course calls it Xavier) or of He,
# which look at the number of inputs of the layer.

SIZES = (2, 10, 5, 1)
SCALES = {
    "* 0": INITIALIZERS["zeros"].scale,
    "* 0.01": INITIALIZERS["small"].scale,
    "* 10": lambda n_prev, n_l: 10.0,
    "lecun": INITIALIZERS["lecun"].scale,
    "he": INITIALIZERS["he"].scale,
}


def draw(scale, seed):
    random = np.random.default_rng(seed)
    return [
        Layer(scale(n_prev, n_l) * random.standard_normal((n_l, n_prev)), np.zeros((n_l, 1)))
        for n_prev, n_l in pairwise(SIZES)
    ]


seeds = range(1, stage.full(6, quick=2))
runs = {
    name: [train(draw(scale, seed), "relu", 0.05, iterations) for seed in seeds]
    for name, scale in SCALES.items()
}
rows = []
for name, draws in runs.items():
    first, early, last = (
        np.median([run.history[len(run.history) * k // 100].cost for run in draws])
        for k in (0, 20, 99)
    )
    wrong = np.array([100 * run.history[-1].train_error for run in draws])
    rows.append((name, first, early, last, f"{wrong.min():.1f} to {wrong.max():.1f} %"))
stage.table(
    ("start", "first cost", f"after {iterations // 5}", f"after {iterations}", "wrong"), rows
)

# %%
# The figure: above, the paths of the four units' weights from equal and from random starts, and the
# costs of one draw; below, what the networks of that draw have learned.

figure, axes = plt.subplot_mosaic([list("AAAABBBBCCCC"), list("DDDEEEFFFGGG")], figsize=(13, 7.6))
for key, name in (("A", "all 0.5"), ("B", "random * 0.01")):
    # theta begins with the first layer's W (4, 2)
    paths = np.array(trajectories[name].thetas)[:, :8].reshape(-1, 4, 2)
    for unit, (marker, style) in enumerate(zip("os^D", ("-", "--", "-.", ":"), strict=True)):
        x, y = paths[:, unit].T
        axes[key].plot(x, y, style, linewidth=2, color=stage.COLOURS[unit])
        size = 14 - 3 * unit if key == "A" else 8
        axes[key].plot(
            x[-1],
            y[-1],
            marker,
            color=stage.COLOURS[unit],
            markersize=size,
            label=f"unit {unit + 1}",
        )
    axes[key].plot(*paths[0].T, "kx", label="start")
    axes[key].set(
        title=f"four units from {name}", xlabel="weight of $x_1$", ylabel="weight of $x_2$"
    )
    axes[key].legend()
styles = ("-", ":", "-.", "--", (0, (5, 1, 1, 1, 1, 1)))
for (name, draws), style in zip(runs.items(), styles, strict=True):
    records = draws[0].history
    axes["C"].plot(
        [record.epoch for record in records],
        [record.cost for record in records],
        linestyle=style,
        linewidth=2,
        label=name,
    )
axes["C"].set(title="cost by scale", xlabel="iteration", ylabel="cost J", yscale="log")
axes["C"].legend(ncols=2)
X = run.setup.prepared.train.X
for key, name in zip("DEFG", ("* 0.01", "* 10", "lecun", "he"), strict=True):
    run = runs[name][0]
    network, parameters = run.plan.network, run.parameters
    stage.boundary(axes[key], lambda grid: outputs(network, parameters, grid)[0], X, circles.target)
    axes[key].set(title=f"{name}: {100 * run.history[-1].train_error:.1f} % wrong", xlabel="$x_1$")
axes["D"].set_ylabel("$x_2$")

# %%
# What to see
# -----------
# Units that start equal have a spread of exactly 0 after thousands of updates: they are one unit
# four times. Random weights part at once. Their scale matters: times 0.01 this network is still
# waiting on its plateau; times 10 it starts at a huge cost, sure and wrong, and keeps jagged
# bounds, since steps of this size hardly turn weights that large. The scales of LeCun and of He let
# signals through at their own size, and with both the network learns the circles.
