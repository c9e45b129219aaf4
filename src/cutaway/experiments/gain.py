"""What one way to answer gains over another on the same examples, paired example by example."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cutaway.data.preparation import Preparation
from cutaway.engine.job import Part
from cutaway.engine.measure import outputs
from cutaway.equations.comparison import newcombe_paired_interval, rmse_gain_interval
from cutaway.equations.metrics import wrong
from cutaway.training.model import Model

Floats = npt.NDArray[np.float64]


class Gain(NamedTuple):
    """The error of one network less that of an ensemble, or of other networks.

    single    error of one network, the mean over several
    ensemble  error of what it is compared with
    interval  95 % interval of single - ensemble
    """

    single: float
    ensemble: float
    interval: tuple[float, float]


def misses(A: Any, Y: Any, preparation: Preparation) -> Floats:
    """Return which answers A (n_y, m) are wrong: 0 or 1 of each example, (m,), or label, (n_y m,).

    Of a regression the mean squared error of each example, (m,), in the units of the target.
    """
    A, Y = np.asarray(A, np.float64), np.asarray(Y, np.float64)
    if preparation.task == "regression":
        return np.asarray((((A - Y) * preparation.target_scale[:, np.newaxis]) ** 2).mean(axis=0))
    found = (A > 0.5) != (Y > 0.5) if preparation.task == "multi-label" else wrong(A, Y)
    return np.asarray(found, np.float64).ravel()


def paired_interval(old: Floats, new: Floats, *, regression: bool) -> tuple[float, float]:
    """95 % interval of old - new error by the misses (k, answers) of k networks, paired in order.

    Of classes it is Newcombe's for pairs, of a table that is the mean of those of the networks.
    """
    if regression:
        return rmse_gain_interval(old.mean(axis=0), new.mean(axis=0))
    a, b = old > 0.5, new > 0.5
    tables = ((a & b), (a & ~b), (~a & b), (~a & ~b))
    return newcombe_paired_interval(*(float(table.sum()) / len(table) for table in tables))


def gain_over(theirs: Floats, ours: Floats, *, regression: bool) -> Gain:
    """Return what the misses (answers,) of a model gain over those of k networks (k, answers)."""
    ours = np.broadcast_to(ours, theirs.shape)
    single, ensemble = (
        float(np.sqrt(m.mean()) if regression else m.mean()) for m in (theirs, ours)
    )
    return Gain(single, ensemble, paired_interval(theirs, ours, regression=regression))


def gain(model: Model, part: Part) -> Gain:
    """Compare an ensemble with its members: what it gains over one of them, whichever."""
    A = np.asarray(outputs(model.network, model.parameters, part.X), np.float64)
    theirs = np.stack([misses(one, part.Y, model.preparation) for one in A])
    ours = misses(A.mean(axis=0), part.Y, model.preparation)
    return gain_over(theirs, ours, regression=model.preparation.task == "regression")
