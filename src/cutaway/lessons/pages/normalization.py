r"""
Normalising the inputs
======================

Two inputs, one between -10 and 10, the other between -2 and 2. The weight of the large input moves
the cost much more than the other one, so the cost is a long and narrow bowl. A step that suits the
steep direction is far too short for the flat one, and a step that suits the flat one is thrown out
of the bowl.

Subtract the mean of each input over the training set and divide by its standard deviation,

.. math::

    x := \frac{x - \mu}{\sigma}, \qquad
    \mu = \frac{1}{m} \sum_i x^{(i)}, \qquad
    \sigma^2 = \frac{1}{m} \sum_i (x^{(i)} - \mu)^2 ,

and the bowl is round. (Divide by :math:`\sigma`, not by :math:`\sigma^2`.) Here it is the same
network, the same data and the same engine, with ``normalize`` "none" and "standard".
"""

import matplotlib.pyplot as plt
import numpy as np

import cutaway
from cutaway.data.columns import Table
from cutaway.data.dataset import Dataset
from cutaway.lessons import stage
from cutaway.training.record import Stop

stage.begin()

# %%
# The data are invented: the mean temperature at 200 weather stations, by how far north of the
# country's middle they lie and by how high above its mean height, in hundreds of metres. The
# distance is written once in tens of kilometres and once in kilometres: the same stations.

random = np.random.default_rng(1)
north, height = random.uniform(-10, 10, 200), random.uniform(-2, 2, 200)
temperature = 9 - 0.15 * north - 0.6 * height + random.normal(0, 0.3, 200)


def stations(unit):
    return Dataset(
        name="weather stations, invented",
        kind="table",
        task="regression",
        rows=Table({"north": north * unit, "height": height}),
        target=temperature[:, np.newaxis],
        target_names=("temperature",),
        features=("north", "height"),
    )


class Reach:
    """Stops a training at a given cost, and keeps costs and parameters on the way there."""

    needs = frozenset({"train"})
    every = 1

    def __init__(self, cost):
        self.cost = cost
        self.costs, self.path = [], []

    def __call__(self, record, state):
        self.costs.append(record.cost)
        self.path.append(state.theta)
        return Stop("reached") if record.cost <= self.cost else None


def train(data, normalize, learning_rate, epochs, goal=0.0):
    """Linear or logistic regression by gradient descent, until the cost is `goal`."""
    reach = Reach(goal)
    run = cutaway.train(
        data,
        consumers=(reach,),
        hidden=(),
        initializer="zeros",
        optimizer="gradient_descent",
        learning_rate=learning_rate,
        batch_size=None,
        epochs=epochs,
        print_every=epochs,
        normalize=normalize,
        split="1,0,0",
        dev="none",
        l2=0,
        dtype="float64",
    )
    return run, reach


# %%
# The bowl, and the rate that still converges
# -------------------------------------------
# The cost of linear regression, :math:`J = \frac{1}{2m} \sum_i (w^T x^{(i)} + b - y^{(i)})^2`, is a
# bowl whose curvature is the matrix :math:`H = \frac{1}{m} X_1 X_1^T`, where :math:`X_1` is X with
# a row of ones for the bias. In a direction of curvature c one step multiplies the distance from
# the bottom by :math:`1 - \alpha c`. So gradient descent converges just as long as
# :math:`\alpha < 2 / c_{max}`; and the flattest direction, with :math:`1 - \alpha c_{min}`,
# decides how long it takes. What counts is the ratio of the two.


def with_ones(X):
    return np.vstack([X, np.ones(X.shape[1])])


def curvature(X):
    return with_ones(X) @ with_ones(X).T / X.shape[1]


def converges(data, normalize, learning_rate):
    """Whether a long training ends below its start."""
    run, reach = train(data, normalize, learning_rate, stage.full(1000, quick=50))
    return run.outcome.status == "finished" and reach.costs[-1] < reach.costs[0]


def largest_rate(data, normalize):
    """Find the largest learning rate that converges, halving an interval of logarithms."""
    low, high = 1e-6, 1e2
    for _ in range(stage.full(20, quick=6)):
        middle = np.sqrt(low * high)
        low, high = (middle, high) if converges(data, normalize, middle) else (low, middle)
    return low


