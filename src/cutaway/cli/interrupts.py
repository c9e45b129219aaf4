"""Ctrl-C and SIGTERM end a training, at once and without losing it."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

from cutaway.errors import CutawayError
from cutaway.training.record import Record, State, Stop

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StoppedByHandError(CutawayError):
    """A person or the system interrupted a run; the message says what is kept."""

    exit_code = 130


class Interrupts:
    """Raises KeyboardInterrupt for both signals, while it is entered.

    It is a consumer too: a library that is being imported or called back can swallow the exception;
    then the next Record raises it again.
    """

    needs: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.every = 1
        self.asked = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interrupts:
        for number in SIGNALS:
            self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        raise KeyboardInterrupt

    def __call__(self, record: Record, state: State) -> Stop | None:
        """Raise an interrupt that was swallowed."""
        if self.asked:
            raise KeyboardInterrupt
        return None
