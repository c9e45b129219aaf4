r"""
Derivatives by nudging
======================

The derivative of f at a is its slope there: nudge a by a little, and f moves by the slope times as
much. The course nudges by 0.001 and compares with the formula. Two questions are left open there:
is a smaller nudge always better, and is it better to nudge to one side or to both?

.. math::

    \text{one side: } \frac{f(a + \varepsilon) - f(a)}{\varepsilon} = f'(a) +
        \frac{\varepsilon}{2} f''(a) + \dots \qquad
    \text{both sides: } \frac{f(a + \varepsilon) - f(a - \varepsilon)}{2 \varepsilon} = f'(a) +
        \frac{\varepsilon^2}{6} f'''(a) + \dots

The terms behind the slope shrink with the nudge. But a computer rounds f to 16 digits, and that
error, about :math:`10^{-16} |f|`, is divided by the nudge: it grows when the nudge shrinks.
"""

import matplotlib.pyplot as plt
import numpy as np

from cutaway import graph
from cutaway.equations.gradient_check import EPSILON
from cutaway.lessons import stage

stage.begin()

# %%
# Four slopes
# -----------
# The functions of the course, with their derivatives, at its two points. The values after the nudge
# are those that the course shows, in as many digits as it shows.

functions = {
    "3a": (lambda a: 3 * a, lambda a: 3.0),
    "a^2": (lambda a: a**2, lambda a: 2.0 * a),
    "a^3": (lambda a: a**3, lambda a: 3.0 * a**2),
    "log a": (np.log, lambda a: 1.0 / a),
}
published = [
    ("3a", 2.001, 6.003, 3),
    ("3a", 5.001, 15.003, 3),
    ("a^2", 2.001, 4.004, 3),
    ("a^2", 5.001, 25.010, 3),
    ("a^3", 2.001, 8.012, 3),
    ("log a", 2.001, 0.69365, 5),
]
stage.beside(
    [(f"f = {name} at {at}", value, round(functions[name][0](at), digits))
     for name, at, value, digits in published],
    "value",
)  # fmt: skip

# %%
# The slopes: by the formula, by a nudge of 0.001 to the right, and by the chain rule of
# ``cutaway.graph``, which knows the slope of every operation and needs no nudge.

formulas = {
    "3a": lambda a: 3 * a,
    "a^2": lambda a: a**2,
    "a^3": lambda a: a**3,
    "log a": graph.log,
}
rows = []
for name, (f, slope) in functions.items():
    for at in (2.0, 5.0):
        nudged = (f(at + 0.001) - f(at)) / 0.001
        (a,) = graph.variables(a=at)
        exact = formulas[name](a).derivatives()[a]
        rows.append((name, f"{at:g}", slope(at), f"{nudged:.6f}", exact))
stage.table(("f", "a", "formula", "nudged by 0.001", "cutaway.graph"), rows)

# %%
# The best nudge
# --------------
# The error of both ways against the size of the nudge, from 0.1 down to 1e-15. Round-off jumps from
# point to point, so each error is the root mean square over many points between 1 and 3, relative
# to the slope.

points = np.linspace(1, 3, stage.full(4001, quick=401))
nudges = np.logspace(-1, -15, 141)


def one_sided(f, a, nudge):
    # The nudge that is divided by is the one that was made: a + nudge is rounded as well.
    right = a + nudge
    return (f(right) - f(a)) / (right - a)


def both_sides(f, a, nudge):
    left, right = a - nudge, a + nudge
    return (f(right) - f(left)) / (right - left)


def errors(way, name):
    f, slope = functions[name]
    return np.array(
        [np.sqrt(np.mean((way(f, points, nudge) / slope(points) - 1) ** 2)) for nudge in nudges]
    )


def best(error):
    at = np.argmin(error)
    return nudges[at], error[at]


# %%
# The best nudge balances the two errors. With :math:`\eta = 1.1 \cdot 10^{-16}`, the largest
# relative error of rounding, it lies near :math:`\sqrt{4 \eta |f / f''|}` on one side, and near
# :math:`\sqrt[3]{3 \eta |f / f'''|}` on both. Where f and its derivatives are about equal these
# are 2e-8 and 7e-6; rounding is seldom at its worst, so the measured ones are a little smaller.

curves = {
    (name, label): errors(way, name)
    for name in ("a^3", "log a")
    for label, way in (("one side", one_sided), ("both sides", both_sides))
}
rows = []
for (name, label), error in curves.items():
    nudge, least = best(error)
    rows.append(
        (f"{name}, {label}", f"{nudge:.0e}", f"{least:.0e}", f"{error[nudges.argmin()]:.0e}")
    )
stage.table(("f", "best nudge", "error there", "error at 1e-15"), rows)
print(f"cutaway's gradient check nudges to both sides by {EPSILON:g}.\n")

figure, axes = plt.subplots(1, 2, figsize=(11, 4.6), sharey=True)
styles = {"one side": (stage.ORANGE, "--"), "both sides": (stage.BLUE, "-")}
for axis, name in zip(axes, ("a^3", "log a"), strict=True):
    for label, (colour, style) in styles.items():
        error = curves[name, label]
        axis.loglog(nudges, error, color=colour, linestyle=style, linewidth=2, label=label)
        axis.plot(*best(error), "o", color=colour, markersize=9)
    axis.set_title(f"f = ${name.replace('log', chr(92) + 'log')}$")
    axis.set_xlabel(r"nudge $\varepsilon$")
    axis.grid(alpha=0.3)
axes[0].set_ylabel("error relative to the slope")
axes[0].legend(loc="lower left")
axes[1].annotate(
    "the next terms:\nless with a smaller nudge", (1e-3, 3e-4), (1e-6, 2e-2), ha="center",
    arrowprops={"arrowstyle": "-"}, size=11,
)  # fmt: skip
axes[1].annotate(
    "round-off:\nmore with a\nsmaller nudge", (1e-12, 6e-5), (2e-13, 2e-10), ha="center",
    arrowprops={"arrowstyle": "-"}, size=11,
)  # fmt: skip

# %%
# What to see
# -----------
# The nudges agree with the formulas to three digits at 0.001, and the slope of 3a is the same at
# every point while the others are not. A smaller nudge helps only for a while: to one side the best
# is near 1e-8 and leaves half of the 16 digits, to both sides it is near 6e-6 and leaves more than
# ten. Below, round-off takes over, and at 1e-15 hardly a digit is right.
