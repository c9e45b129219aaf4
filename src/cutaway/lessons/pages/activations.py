r"""
Activations
===========

Between two layers stands a function :math:`A = g(Z)`, taken of every number alone. On the way back
its slope :math:`g'(Z)` multiplies whatever arrives, so a unit whose slope is nearly zero learns
nearly nothing.

.. math::

    \text{sigmoid} \quad & g(z) = \frac{1}{1 + e^{-z}}  & g' &= g (1 - g) \\
    \tanh \quad & g(z) = \frac{e^z - e^{-z}}{e^z + e^{-z}}  & g' &= 1 - g^2 \\
    \text{ReLU} \quad & g(z) = \max(0, z)  & g' &= 1 \text{ if } z > 0, \text{ else } 0 \\
    \text{leaky ReLU} \quad & g(z) = \max(0.01 z, z)
        & g' &= 1 \text{ if } z > 0, \text{ else } 0.01

And why have one at all? Without it two layers are one: :math:`W_2 (W_1 x + b_1) + b_2` is again a
matrix times x plus a vector. Both are shown here with the functions that train.
"""

import matplotlib.pyplot as plt
import numpy as np

import cutaway
from cutaway.engine.measure import outputs
from cutaway.equations import ACTIVATIONS, Layer
from cutaway.lessons import stage

stage.begin()
NAMES = ("sigmoid", "tanh", "relu", "leaky_relu")
STYLES = dict(zip(NAMES, ("-", "--", "-.", ":"), strict=True))

# %%
# Slopes, and where they vanish
# -----------------------------
# A unit is called saturated where its slope has all but vanished; here: below 0.01. ReLU has no
# slope on its whole left side. At its kink cutaway takes the slope of the left side, 0.

Z = np.linspace(-8, 8, 16001)
curves = {name: (ACTIVATIONS[name].g(Z), ACTIVATIONS[name]) for name in NAMES}
slopes = {name: row.dg(Z, A) for name, (A, row) in curves.items()}
rows = []
for name, slope in slopes.items():
    flat = slope < 0.01
    right, left = Z[flat & (Z > 0)], Z[flat & (Z < 0)]
    rows.append(
        (
            name,
            f"{slope[np.argmin(np.abs(Z))]:g}",
            f"{slope.max():g}",
            f"z < {round(left.max(), 1) + 0.0:.1f}" if left.size else "nowhere",
            f"z > {right.min():.1f}" if right.size else "nowhere",
            f"{slope.max() ** 10:.0e}",
        )
    )
stage.table(
    ("", "slope at 0", "largest slope", "flat on the left", "on the right", "largest ^ 10"), rows
)

# %%
# The last column: the most that ten layers can leave of a derivative, weights aside. The sigmoid's
# slope is a quarter at best, which is one reason why it is no longer used inside deep networks.
#
# The same network with each
# --------------------------
# Two circles, one inside the other; three hidden layers of 16 units. The draw of the initial
# parameters, the rate and the batches are the same; only their scale follows the activation. The
# identity, which is no bend at all, runs along for comparison.

epochs = stage.full(200, quick=5)
early = epochs // 4
runs = {
    name: cutaway.train(
        "circles",
        hidden=(16, 16, 16),
        activation=name,
        optimizer="gradient_descent",
        learning_rate=0.1,
        batch_size=32,
        epochs=epochs,
        early_stopping=False,
        l2=0,
        keep_prob=1,
    )
    for name in (*NAMES, "identity")
}
rows = []
for name, run in runs.items():
    last = run.history[-1]
    rows.append(
        (
            name,
            run.history[early].cost,
            last.cost,
            f"{100 * last.train_error:.1f} %",
            f"{100 * last.dev_error:.1f} %",
            " ".join(f"{100 * s:.0f}" for s in last.saturated),
            " ".join(f"{100 * d:.0f}" for d in last.dead),
        )
    )
columns = ("", f"cost, epoch {early}", f"cost, epoch {epochs}", "train error", "dev error")
stage.table((*columns, "saturated, % a layer", "dead, % a layer"), rows)

