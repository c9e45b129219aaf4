"""The live line of a training: a consumer that rewrites one line of the terminal."""

from __future__ import annotations

import time

from rich.console import Console
from rich.live import Live
from rich.text import Text

from cutaway import wording
from cutaway.training.plan import Plan
from cutaway.training.record import Needs, Record, State, Stop

SECONDS_BETWEEN = 0.1


class Progress:
    """Shows epoch, cost, error and time left; without a terminal nothing until the end.

    The line that stays behind is the last Record's.
    """

    needs: Needs = frozenset({"train", "dev"})

    def __init__(self, console: Console, plan: Plan) -> None:
        self.console = console
        self.plan = plan
        self.every = plan.print_every
        self.first: Record | None = None
        self.last: Record | None = None
        self.shown = 0.0
        self.live = Live(console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> Progress:
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self.console.is_terminal:
            self.live.stop()
        if self.last is not None:
            self.console.print(self._line(self.last, final=True))

    def __call__(self, record: Record, state: State) -> Stop | None:
        """Show the Record, at most ten times a second."""
        self.first = self.first or record
        self.last = record
        now = time.monotonic()
        if self.console.is_terminal and now - self.shown >= SECONDS_BETWEEN:
            self.shown = now
            self.live.update(self._line(record, final=False), refresh=True)
        return None

    def _line(self, record: Record, *, final: bool) -> Text:
        def pair(name: str, train: str, dev: str) -> str:
            return f"{name} {train}" + (f" (dev {dev})" if record.dev_loss is not None else "")

        metric = self.plan.metric
        parts = [
            f"epoch {record.epoch}/{self.plan.epochs}",
            # The loss, not the cost: dev has no penalty, so that only the losses compare.
            pair("loss", _number(record.train_loss), _number(record.dev_loss)),
            pair(
                "rmse" if metric == "rmse" else "error",
                wording.error(record.train_error, metric),
                wording.error(record.dev_error, metric),
            ),
            wording.duration(record.seconds) if final else self._left(record),
        ]
        return Text("  ".join(part for part in parts if part), no_wrap=True, overflow="ellipsis")

    def _left(self, record: Record) -> str:
        if self.first is None or record.epoch == self.first.epoch:
            return ""
        pace = (record.seconds - self.first.seconds) / (record.epoch - self.first.epoch)
        return f"{wording.duration(pace * (self.plan.epochs - record.epoch), coarse=True)} left"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
