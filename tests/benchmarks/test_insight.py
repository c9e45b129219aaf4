"""The banks of planted causes: what counts as right, and figures that are known beforehand."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks" / "insight"))

import causes
import chance
from figures import Figure, in_lines, share

from cutaway.insight.diagnosis import diagnose
from cutaway.insight.part_errors import Errors

NARROW = causes.CAUSES[0]


def test_intervals_and_tests_hold_what_they_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chance, "ROUNDS", 200)
    monkeypatch.setattr(chance, "SIZES", (20, 50, 100, 500))
    figures = {figure.name: figure for figure in chance.measure(False, lambda text: None).figures}
    covered = figures["Wilson's interval covers the error"]
    assert covered.holds
    assert covered.of == len(chance.SIZES) * len(chance.ERRORS)
    assert figures["equal networks called different"].value < 0.1
    assert figures["10 % against 15 % found, errors apart"].holds


def test_a_figure_says_whether_it_is_what_it_shall_be() -> None:
    assert share("hits", [True] * 9 + [False], least=0.95).line() == (
        "hits: 90.0 % of 10  (at least 95.0 %: MISSED)"
    )
    assert Figure("share", 0.02, 50, most=0.02).line().endswith("(at most 2.0 %: held)")
    assert share("of nothing", []).line() == "of nothing: 0.0 % of 0"


def test_results_are_json_of_one_line_a_figure_and_a_case() -> None:
    bank = {"seconds": 3, "figures": [{"of": 1, "most": None}], "cases": [{"found": [{}, {}]}] * 2}
    text = in_lines({"a": bank, "b": {"cases": []}})
    assert json.loads(text) == {"a": bank, "b": {"cases": []}}
    assert '\n   {"found":[{},{}]},\n   {"found":[{},{}]}\n' in text


@pytest.mark.parametrize(
    ("found", "truth", "right"),
    [
        (Errors(0.2, 0.21), Errors(0.2, 0.21), True),
        # The variance is there too
        (Errors(0.2, 0.3), Errors(0.2, 0.29), True),
        # It is chance
        (Errors(0.2, 0.3), Errors(0.2, 0.2), False),
        (Errors(0.0, 0.3), Errors(0.0, 0.3), False),
    ],
)
def test_a_verdict_is_right_that_names_the_cause_and_nothing_else(
    found: Errors, truth: Errors, right: bool
) -> None:
    assert causes._right(NARROW, diagnose(found), diagnose(truth)) == right


def test_the_place_of_a_remedy_counts_those_that_did_better() -> None:
    expected, tried = {"b": 0.01, "a": 0.2}, {"a": 0.2, "b": 0.1, "c": 0.3}
    case = {"expected": expected, "tried": tried, "population_error": 0.5}
    assert causes._gain(case) == (0.2, 0.3)
    assert causes._first(case) == 2
    assert causes._place(case, "b") == 1
    assert causes._place(case, "more L2") is None
    assert causes._beats(case, "c")
    assert not causes._beats(case, "b")
