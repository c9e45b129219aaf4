r"""
Optimisers
==========

Every update needs the derivative dW. Which examples it is taken of, and what is made of it, is the
optimiser's business:

.. math::

    \text{gradient descent} \quad & W := W - \alpha \, dW \\
    \text{momentum} \quad & v := \beta_1 v + (1 - \beta_1) \, dW, \quad W := W - \alpha v \\
    \text{RMSprop} \quad & s := \beta_2 s + (1 - \beta_2) \, dW^2, \quad
        W := W - \alpha \frac{dW}{\sqrt s + \varepsilon} \\
    \text{Adam} \quad & v, s \text{ as above}, \quad
        W := W - \alpha \frac{v / (1 - \beta_1^t)}{\sqrt{s / (1 - \beta_2^t)} + \varepsilon}

All of them are tried on the moons: 400 points, of which 300 train and 100 are the dev set; a
network 2-16-8-1 with ReLU, always from the same initial parameters.
"""

import matplotlib.pyplot as plt
import numpy as np

import cutaway
from cutaway.data import load
from cutaway.engine.measure import outputs
from cutaway.equations import OPTIMIZERS, SCHEDULES, Rates
from cutaway.lessons import stage
from cutaway.training.record import Stop

stage.begin()
moons = load("moons")


def train(epochs, batch_size=64, consumers=(), **more):
    return cutaway.train(
        moons,
        consumers=consumers,
        hidden=(16, 8),
        split="300,100,0",
        batch_size=batch_size,
        epochs=epochs,
        print_every=1,
        early_stopping=False,
        l2=0,
        keep_prob=1,
        **more,
    )


# %%
# The size of the batch
# ---------------------
# Gradient descent, rate 0.1, a fixed number of epochs. A full batch gives one update an epoch, by
# the true derivative; one example at a time gives 300, each by a rough guess of it, and each as
# costly as Python is slow. A mini-batch lies between.

epochs = stage.full(60, quick=2)
sizes = {"one example": 1, "mini-batch of 16": 16, "mini-batch of 64": 64, "full batch": None}
batches = {
    name: train(epochs, size, optimizer="gradient_descent", learning_rate=0.1)
    for name, size in sizes.items()
}
rows = []
for name, run in batches.items():
    last = run.history[-1]
    costs = [record.cost for record in run.history]
    rises = np.mean(np.diff(costs) > 0)
    seconds = f"{1000 * last.seconds / epochs:.1f}"
    rows.append((name, last.iteration, seconds, last.cost, f"{100 * rises:.0f} %"))
columns = ("", "updates", "ms an epoch", f"cost, epoch {epochs}", "epochs in which the cost rose")
stage.table(columns, rows)

# %%
# The optimisers
# --------------
# Each has a rate of its own that suits it, so a comparison at one rate would be unfair. Here every
# one is tried at several, until the cost is 0.1: the number of epochs it takes, of at most 400. A
# dash: not reached.


class Reach:
    """Stops a training at a given cost."""

    needs = frozenset({"train"})
    every = 1

    def __init__(self, cost):
        self.cost = cost

    def __call__(self, record, state):
        return Stop("reached") if record.cost <= self.cost else None


goal, most = 0.1, stage.full(400, quick=3)
alphas = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
reached, fastest = {}, {}
for name in OPTIMIZERS:
    reached[name] = {}
    for alpha in alphas:
        run = train(most, 64, (Reach(goal),), optimizer=name, learning_rate=alpha)
        if run.history[-1].cost <= goal:
            reached[name][alpha] = run.history[-1].epoch
    fastest[name] = min(reached[name], key=reached[name].get, default=alphas[3])
rows = [(n, *(found.get(alpha, "-") for alpha in alphas)) for n, found in reached.items()]
print(f"epochs to a cost of {goal}, mini-batches of 64, by learning rate:\n")
stage.table(("", *map(str, alphas)), rows)

# %%
# And each at its best rate, to the end.

