"""Training pictures changed at random: from the rows as they were read to inputs drawn anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from cutaway.data.dataset import Dataset
from cutaway.data.parts import Prepared
from cutaway.engine.inputs import Augmented
from cutaway.equations.augmentations import AUGMENTATIONS, Sides, augment
from cutaway.kinds import augment_steps

Pictures = npt.NDArray[np.float32]


def augmented(dataset: Dataset, prepared: Prepared, text: str) -> Augmented:
    """Return the training pictures as `Augmented`; text is that of the hyper-parameter.

    What is changed are the pixels as they were read. The preparation follows, and was fitted on
    the pictures as they are.
    """
    rows: Any = dataset.rows
    X, preparation = prepared.train.X, prepared.preparation
    places = prepared.processes.own(np.arange(len(prepared.split.train)))
    index = prepared.split.train[places]

    def draw(
        columns: npt.NDArray[Any], generators: Sequence[np.random.Generator]
    ) -> npt.NDArray[Any]:
        pictures = drawn(dataset, rows[index[columns]], text, generators)
        inputs = np.empty((len(columns), preparation.n_x), X.dtype)
        preparation.normalise(pictures, inputs)
        return inputs

    return Augmented(X, draw, places)


def drawn(
    dataset: Dataset,
    rows: npt.NDArray[Any],
    text: str,
    generators: Sequence[np.random.Generator],
) -> Pictures:
    """Return pictures (b, n_x) of pixels 0 to 255, each changed at random by its generator."""
    assert dataset.picture is not None
    height, width, channels = dataset.picture
    steps = augment_steps(text)
    U = [_numbers(name, Sides(height, width), channels, generators) for name, _ in steps]
    pictures = rows.astype(np.float32).reshape(-1, *dataset.picture)
    return np.asarray(augment(pictures, steps, U)).reshape(len(rows), -1)


def _numbers(
    name: str, sides: Sides, channels: int, generators: Sequence[np.random.Generator]
) -> Pictures:
    row = AUGMENTATIONS[name]
    shape = row.numbers(sides, channels)
    if row.draw == "normal":
        each = [generator.standard_normal(shape, np.float32) for generator in generators]
    else:
        each = [generator.random(shape, np.float32) for generator in generators]
    return np.stack(each)
