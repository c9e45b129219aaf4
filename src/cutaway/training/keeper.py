"""The consumer that keeps a training in its folder while it runs."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from cutaway.training.consumers import Best, EarlyStopper
from cutaway.training.plan import Plan
from cutaway.training.record import EVERYTHING, Needs, Record, State, Stop
from cutaway.training.run_folder import RunFolder


@dataclass(eq=False)
class Keeper:
    """Writes the history and the checkpoints of a training into its folder.

    A checkpoint is written for the first Record, then when the last one is `interval` seconds old;
    `flush` writes the last State whose Record stands in the history.
    """

    folder: RunFolder
    plan: Plan
    stopper: EarlyStopper | None
    interval: float = 2.0
    needs: Needs = EVERYTHING
    _pending: tuple[State, Best | None] | None = None
    _written: float = field(default=-math.inf)

    @property
    def every(self) -> int:
        """Epochs between two Records."""
        return self.plan.print_every

    def __call__(self, record: Record, state: State) -> Stop | None:
        """Append the Record; write a checkpoint when it is time."""
        self.folder.append(record)
        self._pending = (state, self.stopper.best if self.stopper else None)
        if time.monotonic() - self._written >= self.interval:
            self.flush()
        return None

    def flush(self) -> None:
        """Write the checkpoint of the last Record, if it is not there yet."""
        if self._pending is not None:
            state, best = self._pending
            self.folder.save_checkpoint(state, self.plan.optimizer, best)
            self._pending = None
            self._written = time.monotonic()