# %%
# Saturated: outputs within one per cent of the activation's range from either end. Dead: units
# whose slope is 0 on every training example.
#
# A deep linear network is one layer
# ----------------------------------
# With the identity as activation four layers collapse:
# :math:`W = W_4 W_3 W_2 W_1` and :math:`b = W_4 (W_3 (W_2 b_1 + b_2) + b_3) + b_4`.
# Both are trained on the bundled biopsies: 30 measurements, is the tumour malignant?


def collapse(layers):
    """Return the one layer that computes what linear layers compute one after the other."""
    (W, b), *rest = layers
    for layer in rest:
        W, b = layer.W @ W, layer.W @ b + layer.b
    return Layer(W, b)


random = np.random.default_rng(1)
layers = [
    Layer(random.standard_normal((n_l, n_prev)) / np.sqrt(n_prev), np.zeros((n_l, 1)))
    for n_l, n_prev in ((10, 30), (10, 10), (10, 10), (1, 10))
]


def train_linear(parameters, iterations):
    return cutaway.train(
        "breast_cancer",
        parameters=parameters,
        hidden=tuple(len(layer.W) for layer in parameters[:-1]),
        activation="identity",
        optimizer="gradient_descent",
        learning_rate=0.05,
        batch_size=None,
        epochs=iterations,
        print_every=1,
        early_stopping=False,
        l2=0,
        keep_prob=1,
        dtype="float64",
    )


def disagreement(one, other):
    """Return the largest difference of the outputs of two runs on the training set."""
    X = one.setup.prepared.train.X
    A, B = (outputs(run.plan.network, run.parameters, X) for run in (one, other))
    return np.abs(A - B).max()


rows, paths = [], {}
for iterations in (0, 1, 10, stage.full(300, quick=20)):
    deep, shallow = train_linear(layers, iterations), train_linear([collapse(layers)], iterations)
    shut = train_linear([collapse(deep.parameters)], 0)
    paths = {"four linear layers": deep, "one layer": shallow}
    rows.append(
        (
            iterations,
            f"{disagreement(deep, shut):.0e}",
            f"{disagreement(deep, shallow):.0e}",
            deep.history[-1].cost,
            shallow.history[-1].cost,
        )
    )
stage.table(
    ("iterations", "deep - deep collapsed", "deep - one layer", "cost, deep", "cost, one layer"),
    rows,
)

# %%
# The deep network, collapsed, computes what it computes deep, after any number of iterations. But
# started from the same function the single layer takes another path: in the deep network the step
# of each matrix is multiplied by all the others.

figure, axes = plt.subplots(2, 2, figsize=(11, 8))
for name in NAMES:
    axes[0, 0].plot(Z, curves[name][0], STYLES[name], linewidth=2, label=name)
    axes[0, 1].plot(Z, slopes[name], STYLES[name], linewidth=2, label=name)
axes[0, 0].set(title="Activations", xlabel="z", ylabel="g(z)", xlim=(-6, 6), ylim=(-1.3, 3))
axes[0, 1].set(title="Their slopes", xlabel="z", ylabel="g'(z)", xlim=(-6, 6), ylim=(-0.05, 1.1))
for (name, run), style in zip(
    runs.items(), (*STYLES.values(), (0, (5, 1, 1, 1, 1, 1))), strict=True
):
    epochs = [record.epoch for record in run.history]
    costs = [record.cost for record in run.history]
    axes[1, 0].plot(epochs, costs, linestyle=style, linewidth=2, label=name)
axes[1, 0].set(title="The same network with each", xlabel="epoch", ylabel="cost J", yscale="log")
axes[1, 0].text(0.5, 0.9, "sigmoid and identity", transform=axes[1, 0].transAxes, va="top")
for (name, run), style in zip(paths.items(), ("-", "--"), strict=True):
    costs = [record.cost for record in run.history]
    axes[1, 1].plot(costs, style, linewidth=2, label=name)
axes[1, 1].set(title="One function, two paths", xlabel="iteration", ylabel="cost J", ylim=0)
for axis in axes.flat:
    axis.legend()

# %%
# What to see
# -----------
# The sigmoid is flat beyond 4.6 and never steeper than a quarter: through three layers of it hardly
# any slope is left, and its network has learned nothing yet when the others are done. tanh
# saturates in places and still learns; ReLU is never flat on its right side. The network with the
# identity has as many parameters, but it can only draw a straight line, and stays at half of the
# points wrong. It computes what one layer computes, but it does not train as one layer trains.
