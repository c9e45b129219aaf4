"""Gives every contender a process of its own: threads, memory and settings are nobody else's.

The processes are forked before anybody has computed, and wait for their turn.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

from harness import Case, Contender, nothing


@contextmanager
def apart(case: Case) -> Iterator[Case]:
    """Yield the case with contenders that train in processes of their own."""
    context = multiprocessing.get_context("fork")
    started, contenders = [], []
    try:
        for contender in case.contenders:
            here, there = context.Pipe()
            process = context.Process(target=_serve, args=(contender, there))
            process.start()
            started.append(process)
            contenders.append(_beside(contender, here))
        yield replace(case, contenders=contenders)
    finally:
        for process in started:
            process.kill()
            process.join()


def _serve(contender: Contender, pipe: Connection) -> None:
    while True:
        steps = pipe.recv()
        try:
            pipe.send(contender.forget() if steps is None else contender.timed(steps))
        except Exception as error:
            pipe.send(error)


def _beside(contender: Contender, pipe: Connection) -> Contender:
    def ask(steps: int | None) -> Any:
        pipe.send(steps)
        answer = pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer

    forgets = contender.forget is not nothing
    return _Apart(
        **vars(contender) | {"train": ask, "forget": (lambda: ask(None)) if forgets else nothing}
    )


class _Apart(Contender):
    def timed(self, steps: int) -> tuple[float, Any]:
        seconds, parameters = self.train(steps)
        return seconds, parameters
