r"""
Gradient checking
=================

A derivative that is slightly wrong still trains, only worse, and nobody notices. So one compares it
with the slope that nudging gives,

.. math::

    d\theta_{\text{approx}}
        = \frac{J(\theta + \varepsilon) - J(\theta - \varepsilon)}{2\varepsilon}, \qquad
    \text{difference} = \frac{\lVert d\theta - d\theta_{\text{approx}} \rVert}
        {\lVert d\theta \rVert + \lVert d\theta_{\text{approx}} \rVert},

first for one parameter, then for all parameters of a network. The course nudges by
:math:`\varepsilon = 10^{-7}` and trusts a difference below :math:`10^{-7}`. The last part shows
that this pair calls right gradients wrong.
"""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np

import cutaway
from cutaway.data import load
from cutaway.equations import (
    INITIALIZERS,
    Layer,
    Network,
    cost_and_gradient,
    flatten,
    gradient_check,
    kinks,
    unflatten,
)
from cutaway.equations.gradient_check import EPSILON
from cutaway.lessons import stage

stage.begin()


def difference(dtheta, approximation):
    gap = np.linalg.norm(dtheta - approximation)
    return gap / (np.linalg.norm(dtheta) + np.linalg.norm(approximation))


# %%
# One dimension
# -------------
# :math:`J = \theta x` has the derivative x. The last line claims :math:`\theta` by mistake.

x, theta, epsilon = 2.0, 4.0, 1e-7
approximation = ((theta + epsilon) * x - (theta - epsilon) * x) / (2 * epsilon)
stage.table(
    ("J = theta x", "claimed", "nudged", "difference"),
    [
        (name, claim, f"{approximation:.9f}", f"{difference(claim, approximation):.1e}")
        for name, claim in (("x", x), ("theta", theta))
    ],
)

# %%
# n dimensions
# ------------
# A network 4-5-3-1 of ReLU units and a sigmoid, with three random examples. All parameters are laid
# end to end in one vector :math:`\theta`, as the engine holds them, and each is nudged in turn.

random = np.random.default_rng(3)
network = Network((4, 5, 3, 1), ("relu", "relu"))
X, Y = random.standard_normal((4, 3)), np.array([[1.0, 1.0, 0.0]])
theta = flatten([
    Layer(INITIALIZERS["he"].scale(n_prev, n_l) * random.standard_normal((n_l, n_prev)),
          0.1 * random.standard_normal((n_l, 1)))
    for n_prev, n_l in pairwise(network.sizes)
])  # fmt: skip


def J(theta):
    return float(cost_and_gradient(network, theta, X, Y)[0])


def nudge_each(J, theta, epsilon):
    return np.array([
        (J(theta + epsilon * e) - J(theta - epsilon * e)) / (2 * epsilon)
        for e in np.eye(len(theta))
    ])  # fmt: skip


dtheta = cost_and_gradient(network, theta, X, Y)[1]
approximation = nudge_each(J, theta, EPSILON)

# %%
# Now two mistakes, of the kind that one makes: dW of the second layer counts everything twice, and
# db of the first layer has forgotten the division by m. The whole vector says that something is
# wrong; array by array the check says where.

m = X.shape[1]
right = unflatten(network, dtheta)
planted = [
    Layer(right[0].W, right[0].b * m),
    Layer(2 * right[1].W, right[1].b),
    right[2],
]
nudged = unflatten(network, approximation)
rows = [("all", difference(dtheta, approximation), difference(flatten(planted), approximation))]
for l, (good, bad, there) in enumerate(zip(right, planted, nudged, strict=True), start=1):
    for name, *arrays in zip(("dW", "db"), good, bad, there, strict=True):
        rows.append((f"{name}{l}", *(difference(a.ravel(), arrays[2].ravel()) for a in arrays[:2])))
stage.table(
    ("array", "right", "planted", ""),
    [(name, f"{a:.0e}", f"{b:.0e}", "<- wrong" if b > 1e-7 else "") for name, a, b in rows],
)

# %%
# Nudging each of n parameters costs 2 n forward passes. ``cutaway.equations.gradient_check`` nudges
# along a few random directions instead: along a direction v of length 1, J must rise by the inner
# product of v with the gradient. Two passes a direction, whatever n is; and it halves the step
# where a nudge would carry a ReLU over its kink, where there is no derivative to compare with.

