r"""
Vectorization
=============

The same sum can be written as a loop over numbers or as one operation on arrays. The numbers are
the same. The time is not: a loop in Python asks the interpreter anew for every number, while an
operation on arrays asks once, and compiled code does the rest with several numbers per instruction.

This lesson measures how much that is on this machine, from a dot product to one whole step of
gradient descent. Every time is the best of several, on one core, so that loops and arrays have the
same means; what more cores add is measured in the lesson ``hardware``.
"""

import math
import os
import platform
import time

import matplotlib.pyplot as plt
import numpy as np
from threadpoolctl import threadpool_limits

from cutaway.equations import OPTIMIZERS, Layer, Network, Rates, cost_and_gradient, flatten
from cutaway.lessons import stage

stage.begin()
print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, ", end="")
print(f"NumPy {np.__version__}\n")
random = np.random.default_rng(1)


measured = {}


def compare(what, ways):
    """Time ways of doing the same, the last one without a loop; print times and ratios."""
    with threadpool_limits(1):
        answers = [way() for way in ways.values()]
        times = [stage.seconds(way) for way in ways.values()]
    measured[what] = dict(zip(ways, times, strict=True))
    best = np.asarray(answers[-1])
    differences = [np.abs(np.asarray(a) - best).max() / np.abs(best).max() for a in answers]
    stage.table(
        (what, "milliseconds", "times slower", "relative difference"),
        [
            (way, f"{1000 * t:.4g}", f"{t / times[-1]:.1f}", f"{difference:.0e}")
            for way, t, difference in zip(ways, times, differences, strict=True)
        ],
    )
    return answers


# %%
# A dot product
# -------------
# :math:`z = \sum_j w_j x_j`. Reading one number out of a NumPy array wraps it into a Python object
# first, so a loop over an array is slower still than one over a list.

n = stage.full(1_000_000, quick=1000)
w, x = random.standard_normal((2, n))
w_list, x_list = w.tolist(), x.tolist()


def dot_by_loop(w, x):
    z = 0.0
    for j in range(len(w)):
        z += w[j] * x[j]
    return z


compare(
    f"dot product, n = {n}",
    {
        "loop over an array": lambda: dot_by_loop(w, x),
        "loop over a list": lambda: dot_by_loop(w_list, x_list),
        "w @ x": lambda: w @ x,
    },
)

# %%
# A matrix times a vector
# -----------------------
# :math:`u_i = \sum_j A_{ij} v_j`: two loops, one loop over rows, none.

n = stage.full(1000, quick=30)
A, v = random.standard_normal((n, n)), random.standard_normal(n)
A_list, v_list = A.tolist(), v.tolist()
compare(
    f"matrix times vector, n = {n}",
    {
        "two loops": lambda: [dot_by_loop(row, v_list) for row in A_list],
        "one loop": lambda: [row @ v for row in A],
        "A @ v": lambda: A @ v,
    },
)

# %%
# An elementwise function
# -----------------------
# :math:`u_i = e^{v_i}`. ``math.exp`` takes one number only.

v = random.standard_normal(stage.full(1_000_000, quick=1000))
v_list = v.tolist()


def exp_by_loop(v):
    u = [0.0] * len(v)
    for i in range(len(v)):
        u[i] = math.exp(v[i])
    return u


compare(
    f"exp, n = {len(v)}",
    {"loop over a list": lambda: exp_by_loop(v_list), "np.exp(v)": lambda: np.exp(v)},
)

# %%
# A step of logistic regression
# -----------------------------
# One update on as many numbers as there are in 200 colour pictures of 32 by 32 pixels. The numbers
# are drawn at random: how long a sum takes does not depend on them. First with two loops, over the
# examples and over the inputs, as the sums are written on paper:

n_x, m = stage.full((3072, 200), quick=(30, 20))
X = random.random((m, n_x)).T
Y = (random.random((1, m)) < 0.5).astype(float)
W, b = 0.01 * random.standard_normal((1, n_x)), np.zeros((1, 1))
alpha = 0.1
examples, labels, weights = X.T.tolist(), Y[0].tolist(), W[0].tolist()


def loss(a, y):
    return -(y * math.log(a) + (1 - y) * math.log(1 - a))