epochs = stage.full(200, quick=3)
runs = {name: train(epochs, optimizer=name, learning_rate=alpha) for name, alpha in fastest.items()}
rows = []
for name, run in runs.items():
    costs = [record.cost for record in run.history]
    dev = f"{100 * run.history[-1].dev_error:.0f} %"
    rows.append((name, fastest[name], *(costs[k * epochs // 20] for k in (1, 5, 20)), dev))
columns = [f"cost, epoch {k * epochs // 20}" for k in (1, 5, 20)]
stage.table(("", "rate", *columns, "dev error"), rows)

# %%
# Why Adam corrects
# -----------------
# v and s start at zero, so at first both are too small. If dW were 1 in every update, the steps of
# the four, at the rate 1, would be these. Momentum starts too slowly, RMSprop with
# :math:`\beta_2 = 0.999` thirty times too fast; Adam's corrections make both right at once.


def first_steps(optimizer, shown):
    """Return the sizes of the steps in the updates `shown`, where dW is always 1."""
    row, theta, one = OPTIMIZERS[optimizer], np.zeros(1), np.ones(1)
    slots, steps = row.init(theta), {}
    for t in range(1, max(shown) + 1):
        before = theta
        theta, slots = row.update(theta, one, slots, t, Rates(alpha=1.0))
        steps[t] = float((before - theta)[0])
    return [steps[t] for t in shown]


shown = (1, 2, 5, 20, 100)
rows = [(name, *(f"{size:.4g}" for size in first_steps(name, shown))) for name in OPTIMIZERS]
stage.table(("size of the step in update", *map(str, shown)), rows)

# %%
# Learning-rate decay
# -------------------
# A large rate is fast at first and restless at the end: a mini-batch's derivative is never zero, so
# the parameters go on jumping around. Decay takes the first without the second. Small batches and a
# large rate, where it matters most.

epochs = stage.full(100, quick=3)
decays = {
    "constant": {},
    "inverse_time": {"decay_rate": 0.1},
    "step": {"decay_rate": 1.0, "decay_interval": 20},
    "exponential": {"decay_rate": 0.05},
    "cosine": {},
}
decayed = {
    name: train(
        epochs, 8, optimizer="gradient_descent", learning_rate=0.5, schedule=name, **settings
    )
    for name, settings in decays.items()
}
rows = []
for name, run in decayed.items():
    tail = [record.cost for record in run.history[-epochs // 5 :]]
    last, dev = run.history[-1], f"{100 * run.history[-1].dev_error:.0f} %"
    equation = SCHEDULES[name].equation
    rows.append((name, equation, last.learning_rate, np.mean(tail), np.std(tail), dev))
columns = ("", "rate in each epoch", "last rate", "mean cost", "its deviation", "dev error")
print(f"the last {epochs // 5} of {epochs} epochs:\n")
stage.table(columns, rows)

# %%
# The figure: cost by epoch of each comparison, and what the network has learned.

figure, axes = plt.subplots(2, 2, figsize=(12, 9))
styles = ("-", "--", "-.", ":", (0, (5, 1, 1, 1)))


def draw(axis, runs, title, most=None):
    for (name, run), style in zip(runs.items(), styles, strict=False):
        costs = [record.cost for record in run.history[:most]]
        axis.semilogy(costs, linestyle=style, linewidth=2, label=name)
    axis.set(title=title, xlabel="epoch", ylabel="cost J", ylim=(axis.get_ylim()[0], 5))
    axis.legend(loc="upper right", ncols=2)


draw(axes[0, 0], batches, "Gradient descent, by size of the batch")
best = {f"{name}, {fastest[name]:g}": run for name, run in runs.items()}
draw(axes[0, 1], best, "Each at its best rate, the first 40 epochs", 41)
draw(axes[1, 0], decayed, "Decay, batches of 8, rate 0.5")
run = runs["adam"]
X, Y = run.setup.prepared.train.X, run.setup.prepared.train.Y[0].astype(int)
network, parameters = run.plan.network, run.parameters
stage.boundary(axes[1, 1], lambda grid: outputs(network, parameters, grid)[0], X, Y)
axes[1, 1].set(title="The moons, after Adam", xlabel="$x_1$", ylabel="$x_2$")

# %%
# What to see
# -----------
# In the same number of epochs small batches come further than the full batch, because they update
# more often; but one example at a time goes up and down, and takes longest by the clock. Each
# optimiser has a rate of its own, and they lie a hundred times apart. At its best rate each of them
# is quick on a network as small as this one; RMSprop and Adam reach the cost early at more of the
# rates. Decay keeps the speed of a large rate and ends its restlessness. The error on the dev set
# hardly tells them apart: it is overfitting that is left, and no optimiser cures that.
