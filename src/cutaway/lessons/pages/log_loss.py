r"""
Why log loss
============

A sigmoid answers with a probability a. Why not measure its error by :math:`\frac12 (a - y)^2`, as
for any other number? The course says: because the cost is then not convex, and gradient descent may
end in a hollow that is not the lowest. Here are both costs of the same neuron on the same data,

.. math::

    \mathcal{L}_{\log} = -\left( y \log a + (1 - y) \log (1 - a) \right), \qquad
    \mathcal{L}_{\text{squared}} = \tfrac12 (a - y)^2, \qquad a = \sigma(w x + b),

with their hollows, and the reason why the log loss has one only.
"""

import matplotlib.pyplot as plt
import numpy as np

import cutaway
from cutaway.data.dataset import Dataset
from cutaway.equations import Layer, Network, cost_and_gradient, forward, output_layer, unflatten
from cutaway.lessons import stage

stage.begin()

# %%
# The data
# --------
# Thirteen invented examples with one feature. Ten lie about zero, where a larger x makes class 1
# likelier; three lie far to the right and are of class 0.

x = np.array([-2, -1.5, -1, -0.5, -0.25, 0.25, 0.5, 1, 1.5, 2, 5, 6, 7])
y = np.array([0, 0, 0, 1, 0, 1, 0, 1, 1, 1, 0, 0, 0])
X, Y = x[np.newaxis], y[np.newaxis].astype(float)
m = len(x)
networks = {loss: Network((1, 1), (), "sigmoid", loss) for loss in ("log", "squared")}


def J(loss, theta):
    return cost_and_gradient(networks[loss], np.asarray(theta, dtype=float), X, Y)


# %%
# The slope that each loss sees
# -----------------------------
# One example with y = 1. The worse the answer, the more should change. With the log loss
# :math:`dz = a - y`. With the squared error it is :math:`dz = (a - y)\, a (1 - a)`: the slope of
# the sigmoid stands in it, and that vanishes where the answer is surely wrong.

rows = []
for z in (-10.0, -5.0, -2.0, 0.0, 2.0):
    Z = np.array([[z]])
    slopes = []
    for loss in networks:
        output = output_layer("sigmoid", loss)
        A = output.g(Z)
        slopes.append(float(output.dZ(Z, A, np.ones((1, 1)))[0, 0]))
    rows.append((f"z = {z:g}, a = {A[0, 0]:.6f}", *(f"{slope:.6f}" for slope in slopes)))
stage.table(("y = 1", "dz, log", "dz, squared"), rows)

# %%
# Bent the wrong way
# ------------------
# A cost is convex where its matrix of second derivatives has no negative eigenvalue. For one
# example and the log loss the second derivative is :math:`a (1 - a) \ge 0`, whatever y is; a sum of
# convex functions is convex. For the squared error and y = 1 it is :math:`a (1 - a)^2 (3 a - 1)`,
# negative wherever a is below 1/3. Over a square of (w, b), by central differences of the gradient:

reach = np.linspace(-4, 5, stage.full(91, quick=31))
grid = [(w, b) for b in reach - 0.5 for w in reach]


def smallest_eigenvalue(loss, theta, step=6e-6):
    columns = [
        (J(loss, theta + step * e)[1] - J(loss, theta - step * e)[1]) / (2 * step)
        for e in np.eye(2)
    ]
    H = np.array(columns)
    return float(np.linalg.eigvalsh((H + H.T) / 2)[0])


bends = {loss: [smallest_eigenvalue(loss, np.array(theta)) for theta in grid] for loss in networks}
stage.table(
    ("loss", "smallest eigenvalue", "share of the square where it is negative"),
    [
        (loss, f"{min(bend):.1e}", f"{100 * np.mean(np.array(bend) < -1e-9):.1f} %")
        for loss, bend in bends.items()
    ],
)

# %%
# Two hollows
# -----------
# Gradient descent by the engine, from four starts.

starts = [(-2.0, 2.0), (0.0, 0.0), (2.0, 1.5), (4.0, -2.0)]
points = Dataset("points", "array", "classification", X.T, y, classes=("0", "1"))


