r"""
Train, dev and test
===================

A network is trained on one set of examples, its settings are chosen by a second, the dev set, and
the third, the test set, says at the end how good it is: on examples that nothing was fitted to. Two
differences tell what to do next,

.. math::

    \text{bias} = \text{train error} - \text{best possible error}, \qquad
    \text{variance} = \text{dev error} - \text{train error} .

A large bias asks for a larger network or a longer training, a large variance for more examples or
for regularisation. This lesson measures how large a dev set has to be, reads four cases, trains
them, draws early stopping, and averages networks.
"""

import math
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
from threadpoolctl import threadpool_limits

import cutaway
from cutaway.data import load
from cutaway.data.dataset import Dataset
from cutaway.data.parts import part
from cutaway.data.split import split_dataset
from cutaway.engine.measure import outputs
from cutaway.equations import METRICS, wilson_interval
from cutaway.lessons import stage

stage.begin()

# %%
# How large?
# ----------
# As large as the differences require that it shall show. The splits that cutaway makes unasked, and
# the 95 % interval of an error of 5 % that is seen on a dev set of that size:

rows = []
for m in (100, 1000, 10_000, 100_000, stage.full(1_100_000, quick=2000)):
    nothing = np.zeros((m, 1), np.float32)
    examples = Dataset("sizes", "array", "regression", nothing, nothing)
    split = split_dataset(examples)
    low, high = wilson_interval(round(0.05 * len(split.dev)), len(split.dev))
    shares = " / ".join(f"{100 * len(p) / m:.0f}" for p in (split.train, split.dev, split.test))
    rows.append((m, shares, len(split.dev), f"{100 * low:.2f} % to {100 * high:.2f} %"))
stage.table(("examples", "split, %", "dev examples", "a dev error of 5 % means"), rows)

# %%
# With a million examples one per cent of them is a large dev set, and the other 98 % are better
# used for training.
#
# Four cases
# ----------
# The errors of four classifiers of cats, from the notes of the course. A person makes next to no
# errors there. If the pictures were so blurred that nobody could do better than 15 %, the same
# numbers would mean something else. Bias and variance are called high here from 5 % on.


def verdict(train, dev, best=0.0):
    """Say what two errors in per cent mean, beside the best possible one."""
    high = [name for name, gap in (("bias", train - best), ("variance", dev - train)) if gap >= 5]
    return "high " + " and ".join(high) if high else "low bias, low variance"


rows = [
    (
        f"{train:g} % / {dev:g} %",
        verdict(train, dev),
        verdict(train, dev, 15) if train >= 15 else "-",
    )
    for train, dev in ((1, 11), (15, 14), (15, 30), (0.5, 1))
]
stage.table(("train / dev error", "if 0 % is possible", "if 15 % is the best possible"), rows)

# %%
# The same four, trained
# ----------------------
# On the bundled handwritten digits, which a person reads nearly without error. Few examples and no
# regularisation give variance; a network of two units, with much L2, gives bias; few examples and
# two units give both. The dev set always has the same 400 digits.

digits = load("digits")
order = np.random.default_rng(0).permutation(digits.m)
test, dev, pool = np.split(order, [300, 700])


