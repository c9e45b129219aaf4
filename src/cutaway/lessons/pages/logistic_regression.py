r"""
Logistic regression on pictures
===============================

A picture of 64 by 64 pixels in three colours is a column of 12288 numbers. Logistic regression
gives each of them one weight, adds up, and squeezes the sum into a probability:

.. math::

    A = \sigma(W X + b), \qquad
    J = -\frac{1}{m} \sum_{i=1}^{m}
        \left[ y^{(i)} \log a^{(i)} + (1 - y^{(i)}) \log (1 - a^{(i)}) \right].

It is a network with one unit and no hidden layer. Its derivatives are short,

.. math::

    dZ = A - Y, \qquad dW = \frac{1}{m}\, dZ\, X^T, \qquad db = \frac{1}{m} \sum_{i} dz^{(i)},

and with no hidden layer the weights may start at zero: there is only one unit, so there is no
symmetry to break.

The lesson runs on the bundled digits, 3 against 8. If you have the course's file of cats, hand it
in, and the published numbers appear beside ours::

    cutaway lesson logistic_regression --data train_catvnoncat.h5
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import sklearn.datasets

import cutaway
from cutaway.data import load
from cutaway.lessons import stage
from cutaway.lessons.pictures import accuracies, are_the_cats, two_classes

stage.begin()
pictures = two_classes()
cats = are_the_cats(pictures)
print(f"{pictures.name}: {pictures.m} pictures of {pictures.picture}, {pictures.counts()}\n")


def train(learning_rate, iterations, every=100):
    return cutaway.train(
        pictures,
        hidden=(),
        initializer="zeros",
        optimizer="gradient_descent",
        learning_rate=learning_rate,
        batch_size=None,
        epochs=iterations,
        print_every=every,
        normalize="none",  # a pixel is divided by 255, nothing else
        dev="none",
        l2=0,
        keep_prob=1,
        dtype="float64",
    )


# %%
# The cost, every hundred iterations
# ----------------------------------
# At zero every answer is one half, so the cost starts at log 2 = 0.693147 whatever the pictures.

PUBLISHED = [
    *(0.693147, 0.584508, 0.466949, 0.376007, 0.331463, 0.303273, 0.279880, 0.260042, 0.242941),
    *(0.228004, 0.214820, 0.203078, 0.192544, 0.183033, 0.174399, 0.166521, 0.159305, 0.152667),
    *(0.146542, 0.140872),
]
alpha = 0.005 if cats else 0.1
trained = train(alpha, iterations=stage.full(2000, quick=200))
costs = {record.epoch: record.cost for record in trained.history}
if cats:
    known = dict(zip(range(0, 2000, 100), PUBLISHED, strict=True))
    rows = [(f"iteration {i}", p, costs[i]) for i, p in known.items() if i in costs]
    stage.beside(rows, f"cost, rate {alpha}", decimals=6)
else:
    stage.table(
        (f"rate {alpha}", "cost"), [(f"iteration {i}", f"{cost:.6f}") for i, cost in costs.items()]
    )

# %%
# How often it is right, beside what always giving the same answer would reach.

on_train, on_test = accuracies(trained)
split = trained.setup.prepared.split
parts = {
    "training set": (99.04306220095694, on_train, split.train),
    "test set": (70.0, on_test, split.test),
}
if cats and not stage.settings.quick:
    stage.beside([(part, known, ours) for part, (known, ours, _) in parts.items()], "right, %")
columns = ("right, %", "pictures", "network", *(f"always '{name}'" for name in pictures.classes))
rows = []
for part, (_, ours, index) in parts.items():
    share = 100 * pictures.target[index].mean()
    rows.append((part, len(index), *(f"{value:.2f}" for value in (ours, 100 - share, share))))
stage.table(columns, rows)

# %%
# The learning rate
# -----------------
# Three rates, 1500 iterations each. A small rate crawls; a large one overshoots the valley and
# swings from side to side before it settles, if it settles at all.

ACCURACIES = {
    0.01: (99.52153110047847, 68.0),
    0.001: (88.99521531100478, 64.0),
    0.0001: (68.42105263157895, 36.0),
}
rates = tuple(ACCURACIES) if cats else (30.0, 0.1, 0.001)
runs = {rate: train(rate, iterations=stage.full(1500, quick=100), every=10) for rate in rates}
rows = [(rate, run.history[-1].cost, *accuracies(run)) for rate, run in runs.items()]
columns = ("rate", "last cost", "training set, %", "test set, %")
if cats and not stage.settings.quick:
    columns += ("published", "published")
    rows = [(*row, *ACCURACIES[row[0]]) for row in rows]
stage.table(columns, [(f"{row[0]:g}", *(f"{value:.4f}" for value in row[1:])) for row in rows])

# %%
# A photograph of your own
# ------------------------
# The network takes any picture, stretched to the size that it was trained on. Here it is shown a
# photograph that comes with scikit-learn, a temple in China. To ask it about your own, train it
# once from the command line and keep it::
#
#     cutaway train train_catvnoncat.h5 --test test_catvnoncat.h5 --hidden none --name cats
#     cutaway predict cats my_photograph.jpg

photograph = Path(sklearn.datasets.__file__).parent / "images" / "china.jpg"
preparation = trained.model.preparation
seen = load(photograph, preparation=preparation, labelled=False)
A, _ = trained.model.outputs(seen.rows)
answer = preparation.classes[preparation.answers(A)[0]]
print(f"the temple: p({pictures.classes[1]}) = {A[0, 0]:.3f}, so the answer is '{answer}'\n")

# %%
# The figure: the costs, the rates, the weights as a picture, and the photograph as the network
# sees it. The weights of the three colours of a pixel are added up.

height, width, channels = pictures.picture
W, b = trained.parameters[0]
weights = W.reshape(height, width, channels).sum(axis=2)
figure, axes = plt.subplots(2, 2, figsize=(10, 8.4))
axes[0, 0].plot(costs.keys(), costs.values(), label="ours")
if cats:
    axes[0, 0].plot(
        [100 * i for i in range(20)], PUBLISHED, "o", fillstyle="none", label="published"
    )
    axes[0, 0].legend()
axes[0, 0].set(title=f"The cost falls (rate {alpha})", xlabel="iteration", ylabel="cost J", ylim=0)
for (rate, run), style in zip(runs.items(), ("-", "--", ":"), strict=True):
    fine = [(record.epoch, record.cost) for record in run.history]
    axes[0, 1].plot(*zip(*fine, strict=True), style, linewidth=2, label=f"rate {rate:g}")
axes[0, 1].set(title="Three learning rates", xlabel="iteration", ylabel="cost J", yscale="log")
axes[0, 1].legend()
limit = np.abs(weights).max()
image = axes[1, 0].imshow(weights, cmap="PuOr_r", vmin=-limit, vmax=limit)
axes[1, 0].set(title="The weights as a picture")
figure.colorbar(
    image,
    ax=axes[1, 0],
    shrink=0.85,
    label=f"for '{pictures.classes[0]}'   <   weight   >   for '{pictures.classes[1]}'",
)
axes[1, 1].imshow(
    seen.rows.reshape(pictures.picture), cmap="gray" if channels == 1 else None, vmin=0, vmax=255
)
axes[1, 1].set(title=f"The temple as the network sees it: '{answer}'")
for axis in axes[1]:
    axis.set_axis_off()

# %%
# What to see
# -----------
# The cost falls at every hundred iterations, and the training pictures are soon almost all right.
# The test set tells how much of that is knowledge: with two digits nearly all of it, on the cats of
# the course little more than the 66 % that always answering 'cat' would reach, since 12288 weights
# learn 209 pictures by heart. The weights say where the network looks. It has no way to say that it
# does not know: the temple, too, is put into one of the two classes.