def descend(loss, start):
    trajectory = stage.Trajectory()
    run = cutaway.train(
        points,
        parameters=[Layer(np.array([[start[0]]]), np.array([[start[1]]]))],
        hidden=(),
        output="sigmoid",
        loss=loss,
        optimizer="gradient_descent",
        learning_rate=0.5,
        batch_size=None,
        epochs=stage.full(4000, quick=400),
        consumers=[trajectory],
        normalize="none",
        split="1,0,0",
        dev="none",
        l2=0,
        dtype="float64",
    )
    return np.array(trajectory.thetas), run.history[-1].cost


paths = {(loss, start): descend(loss, start) for loss in networks for start in starts}
rows = []
for (loss, start), (path, cost) in paths.items():
    slope = np.linalg.norm(J(loss, path[-1])[1])
    rows.append((f"{loss}, from {start}", f"{path[-1][0]:.4f}", f"{path[-1][1]:.4f}",
                 f"{cost:.6f}", f"{slope:.0e}"))  # fmt: skip
stage.table(("loss and start (w, b)", "w", "b", "J", "slope left"), rows)

# %%
# Both surfaces as maps, with the four paths, and a cut through both along the line from one hollow
# of the squared error to the other.

ends = [paths["squared", start][0][-1] for start in starts]
low = min(ends, key=lambda theta: J("squared", theta)[0])
high = max(ends, key=lambda theta: J("squared", theta)[0])

figure, axes = plt.subplots(1, 3, figsize=(14, 4.8))
markers = ("o", "s", "^", "D")
for axis, loss in zip(axes[:2], networks, strict=True):
    surface = np.array([J(loss, theta)[0] for theta in grid]).reshape(len(reach), -1)
    levels = np.linspace(surface.min(), np.quantile(surface, 0.9), 22)
    axis.contourf(reach, reach - 0.5, surface, levels, cmap="cividis", extend="max")
    for start, marker in zip(starts, markers, strict=True):
        path, _ = paths[loss, start]
        axis.plot(*path.T, color="white", linewidth=2)
        axis.plot(*path[0], marker, color="white", markersize=8)
        axis.plot(*path[-1], "*", color=stage.ORANGE, markeredgecolor="white", markersize=17)
    axis.set(title=f"{loss}: J(w, b)", xlabel="w", ylabel="b", xlim=(-4, 5), ylim=(-4.5, 4.5))
along = np.linspace(-1, 2, 200)
for loss, colour, style in (("log", stage.BLUE, "-"), ("squared", stage.ORANGE, "--")):
    cut = np.array([J(loss, low + t * (high - low))[0] for t in along])
    axes[2].plot(along, cut / cut.min(), style, color=colour, linewidth=2, label=loss)
axes[2].plot([0, 1], [J("squared", t)[0] / J("squared", low)[0] for t in (low, high)], "*",
             color=stage.ORANGE, markersize=15)  # fmt: skip
axes[2].set(
    title="along the line through both hollows",
    xlabel="lower hollow at 0, other at 1",
    ylabel="J / its least on the line",
    ylim=(0.9, 2.2),
)
axes[2].legend(loc="lower right")

# %%
# The same function from probability
# ----------------------------------
# Suppose a is right: y is 1 with probability a. The probability of the labels that were seen is
# then :math:`P = \prod_i a_i^{y_i} (1 - a_i)^{1 - y_i}`. To choose w and b such that P is largest
# is the principle of maximum likelihood; it is the same to make :math:`-\frac{1}{m} \log P`
# smallest, and that is the cost, term by term.

rows = []
for theta in (np.zeros(2), paths["log", starts[0]][0][-1], np.array([1.0, -0.5])):
    (cache,) = forward(networks["log"], unflatten(networks["log"], theta), X)
    P = np.prod(np.where(Y == 1, cache.A, 1 - cache.A))
    cost = float(J("log", theta)[0])
    rows.append((f"w = {theta[0]:.3f}, b = {theta[1]:.3f}", f"{P:.3e}", f"{-np.log(P) / m:.12f}",
                 f"{cost:.12f}", f"{cost + np.log(P) / m:+.0e}"))  # fmt: skip
stage.table(("parameters", "P", "-log P / m", "J, log loss", "difference"), rows)

# %%
# What to see
# -----------
# With the log loss all four starts end at the same place, and no point of the map is bent the wrong
# way. The squared error of the very same neuron has two hollows: who starts on the right stays in
# the higher one, where no slope is left. On its plains, where the neuron is surely wrong, there is
# hardly a slope at all. And log loss is no invention to mend this: it is what one gets by asking
# for the parameters under which the labels are most probable.
