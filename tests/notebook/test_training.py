"""What `cutaway.train` leaves in a run's folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np

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


def test_the_figures_tell_of_train_dev(tmp_path: Path) -> None:
    for name, shift in (("here", 0.0), ("there", 1.0)):
        x = np.random.default_rng(0).normal(size=(60, 2)) + shift
        np.savez(tmp_path / name, X=x, y=(x[:, 0] > 0).astype(int))
    here, there = tmp_path / "here.npz", tmp_path / "there.npz"
    run = cutaway.train(here, dev=there, train_dev=0.3, hidden=(2,), epochs=1, runs=tmp_path)
    assert run.folder is not None
    assert errors_of(run.folder).n_train_dev == len(run.setup.prepared.split.train_dev)


def test_a_run_in_memory_leaves_nothing(tmp_path: Path) -> None:
    assert cutaway.train("iris", hidden=(4,), epochs=1).folder is None
    assert not list(tmp_path.iterdir())
