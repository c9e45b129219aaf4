r"""
One neuron
==========

The smallest network is one neuron: it weighs its inputs, adds a bias and bends the result,

.. math::

    z = w x + b, \qquad a = g(z).

The first one here predicts the price of a house from its size. A price is never negative, so g is
the ReLU, :math:`\max(0, z)`, and the error is the squared one. The second neuron decides between
two answers. Its ancestor, the perceptron, did that by a threshold: 1 where z is above 0, else 0.
The lesson ends with the reason why nobody trains networks of thresholds.
"""

import matplotlib.pyplot as plt
import numpy as np

import cutaway
from cutaway.data.dataset import Dataset
from cutaway.engine.measure import outputs
from cutaway.equations import Layer, Network, cost, forward, unflatten
from cutaway.lessons import stage

stage.begin()

# %%
# The price of a house
# --------------------
# Fourteen invented houses: size in square metres, price in thousands of euros. The three smallest
# are huts that nobody would pay for.

size = np.array([14, 24, 33, 41, 48, 57, 66, 74, 83, 95, 104, 118, 131, 146.0])
price = np.array([0, 0, 0, 9, 45, 58, 112, 118, 161, 192, 238, 271, 330, 362.0])
houses = Dataset("houses", "array", "regression", size[:, np.newaxis], price[:, np.newaxis])


def train(dataset, start, **hyperparameters):
    return cutaway.train(
        dataset,
        parameters=[Layer(np.array([[start[0]]]), np.array([[start[1]]]))],
        hidden=(),
        optimizer="gradient_descent",
        learning_rate=0.5,
        batch_size=None,
        epochs=stage.full(1000, quick=200),
        split="1,0,0",
        dev="none",
        l2=0,
        dtype="float64",
        **hyperparameters,
    )


# %%
# The engine works with standardised sizes, and with prices divided by their deviation; ``answers``
# turns its output back into thousands of euros. Beside the ReLU neuron a straight line, which is
# the same neuron with g(z) = z.

runs = {
    "ReLU": train(houses, (0.5, 1.0), output="relu", loss="squared"),
    "straight line": train(houses, (0.5, 1.0), output="identity", loss="squared"),
}


def predict(run, sizes):
    A, _ = run.model.outputs(np.asarray(sizes, dtype=float)[:, np.newaxis])
    return run.model.preparation.answers(A)[:, 0]


stage.table(
    ("g", "error after 0 epochs", "at the end", "price of 20 m2", "of 60 m2", "of 120 m2"),
    [
        (
            name,
            f"{run.history[0].train_error:.1f}",
            f"{run.history[-1].train_error:.1f}",
            *(f"{value:.1f}" for value in predict(run, [20, 60, 120])),
        )
        for name, run in runs.items()
    ],
)

# %%
# In the units of the houses the ReLU neuron says this.

run = runs["ReLU"]
preparation = run.model.preparation
((W, b),) = run.parameters
slope = W[0, 0] * preparation.target_scale[0] / preparation.scale[0]
start = preparation.mean[0] - preparation.scale[0] * b[0, 0] / W[0, 0]
print(f"price = max(0, {slope:.3f} * (size - {start:.1f})), in thousands of euros\n")

# %%
# A threshold
# -----------
# Does the house cost more than 150? A perceptron answers 1 where :math:`w x + b > 0`. Its cost is
# the share of wrong answers. To learn, one nudges b (or w) and looks whether the cost falls. Here
# are both slopes by nudging, for the threshold and for a sigmoid with the log loss, at four places.

dear = (price > 150).astype(int)
X = run.setup.prepared.train.X
Y = dear[np.newaxis].astype(float)
sigmoid = Network((1, 1), ())


def share_wrong(theta):
    return float(np.mean((theta[0] * X + theta[1] > 0) != (Y == 1)))


def log_loss(theta):
    parameters = unflatten(sigmoid, theta)
    return float(cost(sigmoid, parameters, forward(sigmoid, parameters, X), Y))


def slopes(J, theta, nudge=1e-5):
    return np.array(
        [(J(theta + nudge * e) - J(theta - nudge * e)) / (2 * nudge) for e in np.eye(2)]
    )


