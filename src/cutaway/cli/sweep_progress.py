"""The live line of a sweep: which rung, how many trials, the best so far, the time left."""

from __future__ import annotations

import time

from rich.console import Console
from rich.live import Live
from rich.text import Text

from cutaway import wording
from cutaway.cli.progress import SECONDS_BETWEEN
from cutaway.experiments.sweep import Rung
from cutaway.training.record import Needs, Record, State, Stop
from cutaway.training.setup import Setup


class SweepProgress:
    """One line for all trials; without a terminal nothing.

    Each trial is watched by a consumer of its own, which knows how far that trial was before.
    The time left is that of the trials that this machine has taken, at the pace of this rung.
    """

    def __init__(self, console: Console, metric: str, every: int) -> None:
        self.console, self.metric, self.every = console, metric, every
        self.live = Live(console=console, auto_refresh=False, transient=True)
        self.rung: Rung | None = None
        self.watched: list[Watch] = []
        # Epochs of this rung, added up over its trials, and when it began.
        self.done, self.since = 0, 0.0
        self.shown = 0.0

    def __enter__(self) -> SweepProgress:
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self.console.is_terminal:
            self.live.stop()

    def tell(self, rung: Rung) -> None:
        """Begin a rung."""
        self.rung, self.done, self.since = rung, 0, time.monotonic()

    def watch(self, setup: Setup) -> Watch:
        """Return the consumer of one more trial."""
        self.watched.append(Watch(self, keeps_best=setup.plan.early_stopping))
        return self.watched[-1]

    def show(self, record: Record) -> None:
        """Show the Record's epoch, at most ten times a second."""
        now = time.monotonic()
        if not self.console.is_terminal or now - self.shown < SECONDS_BETWEEN:
            return
        self.shown = now
        self.live.update(self._line(record.epoch, now), refresh=True)

    def _line(self, epoch: int, now: float) -> Text:
        rung = self.rung
        if rung is None:
            return Text()
        best = min((w.error for w in self.watched if w.error is not None), default=None)
        name = "rmse" if self.metric == "rmse" else "error"
        parts = [
            f"rung {rung.number}/{rung.of}: {wording.plural(rung.going, 'trial')}",
            f"epoch {epoch}/{rung.until}",
            f"best dev {name} {wording.error(best, self.metric)}",
            self._left(rung, now),
        ]
        return Text("  ".join(part for part in parts if part), no_wrap=True, overflow="ellipsis")

    def _left(self, rung: Rung, now: float) -> str:
        if not self.done:
            return ""
        pace = (now - self.since) / self.done
        work = max(0, rung.work - self.done) + rung.later
        return f"{wording.duration(pace * work, coarse=True)} left"


class Watch:
    """Counts the epochs of one trial, and keeps the dev error of the parameters it would keep.

    keeps_best  these are the parameters of the lowest dev_loss; else the last ones
    """

    needs: Needs = frozenset({"dev"})

    def __init__(self, progress: SweepProgress, *, keeps_best: bool) -> None:
        self.progress, self.every, self.keeps_best = progress, progress.every, keeps_best
        self.epoch: int | None = None
        self.loss: float | None = None
        self.error: float | None = None

    def __call__(self, record: Record, state: State) -> Stop | None:
        """Count and show."""
        if self.epoch is not None:
            self.progress.done += record.epoch - self.epoch
        self.epoch = record.epoch
        loss = record.dev_loss
        if loss is not None and (not self.keeps_best or self.loss is None or loss < self.loss):
            self.loss, self.error = loss, record.dev_error
        self.progress.show(record)
        return None
