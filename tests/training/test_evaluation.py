"""Interval, loss, and what is said of answers that are all the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2

import cutaway
from cutaway.data.dataset import Dataset
from cutaway.training.evaluation import FEW, Evaluation, _rmse_interval, evaluate

SMALL: dict[str, Any] = {"hidden": (), "epochs": 3, "dtype": "float64"}


@pytest.mark.parametrize("m", [1, 2, FEW - 1])
def test_few_errors_have_the_interval_of_a_normal_deviation(m: int) -> None:
    low, high = _rmse_interval(np.full(m, 4.0))
    inside = chi2.cdf(m * 4.0 / low**2, m) - chi2.cdf(m * 4.0 / high**2, m)
    assert low < 2.0 < high
    assert inside == pytest.approx(0.95)


def test_one_error_tells_hardly_anything() -> None:
    low, high = _rmse_interval(np.array([1.0]))
    assert low < 0.5
    assert high > 30


def test_many_errors_have_the_interval_of_their_spread() -> None:
    squares = np.random.default_rng(0).standard_normal(10_000) ** 2
    low, high = _rmse_interval(squares)
    by_chi2 = [np.sqrt(squares.sum() / chi2.ppf(p, len(squares))) for p in (0.975, 0.025)]
    assert [low, high] == pytest.approx(by_chi2, rel=2e-3)
    # The spread of huge ones is finite too, and so is that of none.
    assert np.array(_rmse_interval(squares * 1e250)) * 1e-125 == pytest.approx([low, high])
    assert _rmse_interval(np.zeros(FEW)) == (0.0, 0.0)


def test_targets_in_huge_units_have_errors() -> None:
    rows = np.random.default_rng(0).standard_normal((60, 2))
    small, huge = (
        cutaway.train(Dataset("y", "array", "regression", rows, unit * rows[:, :1]), **SMALL)
        for unit in (1.0, 2.0**400)
    )
    for part in ("train", "dev"):
        known = evaluate(small.model, getattr(small.setup.prepared, part))
        found = evaluate(huge.model, getattr(huge.setup.prepared, part))
        assert found.error == pytest.approx(known.error * 2.0**400)
        assert found.interval == pytest.approx([end * 2.0**400 for end in known.interval])
        assert found.metrics["r2"] == pytest.approx(known.metrics["r2"])


@pytest.mark.parametrize(
    ("confusion", "said"), [([[96, 0], [4, 0]], "the answer 'no'"), ([[95, 1], [4, 0]], "")]
)
def test_one_answer_for_every_example_is_said(confusion: list[list[int]], said: str) -> None:
    nothing = np.empty(0)
    answers = np.array(confusion)
    found = Evaluation(
        100, {"error": 0.04}, (0.0, 0.1), 100, ("no", "yes"), nothing, nothing, 0.1, answers
    ).one_class()
    assert said in found
    assert bool(said) == bool(found)


@pytest.mark.parametrize("class_weight", [None, "setosa=20"])
def test_the_loss_is_that_of_the_records(class_weight: str | None) -> None:
    run = cutaway.train("iris", hidden=4, epochs=2, class_weight=class_weight, early_stopping=False)
    dev = run.setup.prepared.dev
    assert dev is not None
    assert evaluate(run.model, dev).loss == pytest.approx(run.history[-1].dev_loss, rel=1e-5)