directions = random.standard_normal((5, len(theta)))
sides = kinks(network, X)
stage.table(
    ("5 random directions", "largest difference", "nudged", "claimed"),
    [
        (name, f"{check.difference:.0e}", f"{check.numeric:.8f}", f"{check.analytic:.8f}")
        for name, gradient in (("right", dtheta), ("planted", flatten(planted)))
        for check in (gradient_check(J, gradient, theta, directions, kinks=sides),)
    ],
)

# %%
# The threshold
# -------------
# Is a right gradient always below 1e-7? Round-off puts an error of about :math:`10^{-16} J` into
# each cost, so about :math:`10^{-16} J / \varepsilon` into each slope: 1e-9 with :math:`\varepsilon
# = 10^{-7}`. That is little beside a large gradient. But training makes gradients small, and then
# it is not. Here is the right gradient of the flower's network, at several moments of its training,
# checked with both nudges.

flower = load("planar")
wanted = tuple(stage.full((0, 100, 1000, 5000, 20000), quick=(0, 100, 5000)))
trajectory = stage.Trajectory()
run = cutaway.train(
    flower,
    hidden=(4,),
    activation="tanh",
    optimizer="gradient_descent",
    learning_rate=0.5,
    batch_size=None,
    epochs=wanted[-1],
    consumers=[trajectory],
    normalize="none",
    split="1,0,0",
    dev="none",
    l2=0,
    keep_prob=1,
    dtype="float64",
)
part = run.setup.prepared.train


def flower_cost(theta):
    return float(cost_and_gradient(run.plan.network, theta, part.X, part.Y)[0])


def checked(theta, epsilon):
    dtheta = cost_and_gradient(run.plan.network, theta, part.X, part.Y)[1]
    return difference(dtheta, nudge_each(flower_cost, theta, epsilon))


thetas = {epoch: trajectory.thetas[epoch] for epoch in wanted}
rows = []
for epoch, theta in thetas.items():
    dtheta = cost_and_gradient(run.plan.network, theta, part.X, part.Y)[1]
    one, other = checked(theta, 1e-7), checked(theta, EPSILON)
    rows.append((f"after {epoch} epochs", f"{np.linalg.norm(dtheta):.0e}", f"{one:.0e}",
                 "wrong" if one > 1e-7 else "right", f"{other:.0e}",
                 "wrong" if other > 1e-7 else "right"))  # fmt: skip
stage.table(
    ("right gradient", "its length", "nudge 1e-7", "says", f"nudge {EPSILON:.0e}", "says"), rows
)

# %%
# The difference against the nudge, at each of these moments.

nudges = np.logspace(-11, -2, stage.full(55, quick=19))
figure, axis = plt.subplots(figsize=(8, 5))
styles = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
for (epoch, theta), style in zip(thetas.items(), styles, strict=False):
    axis.loglog(
        nudges,
        [checked(theta, nudge) for nudge in nudges],
        linestyle=style,
        linewidth=2,
        label=f"after {epoch} epochs",
    )
axis.axhline(1e-7, color=stage.BLACK, linewidth=1)
axis.text(1.2e-2, 0.8e-7, "threshold 1e-7", ha="right", va="top", size=11)
for nudge, name in ((1e-7, "the course"), (EPSILON, "cutaway")):
    axis.axvline(nudge, color=stage.BLACK, linewidth=1, linestyle=":")
    axis.text(nudge * 1.15, 0.3, name, va="top", size=11)
axis.set(xlabel=r"nudge $\varepsilon$", ylabel="difference of a right gradient", ylim=(1e-12, 1))
axis.legend(loc="lower left")

# %%
# What to see
# -----------
# Both planted errors are found, and the check names the arrays they stand in. A right gradient is
# not always below 1e-7: with a nudge of 1e-7 the same correct code fails once training has made the
# gradient small, because round-off divided by the nudge is all that is left. With 6e-6, where
# round-off and the bend of the cost are about equal, it passes with digits to spare. So nudge by
# 6e-6, check early in training, and read a difference just above 1e-7 as a question, not a verdict.
