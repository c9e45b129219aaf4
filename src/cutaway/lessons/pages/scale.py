r"""
Scale
=====

The ideas behind these networks are decades old. Why did they take off when they did? A drawing that
the course makes by hand gives the answer: performance against the amount of data, one curve for a
traditional method and one each for a small, a medium and a large network. With few examples the
curves lie close together and in any order. With many the large network goes on getting better where
the others have come to an end. Here the drawing is measured, on real pictures.

The methods are logistic regression (a softmax without a hidden layer) and networks with hidden
layers of 16, of 64, and of 256 and 128 units.
"""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
from threadpoolctl import threadpool_limits

import cutaway
from cutaway.data import load
from cutaway.data.builtin import FASHION_MNIST
from cutaway.equations import wilson_interval
from cutaway.errors import DataError
from cutaway.lessons import stage

stage.begin()

# %%
# Pieces of clothing, 28 x 28 pixels, 10 classes, where Debian's ``dataset-fashion-mnist`` is
# installed; else the bundled handwritten digits, which are far fewer; or the pictures or the table
# given with ``--data``. A test set stays untouched: the errors are those of a dev set, on which
# the training also stops early.

if stage.settings.data is not None:
    dataset = load(stage.settings.data)
elif FASHION_MNIST.exists() and not stage.settings.quick:
    dataset = load("fashion_mnist")
else:
    dataset = load("digits")
if dataset.task != "classification" or dataset.m < 200:
    raise DataError(
        f"{dataset.name}: this lesson takes at least 200 examples of classes, "
        f"but found {dataset.m} and the task {dataset.task}"
    )
pool = np.random.default_rng(0).permutation(dataset.parts.get("train", np.arange(dataset.m)))
n_dev = min(5000, len(pool) // 4)
dev, pool = pool[:n_dev], pool[n_dev:]
sizes = stage.full((100, 300, 1000, 3000, 10_000, 30_000), quick=(100, 300))
sizes = [m for m in sizes if m <= len(pool)]
print(f"{dataset.name}: up to {sizes[-1]} examples to train on, {n_dev} in the dev set\n")

# %%
# Every network gets the same optimiser, rate, batches and penalty, dropout where it has layers of
# 32 units or more (cutaway's default), and at most 2500 updates. Up to
# 1000 examples three different draws of them are averaged: which ones one happens to have matters
# as much as the method then. One core is enough: the products are small.

networks = {
    "logistic regression": (),
    "small: 16": (16,),
    "medium: 64": (64,),
    "large: 256, 128": (256, 128),
}


def train(hidden, m, draw):
    """Train on m examples from the given draw; return the errors on them and on dev."""
    chosen = np.random.default_rng(draw).permutation(pool)[:m]
    examples = dataset.take(np.concatenate([chosen, dev]))
    examples = replace(examples, parts={"train": np.arange(m), "dev": np.arange(m, m + n_dev)})
    batch_size = min(128, m)
    updates = stage.full(2500, quick=20)
    epochs = max(1, updates * batch_size // m)
    with threadpool_limits(1):
        run = cutaway.train(
            examples,
            hidden=hidden,
            optimizer="adam",
            learning_rate=0.002,
            schedule="cosine",
            batch_size=batch_size,
            epochs=epochs,
            patience=max(5, epochs // 10),
            print_every=max(1, epochs // 50),
            early_stopping=True,
            l2=1,
            seed=draw,
        )
    best = next(record for record in run.history if record.epoch == run.best_epoch)
    return best.train_error, best.dev_error


errors = {}
for name, hidden in networks.items():
    for m in sizes:
        draws = stage.full(3, quick=1) if m <= 1000 else 1
        errors[name, m] = np.mean([train(hidden, m, draw) for draw in range(draws)], axis=0)
for part, title in ((1, "dev error"), (0, "train error")):
    rows = [(n, *(f"{100 * errors[n, m][part]:.1f} %" for m in sizes)) for n in networks]
    stage.table((f"{title}, by examples", *map(str, sizes)), rows)

# %%
# A dev set has an error of its own: the band is the 95 % interval around the largest network.

figure, axis = plt.subplots(figsize=(9, 6))
for (name, _), marker, style in zip(networks.items(), "os^D", ("-", "--", "-.", ":"), strict=True):
    values = [100 * errors[name, m][1] for m in sizes]
    axis.plot(sizes, values, marker=marker, linestyle=style, linewidth=2, markersize=7, label=name)
wrong = [round(n_dev * errors[name, m][1]) for m in sizes]
low, high = np.transpose([wilson_interval(count, n_dev) for count in wrong])
axis.fill_between(sizes, 100 * low, 100 * high, color=stage.COLOURS[3], alpha=0.2, linewidth=0)
axis.set(xscale="log", yscale="log", xlabel="training examples m", ylabel="dev error (%)")
axis.set_title(dataset.name.replace("_", "-"))
axis.yaxis.set_major_formatter("{x:g}")
axis.yaxis.set_minor_formatter("{x:g}")
axis.legend()

# %%
# What to see
# -----------
# On the pieces of clothing: with a hundred examples the four are equal, as far as the luck of the
# draw lets one see. Each curve then flattens where its method has learned what it can hold, the
# logistic regression's first; from there on more examples help it little. The large network pulls
# away only where there are many examples, and is not yet at its end. It needs both: the examples,
# and the machine that trains it on them.
