"""Several networks as one model: the mean of what each answers, killed and gone on with."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cutaway
from cutaway.errors import OptionError, RunError
from cutaway.experiments.ensemble import (
    begin_ensemble,
    ensemble,
    reopen_ensemble,
    set_up_ensemble,
    train_ensemble,
)
from cutaway.experiments.gain import gain
from cutaway.training.model import combine
from cutaway.training.record import Record, State
from cutaway.training.resume import require_unfinished

COMMON: dict[str, Any] = {"hidden": (6,), "epochs": 20, "batch_size": 32, "keep_prob": 1.0}


@pytest.mark.parametrize("data", ["iris", "diabetes", "breast_cancer"])
def test_it_answers_with_the_mean_of_networks_trained_alone(data: str, tmp_path: Path) -> None:
    trained = ensemble(data, 3, runs=tmp_path, seed=4, **COMMON)
    alone = [cutaway.train(data, seed=4 + i, split_seed=4, **COMMON) for i in range(3)]
    part = alone[0].setup.prepared.dev
    assert part is not None
    expected = np.mean([run.model.apply(part.X) for run in alone], axis=0)
    np.testing.assert_allclose(trained.model.apply(part.X), expected, rtol=1e-4, atol=1e-5)
    kept = cutaway.load("last", tmp_path)
    assert kept.members == 3
    assert kept.to_bytes() == trained.model.to_bytes()
    assert kept.predict(data).answers == trained.model.predict(data).answers
    singles = [run.history[-1].dev_error for run in (run for run in trained.members)]
    assert len(singles) == 3
    member = cutaway.load(tmp_path / f"{data}-1" / "members" / "2")
    np.testing.assert_array_equal(member.theta, kept.theta[1])


def test_the_gain_is_that_over_one_member_on_the_same_examples() -> None:
    trained = ensemble("breast_cancer", 3, **COMMON | {"epochs": 2})
    part = trained.whole.setup.prepared.dev
    assert part is not None
    found = trained.gain(part)
    wrong = [((run.model.apply(part.X) > 0.5) != part.Y).mean() for run in trained.members]
    assert found.single == pytest.approx(np.mean(wrong))
    assert found.ensemble == pytest.approx(((trained.model.apply(part.X) > 0.5) != part.Y).mean())
    assert found.interval[0] <= found.single - found.ensemble <= found.interval[1]
    # One network twice gains nothing over itself.
    twice = combine([trained.members[0].model] * 2)
    same = gain(twice, part)
    assert same.single == same.ensemble


def test_a_bootstrap_draws_training_sets_of_the_same_size() -> None:
    trained = ensemble("iris", 3, bootstrap=True, **COMMON)
    drawn = [run.setup.prepared.split.train for run in trained.members]
    whole = cutaway.train("iris", epochs=0).setup.prepared
    shares = [len(set(index.tolist())) / len(whole.split.train) for index in drawn]
    assert all(0.5 < share < 0.75 for share in shares)
    assert len({tuple(index) for index in drawn}) == 3
    # All of them together are judged on every training example.
    np.testing.assert_array_equal(trained.whole.setup.prepared.train.X, whole.train.X)
    for run in trained.members:
        np.testing.assert_array_equal(run.model.preparation.mean, whole.preparation.mean)


@pytest.mark.parametrize("bootstrap", [False, True])
def test_what_was_interrupted_goes_on_to_the_same_bits(bootstrap: bool, tmp_path: Path) -> None:
    given = COMMON | {"early_stopping": False}
    whole = ensemble("iris", 3, bootstrap=bootstrap, **given)

    class Press:
        needs: frozenset[str] = frozenset()
        every = 1

        def __call__(self, record: Record, state: State) -> None:
            if record.epoch == 7:
                raise KeyboardInterrupt

    setups = set_up_ensemble("iris", 3, **given)
    folder = begin_ensemble(setups, tmp_path, bootstrap=bootstrap)
    cut = train_ensemble(setups, folder, bootstrap=bootstrap, watch=lambda *one: [Press()])
    assert cut.whole.outcome.status == "interrupted"
    # Killed when the folder of the last member was there, and its run.json half written
    last = folder.path / "members" / "3"
    shutil.rmtree(last)
    last.mkdir()
    (last / ".run.json.1-a.tmp").write_text("{")
    again, known = reopen_ensemble(folder)
    assert known == bootstrap
    train_ensemble(again, folder, bootstrap=known)
    np.testing.assert_array_equal(cutaway.load(folder.path).theta, whole.model.theta)
    with pytest.raises(RunError, match="is an ensemble; go on with: cutaway ensemble --resume"):
        require_unfinished(folder)


def test_one_network_is_no_ensemble() -> None:
    with pytest.raises(OptionError, match="two networks at least"):
        ensemble("iris", 1)
