"""The live line of a sweep, with a clock that is turned by hand."""

from __future__ import annotations

from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from cutaway.cli import sweep_progress
from cutaway.cli.sweep_progress import SweepProgress
from cutaway.experiments.sweep import Rung


class Stage:
    """A progress on a terminal, and the clock that it reads."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, terminal: bool = True) -> None:
        self.now = 100.0
        monkeypatch.setattr(sweep_progress, "time", SimpleNamespace(monotonic=lambda: self.now))
        self.text = StringIO()
        console = Console(file=self.text, force_terminal=terminal, width=100)
        self.progress = SweepProgress(console, "error", 1)

    def watch(self, *, early_stopping: bool = True) -> Any:
        return self.progress.watch(
            SimpleNamespace(plan=SimpleNamespace(early_stopping=early_stopping))  # type: ignore[arg-type]
        )

    def line(self, epoch: int) -> str:
        return self.progress._line(epoch, self.now).plain


def record(epoch: int, loss: float, error: float) -> Any:
    return SimpleNamespace(epoch=epoch, dev_loss=loss, dev_error=error)


def test_the_time_left_is_that_of_all_rungs_at_the_pace_of_this_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = Stage(monkeypatch)
    one, two = stage.watch(), stage.watch()
    stage.progress.tell(Rung(1, 2, 10, 2, work=20, later=10))
    one(record(0, 1.0, 0.5), None)
    two(record(0, 1.0, 0.6), None)
    assert stage.line(0) == "rung 1/2: 2 trials  epoch 0/10  best dev error 50.00 %"
    stage.now += 2
    one(record(4, 0.5, 0.25), None)
    # 4 epochs in 2 seconds; 16 of this rung and 10 of the next are left.
    assert stage.line(4).endswith("epoch 4/10  best dev error 25.00 %  13 s left")
    two(record(4, 0.9, 0.5), None)
    # The next rung has a pace of its own, and counts on from where the trial was.
    stage.progress.tell(Rung(2, 2, 14, 1, work=10, later=0))
    one(record(4, 0.5, 0.25), None)
    assert "left" not in stage.line(4)
    stage.now += 300
    one(record(9, 0.4, 0.0), None)
    assert stage.line(9).endswith("best dev error 0.00 %  5 min left")
    one(record(10, 0.5, 0.1), None)
    assert "best dev error 0.00 %" in stage.line(10)


@pytest.mark.parametrize(("early_stopping", "shown"), [(True, "20.00 %"), (False, "10.00 %")])
def test_the_best_is_that_of_the_parameters_that_are_kept(
    monkeypatch: pytest.MonkeyPatch, early_stopping: bool, shown: str
) -> None:
    stage = Stage(monkeypatch)
    stage.progress.tell(Rung(1, 1, 10, 1, work=10, later=0))
    watch = stage.watch(early_stopping=early_stopping)
    for one in (record(1, 0.3, 0.2), record(2, 0.4, 0.1)):
        watch(one, None)
    assert f"best dev error {shown}" in stage.line(2)


def test_a_terminal_alone_is_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    for terminal in (True, False):
        stage = Stage(monkeypatch, terminal=terminal)
        with stage.progress:
            stage.progress.tell(Rung(1, 1, 10, 1, work=10, later=0))
            stage.watch()(record(1, 0.3, 0.2), None)
        assert ("epoch 1/10" in stage.text.getvalue()) == terminal
