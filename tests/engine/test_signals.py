from __future__ import annotations

import signal
from types import FrameType

import pytest

from cutaway.engine.signals import SIGNALS, deferred


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_heard_when_it_is_asked_for_or_at_the_end(number: signal.Signals) -> None:
    heard: list[int] = []

    def handler(number: int, frame: FrameType | None) -> None:
        heard.append(number)

    before = signal.signal(number, handler)
    try:
        with deferred() as hear:
            signal.raise_signal(number)
            assert heard == []
            hear()
            assert heard == [number]
            signal.raise_signal(number)
            assert heard == [number]
        assert heard == [number, number]
        assert signal.getsignal(number) is handler
    finally:
        signal.signal(number, before)


def test_an_interrupt_leaves_no_handler_behind() -> None:
    def interrupted() -> None:
        with deferred() as hear:
            signal.raise_signal(signal.SIGINT)
            hear()

    # A shell ignores interrupts in what it has put into the background.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
