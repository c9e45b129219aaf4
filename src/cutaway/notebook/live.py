"""The curve that grows in a notebook's cell while a network is trained, and stays as a picture."""

from __future__ import annotations

import importlib
import time
from collections.abc import Sequence
from typing import Any

from cutaway.notebook.curves import curves
from cutaway.notebook.frame import Picture, frame
from cutaway.report.markup import paragraph
from cutaway.training.record import Needs, Record, State, Stop
from cutaway.training.setup import Setup
from cutaway.training.trainee import Run
from cutaway.wording import duration, error

SECONDS_BETWEEN = 0.25


class LiveCurve:
    """A consumer that redraws one output of the cell, some times a second."""

    needs: Needs = frozenset({"train", "dev"})

    def __init__(self) -> None:
        self.every = 1
        self.records: list[Record] = []
        self._setup: Setup | None = None
        self._handle: Any = None
        self._shown = 0.0

    def watch(self, setup: Setup) -> Sequence[LiveCurve]:
        """Stand ready for a training that is set up."""
        self._setup, self.every = setup, setup.plan.print_every
        return (self,)

    def __call__(self, record: Record, state: State) -> Stop | None:
        """Take the Record; redraw when it is time."""
        self.records.append(record)
        now = time.monotonic()
        if now - self._shown >= SECONDS_BETWEEN:
            self._shown = now
            self._show(_line(record, self._setup))
        return None

    def end(self, run: Run) -> None:
        """Draw the whole training, which stays."""
        mark = f"epoch {run.best_epoch}"
        kept = _line(run.kept, run.setup) if run.kept else mark
        self.records = list(run.history)
        words = f"{run.outcome.status}: {run.outcome.reason}. Kept: {kept}"
        self._show(words, (run.best_epoch, f"kept: {mark}"))

    def _show(self, words: str, mark: tuple[int, str] | None = None) -> None:
        display: Any = importlib.import_module("IPython.display").display
        assert self._setup is not None
        drawn = curves(self.records, self._setup.plan.metric, mark)
        picture = Picture(frame(paragraph(words), drawn), words)
        if self._handle is None:
            self._handle = display(picture, display_id=True)
        else:
            self._handle.update(picture)


def _line(record: Record, setup: Setup | None) -> str:
    assert setup is not None
    metric, name = setup.plan.metric, "rmse" if setup.plan.metric == "rmse" else "error"
    parts = [f"epoch {record.epoch} of {setup.plan.epochs}"]
    for part, value in (("train", record.train_error), ("dev", record.dev_error)):
        parts += [f"{part} {name} {error(value, metric)}"] if value is not None else []
    return ", ".join([*parts, duration(record.seconds)])
