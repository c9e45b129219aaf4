"""What `cutaway.train` leaves in a run's folder."""

from __future__ import annotations

from pathlib import Path

import cutaway
from cutaway.insight.runs import errors_of
from cutaway.training.files import read_json


def test_a_run_that_is_kept_has_its_card_and_its_figures(tmp_path: Path) -> None:
    run = cutaway.train("iris", hidden=(4,), epochs=3, runs=tmp_path)
    assert run.folder is not None
    card = run.folder.card.read_text("utf-8")
    assert f"# {run.folder.name}" in card
    assert "was not measured here" not in card
    figures = read_json(run.folder.metrics)
    assert figures["dev"]["error"] == run.history[run.best_epoch].dev_error
    assert errors_of(run.folder).dev_error == figures["dev"]["error"]


def test_a_run_in_memory_leaves_nothing(tmp_path: Path) -> None:
    assert cutaway.train("iris", hidden=(4,), epochs=1).folder is None
    assert not list(tmp_path.iterdir())
