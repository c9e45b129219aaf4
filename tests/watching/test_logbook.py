"""What is said of a training of another framework, and what is not."""

from __future__ import annotations

import pytest

from cutaway.insight.faults.setting import Found, Setting
from cutaway.training.record import Record
from cutaway.watching.logbook import Logbook


def logbook(cost: float, heard: list[Found] | None = None) -> Logbook:
    log = Logbook(Setting(), say=None if heard is None else heard.append)
    for update in range(4):
        log.add(Record(0, update, cost=cost / (update + 1)), update)
    log.end()
    return log


def test_a_healthy_end_says_what_was_looked_for(capsys: pytest.CaptureFixture[str]) -> None:
    log = logbook(1.0)
    said = capsys.readouterr().err
    assert said.startswith("cutaway: no known fault found; looked for cost not finite")
    assert log.in_short() == "4 Records: no fault so far"


def test_a_fault_is_said_once_and_to_whoever_asked(capsys: pytest.CaptureFixture[str]) -> None:
    log = logbook(float("nan"))
    assert capsys.readouterr().err.count("cutaway: cost not finite") == 1
    assert log.in_short() == "4 Records: cost not finite"
    heard: list[Found] = []
    logbook(1.0, heard)
    assert (heard, capsys.readouterr().err) == ([], "")
