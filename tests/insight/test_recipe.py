"""What is advised: for what is wrong only, in the order of what the training has shown."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from cutaway.insight.curve import LearningCurve, Point
from cutaway.insight.diagnosis import diagnose
from cutaway.insight.evidence import Evidence
from cutaway.insight.labels import Suspects
from cutaway.insight.part_errors import Errors
from cutaway.insight.recipe import REMEDIES, Trouble, advise
from cutaway.training.record import Record

PLAN: dict[str, Any] = {
    "network": {"sizes": [64, 4, 10]},
    "epochs": 100,
    "optimizer": "momentum",
    "rates": {"alpha": 0.003},
    "penalties": {"l2": 1.0},
    "keep_prob": [1.0, 1.0],
    "early_stopping": False,
}
BIAS, VARIANCE = Errors(0.2, 0.205, n_dev=5000), Errors(0.0, 0.2, n_dev=5000)
COMMAND = "cutaway train digits --name mine --epochs=100 --hidden 4"


def history(train: Any, dev: Any = lambda share: 0.5) -> list[Record]:
    return [Record(e, e, train_loss=train(e / 100), dev_loss=dev(e / 100)) for e in range(101)]


def flat(share: float) -> float:
    return 0.5


def falling(share: float) -> float:
    return 2.0 - share


def first(errors: Errors, **known: Any) -> Any:
    evidence = Evidence(**{"plan": PLAN, "ended": "finished", "command": COMMAND, **known})
    return advise(diagnose(errors), evidence)[0]


def test_a_cost_that_still_falls_wants_more_epochs() -> None:
    wide = PLAN | {"network": {"sizes": [64, 128, 10]}}
    best = first(BIAS, records=history(falling), plan=wide)
    assert best.name == "train longer"
    assert best.command == "cutaway train digits --hidden 4 --epochs 400"


def test_a_cost_at_rest_in_a_narrow_network_wants_a_bigger_one() -> None:
    best = first(BIAS, records=history(flat))
    assert best.name == "bigger network"
    assert best.command == "cutaway train digits --epochs=100 --hidden 8"


def test_an_error_is_expected_to_go_on_as_it_fell_but_no_faster_than_any_does() -> None:
    wide = {"plan": PLAN | {"network": {"sizes": [64, 128, 10]}}}

    def gain(loss: Any, error: Any = lambda share: None) -> float:
        records = [replace(r, train_error=error(r.epoch / 100)) for r in history(loss)]
        advice = advise(diagnose(BIAS), Evidence(**wide, records=records))
        return next((one.gain for one in advice if one.name == "train longer"), 0.0)

    # BIAS is 20 %: with 1 / sqrt(epochs), four times as many take half of it.
    assert gain(lambda share: 1 / (0.01 + share)) == pytest.approx(0.1)
    assert gain(lambda share: (0.001 + share) ** -0.2) == pytest.approx(
        0.2 * (1 - 4**-0.2), rel=0.01
    )
    # A loss that hardly moves while the error falls is on its way.
    assert gain(lambda share: 2 - 0.3 * share, lambda share: 1 - 0.9 * share) == pytest.approx(0.1)
    assert gain(flat) == 0.0
    assert Evidence(records=history(lambda share: 0.5**share)).fall == pytest.approx(1 - 0.5**0.2)
    # One epoch is enough to tell
    short = Evidence(records=[Record(0, 0, train_loss=2.0), Record(1, 1, train_loss=1.0)])
    assert (short.fall, short.pace) == (pytest.approx(0.2 / 1.2), pytest.approx(math.log2(1.5)))


def test_a_dev_loss_that_rises_wants_to_be_stopped() -> None:
    records = history(flat, dev=lambda share: 0.2 + share)
    assert first(VARIANCE, records=records).name == "stop early"
    for gain, name in ((0.1, "stop early"), (0.0, "more data"), (-0.1, "more data")):
        errors = [replace(r, dev_error=0.2 - gain * (r.epoch < 50)) for r in records]
        assert first(VARIANCE, records=errors).name == name


def test_a_dev_set_of_another_origin_is_left_out_by_its_option() -> None:
    mismatch = Errors(0.0, 0.2, train_dev_error=0.0, n_dev=5000, n_train_dev=5000)
    evidence = Evidence(plan=PLAN, command="cutaway train here --dev there --train-dev 0.1 --l2 1")
    collect, choose = advise(diagnose(mismatch), evidence)
    assert (collect.name, collect.command) == ("training examples like dev", "")
    assert choose.command == "cutaway train here --l2 1"
    assert advise(diagnose(mismatch), Evidence(command="cutaway train here"))[1].command == ""


def test_what_was_measured_goes_before_what_is_supposed() -> None:
    points = (Point(500, 0.3, (0.25, 0.35), 0.0), Point(1000, 0.2, (0.15, 0.25), 0.0))
    further = (Point(2000, 0.02, (0.0, 0.04)),)
    curve = LearningCurve(points, further, 0.04, "error", 1500, (1200, None))
    known = {"records": history(flat), "run": "mine"}
    by_curve = advise(diagnose(VARIANCE), Evidence(plan=PLAN, curve=curve, **known))[0]
    assert (by_curve.name, by_curve.gain) == ("more data", pytest.approx(0.18))
    assert "takes about 1,500 training examples (95 % interval 1,200 or more)" in by_curve.reason
    far = curve._replace(needed=None, needed_interval=(10_137, None))
    assert "takes about 11,000 training examples at the very least" in far.needed_in_words()
    there = curve._replace(needed=900)
    assert "is most likely reached with the 1,000 there are" in there.needed_in_words()
    found = Suspects((), 150, 1000)
    weak = Suspects((), 150, 1000, wrong=0.3, guess=0.5)
    assert "most of them may be right" in weak.in_words()[0]
    unsure = advise(diagnose(VARIANCE), Evidence(suspects=weak))
    assert "better labels" not in {one.name for one in unsure}
    advice = {
        one.name: one for one in advise(diagnose(VARIANCE), Evidence(suspects=found, **known))
    }
    assert advice["better labels"].gain == pytest.approx(0.15)
    assert advice["more data"].command == "cutaway diagnose mine --learning-curve"
    nothing = Evidence(suspects=found._replace(by_chance=True))
    assert "better labels" not in {one.name for one in advise(diagnose(VARIANCE), nothing)}
    noisy = diagnose(Errors(0.0, 0.4, human_error=0.15, n_dev=5000))
    assert "better labels" not in {one.name for one in advise(noisy, Evidence(suspects=found))}


@pytest.mark.parametrize(
    ("metric", "command"),
    [("error", "cutaway diagnose mine --suspects"), ("rmse", ""), ("label_error", "")],
)
def test_labels_are_looked_at_where_they_can_be(metric: str, command: str) -> None:
    evidence = Evidence(plan=PLAN | {"metric": metric}, run="mine")
    advice = {one.name: one for one in advise(diagnose(VARIANCE), evidence)}
    assert advice["better labels"].command == command


def test_what_bias_and_variance_both_ask_for_is_said_once() -> None:
    both = Errors(0.2, 0.4, n_dev=5000)
    options = [one.options for one in advise(diagnose(both), Evidence(plan=PLAN, command=COMMAND))]
    assert options.count(("--hidden 8",)) == 1


def test_a_penalty_that_is_no_part_of_the_cost_is_not_blamed() -> None:
    records = [Record(e, e, cost=0.5, train_loss=0.5) for e in range(11)]
    plan = PLAN | {"keep_prob": [1.0, 0.8]}
    advice = advise(diagnose(BIAS), Evidence(plan=plan, records=records))
    reason = {one.name: one.reason for one in advice}["less regularisation"]
    assert "penalty" not in reason


def test_variance_without_more_to_see_wants_more_data() -> None:
    assert first(VARIANCE, records=history(flat), m=300).name == "more data"


@pytest.mark.parametrize("errors", [BIAS, VARIANCE, Errors(0.2, 0.4), Errors(0.0, 0.01)])
@pytest.mark.parametrize(
    "known", [{}, {"plan": PLAN, "records": history(flat), "command": COMMAND}]
)
def test_only_what_is_high_is_treated_and_gains_are_in_order(errors: Errors, known: Any) -> None:
    diagnosis = diagnose(errors)
    advice = advise(diagnosis, Evidence(**known))
    gains = [one.gain for one in advice]
    assert gains == sorted(gains, reverse=True)
    assert {one.treats for one in advice} == {
        q.name for q in diagnosis.quantities if q.verdict == "high"
    }
    for one in advice:
        assert 0 < one.gain <= diagnosis[one.treats].value
        assert one.name in REMEDIES


@pytest.mark.parametrize("name", REMEDIES)
def test_every_remedy_can_be_advised_where_nothing_is_known(name: str) -> None:
    remedy = REMEDIES[name]
    found = remedy.here(Evidence(), Trouble(0.1, 0.0))
    if found is None:
        more = Evidence(plan=PLAN | {"keep_prob": [0.8, 1.0]}, picture=(8, 8, 1))
        found = remedy.here(more, Trouble(0.1, 0.0))
    assert found is not None
    assert 0 < found.share <= 1


def test_pictures_are_turned_and_mirrored_only_where_that_makes_sense() -> None:
    def advised(picture: Any, **plan: Any) -> list[str]:
        evidence = Evidence(plan=PLAN | plan, picture=picture, command="cutaway train PATH")
        return [one.command for one in advise(diagnose(VARIANCE), evidence)]

    assert "cutaway ensemble PATH --members 5" in advised(None)
    assert "cutaway train PATH --augment flip,rotate:10,shift:0.1" in advised((64, 64, 3))
    assert "cutaway train PATH --augment rotate:10,shift:0.1" in advised((8, 8, 1))
    for none in (advised(None), advised((8, 8, 1), augment="flip:0.5")):
        assert not [command for command in none if "--augment" in command]
