"""cutaway: a neural-network system built from the equations of the introductory course.

    import cutaway

    run = cutaway.train("digits", hidden=(64, 32))
    run.history[-1].dev_error
    run.model.predict("digits").answers

Attributes are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cutaway.errors import CutawayError
    from cutaway.estimators import (
        EnsembleClassifier,
        EnsembleRegressor,
        LogisticRegression,
        NeuralNetworkClassifier,
        NeuralNetworkRegressor,
    )
    from cutaway.experiments.ensemble import ensemble
    from cutaway.experiments.improve import improve
    from cutaway.experiments.many import train_many
    from cutaway.hyperparameters import Hyperparameters
    from cutaway.insight.faults.search import find_faults
    from cutaway.notebook.training import train
    from cutaway.training.model import Model, load
    from cutaway.training.trainee import Run
    from cutaway.watching.keras_callback import watch_keras
    from cutaway.watching.torch_module import watch

__version__ = "0.1.0"

_HOME = {
    "CutawayError": "cutaway.errors",
    "EnsembleClassifier": "cutaway.estimators",
    "EnsembleRegressor": "cutaway.estimators",
    "Hyperparameters": "cutaway.hyperparameters",
    "LogisticRegression": "cutaway.estimators",
    "Model": "cutaway.training.model",
    "NeuralNetworkClassifier": "cutaway.estimators",
    "NeuralNetworkRegressor": "cutaway.estimators",
    "Run": "cutaway.training.trainee",
    "ensemble": "cutaway.experiments.ensemble",
    "find_faults": "cutaway.insight.faults.search",
    "improve": "cutaway.experiments.improve",
    "load": "cutaway.training.model",
    "train": "cutaway.notebook.training",
    "train_many": "cutaway.experiments.many",
    "watch": "cutaway.watching.torch_module",
    "watch_keras": "cutaway.watching.keras_callback",
}
__all__ = [
    "CutawayError",
    "EnsembleClassifier",
    "EnsembleRegressor",
    "Hyperparameters",
    "LogisticRegression",
    "Model",
    "NeuralNetworkClassifier",
    "NeuralNetworkRegressor",
    "Run",
    "__version__",
    "ensemble",
    "find_faults",
    "improve",
    "load",
    "train",
    "train_many",
    "watch",
    "watch_keras",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'cutaway' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOME[name]), name)


if "IPython" in sys.modules:
    from cutaway.notebook import register

    register()


def __dir__() -> list[str]:
    return sorted(__all__)
