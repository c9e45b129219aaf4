"""Two errors side by side: intervals of their difference, and whether they differ at all.

Derived in docs/equations/comparison.md.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

from cutaway.equations._array import Array, namespace
from cutaway.equations.metrics import Z_95, wilson_interval

if TYPE_CHECKING or "jaxtyping" in sys.modules:
    from cutaway.equations._array import Float

# 80 % of normal draws are below so many deviations.
Z_80 = 0.8416212335729143


def newcombe_interval(
    wrong_1: int, m_1: int, wrong_2: int, m_2: int, z: float = Z_95
) -> tuple[float, float]:
    """Interval of p_1 - p_2, of two shares observed on different examples; z = 1.96 is 95 %.

    With Wilson's (l, u) of each and d = p_1 - p_2,
    low = d - sqrt((p_1 - l_1)^2 + (u_2 - p_2)^2), high = d + sqrt((u_1 - p_1)^2 + (p_2 - l_2)^2).

    Newcombe, "Interval estimation for the difference between independent proportions", 1998,
    method 10.

    Raises:
        ValueError: a count is not within 0..m.
    """
    p_1, p_2 = wrong_1 / m_1, wrong_2 / m_2
    (l_1, u_1), (l_2, u_2) = wilson_interval(wrong_1, m_1, z), wilson_interval(wrong_2, m_2, z)
    d = p_1 - p_2
    return d - math.hypot(p_1 - l_1, u_2 - p_2), d + math.hypot(u_1 - p_1, p_2 - l_2)


def newcombe_paired_interval(
    both: float | int,
    only_1: float | int,
    only_2: float | int,
    neither: float | int,
    z: float = Z_95,
) -> tuple[float, float]:
    """Interval of p_1 - p_2, of two networks on the same examples; counts are of wrong answers.

    Where one of the two is any of several networks, the counts are means over these.

    As `newcombe_interval`, with the correlation phi of the two answers under the roots:
    low = d - sqrt(a^2 - 2 phi a b + b^2), a = p_1 - l_1, b = u_2 - p_2; high likewise.
    phi = D / sqrt((1's wrong) (1's right) (2's wrong) (2's right)), D = both neither - only_1
    only_2; a positive D is made smaller by half the number of examples, not below 0.

    Newcombe, "Improved confidence intervals for the difference between binomial proportions based
    on paired data", 1998, method 10.

    Raises:
        ValueError: there is no example.
    """
    m = both + only_1 + only_2 + neither
    wrong_1, wrong_2 = both + only_1, both + only_2
    (l_1, u_1), (l_2, u_2) = wilson_interval(wrong_1, m, z), wilson_interval(wrong_2, m, z)
    p_1, p_2 = wrong_1 / m, wrong_2 / m
    product = wrong_1 * (m - wrong_1) * wrong_2 * (m - wrong_2)
    D = float(both * neither - only_1 * only_2)
    if D > 0:
        D = max(D - m / 2, 0.0)
    phi = D / math.sqrt(product) if product else 0.0

    def half(a: float, b: float) -> float:
        return math.sqrt(max(a * a - 2 * phi * a * b + b * b, 0.0))

    d = p_1 - p_2
    return d - half(p_1 - l_1, u_2 - p_2), d + half(u_1 - p_1, p_2 - l_2)


def mcnemar(only_1: int, only_2: int) -> float:
    """Probability of counts as far apart as these if both networks err alike: exact, two-sided.

    Of n = only_1 + only_2 examples on which one alone is wrong, each is the other's with 1/2:
    p = min(1, 2 sum_{i <= min(only_1, only_2)} C(n, i) / 2^n).

    McNemar, "Note on the sampling error of the difference between correlated proportions", 1947.

    Raises:
        ValueError: a count is negative.
    """
    if min(only_1, only_2) < 0:
        raise ValueError(f"only_1={only_1} and only_2={only_2} are no counts")
    n = only_1 + only_2
    as_far = 2 * sum(math.comb(n, i) for i in range(min(only_1, only_2) + 1))
    return min(1.0, as_far / (1 << n))


def rmse_gain_interval(
    squares_1: Float[Array, " m"], squares_2: Float[Array, " m"], z: float = Z_95
) -> tuple[float, float]:
    """Interval of r_1 - r_2, of two root mean squared errors on the same m examples.

    r = sqrt(mean s), whose change by one example is (s_i - r^2) / (2 r): the delta method.
    half width = z sqrt(mean_i [(s_1i - r_1^2) / (2 r_1) - (s_2i - r_2^2) / (2 r_2)]^2 / m).
    """
    xp = namespace(squares_1)
    r_1, r_2 = (math.sqrt(float(xp.mean(s))) for s in (squares_1, squares_2))
    changes = [
        (s - r * r) / (2 * r) if r > 0 else 0 * s for s, r in ((squares_1, r_1), (squares_2, r_2))
    ]
    spread = math.sqrt(float(xp.mean((changes[0] - changes[1]) ** 2)) / squares_1.shape[0])
    return r_1 - r_2 - z * spread, r_1 - r_2 + z * spread


def examples_to_decide(p: float, threshold: float, z: float = Z_95) -> int | None:
    """Return m of which Wilson's interval excludes the threshold in 80 % of samples; None: none.

    Of a true share p and a threshold t,
    sqrt(m) |p - t| = z sqrt(t (1 - t)) + z_80 sqrt(p (1 - p)).
    """
    if p == threshold:
        return None
    spread = z * math.sqrt(threshold * (1 - threshold)) + Z_80 * math.sqrt(p * (1 - p))
    return max(1, math.ceil((spread / (p - threshold)) ** 2))
