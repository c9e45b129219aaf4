"""The parts of a data set as the engine takes them: X, Y and the weights of the examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cutaway.data.dataset import Dataset
from cutaway.data.preparation import Floats, Indices, Preparation, fit_preparation
from cutaway.data.split import Split
from cutaway.engine.inputs import Stored
from cutaway.engine.job import Part
from cutaway.engine.processes import ALONE, Processes
from cutaway.errors import DataError, OptionError, nearest


class Prepared(NamedTuple):
    """What training needs; `split` lacks the examples of weight zero, and test is not read.

    Of several processes each has its own examples in `train` and `dev`; `split` has all.
    train_dev  examples like those of train, to judge by where dev is of another origin
    """

    train: Part
    dev: Part | None
    preparation: Preparation
    split: Split
    notes: tuple[str, ...]
    train_dev: Part | None = None
    processes: Processes = ALONE


def prepare(
    dataset: Dataset,
    split: Split,
    *,
    normalize: str,
    dtype: npt.DTypeLike,
    class_weight: Mapping[str, float] | str | None = None,
    sample_weight: npt.ArrayLike | None = None,
    output: str = "auto",
    processes: Processes = ALONE,
    preparation: Preparation | None = None,
) -> Prepared:
    """Fit a preparation on train, apply it to train, dev and train-dev, each process to its own.

    sample_weight (m,) of all examples and class_weight ("balanced", or by class name; 1 where a
    class is not named) are multiplied; examples of weight zero are dropped first. `output` is the
    activation of the last layer, see `fit_preparation`. A `preparation` that is given is kept.

    Raises:
        DataError: sample_weight is negative, not finite or all zero; or see `fit_preparation`.
        OptionError: class_weight names an unknown class, or the task has no classes to weigh.
    """
    weights, notes = _weights(dataset, split, class_weight, sample_weight)
    if weights is not None:
        split = replace(
            split,
            train=split.train[weights[split.train] > 0],
            dev=split.dev[weights[split.dev] > 0],
            train_dev=split.train_dev[weights[split.train_dev] > 0],
        )
    if not len(split.train):
        raise DataError(
            "every training example has the weight zero; there is nothing to learn from"
        )
    if preparation is None:
        preparation, more = fit_preparation(
            dataset,
            split.train,
            normalize=normalize,
            weights=None if weights is None else weights[split.train],
            output=output,
            processes=processes,
        )
        notes.extend(more)
    train = _columns(dataset, processes.own(split.train), preparation, dtype, weights)[0]
    dev = None
    if len(split.dev):
        dev, more = _columns(dataset, processes.own(split.dev), preparation, dtype, weights)
        if dataset.cached or processes.N > 1:
            # Process 0 alone speaks, for all examples
            more = preparation.notes(dataset.rows, split.dev) if processes.i == 0 else ()
        notes.extend(f"dev: {note}" for note in more)
    train_dev = None
    if len(split.train_dev) and processes.N == 1:
        train_dev = _columns(dataset, split.train_dev, preparation, dtype, weights)[0]
    return Prepared(train, dev, preparation, split, tuple(notes), train_dev, processes)


def gathered(
    prepared: Prepared, dataset: Dataset, class_weight: Mapping[str, float] | str | None
) -> Prepared:
    """Return the parts with the examples of all processes, read and prepared by this one.

    dataset and class_weight are those that `prepare` was given.
    """
    weights, _ = _weights(dataset, prepared.split, class_weight, None)

    def columns(index: Indices) -> Part:
        dtype = prepared.train.X.dtype
        return _columns(dataset, index, prepared.preparation, dtype, weights)[0]

    split = prepared.split
    dev = columns(split.dev) if len(split.dev) else None
    aside = columns(split.train_dev) if len(split.train_dev) else None
    return prepared._replace(train=columns(split.train), dev=dev, train_dev=aside, processes=ALONE)


def part(
    dataset: Dataset,
    index: Indices,
    preparation: Preparation,
    dtype: npt.DTypeLike,
    weights: Floats | None = None,
) -> tuple[Part, tuple[str, ...]]:
    """Return the examples at `index` as columns, and notes; weights (m,) are those of all examples.

    Raises:
        DataError: the data set has no targets, or see `Preparation.inputs`.
    """
    if dataset.target is None:
        raise DataError(f"'{dataset.name}' has no targets to compare with")
    columns, notes = _columns(dataset, index, preparation, dtype, weights)
    return columns, preparation.notes(dataset.rows, index) if dataset.cached else notes


def resampled(prepared: Prepared, index: Indices) -> Prepared:
    """Return the same with the training examples `index` of it, which may name one twice.

    The preparation stays the one that was fitted on all of them.
    """
    train = prepared.train
    if isinstance(train.X, Stored):
        weights = None if train.weights is None else train.weights[:, index]
        train = Part(train.X.at(index), train.Y[:, index], weights)
    else:
        train = train.take(index)
    split = replace(prepared.split, train=prepared.split.train[index])
    return prepared._replace(train=train, split=split)


def _columns(
    dataset: Dataset,
    index: Indices,
    preparation: Preparation,
    dtype: npt.DTypeLike,
    weights: Floats | None,
) -> tuple[Part, tuple[str, ...]]:
    """Return the examples as columns, and notes unless they stay in the cache."""
    assert dataset.target is not None
    notes: tuple[str, ...] = ()
    if dataset.cached:
        X: Any = preparation.stored_inputs(dataset.rows, dtype, index)
    else:
        X, notes = preparation.inputs(dataset.rows, dtype, index)
    Y = preparation.outputs(dataset.target[index], dtype)
    w = None if weights is None else weights[index][np.newaxis]
    return Part(X, Y, w), notes


def _weights(
    dataset: Dataset,
    split: Split,
    class_weight: Mapping[str, float] | str | None,
    sample_weight: npt.ArrayLike | None,
) -> tuple[Floats | None, list[str]]:
    """Return the weight of every example (m,), or None where all weigh the same, and notes."""
    weights, notes = None, []
    if sample_weight is not None:
        weights = np.asarray(sample_weight, dtype=np.float64)
        if weights.shape != (dataset.m,):
            raise DataError(
                f"sample_weight has the shape {weights.shape}; "
                f"one weight for each of the {dataset.m} examples is needed"
            )
        wrong = np.flatnonzero(~((weights >= 0) & np.isfinite(weights)))
        if len(wrong):
            raise DataError(
                f"sample_weight[{wrong[0]}] is {weights[wrong[0]]:g}; "
                "weights are finite and at least 0"
            )
        dropped = int((weights[np.concatenate([split.train, split.dev])] == 0).sum())
        if dropped:
            notes.append(f"{dropped} examples of weight zero are left out")
    if class_weight is not None:
        of_class = _class_weights(dataset, split, class_weight, weights)
        of_example = of_class[dataset.target]
        weights = of_example if weights is None else weights * of_example
    return weights, notes


def _class_weights(
    dataset: Dataset, split: Split, class_weight: Mapping[str, float] | str, weights: Floats | None
) -> Floats:
    """Return the weight of each class (K,); balanced: M / (K count), by the weights in train."""
    if dataset.task != "classification" or dataset.target is None:
        raise OptionError(f"class_weight is for a classification; this is a {dataset.task} task")
    K = len(dataset.classes)
    if isinstance(class_weight, str):
        if class_weight != "balanced":
            raise OptionError(
                f"class_weight='{class_weight}' is neither balanced nor weights such as "
                f"{dataset.classes[0]}=2"
            )
        train_weights = None if weights is None else weights[split.train]
        count = np.bincount(dataset.target[split.train], train_weights, minlength=K)
        balanced: Floats = count.sum() / (K * np.where(count > 0, count, np.inf))
        return balanced
    for name, weight in class_weight.items():
        if name not in dataset.classes:
            raise OptionError(
                f"class_weight names the class '{name}', which does not exist"
                f"{nearest(name, dataset.classes) or ';'} "
                f"the classes are {', '.join(dataset.classes)}"
            )
        if not 0 <= weight < np.inf:
            raise OptionError(f"class_weight[{name}]={weight:g}; weights are finite and at least 0")
    return np.array([class_weight.get(name, 1.0) for name in dataset.classes], dtype=np.float64)
