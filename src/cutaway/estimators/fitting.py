"""One training of an estimator: anew, from where the last one ended, or a piece of the data."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cutaway.data.dataset import Dataset
from cutaway.errors import OptionError
from cutaway.estimators.convex import RECORD_EVERY, Flat, full_batch, is_convex, with_rate
from cutaway.estimators.settings import hyperparameters
from cutaway.hyperparameters import Hyperparameters
from cutaway.training.further import Ended, until
from cutaway.training.run import Consumer
from cutaway.training.session import execute, state_of
from cutaway.training.setup import Setup, set_up
from cutaway.training.trainee import Run

# A curve needs no more, and the cost of the updates before each took a sixth of a small fit.
RECORDS = 20
# A piece is one epoch over its examples, in the network's own coordinates, begun at once.
_OF_A_PIECE = {"path": "plain", "print_every": 1}


Watch = Callable[[Setup, int], Sequence[Consumer]]
"""From what was decided, and the epoch to go on from, to who watches."""


def fit(
    given: Mapping[str, Any], dataset: Dataset, weights: Any, before: Ended | None, watch: Watch
) -> Run:
    """Train on all epochs by the parameters `given`; `before` is where to go on from.

    Raises:
        CutawayError: the data or the parameters do not do.
    """
    read = _read(given, dataset, before)
    convex = is_convex(read)
    setup = _set_up(given, full_batch(read) if convex else read, dataset, weights, before)
    epochs = setup.plan.epochs
    more: dict[str, Any] = {}
    ends: list[Consumer] = []
    if convex:
        every = RECORD_EVERY if given["print_every"] == "auto" else setup.plan.print_every
        setup = with_rate(replace(setup, plan=replace(setup.plan, print_every=every)))
        ends = [Flat(setup.plan, setup.prepared.train)]
    elif given["print_every"] == "auto":
        # What is computed anew, on all examples, took as long as the training itself where few
        # epochs are enough.
        more = {"sparing": True}
        every = 1 if setup.plan.early_stopping else max(1, math.ceil(epochs / RECORDS))
        setup = replace(setup, plan=replace(setup.plan, print_every=every))

    def watched(setup: Setup, first: int) -> Sequence[Consumer]:
        return [*ends, *watch(setup, first)]

    return _train(given, setup, before, epochs, watched, **more)


def fit_piece(
    given: Mapping[str, Any], dataset: Dataset, weights: Any, before: Ended | None, watch: Watch
) -> Run:
    """Train for one epoch; `before` is where to go on from.

    Raises:
        CutawayError: the data or the parameters do not do.
    """
    if given["early_stopping"] in (True, "true"):
        raise OptionError("partial_fit does not support early_stopping: a piece is one epoch")
    backend = "numpy" if given["backend"] == given["device"] == "auto" else given["backend"]
    # Nobody knows how many pieces will come: the rate has no end to fall to.
    schedule = "constant" if given["schedule"] == "auto" else given["schedule"]
    given = {**given, **_OF_A_PIECE, "backend": backend, "schedule": schedule}
    setup = _set_up(given, _read(given, dataset, before), dataset, weights, before)
    return _train(given, setup, before, 1, watch)


def _read(given: Mapping[str, Any], dataset: Dataset, before: Ended | None) -> Hyperparameters:
    read = hyperparameters(given, dataset)
    return read if before is None else before.kept(read)


def _set_up(
    given: Mapping[str, Any],
    read: Hyperparameters,
    dataset: Dataset,
    weights: Any,
    before: Ended | None,
) -> Setup:
    kept = None if before is None else before.preparation
    setup = set_up(dataset, read, sample_weight=weights, preparation=kept)
    require_no_test(given, setup)
    return setup


def require_no_test(given: Mapping[str, Any], setup: Setup) -> None:
    """Refuse a split that holds out more than a dev set.

    Raises:
        OptionError: it does.
    """
    if len(setup.prepared.split.test):
        raise OptionError(
            f"split='{given['split']}' holds out a test set, at which no estimator looks; "
            "write two shares that sum to 1 and a zero: 0.8,0.2,0"
        )


def _train(
    given: Mapping[str, Any],
    setup: Setup,
    before: Ended | None,
    epochs: int,
    watch: Watch,
    **more: Any,
) -> Run:
    first = 0 if before is None else before.state.epoch
    setup = until(setup, first + epochs)
    if before is not None:
        more |= {"state": before.start(setup.plan), "history": before.history}
    elif given["parameters"] is not None:
        more |= {"state": state_of(setup.plan, given["parameters"])}
    return execute(setup, consumers=watch(setup, first), **more)
