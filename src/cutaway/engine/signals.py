"""Ctrl-C while JAX is at work: heard when it is done, for an exception in its midst breaks it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def deferred() -> Iterator[Callable[[], None]]:
    """Keep the signals that Python handles until the end, or until the function given is called."""
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    caught: list[tuple[int, FrameType | None]] = []
    before = {number: signal.getsignal(number) for number in SIGNALS}
    handlers = {number: handler for number, handler in before.items() if callable(handler)}

    def keep(number: int, frame: FrameType | None) -> None:
        caught.append((number, frame))

    def deliver() -> None:
        while caught:
            number, frame = caught.pop(0)
            handlers[signal.Signals(number)](number, frame)

    for number in handlers:
        signal.signal(number, keep)
    try:
        yield deliver
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    deliver()
