r"""
The flower
==========

Four hundred points in two colours make a flower. No straight line parts them, so logistic
regression fails; one hidden layer of tanh units bends the line. How many units does it take?

The network is the smallest that has a hidden layer,

.. math::

    Z^{[1]} = W^{[1]} X + b^{[1]}, \quad A^{[1]} = \tanh Z^{[1]}, \quad
    Z^{[2]} = W^{[2]} A^{[1]} + b^{[2]}, \quad A^{[2]} = \sigma(Z^{[2]}),

trained by gradient descent on the log loss, all 400 examples in every update.
"""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np

import cutaway
from cutaway.data import load
from cutaway.engine.measure import outputs
from cutaway.equations import Layer
from cutaway.lessons import stage

stage.begin()
flower = load("planar")

# %%
# The course draws the first parameters as ``0.01 * randn`` from NumPy's legacy generator. Handing
# the same numbers to the engine makes its costs comparable digit by digit.


def initial(n_h, seed):
    random = np.random.RandomState(seed)
    sizes = (2, n_h, 1)
    return [
        Layer(0.01 * random.randn(n_l, n_prev), np.zeros((n_l, 1)))
        for n_prev, n_l in pairwise(sizes)
    ]


def train(n_h, iterations, seed=3, every=1000):
    return cutaway.train(
        flower,
        parameters=initial(n_h, seed) if n_h else None,
        hidden=(n_h,) if n_h else (),
        activation="tanh",
        optimizer="gradient_descent",
        learning_rate=1.2,
        batch_size=None,
        epochs=iterations,
        print_every=every,
        normalize="none",
        split="1,0,0",
        dev="none",
        l2=0,
        keep_prob=1,
        dtype="float64",
    )


# %%
# The published costs
# -------------------
# Four hidden units, seed 2, every thousand iterations.

published = [0.693048, 0.288083, 0.254385, 0.233864, 0.226792, 0.222644, 0.219731]
run = train(4, iterations=stage.full(6000, quick=1000), seed=2)
costs = {record.epoch: record.cost for record in run.history}
stage.beside(
    [(f"iteration {1000 * i}", p, costs[1000 * i]) for i, p in enumerate(published[: len(costs)])],
    "cost, 2-4-1",
    decimals=6,
)

# %%
# One layer against none
# ----------------------
# Five thousand iterations each. The published accuracies are those of 1 to 5 units.

accuracies = {1: 67.5, 2: 67.25, 3: 90.75, 4: 90.5, 5: 91.25}
runs = {n_h: train(n_h, stage.full(5000, quick=500)) for n_h in (0, 1, 2, 3, 4, 5, 20, 50)}
rows = []
for n_h, run in runs.items():
    accuracy = 100 * (1 - run.history[-1].train_error)
    known = accuracies.get(n_h)
    rows.append(
        (
            f"{n_h} unit{'s' * (n_h > 1)}" if n_h else "logistic regression",
            "-" if known is None else f"{known:.2f} %",
            f"{accuracy:.2f} %",
            "-" if known is None else f"{accuracy - known:+.2f}",
        )
    )
stage.table(("hidden layer", "published", "ours", "difference"), rows)

# %%
# The boundaries, drawn: dashed where the network is undecided, the deeper the colour the surer.

X = runs[4].setup.prepared.train.X
figure, axes = plt.subplots(2, 4, figsize=(12, 6.6), sharex=True, sharey=True)
for axis, (n_h, run) in zip(axes.flat, runs.items(), strict=True):
    network, parameters = run.plan.network, run.parameters
    stage.boundary(axis, lambda grid: outputs(network, parameters, grid)[0], X, flower.target)
    error = run.history[-1].train_error
    axis.set_title(f"{n_h or 'no'} hidden units: {100 * (1 - error):.1f} % right")
for axis in axes[-1]:
    axis.set_xlabel("$x_1$")
for axis in axes[:, 0]:
    axis.set_ylabel("$x_2$")

# %%
# What to see
# -----------
# Logistic regression can only cut the flower in two, and is right for about half of the points. One
# or two units bend the line a little; from three on the network finds the petals, and more units
# add almost nothing but time. All of these errors are on the training points: whether 50 units
# would also do better on new ones is a question for a dev set.
