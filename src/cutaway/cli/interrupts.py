"""Ctrl-C and SIGTERM end a training, at once and without losing it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from cutaway.cli import INTERRUPTED, USAGE
from cutaway.engine.signals import SIGNALS
from cutaway.errors import CutawayError, RunError

if TYPE_CHECKING:
    from cutaway.training.record import Record, State, Stop
    from cutaway.training.run_folder import RunFolder


class StoppedByHandError(CutawayError):
    """A person or the system interrupted a run; the message says what is kept."""

    exit_code = INTERRUPTED


@contextmanager
def resumable(folder: RunFolder, command: str) -> Iterator[None]:
    """Say how to go on with what could not be ended in order; `command` is that which does."""
    again = f"go on with: cutaway {command} --resume {folder.typed}"
    try:
        yield
    except KeyboardInterrupt:
        raise StoppedByHandError(f"interrupted; {again}") from None
    except RunError as error:
        if not folder.path.is_dir():
            raise RunError(
                f"{folder.path} was removed while the network was trained; train it again"
            ) from error
        raise RunError(f"{error}; then {again}") from error


class Interrupts:
    """Raises KeyboardInterrupt, which a training ends with, for both signals while it is entered.

    It may be another error, for what shall not go on with a training that was ended.

    It is a consumer too: a library that is being imported or called back can swallow the exception;
    then the next Record raises it again.
    """

    needs: frozenset[str] = frozenset()

    def __init__(self, error: type[BaseException] = KeyboardInterrupt) -> None:
        self.error = error
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
        raise self.error("interrupted")

    def end(self, *, diverged: bool = False) -> None:
        """End the command by how its training ended."""
        if self.asked:
            raise click.exceptions.Exit(INTERRUPTED)
        if diverged:
            raise click.exceptions.Exit(USAGE)

    def __call__(self, record: Record, state: State) -> Stop | None:
        """Raise an interrupt that was swallowed."""
        if self.asked:
            raise KeyboardInterrupt
        return None
