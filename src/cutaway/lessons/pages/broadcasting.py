r"""
Broadcasting
============

``Z = W @ A_prev + b`` adds a column ``b`` (n, 1) to a matrix (n, m). The shapes differ, and yet the
sum has a meaning: the same ``b`` for every example. NumPy stretches the column over the matrix.
This is called broadcasting. It makes formulas short, and it is silent, so a wrong shape can make a
wrong number without any error.

The rule: shapes are compared from the right. Two sizes go together if they are equal, or if one of
them is 1 (or missing); that one is stretched.

.. math::

    (n, m) + (n, 1) \to (n, m), \quad (n, m) + (1, m) \to (n, m), \quad (n, 1) + (1, m) \to (n, m).
"""

import inspect

import matplotlib.pyplot as plt
import numpy as np

import cutaway
from cutaway import CutawayError
from cutaway.data import load
from cutaway.equations import linear_backward, linear_forward
from cutaway.lessons import stage

stage.begin()

# %%
# Calories in per cent
# --------------------
# Calories from carbohydrates, proteins and fats in 100 g of four foods, as the course gives them.
# Which share of its calories has each food from each source? One sum down the columns, one division
# of a (3, 4) matrix by a (1, 4) row, and no loop.

foods = ("apples", "beef", "eggs", "potatoes")
sources = ("carbohydrates", "proteins", "fats")
calories = np.array(
    [
        [56.0, 0.0, 4.4, 68.0],
        [1.2, 104.0, 52.0, 8.0],
        [1.8, 135.0, 99.0, 0.9],
    ]
)
total = calories.sum(axis=0, keepdims=True)
share = 100 * calories / total
rows = [(name, *(f"{x:.1f}" for x in row)) for name, row in zip(sources, calories, strict=True)]
stage.table(("calories in 100 g", *foods), [*rows, ("sum", *(f"{x:.1f}" for x in total[0]))])
rows = [(name, *(f"{x:.1f} %" for x in row)) for name, row in zip(sources, share, strict=True)]
stage.table(("share", *foods), [*rows, ("sum", *(f"{x:.1f} %" for x in share.sum(axis=0)))])
print(f"{calories.shape} / {total.shape} -> {share.shape}\n")

# %%
# Which shapes go together
# ------------------------
# Each line is tried on arrays of these shapes; nothing is copied to stretch one of them.

n, m = 3, 4
rows = []
for first, second in (
    ((n, m), (n, 1)),
    ((n, m), (1, m)),
    ((n, m), ()),
    ((n, 1), (1, m)),
    ((n, m), (m,)),
    ((n, m), (n,)),
    ((n, m), (m, n)),
):
    try:
        result = (np.ones(first) + np.ones(second)).shape
    except ValueError:
        result = "refused"
    rows.append((f"{first} + {second}", result))
stage.table((f"n = {n}, m = {m}", "result"), rows)
column = np.arange(n)[:, np.newaxis].astype(float)
stretched = np.broadcast_to(column, (n, m))
print(f"a column of {column.nbytes} bytes stretched to {stretched.shape} still takes", end=" ")
print(f"{column.nbytes} bytes: {np.shares_memory(column, stretched)}\n")

# %%
# What is stretched on the way forward is summed on the way back: ``b`` serves every example, so its
# derivative collects from every example. ``keepdims`` keeps it a column.

_, db = linear_backward(dZ=np.ones((n, m)), A_prev=np.ones((2, m)))
print(f"b {column.shape} is added to Z {(n, m)}; db = sum of dZ / m has the shape {db.shape}\n")

# %%
# The rank-1 trap
# ---------------
# An array of shape (m,) is neither a row nor a column. Transposing it does nothing, and an inner
# product comes out where an outer one was meant.

v = np.array([1.0, 2.0, 3.0])
column = v.reshape(3, 1)
stage.table(
    ("", "shape", "shape of .T", "v @ v.T"),
    [
        ("rank 1", v.shape, v.T.shape, f"{v @ v.T:g}"),
        ("column", column.shape, column.T.shape, f"a matrix {(column @ column.T).shape}"),
    ],
)

# %%
# Worse, it gives a plausible number. Here are invented predictions, each off by 0.1 at most, as a
# column, and the true values, read from a file as most readers give them: of rank 1. Their
# difference is a whole matrix, every prediction minus every true value.