def train(m, hidden, seed=0, data=digits, updates=1500, **more):
    """Train on the first m examples of the pool; the parts do not depend on the seed."""
    data = replace(data, parts={"train": pool[:m], "dev": dev, "test": test})
    settings = {"early_stopping": False, "l2": 0.0, "keep_prob": 1.0} | more
    with threadpool_limits(1):
        return cutaway.train(
            data,
            hidden=hidden,
            learning_rate=0.003,
            batch_size=64,
            epochs=stage.full(updates // math.ceil(m / 64), quick=3),
            print_every=1,
            seed=seed,
            **settings,
        )


def errors(run):
    last = run.history[-1]
    return 100 * last.train_error, 100 * last.dev_error


everything = len(pool)
cases = {
    "64 units, 60 examples": train(60, (64,)),
    f"2 units, {everything} examples": train(everything, (2,), l2=30.0),
    "2 units, 60 examples": train(60, (2,)),
    f"64 units, {everything} examples": train(everything, (64,), keep_prob=0.8, l2=1.0),
}
rows = [
    (name, *(f"{e:.1f} %" for e in errors(run)), verdict(*errors(run)))
    for name, run in cases.items()
]
stage.table(("digits", "train error", "dev error", ""), rows)

# %%
# A dev set from elsewhere
# ------------------------
# Train on one source and apply to another, and the dev set has to come from where the network will
# be used. Here other digits are made of the same ones: moved one pixel to the right, as a badly cut
# scan would. To tell variance from the difference of the sources, a part of the training
# distribution is held back too, the train-dev set.

pictures = np.asarray(digits.rows).reshape(-1, 8, 8)
moved = replace(digits, rows=np.roll(pictures, 1, axis=2).reshape(-1, 64))
run = cases[f"64 units, {everything} examples"]


def error_on(data, index):
    examples, _ = part(data, index, run.setup.prepared.preparation, "float32")
    A = outputs(run.plan.network, run.parameters, examples.X)
    return 100 * float(METRICS["error"].value(A, examples.Y))


same, other = error_on(digits, dev), error_on(moved, dev)
rows = [
    ("train", errors(run)[0], "bias", errors(run)[0]),
    ("train-dev: same source", same, "variance", same - errors(run)[0]),
    ("dev: moved digits", other, "another distribution", other - same),
]
stage.table(
    ("error on", "%", "the step up to it is", "%"),
    [(name, f"{e:.1f}", what, f"{step:.1f}") for name, e, what, step in rows],
)

# %%
# With a dev set of moved digits alone the third step would have looked like variance, and more
# digits of the first source would have been collected in vain.
#
# Early stopping
# --------------
# 300 digits, of which one in five got a random label, as a tired person would write it; the dev
# set's labels are right. The loss on the training set falls and falls, that on the dev set turns.
# Stopping at the turn keeps the best parameters, in one training. But it is one knob for two jobs:
# it ends the descent of J while J is still high, in order not to overfit. Whether a better
# optimiser would help can then no longer be asked without changing the regularisation too. L2
# leaves the two apart: train to the end, choose lambda by the dev set; which takes many trainings.

random = np.random.default_rng(1)
target = np.array(digits.target)
mistaken = pool[random.random(len(pool)) < 0.2]
target[mistaken] = random.integers(0, 10, len(mistaken))
tired = replace(digits, target=target)
ways = {
    "to the end": {},
    "early stopping": {"early_stopping": True, "patience": 40},
    "L2, lambda 3": {"l2": 3.0},
    "L2, lambda 10": {"l2": 10.0},
    "L2, lambda 30": {"l2": 30.0},
}
stopped = {
    name: train(300, (64, 32), data=tired, updates=2000, activation="tanh", **settings)
    for name, settings in ways.items()
}
rows = []
for name, run in stopped.items():
    record = run.history[run.best_epoch]
    values = (record.cost, record.train_loss, record.dev_loss)
    rows.append((name, record.epoch, *values, f"{100 * record.dev_error:.1f} %"))
stage.table(("300 digits", "epoch", "J", "train loss", "dev loss", "dev error"), rows)

# %%
# Ensembles
# ---------
# Networks that differ in nothing but the seed of their first parameters and batches make different
# errors. Average their probabilities, and part of the errors goes away. Ten networks are trained;
# an ensemble of k is the mean over some of the ways of choosing k of them.

members = [train(150, (16,), seed=seed, updates=500) for seed in range(stage.full(10, quick=2))]
Y = members[0].setup.prepared.dev.Y
A = np.array([outputs(r.plan.network, r.parameters, r.setup.prepared.dev.X) for r in members])
random = np.random.default_rng(0)
ensembles = {}
for k in range(1, len(members) + 1):
    choices = [random.permutation(len(members))[:k] for _ in range(50)]
    ensembles[k] = [
        100 * float(METRICS["error"].value(A[chosen].mean(axis=0), Y)) for chosen in choices
    ]
rows = [
    (k, *(f"{value:.2f} %" for value in (np.mean(e), np.min(e), np.max(e))))
    for k, e in ensembles.items()
]
stage.table(("networks averaged", "mean dev error", "best choice", "worst choice"), rows)

# %%
# The figure.

figure, axes = plt.subplots(1, 3, figsize=(13, 4.6))
end, early = stopped["to the end"].history, stopped["early stopping"]
axes[0].plot([record.train_loss for record in end], linewidth=2, label="train")
axes[0].plot([record.dev_loss for record in end], "--", linewidth=2, label="dev")
axes[0].axvline(early.best_epoch, color=stage.BLACK, linestyle=":", label="early stopping")
axes[0].set(title="Where to stop", xlabel="epoch", ylabel="loss", ylim=(0, 1.6))
styles = ("--", "-", "-.")
for name, style in zip(("to the end", "L2, lambda 3", "L2, lambda 10"), styles, strict=True):
    losses = [record.dev_loss for record in stopped[name].history]
    axes[1].plot(losses, style, linewidth=2, label=name)
axes[1].set(title="L2 in its place", xlabel="epoch", ylabel="dev loss", ylim=(0, 1.6))
sizes, means = list(ensembles), [np.mean(e) for e in ensembles.values()]
low, high = ([f(e) for e in ensembles.values()] for f in (np.min, np.max))
axes[2].fill_between(sizes, low, high, color=stage.SKY, alpha=0.4, label="best to worst choice")
axes[2].plot(sizes, means, "o-", label="mean")
axes[2].set(title="Ensembles", xlabel="networks averaged", ylabel="dev error (%)")
for axis in axes:
    axis.legend(loc="upper right")

# %%
# What to see
# -----------
# Two errors, and the best possible one, say what to try next: at 15 / 14 % a larger network helps,
# or nothing at all if 15 % is the best that anybody can do. Where the dev set comes from another
# source, a part of the training source has to be held back too, or the difference of the sources
# looks like variance. Early stopping gives a good network in one training, at a J that is still
# high; that is the price. Averaging networks removes a part of the error that was only luck; the
# first few do the most.
