r"""
One feature
===========

Will tomorrow be sunny? We only know today's temperature. Logistic regression answers with a
probability,

.. math::

    z = w x + b, \qquad a = \sigma(z) = \frac{1}{1 + e^{-z}},

and learns w and b by making the log loss, averaged over past days, small. It needs to know which
way is down. There are two ways to find out. The first needs no mathematics: nudge w a little up and
a little down, and look at the cost. The second is the derivative.
"""

import matplotlib.pyplot as plt
import numpy as np

import cutaway
from cutaway.data.dataset import Dataset
from cutaway.engine.measure import outputs
from cutaway.equations import (
    FUSED,
    OPTIMIZERS,
    Network,
    Rates,
    cost,
    forward,
    linear_backward,
    unflatten,
)
from cutaway.lessons import stage

stage.begin()

# %%
# The days
# --------
# Twenty days, invented: the temperature in degrees Celsius, and whether the next day was sunny. The
# feature is how far the temperature lies above 15 degrees, in tens of degrees, so that its size is
# about 1.

degrees = np.array([2, 4, 5, 7, 8, 9, 11, 12, 13, 14, 15, 16, 18, 19, 20, 22, 24, 25, 27, 30.0])
sunny = np.array([0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 1, 0, 1, 1, 0, 1, 1, 1])
X = (degrees - 15)[np.newaxis] / 10
Y = sunny[np.newaxis].astype(float)
m = X.shape[1]

network = Network((1, 1), ())
rate, iterations, nudge = 1.0, stage.full(200, quick=60), 1e-5


def J(theta):
    parameters = unflatten(network, theta)
    return float(cost(network, parameters, forward(network, parameters, X), Y))


# %%
# By nudging
# ----------
# For each of w and b: the cost with the number 1e-5 larger, the cost with it 1e-5 smaller, and the
# difference over 2e-5. That is one step's slope, bought with four costs.

theta = np.zeros(2)
nudged = [theta]
for _ in range(iterations):
    slopes = [
        (J(theta + nudge * direction) - J(theta - nudge * direction)) / (2 * nudge)
        for direction in np.eye(2)
    ]
    theta = theta - rate * np.array(slopes)
    nudged.append(theta)
nudged = np.array(nudged)

# %%
# By the gradient
# ---------------
# The engine, with the same data, the same rate and the same start. A consumer watches the
# training and keeps the parameters after every epoch.

days = Dataset("days", "array", "classification", X.T, sunny, classes=("cloudy", "sunny"))
path = stage.Trajectory()
run = cutaway.train(
    days,
    parameters=[(np.zeros((1, 1)), np.zeros((1, 1)))],
    hidden=(),
    optimizer="gradient_descent",
    learning_rate=rate,
    batch_size=None,
    epochs=iterations,
    print_every=1,
    consumers=[path],
    normalize="none",
    split="1,0,0",
    dev="none",
    l2=0,
    dtype="float64",
)
gradient = np.array(path.thetas)
shown = [i for i in (0, 1, 2, 5, 10, 20, 50, 100, 200) if i <= iterations]
rows = []
for i in shown:
    difference = np.abs(nudged[i] - gradient[i]).max()
    rows.append(
        (i, *(f"{number:.6f}" for number in (*nudged[i], *gradient[i])), f"{difference:.0e}")
    )
stage.table(("iteration", "w nudged", "b nudged", "w gradient", "b gradient", "difference"), rows)

# %%
# The bias as theta_0
# -------------------
# Some courses have no b. They give every example one more input, :math:`x_0 = 1`, and write
# :math:`z = \theta_0 x_0 + \theta_1 x_1 = \theta^T x`. It is the same model: what multiplies a one
# is a bias, and :math:`d\theta_0 = \frac{1}{m} \sum_i 1 \cdot dz_i` is :math:`db`. Here is the
# whole training in that notation.

X_with_one = np.concatenate([np.ones((1, m)), X])
unit = FUSED["sigmoid", "log"]
descend = OPTIMIZERS["gradient_descent"].update
theta = np.zeros(2)
with_one = [theta]
for t in range(1, iterations + 1):
    A = unit.g(theta[np.newaxis] @ X_with_one)
    dtheta, _ = linear_backward(unit.dZ(A, Y), X_with_one)
    theta, _ = descend(theta, dtheta[0], (), t, Rates(rate))
    with_one.append(theta)
with_one = np.array(with_one)
stage.table(
    ("after the last iteration", "theta_1 and w", "theta_0 and b"),
    [
        ("x_0 = 1", *map(float, with_one[-1, ::-1])),
        ("w and b", *map(float, gradient[-1])),
        ("largest difference on the way", *np.abs(with_one[:, ::-1] - gradient).max(axis=0)),
    ],
)

# %%
# The answer, the path down the cost, and how far the two paths lie apart.

figure, axes = plt.subplots(1, 3, figsize=(13, 4.4))
line = np.linspace(0, 32, 200)
A = outputs(run.plan.network, run.parameters, (line - 15)[np.newaxis] / 10)[0]
half = 15 - 10 * gradient[-1, 1] / gradient[-1, 0]
axes[0].plot(line, A, color=stage.BLUE, linewidth=2, label="probability of sun")
axes[0].plot(
    [half, half], [-0.08, 1.08], ":", color=stage.BLACK, label=f"even chances at {half:.1f} °C"
)
for c, colour, marker in ((0, stage.SKY, "o"), (1, stage.ORANGE, "^")):
    axes[0].plot(degrees[sunny == c], sunny[sunny == c], marker, color=colour, markersize=7)
axes[0].set(xlabel="temperature today (°C)", ylabel="sunny tomorrow", ylim=(-0.08, 1.5))
axes[0].legend(loc="upper left")

w, b = np.linspace(-0.5, 3.2, 60), np.linspace(-1.2, 1.2, 50)
surface = [[J(np.array([one, other])) for one in w] for other in b]
contours = axes[1].contour(w, b, surface, 14, cmap="cividis", linewidths=1)
axes[1].plot(*gradient.T, color=stage.BLUE, linewidth=2, label="gradient")
axes[1].plot(
    *nudged[shown].T, "o", color=stage.ORANGE, markersize=7, fillstyle="none", label="nudged"
)
axes[1].set(xlabel="w", ylabel="b", title="the same path down J(w, b)")
axes[1].legend(loc="upper right", frameon=True)

apart = np.abs(nudged - gradient).max(axis=1)
steps = np.arange(1, iterations + 1)
axes[2].semilogy(steps, apart[1:], color=stage.ORANGE, label="nudged - gradient")
axes[2].semilogy(steps, gradient[1:, 0], color=stage.BLUE, linestyle="--", label="w itself")
axes[2].set(xlabel="iteration", ylabel="size", title="how far they lie apart")
axes[2].legend(loc="center right")

# %%
# What to see
# -----------
# Both ways walk the same path: they lie about 1e-11 apart all the way, which is the round-off of
# nudging. But nudging two numbers took four costs an iteration, and nudging the million weights of
# a network would take two million; the gradient takes one pass forward and one back for all of
# them. With a one in front of every example the bias becomes one more weight, and the path is the
# same to the last digit.
