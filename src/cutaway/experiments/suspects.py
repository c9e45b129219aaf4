"""Training examples whose label does not fit: judged by networks that have not learned them.

The training set is parted into folds; each is answered by a network that was trained on the others.
A label i is suspicious where another class j has a probability of at least its usual one: the mean
of p_j over the examples labelled j. Northcutt, Jiang, Chuang, "Confident learning: estimating
uncertainty in dataset labels", 2021.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from cutaway.data.parts import part, prepare
from cutaway.engine.measure import outputs
from cutaway.errors import DataError, RunError
from cutaway.experiments.learning_curve import order_of
from cutaway.experiments.many import train_all
from cutaway.insight.labels import Suspect, Suspects
from cutaway.training.setup import Setup, plan_for
from cutaway.training.trainee import Trainee

FOLDS = 4
MOST = 200
# Fewer suspicious labels than in each of so many shuffles are no chance: p = 1 / 20
SHUFFLES = 19


def suspects(setup: Setup, say: Callable[[str], None] = lambda text: None) -> Suspects:
    """Return the training examples whose label is suspicious, the worst first.

    Raises:
        RunError: the examples have no classes.
        DataError: they are too few to be parted.
    """
    target = check(setup)
    dataset, train = setup.dataset, setup.prepared.split.train
    # Every beginning of this order has each class by its share, and so has each fold.
    order = order_of(setup, draw=0)
    P = np.empty((len(train), len(dataset.classes)))
    for fold in range(FOLDS):
        say(f"training without part {fold + 1} of {FOLDS} of the training set")
        held_out = np.sort(order[fold::FOLDS])
        P[held_out] = _probabilities(setup, held_out)
    odd, likely = suspicious(P, target[train])
    random = np.random.default_rng(0)
    shuffled = [len(suspicious(P, random.permutation(target[train]))[0]) for _ in range(SHUFFLES)]
    by_chance = len(odd) >= min(shuffled)
    names = dataset.classes
    worst = [
        Suspect(
            int(train[i]),
            dataset.origins[train[i]] if dataset.origins else f"example {train[i] + 1}",
            names[target[train[i]]],
            names[likely[i]],
            float(P[i, target[train[i]]]),
        )
        for i in odd[: 0 if by_chance else MOST]
    ]
    wrong = float((P.argmax(axis=1) != target[train]).mean())
    guess = 1 - float(np.bincount(target[train]).max()) / len(train)
    return Suspects(tuple(worst), len(odd), len(train), by_chance, wrong, guess)


def check(setup: Setup) -> npt.NDArray[np.intp]:
    """Return the labels, before anything is trained; see `suspects` for what is raised."""
    dataset, target, m = setup.dataset, setup.dataset.target, len(setup.prepared.split.train)
    if dataset.task != "classification" or target is None:
        raise RunError(f"only the labels of classes can be suspected; this is a {dataset.task}")
    if m < 10 * FOLDS:
        raise DataError(f"{m} training examples are too few to part into {FOLDS} folds")
    return np.asarray(target)


def _probabilities(setup: Setup, held_out: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    """Return what a network that was trained on the other examples answers to these."""
    given, dataset, split = setup.hyperparameters, setup.dataset, setup.prepared.split
    prepared = prepare(
        dataset,
        replace(split, train=np.delete(split.train, held_out)),
        normalize=given.normalize,
        dtype=given.dtype,
        class_weight=given.class_weight,
        output=given.output,
    )
    trainee = Trainee(plan_for(given, dataset, prepared))
    train_all([trainee])
    run = trainee.finish()
    X = part(dataset, split.train[held_out], prepared.preparation, given.dtype)[0].X
    A = outputs(run.plan.network, run.parameters, X)
    return np.asarray(prepared.preparation.probabilities(A), dtype=np.float64)


def suspicious(
    P: npt.NDArray[np.float64], labels: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return which labels are suspicious, the worst first, and what each of all looks like.

    P (m, K) are the probabilities of networks that have not learned the labels (m,).
    """
    m, K = P.shape
    # A class without an example has no usual probability, and nobody is suspected to be of it.
    usual = [P[labels == j, j].mean() if (labels == j).any() else np.inf for j in range(K)]
    possible = np.where(np.array(usual) <= P, P, -1.0)
    like = possible.argmax(axis=1)
    own = P[np.arange(m), labels]
    odd = np.flatnonzero((like != labels) & (possible.max(axis=1) > own))
    return odd[np.argsort(own[odd], kind="stable")], like