m = 50
random = np.random.default_rng(1)
true = random.standard_normal(m)
predicted = (true + random.uniform(-0.1, 0.1, m)).reshape(m, 1)
wrong = predicted - true
right = predicted - true.reshape(m, 1)
stage.table(
    ("mean squared error", "shape of the difference", "value"),
    [
        ("column - rank 1", wrong.shape, f"{np.mean(wrong**2):.4f}"),
        ("column - column", right.shape, f"{np.mean(right**2):.4f}"),
    ],
)

# %%
# A bias of rank 1 is just as treacherous. With as many examples as units NumPy adds it along the
# wrong axis: one bias an example in place of one a unit.

W, b, X = np.zeros((3, 2)), np.array([10.0, 20.0, 30.0]), np.ones((2, 3))
print("Z with b of shape (3,), wrong:     Z with b of shape (3, 1), right:")
for left, good in zip(W @ X + b, W @ X + b.reshape(3, 1), strict=True):
    print(f"{left!s:<35}{good}")

# %%
# How cutaway catches it
# ----------------------
# Shapes stand in the signature of every equation, and the tests of cutaway check them at each call:
# ``b`` must have two axes, the second of size 1. In use, what a person hands in is checked before
# the first update.

print("\nlinear_forward(")
for parameter in inspect.signature(linear_forward).parameters.values():
    print(f"    {parameter.name}: {parameter.annotation},")
print(")\n")
layers = [(np.zeros((3, 2)), b), (np.zeros((1, 3)), np.zeros((1, 1)))]
try:
    cutaway.train(load("xor"), hidden=(3,), parameters=layers, epochs=1)
except CutawayError as error:
    print(f"cutaway.train refuses: {error}\n")

# %%
# The figure: the table in per cent, the stretching of a column and a row, and the trap.

figure, axes = plt.subplots(1, 3, figsize=(13, 4.4), width_ratios=[1.1, 1, 1])
axes[0].imshow(share, vmin=0, vmax=100, aspect="auto")
axes[0].set(
    title="calories in per cent: (3, 4) / (1, 4)",
    xticks=range(4),
    xticklabels=foods,
    yticks=range(3),
    yticklabels=sources,
)
for (i, j), value in np.ndenumerate(share):
    colour = "black" if value > 60 else "white"
    axes[0].text(j, i, f"{value:.1f}", ha="center", va="center", color=colour, fontsize=12)

n, m = 3, 4
column, row = 10 * np.arange(1, n + 1).reshape(n, 1), np.arange(1, m + 1).reshape(1, m)
for (i, j), value in np.ndenumerate(column + row):
    axes[1].text(j + 1.5, i + 1.5, value, ha="center", va="center", fontsize=12)
    axes[1].add_patch(plt.Rectangle((j + 1, i + 1), 1, 1, fill=False, linewidth=0.5))
for i in range(n):
    axes[1].add_patch(plt.Rectangle((-0.3, i + 1), 1, 1, color=stage.SKY, ec="black"))
    axes[1].text(0.2, i + 1.5, column[i, 0], ha="center", va="center", fontsize=12)
for j in range(m):
    axes[1].add_patch(plt.Rectangle((j + 1, -0.3), 1, 1, color=stage.AMBER, ec="black"))
    axes[1].text(j + 1.5, 0.2, row[0, j], ha="center", va="center", fontsize=12)
axes[1].set(title="(3, 1) + (1, 4) → (3, 4)", xlim=(-0.5, 5.2), ylim=(4.2, -0.5), aspect="equal")
axes[1].set_axis_off()

image = axes[2].imshow(wrong, cmap="PuOr_r", vmin=-4, vmax=4)
axes[2].set(title="the trap: (50, 1) - (50,) → (50, 50)", xlabel="true value", ylabel="prediction")
figure.colorbar(image, ax=axes[2], label="difference", shrink=0.9)

# %%
# What to see
# -----------
# Every column of shares sums to 100 %: one division did it. A column and a row stretch to a matrix
# without a copy. The trap is the same rule where it was not meant: only the diagonal of the last
# drawing holds true errors, and the mean over all of it is hundreds of times too large, without a
# warning. Keep vectors as columns or rows of two axes, and check shapes where numbers come in.