cases = {
    "tens of km, as they are": (stations(1), "none"),
    "km, as they are": (stations(10), "none"),
    "tens of km, normalised": (stations(1), "standard"),
    "km, normalised": (stations(10), "standard"),
}
parts, limits, rows = {}, {}, []
for name, case in cases.items():
    run, _ = train(*case, 1e-6, 1)
    parts[name] = run.setup.prepared.train
    c = np.linalg.eigvalsh(curvature(parts[name].X))
    limits[name] = 2 / c[-1]
    rows.append((name, c[0], c[-1], c[-1] / c[0], limits[name], largest_rate(*case)))
columns = ("distance in", "c_min", "c_max", "ratio", "2 / c_max", "largest rate that converged")
stage.table(columns, rows)

# %%
# Iterations to a given cost
# --------------------------
# The goal is a tenth of a per cent above the lowest cost there is, which is the same in all units.
# Each training runs at 0.85 of its own largest rate.


def bottom(part):
    """Return (w, b) of the lowest cost, and that cost."""
    X1 = with_ones(part.X)
    best = np.linalg.lstsq(X1.T, part.Y[0])[0]
    return best, 0.5 * np.mean((best @ X1 - part.Y[0]) ** 2)


goal = 1.001 * bottom(parts["km, as they are"])[1]
most = stage.full(50_000, quick=50)
reaches, rows = {}, []
for name, case in cases.items():
    run, reach = train(*case, 0.85 * limits[name], most, goal)
    reaches[name] = reach
    there = reach.costs[-1] <= goal
    rows.append((name, 0.85 * limits[name], len(reach.costs) - 1 if there else f"over {most}"))
stage.table(("distance in", "learning rate", f"iterations to a cost of {goal:.5f}"), rows)

# %%
# Real data: wines
# ----------------
# 178 wines, 13 chemical measurements between 0.1 and 1700, three classes: logistic regression with
# a softmax, with rates ten times apart.

goal, most = 0.1, stage.full(3000, quick=20)
alphas = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
rows = []
for name, way in (("as they are", "none"), ("normalised", "standard")):
    cells = []
    for alpha in alphas:
        run, reach = train("wine", way, alpha, most, goal)
        there = reach.costs[-1] <= goal
        cells.append(f"{len(reach.costs) - 1}" if there else f"({reach.costs[-1]:.2g})")
    rows.append((name, *cells))
print(f"iterations to a cost of {goal}, or (the cost after {most}), by learning rate:\n")
stage.table(("wines", *(f"{alpha:g}" for alpha in alphas)), rows)

# %%
# Two bowls seen from above, both axes to the same scale, with the path of gradient descent.

figure, axes = plt.subplots(1, 3, figsize=(13, 4.6))
names = ("tens of km, as they are", "tens of km, normalised")
for axis, name in zip(axes, names, strict=False):
    part, (best, _) = parts[name], bottom(parts[name])
    X = part.X - part.X.mean(axis=1, keepdims=True)
    H = X @ X.T / part.m
    path = np.array(reaches[name].path)[:, :2]
    low, high = path.min(axis=0), path.max(axis=0)
    centre, half = (low + high) / 2, 0.65 * (high - low).max()
    w1, w2 = (np.linspace(c - half, c + half, 200) for c in centre)
    D = np.array(np.meshgrid(w1, w2)) - best[:2, np.newaxis, np.newaxis]
    J = 0.5 * np.einsum("iab,ij,jab->ab", D, H, D)
    levels = J.max() * np.linspace(0.05, 1, 12) ** 2
    axis.contour(w1, w2, J, levels, linewidths=1)
    axis.plot(*path.T, "o-", color=stage.ORANGE, markersize=4, linewidth=1.2)
    axis.plot(*best[:2], "*", color=stage.BLACK, markersize=13)
    axis.set(title=name[12:].capitalize(), xlabel="$w_1$ (north)", ylabel="$w_2$ (height)")
    axis.set_aspect("equal")
    axis.locator_params(nbins=5)
styles = ("-", "-.", "--", ":")
for (name, reach), style in zip(reaches.items(), styles, strict=True):
    axes[2].loglog(np.arange(1, len(reach.costs) + 1), reach.costs, style, linewidth=2, label=name)
axes[2].set(title="Cost on the way", xlabel="iteration, from 1", ylabel="cost J", ylim=(None, 1.6))
axes[2].legend(loc="upper right")

# %%
# What to see
# -----------
# Only the units of the inputs differ, and the iterations needed grow with the ratio of the largest
# to the smallest curvature. Normalised, the units make no difference any more. The largest rate
# that still converges, found by trial, is 2 / c_max. On the wines, without normalising, a rate is
# either so small that nothing happens or so large that the cost grows; normalised, a rate of 1
# needs only a few steps.
