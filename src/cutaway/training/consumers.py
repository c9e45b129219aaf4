"""Consumers that every training may use: the early stopper and the collector of the history."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

from cutaway.training.record import EVERYTHING, NOTHING, Needs, Record, State, Stop


class Best(NamedTuple):
    """The parameters with the lowest dev_loss so far."""

    epoch: int
    dev_loss: float
    theta: Any


class EarlyStopper:
    """Stops when dev_loss has not fallen for `patience` epochs, and keeps the best parameters."""

    needs: Needs = frozenset({"dev"})

    def __init__(self, patience: int, every: int, best: Best | None = None) -> None:
        self.patience = patience
        self.every = every
        self.best = best

    def __call__(self, record: Record, state: State) -> Stop | None:
        """Remember the parameters if they are the best, or stop."""
        loss = math.inf if record.dev_loss is None else record.dev_loss
        if math.isfinite(loss) and (self.best is None or loss < self.best.dev_loss):
            self.best = Best(record.epoch, loss, state.theta)
        if self.best is None or record.epoch - self.best.epoch < self.patience:
            return None
        return Stop(
            f"dev_loss has not fallen for {self.patience} epochs "
            f"(lowest {self.best.dev_loss:.4g} after epoch {self.best.epoch})"
        )


# A probe costs about as much as a small update: the first Records have one, later ones each time
# that the training has become longer by this factor.
PROBED_AT_FIRST, PROBED_AGAIN = 4, 1.5
# Records of which gradients are asked: no fault shows in those of later ones.
GRADIENTS = 5


def is_probed(i: int) -> bool:
    """Whether Record i = 0, 1, .. of a training is one of those that are probed for faults."""
    if i < PROBED_AT_FIRST:
        return True
    return math.floor(math.log(i, PROBED_AGAIN)) > math.floor(math.log(i - 1, PROBED_AGAIN))


class History:
    """Collects the Records.

    probing  now and then with what the search for faults needs
    sparing  only then with what is computed anew, which all Records have otherwise
    """

    def __init__(
        self,
        every: int,
        records: Iterable[Record] = (),
        *,
        probing: bool = False,
        sparing: bool = False,
    ) -> None:
        self.every = every
        self.records = list(records)
        self.probing = probing
        self.sparing = sparing

    @property
    def needs(self) -> Needs:
        """Parts of the next Record that it looks at."""
        seen = len(self.records)
        if not is_probed(seen):
            return NOTHING if self.sparing else EVERYTHING
        if not self.probing:
            return EVERYTHING
        # Units that are alike are so from the start.
        wanted = {"answers": True, "gradient": seen < GRADIENTS, "twins": seen == 0}
        return EVERYTHING | {name for name, needed in wanted.items() if needed}

    def __call__(self, record: Record, state: State) -> Stop | None:
        """Append the Record."""
        self.records.append(record)
        return None


class Ends:
    """Wants everything of the first and the last Record, for a history that is sparing."""

    needs: Needs = EVERYTHING

    def __init__(self, epochs: int) -> None:
        self.every = max(1, epochs)

    def __call__(self, record: Record, state: State) -> Stop | None:
        """Look at nothing: what it needs is in the Record."""
        return None
