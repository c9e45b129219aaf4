r"""
Vanishing and exploding gradients
=================================

A deep network multiplies, layer after layer. Whatever a layer does to the size of its numbers,
fifty layers do fifty times over. Take the simplest one: two inputs, linear units, no bias, and the
same diagonal weights in every layer,

.. math::

    W^{[l]} = \begin{pmatrix} x & 0 \\ 0 & x \end{pmatrix}, \qquad
    \hat y = W^{[L]} \cdots W^{[1]} \, a = x^L \, a .

With x a little above 1 the output explodes, a little below 1 it vanishes. On the way back the
derivatives are multiplied by the same matrices, and do the same.
"""

import matplotlib.pyplot as plt
import numpy as np

import cutaway
from cutaway.equations import (
    ACTIVATIONS,
    INITIALIZERS,
    Layer,
    Network,
    backward,
    forward,
    initialize,
)
from cutaway.lessons import stage

stage.begin()

# %%
# y = x^L
# -------
# The input is (1, 1). The derivative is that of the cost with respect to the bias of the first
# layer, divided by the one of the last layer: L - 1 matrices lie between them.


def diagonal(x, L):
    """Return the output, and the derivative at the first layer over the one at the last."""
    network = Network((2,) * (L + 1), ("identity",) * (L - 1), "identity", "squared")
    parameters = [Layer(x * np.eye(2), np.zeros((2, 1)))] * L
    caches = forward(network, parameters, np.ones((2, 1)))
    gradients = backward(network, parameters, caches, np.zeros((2, 1)))
    return caches[-1].A[0, 0], gradients[0].b[0, 0] / gradients[-1].b[0, 0]


rows = []
for L in (10, 50, 150):
    for x in (0.5, 0.9, 1.0, 1.1, 1.5):
        y, share = diagonal(x, L)
        rows.append((L, x, y, f"{y / x**L - 1:.0e}", share, f"{share / x ** (L - 1) - 1:.0e}"))
columns = ("L", "x", "output", "relative to x^L", "derivative", "relative to x^(L-1)")
stage.table(columns, rows)

# %%
# Fifty layers of random weights
# ------------------------------
# Real weights are not diagonal, they are drawn. Then it is the variance that is multiplied. If the
# n entries of a row of W have mean 0 and variance :math:`\sigma^2`, and Z has the variance q, then
# in the next layer
#
# .. math::
#
#     q' = n \sigma^2 \, \mathrm{E}\left[ g(\sqrt q \, u)^2 \right]
#     \qquad \text{and backwards} \qquad
#     \mathrm{Var}\, dZ = n \sigma^2 \, \mathrm{E}\left[ g'(\sqrt q \, u)^2 \right]
#     \mathrm{Var}\, dZ'
#
# where u is a standard normal number. For ReLU both expectations are a half of what the identity
# has: half of the units are silent. So a standard deviation of :math:`\sqrt{1/n}` (``lecun``) keeps
# the variance of the identity, and :math:`\sqrt{2/n}` (``he``) that of ReLU. For tanh and the
# sigmoid the factor depends on q, so the prediction is taken layer by layer.

u = np.linspace(-9, 9, 4000)
density = np.exp(-(u**2) / 2)
density /= density.sum()


def predicted(activation, initializer, n, L):
    """Return the variances of Z of the layers 1 to L and those of dZ of the layers 1 to L."""
    row, gain = ACTIVATIONS[activation], n * INITIALIZERS[initializer].scale(n, n) ** 2
    q, slopes = [gain], []
    for _ in range(L - 1):
        Z = np.sqrt(q[-1]) * u
        A = row.g(Z)
        q.append(gain * (density @ A**2))
        slopes.append(gain * (density @ row.dg(Z, A) ** 2))
    return np.array(q), np.append(np.cumprod(slopes[::-1])[::-1], 1.0)


# %%
# And measured: one example of random inputs through a network of the engine, and the chain rule
# back. The target is chosen so that dZ of the last layer is a standard normal draw, and with a
# single example db is dZ. Several networks are averaged.


def measured(activation, initializer, normals, random):
    """Return the mean squares of Z and of dZ in every layer, of one network."""
    L, n = len(normals), len(normals[0])
    network = Network((n,) * (L + 1), (activation,) * (L - 1), "identity", "squared")
    parameters = initialize(network, (initializer,) * L, normals)
    caches = forward(network, parameters, random.standard_normal((n, 1)))
    Y = caches[-1].A - random.standard_normal((n, 1))
    gradients = backward(network, parameters, caches, Y)
    return [np.mean(c.Z**2) for c in caches], [np.mean(d.b**2) for d in gradients]


