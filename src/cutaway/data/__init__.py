"""From a path to a Dataset, its split, and the columns that enter the engine."""

from __future__ import annotations

from cutaway.data.builtin import BUILTIN
from cutaway.data.dataset import Dataset, PictureShape, Skipped
from cutaway.data.load import fingerprint, load, reload
from cutaway.data.parts import Prepared, part, prepare
from cutaway.data.preparation import Preparation, fit_preparation
from cutaway.data.split import Split, split_dataset
from cutaway.engine.job import Part

__all__ = [
    "BUILTIN",
    "Dataset",
    "Part",
    "PictureShape",
    "Preparation",
    "Prepared",
    "Skipped",
    "Split",
    "fingerprint",
    "fit_preparation",
    "load",
    "part",
    "prepare",
    "reload",
    "split_dataset",
]
