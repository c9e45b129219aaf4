"""An improvement: what it tries, what it keeps, when it stops, and that the test set waits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cutaway
from cutaway.data.dataset import Dataset
from cutaway.errors import OptionError
from cutaway.experiments import improvement
from cutaway.experiments.ensemble import set_up_ensemble
from cutaway.experiments.improve import begin_improvement, improve, reopen_improvement
from cutaway.experiments.improvement import Improved, Improvement
from cutaway.experiments.many import train_all
from cutaway.experiments.story import Experiment, best
from cutaway.experiments.trained import is_better, judged
from cutaway.insight.runs import evidence_of
from cutaway.training.files import read_json
from cutaway.training.record import Record, State
from cutaway.training.resume import reopen
from cutaway.training.run_folder import RunFolder
from cutaway.training.trainee import Trainee

START: dict[str, Any] = {"hidden": 16, "epochs": 8, "keep_prob": 1.0, "l2": 0.0, "batch_size": 64}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Improved, Path]:
    runs = tmp_path_factory.mktemp("runs")
    return improve("wine", target_error=1e-6, seeds=2, runs=runs, budget=20, **START), runs


def test_a_network_trained_too_short_is_trained_longer(told: tuple[Improved, Path]) -> None:
    improved, _ = told
    first, second = improved.story[:2]
    assert (first.remedy, first.parent, first.kept) == ("start", None, True)
    assert (second.remedy, dict(second.changed)) == ("train longer", {"epochs": "32"})
    assert second.kept
    assert second.is_told_apart
    assert improved.dev.error < first.dev_error
    assert best(improved.story).remedy == "together"


def test_what_is_kept_is_better_and_what_is_dropped_is_not_built_upon(
    told: tuple[Improved, Path],
) -> None:
    story = told[0].story
    by_number = {one.number: one for one in story}
    assert list(by_number) == list(range(1, len(story) + 1))
    half = 0.5 / 36
    for one in story[1:]:
        assert one.parent is not None
        parent = by_number[one.parent]
        assert parent.kept
        assert parent.number == max(o.number for o in story if o.kept and o.number < one.number)
        assert one.gain == pytest.approx(parent.dev_error - one.dev_error)
        assert one.settings.items() >= one.changed.items()
        if one.remedy != "together":
            assert one.expected is not None
            assert one.reason
            assert one.kept == (one.gain > half or (abs(one.gain) <= half and _less(one, parent)))


def _less(one: Experiment, parent: Experiment) -> bool:
    return one.dev_loss < 0.99 * parent.dev_loss


def test_every_experiment_is_runs_with_a_parent_and_a_reason(told: tuple[Improved, Path]) -> None:
    improved, runs = told
    of = improved.story[1]
    names = [name for one in improved.story[:-1] for name in one.runs]
    assert len(set(names)) == 2 * (len(improved.story) - 1)
    for name, parent in zip(of.runs, improved.story[0].runs, strict=True):
        kept = RunFolder(runs / name).read()
        assert kept["experiment"]["parent"] == parent
        assert kept["experiment"]["reason"] == of.reason
        assert kept["hyperparameters"]["epochs"] == 32
        assert kept["test_reads"] == 0
    assert evidence_of(RunFolder(runs / of.runs[0])).again("--keep-prob 0.8") == (
        "cutaway train wine --hidden 16 --epochs 32 --batch-size 64 --l2 0 --split-seed 0 "
        "--keep-prob 0.8"
    )


def test_the_final_model_is_all_seeds_and_the_test_set_was_read_once(
    told: tuple[Improved, Path],
) -> None:
    improved, runs = told
    folder = improved.whole.folder
    assert folder is not None
    model = cutaway.load(folder.path)
    assert model.members == 2
    assert folder.read()["test_reads"] == 1
    assert improved.test is not None
    test = improved.whole.setup.prepared.split.test
    assert improved.test.m == len(test)
    # The test set is that of the start, and so is that of any run of the way.
    for name in (folder.name, improved.story[1].runs[1]):
        split = reopen(RunFolder(runs / name)).prepared.split
        assert split.test.tolist() == test.tolist()
    assert improved.test_start is not None
    assert improved.test_start.ensemble == pytest.approx(improved.test.error)
    assert {one.name for one in improved.left} <= {"more data", "better labels"}


def test_it_stops_at_the_target_and_at_the_budget(tmp_path: Path) -> None:
    reached = improve("wine", target_error=0.9, seeds=2, runs=tmp_path, **START)
    assert (reached.status, len(reached.story)) == ("reached", 2)
    over = improve("wine", target_error=1e-6, seeds=2, runs=tmp_path, budget=0.01, **START)
    assert (over.status, len(over.story)) == ("budget", 2)
    assert over.test is not None


def test_answering_the_commonest_class_is_not_what_was_aimed_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # How far remedies come depends on the time that they have.
    monkeypatch.setattr(improvement, "next_step", lambda *given: None)
    random = np.random.default_rng(0)
    rare = np.arange(400) % 20 == 0
    noise = random.normal(size=(400, 4))
    data = Dataset("rare", "array", "classification", noise, rare.astype(int), ("no", "yes"))
    common = {"runs": tmp_path, "hidden": 4, "epochs": 40, "seeds": 2}
    improved = improve(data, target_error=0.05, **common)
    assert improved.dev.error == pytest.approx(0.05)
    assert improved.status == "nothing left"
    assert improved.baselines[0].dev_error == pytest.approx(0.05)
    assert improved.whole.folder is not None
    assert "majority class" in read_json(improved.whole.folder.metrics)["standing"]["alike"]


def test_errors_that_no_input_was_needed_for_are_the_same() -> None:
    trainees = [Trainee(setup) for setup in set_up_ensemble("wine", 2, epochs=1)]
    train_all(trainees)
    now = judged([trainee.finish() for trainee in trainees], {})
    assert now.simplest_error == pytest.approx(22 / 36)
    worst = now._replace(dev_error=0.9, dev_loss=1.0)
    trivial = now._replace(dev_error=now.simplest_error, dev_loss=2.0)
    assert is_better(now._replace(dev_error=0.5, dev_loss=3.0), trivial)
    assert not is_better(trivial, worst)
    assert is_better(worst, trivial)


def test_an_interruption_keeps_what_is_there_and_leaves_the_test_set_alone(tmp_path: Path) -> None:
    class Press:
        needs: frozenset[str] = frozenset()
        every = 1

        def __call__(self, record: Record, state: State) -> None:
            if record.epoch == 12:
                raise KeyboardInterrupt

    setups = set_up_ensemble("wine", 2, **START)
    aims = {"human_error": 0.0, "target_error": 1e-6}
    folder = begin_improvement(setups, tmp_path, "w", aims, 600.0)
    improvement = Improvement(setups, folder, aims, watch=lambda *one: [Press()])
    improved = improvement.run()
    assert improved.status == "interrupted"
    assert [one.kept for one in improved.story] == [True, False, True]
    assert improved.test is None
    assert folder.read()["test_reads"] == 0
    assert cutaway.load("w", tmp_path).members == 2

    first = improved.story[0]
    setups, known = reopen_improvement(folder)
    assert [one.number for one in known["before"][0]] == [1]
    went_on = Improvement(setups, folder, **known | {"budget": known["before"][1] + 2}).run()
    assert went_on.status != "interrupted"
    assert went_on.story[0] == first
    # The step that was interrupted is ended by the runs that had begun it.
    assert went_on.story[1].runs == improved.story[1].runs
    assert went_on.story[1].changed == improved.story[1].changed
    whole = improve("wine", target_error=1e-6, seeds=2, runs=tmp_path, budget=2, **START)
    assert whole.story[1].dev_error == went_on.story[1].dev_error
    assert folder.read()["test_reads"] == 1


def test_a_regression_has_the_same_story(tmp_path: Path) -> None:
    improved = improve("diabetes", target_error=40.0, seeds=2, runs=tmp_path, budget=3, **START)
    assert improved.test is not None
    assert improved.story[0].dev_interval[0] < improved.story[0].dev_error
    assert improved.dev.error <= improved.story[0].dev_error


def test_what_is_refused() -> None:
    with pytest.raises(OptionError, match="no dev set"):
        improve("wine", dev="none", seeds=2)
    with pytest.raises(OptionError, match="is not above human_error"):
        improve("wine", human_error=0.1, target_error=0.05, seeds=2)