def step_with_two_loops():
    J, db, dw = 0.0, 0.0, [0.0] * n_x
    for x, y in zip(examples, labels, strict=True):
        z = 0.0
        for j in range(n_x):
            z += weights[j] * x[j]
        a = 1 / (1 + math.exp(-z))
        J += loss(a, y) / m
        dz = a - y
        for j in range(n_x):
            dw[j] += x[j] * dz / m
        db += dz / m
    return [J, *(w - alpha * d for w, d in zip(weights, dw, strict=True)), -alpha * db]


# %%
# The inner loop becomes a dot product and a scaled vector; the loop over the examples is left.


def step_with_one_loop():
    w, J, db, dw = W[0], 0.0, 0.0, np.zeros(n_x)
    for i in range(m):
        x, y = X[:, i], Y[0, i]
        a = 1 / (1 + math.exp(-(w @ x)))
        J += loss(a, y) / m
        dz = a - y
        dw += x * dz / m
        db += dz / m
    return np.concatenate([[J], w - alpha * dw, [-alpha * db]])


# %%
# And none: this is what cutaway itself does in training. :math:`Z = W X + b` takes all examples at
# once, and :math:`dW = dZ\, X^T / m` sums over them.

network = Network((n_x, 1), ())
theta = flatten([Layer(W, b)])


def step(theta, X, Y):
    J, dtheta = cost_and_gradient(network, theta, X, Y)
    theta, _ = OPTIMIZERS["gradient_descent"].update(theta, dtheta, (), 1, Rates(alpha))
    return J, theta


def step_without_a_loop():
    J, new = step(theta, X, Y)
    return np.concatenate([[J], new])


steps = compare(
    f"one step, {m} examples of {n_x} inputs",
    {
        "two loops": step_with_two_loops,
        "one loop": step_with_one_loop,
        "no loop": step_without_a_loop,
    },
)

# %%
# The same step, compiled
# -----------------------
# The equations of cutaway name no array library, so JAX can take the very same function, compile it
# once, and run it. Compiling takes longer than many steps; it pays when there are many.

try:
    import jax
except ImportError:
    print("JAX is not installed (pip install 'cutaway[jax]'): the compiled step is left out\n")
else:
    with jax.enable_x64(True):
        arrays = [jax.numpy.asarray(array) for array in (theta, X, Y)]
        start = time.perf_counter()
        compiled = jax.jit(step).lower(*arrays).compile()
        compiling = time.perf_counter() - start
        J, new = compiled(*arrays)
        took = stage.seconds(lambda: jax.block_until_ready(compiled(*arrays)))
    *_, (what, ways) = measured.items()
    difference = np.abs(np.append(J, new) - steps[-1]).max()
    ways["no loop, JAX"] = took
    print(f"compiled by JAX on {jax.default_backend()}: {1000 * took:.3g} ms a step, ", end="")
    print(f"{ways['no loop'] / took:.2g} times as fast as NumPy; {difference:.0e} apart;")
    print(f"compiling took {compiling:.2f} s, as long as {compiling / took:.0f} steps\n")

# %%
# The figure: each bar a time, on a logarithmic scale.

figure, axes = plt.subplots(4, 1, figsize=(9, 8.5), sharex=True, height_ratios=[3, 3, 2, 4])
for axis, (what, ways) in zip(axes, measured.items(), strict=True):
    names, times = list(ways), 1e6 * np.array(list(ways.values()))
    colours = [
        stage.ORANGE if "loop" in name and "no loop" not in name else stage.BLUE for name in names
    ]
    bars = axis.barh(names, times, color=colours)
    axis.bar_label(bars, [f"{t:,.0f} µs" if t >= 10 else f"{t:.1f} µs" for t in times], padding=4)
    axis.set(title=what, xscale="log")
    axis.invert_yaxis()
axes[-1].set_xlabel("microseconds, logarithmic scale: orange with a Python loop, blue without")
left, right = axes[0].get_xlim()
axes[0].set_xlim(left, right * 4)

# %%
# What to see
# -----------
# All ways give the same numbers, but for the last digits, because a sum in another order is rounded
# otherwise. Without a loop the same work takes tens to hundreds of times less. With one loop left
# most of that is won already: what counts is how often Python has to be asked. Whenever there is a
# loop over numbers, look for the operation on arrays that replaces it.