rows = []
for theta in ((0.5, 2.0), (1.0, 1.0), (1.0, -1.0), (-1.0, 0.5)):
    theta = np.array(theta)
    flat, slanted = slopes(share_wrong, theta), slopes(log_loss, theta)
    rows.append(
        (
            f"w = {theta[0]:g}, b = {theta[1]:g}",
            f"{100 * share_wrong(theta):.0f} %",
            f"{flat[0]:g}, {flat[1]:g}",
            f"{log_loss(theta):.3f}",
            f"{slanted[0]:.3f}, {slanted[1]:.3f}",
        )
    )
stage.table(("neuron", "threshold: wrong", "slopes in w, b", "sigmoid: J", "slopes in w, b"), rows)

# %%
# Both are now trained from the first place: the threshold by following its slopes, the sigmoid by
# the engine.

first = np.array([0.5, 2.0])
theta = first
for _ in range(100):
    theta = theta - 0.5 * slopes(share_wrong, theta)
classes = Dataset(
    "dear houses", "array", "classification", size[:, np.newaxis], dear, ("cheap", "dear")
)
learned = train(classes, first)
stage.table(
    ("neuron", "wrong before", "wrong after", "w", "b"),
    [
        ("threshold", *(f"{100 * share_wrong(at):.0f} %" for at in (first, theta)), *theta),
        ("sigmoid", *(f"{100 * learned.history[i].train_error:.0f} %" for i in (0, -1)),
         float(learned.parameters[0].W[0, 0]), float(learned.parameters[0].b[0, 0])),
    ],
)  # fmt: skip

# %%
# Drawn: the price, the answers of the two neurons, and their costs when b alone is changed.

figure, axes = plt.subplots(1, 3, figsize=(14, 4.6))
sizes = np.linspace(5, 155, 400)
axes[0].plot(sizes, predict(runs["ReLU"], sizes), color=stage.BLUE, linewidth=2, label="ReLU")
axes[0].plot(
    sizes, predict(runs["straight line"], sizes), "--", color=stage.ORANGE, label="straight line"
)
axes[0].plot(size, price, "o", color=stage.BLACK, markersize=6, label="houses")
axes[0].set(xlabel="size (m²)", ylabel="price (thousand €)", title="one neuron, one price")
axes[0].legend(loc="upper left")

scaled = ((sizes - preparation.mean) / preparation.scale)[np.newaxis]
A = outputs(learned.plan.network, learned.parameters, scaled)[0]
W, b = learned.parameters[0]
axes[1].plot(sizes, A, color=stage.BLUE, linewidth=2, label="sigmoid")
axes[1].plot(sizes, A > 0.5, "--", color=stage.ORANGE, label="threshold, same w and b")
for c, marker in ((0, "o"), (1, "^")):
    axes[1].plot(size[dear == c], dear[dear == c], marker, color=stage.BLACK, markersize=7)
axes[1].set(xlabel="size (m²)", ylabel="dearer than 150", ylim=(-0.1, 1.4), title="two answers")
axes[1].legend(loc="upper left")

biases = np.linspace(-8, 8, 801)
for J, colour, style, label in (
    (log_loss, stage.BLUE, "-", "sigmoid: log loss"),
    (share_wrong, stage.ORANGE, "--", "threshold: share wrong"),
):
    axes[2].plot(
        biases, [J(np.array([W[0, 0], bias])) for bias in biases], style, color=colour, label=label
    )
axes[2].set(xlabel="b", ylabel="cost", ylim=(-0.05, 2.2), title="the cost, b changed alone")
axes[2].legend(loc="upper center")

# %%
# What to see
# -----------
# The straight line gives small huts a price below zero; the ReLU neuron is flat there and follows
# the prices elsewhere. The cost of the threshold is a staircase: nudging changes no answer, every
# slope is 0, and it stays where it started. (A single perceptron has a rule of its own to learn by,
# but that rule passes nothing on to a layer before it.) The sigmoid's answers change a little with
# every nudge, so its cost slopes everywhere, and following the slope is all that learning needs.
