"""Intervals of differences against published figures, and against what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from cutaway.equations import wilson_interval
from cutaway.equations.comparison import (
    examples_to_decide,
    mcnemar,
    newcombe_interval,
    newcombe_paired_interval,
    rmse_gain_interval,
)


@pytest.mark.parametrize(
    ("counts", "published"),
    [
        # Newcombe 1998, table II, method 10
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((5, 56, 0, 29), (-0.0381, 0.1926)),
    ],
)
def test_published_intervals_of_a_difference(
    counts: tuple[int, int, int, int], published: tuple[float, float]
) -> None:
    assert newcombe_interval(*counts) == pytest.approx(published, abs=1e-4)


def test_the_interval_of_a_difference_turns_with_its_sign() -> None:
    low, high = newcombe_interval(9, 10, 3, 10)
    assert newcombe_interval(3, 10, 9, 10) == pytest.approx((-high, -low))
    low, high = newcombe_paired_interval(5, 9, 2, 80)
    assert newcombe_paired_interval(5, 2, 9, 80) == pytest.approx((-high, -low))


@pytest.mark.parametrize(("only_1", "only_2"), [(0, 0), (0, 5), (1, 9), (12, 12), (3, 4), (40, 70)])
def test_mcnemar_is_the_sign_test(only_1: int, only_2: int) -> None:
    n = only_1 + only_2
    exact = binomtest(only_1, n).pvalue if n else 1.0
    assert mcnemar(only_1, only_2) == pytest.approx(exact, rel=1e-12)


def draws(p_both: float, p_1: float, p_2: float, m: int, times: int) -> np.ndarray:
    p = [p_both, p_1, p_2, 1 - p_both - p_1 - p_2]
    return np.random.default_rng(0).multinomial(m, p, size=times)


def test_networks_of_one_error_are_seldom_called_different() -> None:
    found = [mcnemar(int(a), int(b)) < 0.05 for _, a, b, _ in draws(0.05, 0.05, 0.05, 1000, 1000)]
    # The test is exact, the share of a thousand draws is not.
    assert np.mean(found) <= 0.064


def test_ten_and_fifteen_per_cent_are_told_apart_on_a_thousand() -> None:
    found = [mcnemar(int(a), int(b)) < 0.05 for _, a, b, _ in draws(0.05, 0.05, 0.10, 1000, 500)]
    assert np.mean(found) >= 0.8


@pytest.mark.usefixtures("without_shape_checks")
@pytest.mark.parametrize(
    ("p_both", "p_1", "p_2"), [(0.05, 0.05, 0.05), (0.02, 0.03, 0.1), (0.1, 0.01, 0.02)]
)
@pytest.mark.parametrize("m", [50, 1000])
def test_paired_intervals_cover_the_truth(p_both: float, p_1: float, p_2: float, m: int) -> None:
    bounds = [newcombe_paired_interval(*map(int, row)) for row in draws(p_both, p_1, p_2, m, 1000)]
    covered = np.mean([low <= p_1 - p_2 <= high for low, high in bounds])
    assert covered >= 0.93


@pytest.mark.parametrize(("p", "threshold"), [(0.11, 0.03), (0.02, 0.03), (0.3, 0.32)])
def test_so_many_examples_decide_in_four_of_five_samples(p: float, threshold: float) -> None:
    m = examples_to_decide(p, threshold)
    assert m is not None
    wrong = np.random.default_rng(0).binomial(m, p, 1000)
    bounds = [wilson_interval(int(k), m) for k in wrong]
    assert np.mean([not low <= threshold <= high for low, high in bounds]) == pytest.approx(
        0.8, abs=0.07
    )
    assert examples_to_decide(threshold, threshold) is None


@pytest.mark.parametrize("counts", [(-1, 2), (3, -1)])
def test_negative_counts_are_refused(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no counts"):
        mcnemar(*counts)


def test_the_interval_of_two_rmse_covers_their_difference() -> None:
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(500):
        common = rng.normal(size=300)
        s_1, s_2 = ((common + a * rng.normal(size=300)) ** 2 for a in (1.0, 0.5))
        low, high = rmse_gain_interval(s_1, s_2)
        covered += low < np.sqrt(2) - np.sqrt(1.25) < high
    assert 0.92 < covered / 500 < 0.98
    assert rmse_gain_interval(np.zeros(3), np.zeros(3)) == (0.0, 0.0)
