r"""
Regularisation
==============

A goalkeeper kicks the ball far out. Where it comes down, players of both teams jump for it. Each
point says where, in tens of metres from the middle of the field, and which team got it. Where
should the keeper aim? A boundary that runs around every single point would be a bad adviser: part
of it was luck. Two ways to hold a network back:

.. math::

    \text{L2} \quad & J = \text{mean loss} + \frac{\lambda}{2m} \sum_l \sum_{ij} W_{ij}^{[l] 2},
        \qquad dW = \frac{1}{m} dZ \, A_{prev}^T + \frac{\lambda}{m} W \\
    \text{dropout} \quad & A := A * \frac{D}{keep\_prob}, \qquad
        D_{ij} = 1 \text{ with probability } keep\_prob, \text{ else } 0

The points are invented: the teams' territories meet in a smooth curve, and one ball in eight goes
by luck to the other team. 200 of them train, 1000 others are the dev set. With ``--data`` the
lesson takes a MATLAB file of the form that the course uses for this: X (m, 2), y, Xval, yval.
"""

import matplotlib.pyplot as plt
import numpy as np

import cutaway
from cutaway.data.columns import Table
from cutaway.data.dataset import Dataset
from cutaway.engine.measure import outputs
from cutaway.equations import (
    ACTIVATIONS,
    OPTIMIZERS,
    Layer,
    Network,
    Rates,
    cost_and_gradient,
    flatten,
    forward,
)
from cutaway.errors import DataError
from cutaway.lessons import stage

stage.begin()

# %%


def invented(m, random):
    """Return m points (m, 2) and the team (m,) that got the ball."""
    x1, x2 = random.uniform(-5, 5, m), random.uniform(-3, 3, m)
    luck = random.random(m) < 1 / 8
    team = (x2 > 1.2 * np.sin(0.6 * x1) - 0.35 * x1) != luck
    return np.column_stack([x1, x2]), team.astype(np.int64)


def given(path):
    """Return the points and teams of a MATLAB file, train and dev."""
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    expected = f"{path}: this lesson takes a MATLAB file with X (m, 2), y (m, 1), Xval and yval"
    try:
        arrays = loadmat(path)
        X, y, Xval, yval = (arrays[name] for name in ("X", "y", "Xval", "yval"))
    except (OSError, ValueError, KeyError, NotImplementedError, MatReadError) as error:
        raise DataError(f"{expected}; {error}") from error
    if [X.shape, Xval.shape] != [(y.size, 2), (yval.size, 2)]:
        raise DataError(f"{expected}, but X is {X.shape}, y {y.shape}, Xval {Xval.shape}")
    return (X, y.ravel().astype(np.int64)), (Xval, yval.ravel().astype(np.int64))


if stage.settings.data is None:
    random = np.random.default_rng(3)
    (train_rows, train_team), (dev_rows, dev_team) = invented(200, random), invented(1000, random)
else:
    (train_rows, train_team), (dev_rows, dev_team) = given(stage.settings.data)
m, every = len(train_team), len(train_team) + len(dev_team)
rows = np.concatenate([train_rows, dev_rows])
football = Dataset(
    name="football",
    kind="table",
    task="classification",
    rows=Table({"x1": rows[:, 0], "x2": rows[:, 1]}),
    target=np.concatenate([train_team, dev_team]),
    classes=("theirs", "ours"),
    features=("x1", "x2"),
    parts={"train": np.arange(m), "dev": np.arange(m, every)},
)


