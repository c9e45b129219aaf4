"""Labels that were changed are found by networks that have not learned them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cutaway.data.dataset import Dataset
from cutaway.data.load import load
from cutaway.errors import DataError, RunError
from cutaway.experiments.suspects import suspects, suspicious
from cutaway.hyperparameters import Hyperparameters
from cutaway.insight.labels import Suspects
from cutaway.training.setup import set_up


def test_changed_labels_are_found() -> None:
    data = load("iris")
    assert data.target is not None
    changed = np.random.default_rng(0).random(data.m) < 0.1
    target = np.where(changed, (data.target + 1) % 3, data.target)
    given = Hyperparameters.of(split="120,30,0", epochs=60, hidden="16", l2=0)
    setup = set_up(replace(data, target=target, keys=None), given)
    found = suspects(setup)
    worst = [changed[one.example] for one in found.worst]
    assert np.mean(worst) > 0.6
    missed = changed[setup.prepared.split.train].sum() - sum(worst)
    assert missed <= 3
    assert Suspects.from_json(found.to_json()) == found
    assert found.guess == pytest.approx(2 / 3, abs=0.1)
    assert (found.wrong < 0.3, found.is_doubtful) == (True, False)
    assert found.in_words(1)[1].startswith(f"row {found.worst[0].example + 1}: labelled ")


def test_a_label_is_suspicious_where_another_class_is_as_probable_as_usual() -> None:
    P = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.3, 0.7], [0.05, 0.95], [0.45, 0.55]])
    labels = np.array([0, 0, 1, 1, 0, 0])
    odd, like = suspicious(P, labels)
    # The last one is undecided: 0.55 is less than what class 1 usually has
    assert odd.tolist() == [4]
    assert like[4] == 1


def test_what_has_no_labels_is_refused() -> None:
    with pytest.raises(RunError, match="this is a regression"):
        suspects(set_up("diabetes", Hyperparameters()))
    with pytest.raises(DataError, match="too few to part into 4 folds"):
        suspects(set_up("iris", Hyperparameters.of(split="30,100,0")))


def test_labels_that_no_network_can_learn_are_not_called_wrong() -> None:
    rows = np.random.default_rng(0).standard_normal((80, 4))
    data = Dataset("noise", "array", "classification", rows, np.arange(80) % 2, ("a", "b"))
    found = suspects(set_up(data, Hyperparameters.of(split="60,20,0", hidden="4", epochs=20)))
    assert (found.worst, found.by_chance) == ((), True)
    assert Suspects.from_json(found.to_json()) == found
    assert "as many as if they were shuffled" in found.in_words()[0]