ACTIVATION_NAMES = ("identity", "relu", "leaky_relu", "tanh", "sigmoid")
INITIALIZER_NAMES = ("small", "lecun", "he")
L, n = 50, stage.full(256, quick=40)
pairs = [(g, i) for g in ACTIVATION_NAMES for i in INITIALIZER_NAMES]
variances = {pair: [] for pair in pairs}
for seed in range(stage.full(16, quick=1)):
    random = np.random.default_rng(seed)
    normals = tuple(random.standard_normal((n, n)) for _ in range(L))
    for pair in pairs:
        variances[pair].append(measured(*pair, normals, random))
# The mean of the logarithms: a plain mean would show little but the largest network.
ours = {pair: np.exp(np.log(variances[pair]).mean(axis=0)) for pair in pairs}
theory = {pair: np.array(predicted(*pair, n, L)) for pair in pairs}


def factors(Z, dZ):
    """Return the factor per layer of the variance of Z on the way there, of dZ on the way back."""
    return (Z[-1] / Z[0]) ** (1 / (L - 1)), (dZ[0] / dZ[-1]) ** (1 / (L - 1))


rows = []
for pair in pairs:
    there, back = factors(*ours[pair])
    there_predicted, back_predicted = factors(*theory[pair])
    ends = (f"{ours[pair][0][-1]:.0e}", f"{ours[pair][1][0]:.0e}")
    values = (there, there_predicted, back, back_predicted)
    rows.append((*pair, *(f"{value:.4f}" for value in values), *ends))
print(f"{L} layers of {n} units; factor per layer of the variance:\n")
columns = ("", "W", "Z", "predicted", "dZ", "predicted", "Var Z, last layer", "Var dZ, first")
stage.table(columns, rows)

# %%
# Where layers are equally wide ``glorot`` (which is ``xavier``) is the same as ``lecun``: it is the
# mean of what the way there and the way back would like. ``zeros`` leaves nothing at all.

scales = {name: row.scale(n, n) for name, row in INITIALIZERS.items()}
print("standard deviation of W:", ", ".join(f"{k} {v:.4g}" for k, v in scales.items()), "\n")

# %%
# What it does to training
# ------------------------
# Twenty hidden ReLU layers of 32 units on the moons, gradient descent: the scale decides whether
# there is anything to descend. A cost of log 2 = 0.6931 is that of answering "one half" always.

epochs = stage.full(60, quick=2)
runs = {
    name: cutaway.train(
        "moons",
        hidden=(32,) * 20,
        initializer=name,
        optimizer="gradient_descent",
        learning_rate=0.03,
        batch_size=32,
        epochs=epochs,
        early_stopping=False,
        l2=0,
        keep_prob=1,
    )
    for name in INITIALIZER_NAMES
}
rows = []
for name, run in runs.items():
    first, last = run.history[1], run.history[-1]
    ratio = f"{first.dW_norm[0]:.1e}"
    rows.append((name, ratio, first.cost, last.cost, f"{100 * last.dev_error:.1f} %"))
columns = ("W", "|dW| of layer 1, epoch 1", "cost, epoch 1", f"cost, epoch {epochs}", "dev error")
stage.table(columns, rows)

# %%
# Measured variances as points, the prediction as a line; leaky ReLU, which lies on ReLU, left out.

shown = ("identity", "relu", "tanh", "sigmoid")
titles = ("identity", "ReLU", "tanh", "sigmoid")
figure, axes = plt.subplots(2, 4, figsize=(13, 7), sharex=True, sharey=True)
layers = np.arange(1, L + 1)
markers = dict(zip(INITIALIZER_NAMES, "vos", strict=True))
colours = dict(zip(INITIALIZER_NAMES, (stage.ORANGE, stage.BLUE, stage.GREEN), strict=True))
for column, (activation, title) in enumerate(zip(shown, titles, strict=True)):
    for name in INITIALIZER_NAMES:
        for axis, points, line in zip(
            axes[:, column], ours[activation, name], theory[activation, name], strict=True
        ):
            axis.semilogy(layers, line, color=colours[name], linewidth=1.5)
            style = {"marker": markers[name], "linestyle": "none", "markersize": 6}
            axis.semilogy(layers[::5], points[::5], color=colours[name], label=name, **style)
    axes[0, column].set_title(title)
    axes[1, column].set_xlabel("layer")
axes[0, 0].set(ylabel="variance of Z", ylim=(1e-30, 1e20))
axes[1, 0].set_ylabel("variance of dZ")
axes[0, 3].legend(loc="lower left", title="points measured, lines predicted")

# %%
# What to see
# -----------
# Each layer multiplies the variance by nearly the same number, and the number is the predicted one:
# below 1 the signal is gone after fifty layers, above 1 it is huge. The identity keeps its variance
# with lecun and ReLU with he; tanh with lecun loses it slowly. The sigmoid keeps its outputs in
# bounds, but its slope of at most a quarter lets the derivatives vanish whatever the scale. Where
# the derivatives have vanished on the way back, the first layers do not learn: with the small start
# the cost stays at log 2.