def train(hidden=(50, 20), activation="relu", epochs=None, **more):
    settings = {"optimizer": "adam", "learning_rate": 0.01, "l2": 0.0, "keep_prob": 1.0} | more
    epochs = epochs or stage.full(1500, quick=5)
    return cutaway.train(
        football,
        hidden=hidden,
        activation=activation,
        batch_size=None,
        epochs=epochs,
        print_every=max(1, epochs // 100),
        early_stopping=False,
        dtype="float64",
        **settings,
    )


# %%
# None, L2, dropout
# -----------------
# The network 2-50-20-1 has 1191 parameters for the few hundred numbers that it is shown.

ways = {
    "none": {},
    "L2, lambda 1": {"l2": 1.0},
    "L2, lambda 10": {"l2": 10.0},
    "dropout, keep 0.5": {"keep_prob": 0.5},
}
runs = {name: train(**settings) for name, settings in ways.items()}
rows = []
for name, run in runs.items():
    last = run.history[-1]
    errors = (f"{100 * last.train_error:.1f} %", f"{100 * last.dev_error:.1f} %")
    rows.append((name, *errors, last.train_loss, last.dev_loss))
stage.table(("", "train error", "dev error", "train loss", "dev loss"), rows)

# %%
# The weights
# -----------
# L2 pulls every weight towards 0 in each step. Dropout never names the weights; but a unit that
# cannot rely on any of its inputs has to spread what it knows over many of them. The last column is
# :math:`(\sum W^2)^2 / (n \sum W^4)`: 100 % if all n weights are of the same size, 1 / n if all but
# one are zero.

rows = []
for name, run in runs.items():
    for l, layer in enumerate(run.parameters, start=1):
        size = np.abs(layer.W)
        rows.append(
            (
                name if l == 1 else "",
                f"W{l}",
                f"{np.sqrt(np.mean(size**2)):.3f}",
                f"{size.max():.2f}",
                f"{100 * np.mean(size < 0.01):.0f} %",
                f"{100 * np.sum(size**2) ** 2 / np.sum(size**4) / size.size:.0f} %",
            )
        )
columns = ("", "", "root mean square", "largest", "below 0.01", "spread")
stage.table(columns, rows)

# %%
# L2 keeps tanh in its linear part
# --------------------------------
# Small weights give small Z, and for small z tanh z is nearly z: the layers are then nearly linear,
# and a network of linear layers can only draw a straight line. The share of the hidden activations
# with \|z\| < 0.5, where tanh z and z differ by less than 8 %, and the mean slope of tanh:

tanh_runs = {value: train((50, 20), "tanh", l2=float(value)) for value in (0, 1, 10, 100)}
X = runs["none"].setup.prepared.train.X
rows, inputs_of_tanh = [], {}
for value, run in tanh_runs.items():
    hidden = forward(run.plan.network, run.parameters, X)[:-1]
    Z = np.concatenate([cache.Z.ravel() for cache in hidden])
    slope = ACTIVATIONS["tanh"].dg(Z, np.tanh(Z)).mean()
    last = run.history[-1]
    errors = (f"{100 * last.train_error:.1f} %", f"{100 * last.dev_error:.1f} %")
    rows.append((value, *errors, f"{100 * np.mean(np.abs(Z) < 0.5):.0f} %", slope))
    inputs_of_tanh[value] = Z
columns = ("lambda", "train error", "dev error", "|z| < 0.5", "mean slope")
stage.table(columns, rows)

# %%
# Weight decay
# ------------
# With L2 a step of gradient descent is
#
# .. math::
#
#     W := W - \alpha \left( dW_{loss} + \frac{\lambda}{m} W \right)
#        = \left( 1 - \frac{\alpha \lambda}{m} \right) W - \alpha \, dW_{loss} ,
#
# which is why L2 is called weight decay. But Adam divides the derivative by its own size, the
# penalty's part included, so how far a weight is pulled depends on its derivative and no longer on
# :math:`\alpha \lambda / m`. There the two sides differ; the right one is known as AdamW. Each is
# run for 200 updates from the same start, with the equations of the engine.

small = Network((2, 8, 1), ("tanh",))
part = runs["none"].setup.prepared.train
alpha, lambd = 0.05, 20.0
random = np.random.default_rng(1)
start = [
    Layer(random.standard_normal((8, 2)), np.zeros((8, 1))),
    Layer(random.standard_normal((1, 8)), np.zeros((1, 1))),
]
# 1 for the entries of W and 0 for those of b, which are not penalised.
is_weight = flatten([Layer(np.ones_like(W), np.zeros_like(b)) for W, b in start])


def descend(optimizer, in_cost, updates):
    """Run an optimiser, with the L2 penalty in the cost or as (1 - alpha lambda / m) W."""
    theta = flatten(start)
    slots = OPTIMIZERS[optimizer].init(theta)
    for t in range(1, updates + 1):
        penalties = {"l2": lambd} if in_cost else {}
        _, dtheta = cost_and_gradient(small, theta, part.X, part.Y, penalties=penalties)
        kept = theta if in_cost else (1 - alpha * lambd / part.m * is_weight) * theta
        # The optimisers take a step from any theta; its derivative was taken before the decay.
        theta, slots = OPTIMIZERS[optimizer].update(kept, dtheta, slots, t, Rates(alpha))
    return theta


updates = stage.full(200, quick=10)
rows = []
for optimizer in OPTIMIZERS:
    one, other = (descend(optimizer, in_cost, updates) for in_cost in (True, False))
    W_one, W_other = (np.sqrt(theta**2 @ is_weight) for theta in (one, other))
    rows.append((optimizer, W_one, W_other, f"{np.abs(one - other).max():.0e}"))
columns = ("", "|W|, L2 in the cost", "|W|, decay", "largest difference of a parameter")
stage.table(columns, rows)

# %%
# Boundaries above; below, the weights of the second layer and the inputs of tanh, sorted.

figure = plt.figure(figsize=(13, 8.4))
grid = figure.add_gridspec(2, 4, height_ratios=(1, 1))
first = None
for column, (name, run) in enumerate(runs.items()):
    axis = first = figure.add_subplot(grid[0, column], sharey=first)
    network, parameters = run.plan.network, run.parameters
    stage.boundary(axis, lambda grid: outputs(network, parameters, grid)[0], X, train_team)
    axis.set(title=f"{name}: dev {100 * run.history[-1].dev_error:.1f} %", xlabel="$x_1$")
    if column == 0:
        axis.set_ylabel("$x_2$")
axis = figure.add_subplot(grid[1, :2])
styles = ("-", "--", "-.", ":")
for (name, run), style in zip(runs.items(), styles, strict=True):
    size = np.sort(np.abs(run.parameters[1].W.ravel()))
    axis.plot(size, np.linspace(0, 1, size.size), style, linewidth=2, label=name)
axis.set(title="Weights of layer 2", xlabel="|W|", ylabel="share of the weights below")
axis.set(xscale="log", xlim=(1e-4, 20), ylim=(0, 1.02))
axis.legend(loc="lower left", bbox_to_anchor=(0, 0.08))
axis = figure.add_subplot(grid[1, 2:])
for (value, Z), style in zip(inputs_of_tanh.items(), styles, strict=True):
    Z = np.sort(Z)
    axis.plot(Z, np.linspace(0, 1, Z.size), style, linewidth=2, label=f"lambda {value}")
axis.axvspan(-0.5, 0.5, color="0.9", zorder=0, label="tanh z is nearly z")
axis.set(title="Inputs of tanh", xlabel="z", ylabel="share of the z below", xlim=(-6, 6))
axis.legend(loc="upper left")

# %%
# What to see
# -----------
# Without regularisation the boundary bends around single points: nearly no errors on the points it
# was trained on, many more on the others. L2 and dropout smooth it: L2 by small weights, dropout by
# spreading them over the units. L2 also keeps the inputs of tanh small, where tanh is nearly a
# straight line; too much of it leaves a straight boundary, or none at all. As weight decay L2 is
# the same thing for gradient descent and quite another for RMSprop and Adam.
