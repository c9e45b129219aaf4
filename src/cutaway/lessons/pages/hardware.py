r"""
Hardware
========

How fast can a step of gradient descent be? A processor is limited by two things: how many sums and
products it can do in a second, its peak P, and how many bytes it can fetch from memory, its
bandwidth B. A job that does F operations on D bytes takes at least

.. math::

    t = \max \left( \frac{F}{P}, \frac{D}{B} \right), \qquad \text{so at best it runs at} \qquad
    \frac{F}{t} = \min \left( P, \; \frac{F}{D} \, B \right) .

F / D is its arithmetic intensity, operations per byte, and the second formula is called the
roofline. A third limit is easily forgotten: Python takes some microseconds for every call.

This lesson measures P and B of this machine, on one core and on all, and then the same step with
batches of different sizes.
"""

import os
import platform
from concurrent.futures import ThreadPoolExecutor

import matplotlib.pyplot as plt
import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from cutaway.engine.step import step
from cutaway.equations import Network, Rates
from cutaway.equations.optimizers import gradient_descent
from cutaway.lessons import stage

stage.begin()
blas = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
cores = max((pool["num_threads"] for pool in blas), default=os.cpu_count())
names = ", ".join(pool["internal_api"] for pool in blas) or "a BLAS that cannot be limited"
print(f"{platform.machine()}, NumPy {np.__version__} with {names}; cores in use: {cores}\n")

# %%
# The two limits
# --------------
# The peak is that of a product of two large matrices, 2 n^3 operations; the bandwidth is that of
# copying an array, which reads every byte and writes it. All numbers have 4 bytes (float32).

n = stage.full(1536, quick=96)
A, B = np.random.default_rng(1).standard_normal((2, n, n)).astype(np.float32)
source = np.ones(stage.full(32_000_000, quick=100_000), np.float32)
target = np.empty_like(source)


def bandwidth(threads):
    """Copy the array, every thread a part of it; return bytes read and written per second."""
    parts = zip(*(np.array_split(array, threads) for array in (target, source)), strict=True)
    parts = list(parts)
    with ThreadPoolExecutor(threads) as executor:
        took = stage.seconds(lambda: list(executor.map(lambda pair: np.copyto(*pair), parts)))
    return 2 * source.nbytes / took


def peak():
    return 2 * n**3 / stage.seconds(lambda: A @ B)


limits = {}
ways = {"one core": 1} | ({f"{cores} cores": cores} if cores > 1 else {})
for name, threads in ways.items():
    with threadpool_limits(threads):
        limits[name] = peak(), bandwidth(threads), threads

# %%
# The step
# --------
# One update by gradient descent of a network 2048 - 2048 - 2048 - 10, by the engine itself. Counted
# are the operations of its matrix products, :math:`2 n_l n_{prev} m` each: one on the way there and
# two on the way back, of which the first layer needs only one. And the bytes that its operations
# read and write. Of each weight there are twelve numbers: W is read on the way there and back; dW
# is written, divided by m, put into the one flat vector, multiplied by alpha and subtracted from W.
# X, Z, A and dZ are read or written about seven times in all.

width = stage.full(2048, quick=64)
network = Network((width, width, width, 10), ("relu", "relu"), "softmax", "cross_entropy")
random = np.random.default_rng(1)
theta = (0.01 * random.standard_normal(network.n_parameters)).astype(np.float32)
batches = stage.full((1, 4, 16, 64, 256), quick=(1, 4))


def operations(network, m):
    products = [2 * n_l * n_prev * m for n_l, n_prev in network.shapes]
    return 3 * sum(products) - products[0]


def moved(network, m):
    return 4 * (12 * network.n_parameters + 7 * m * sum(network.sizes))


def examples(network, m):
    X = random.standard_normal((m, network.n_x)).astype(np.float32).T
    return X, np.eye(network.n_y, dtype=np.float32)[:, random.integers(0, network.n_y, m)]


def update(network, theta, X, Y):
    m = X.shape[1]
    return step(
        network, gradient_descent, theta, (), 1, X, Y, None, None, {}, m, Rates(np.float32(0.01))
    ).theta


# %%
# What Python and NumPy take for their calls is the time of the same step with a network so small
# that there is nothing to compute.

tiny = Network((2, 2, 2, 2), network.activations, network.output, network.loss)
tiny_theta, tiny_examples = np.ones(tiny.n_parameters, np.float32), examples(tiny, 1)
least = stage.seconds(lambda: update(tiny, tiny_theta, *tiny_examples))
calls = dict.fromkeys(limits, least)

# %%
# An accelerator takes part if JAX finds one: the same equations, compiled for it.


def on_accelerator():
    """Return (name, peak, bandwidth, time of its calls, those of a step by m), or None."""
    try:
        import jax
    except ImportError:
        print("JAX is not installed (pip install 'cutaway[jax]'): no accelerator is looked for\n")
        return None
    device = jax.devices()[0]
    if device.platform == "cpu":
        print("JAX finds no accelerator on this machine\n")
        return None

    def time(function, *arrays):
        arrays = [jax.device_put(array, device) for array in arrays]
        compiled = jax.jit(function).lower(*arrays).compile()
        jax.block_until_ready(compiled(*arrays))
        return stage.seconds(lambda: jax.block_until_ready(compiled(*arrays)))

    side = stage.full(8192, quick=96)
    M = np.ones((side, side), np.float32)
    product, copy = time(lambda M: M @ M, M), time(lambda x: x + 1, source)
    launch = time(lambda *arrays: update(tiny, *arrays), tiny_theta, *tiny_examples)
    times = {
        m: time(lambda *arrays: update(network, *arrays), theta, *examples(network, m))
        for m in batches
    }
    return device.device_kind, 2 * side**3 / product, 2 * source.nbytes / copy, launch, times


accelerator = on_accelerator()
times = {}
for name, (_, _, threads) in limits.items():
    with threadpool_limits(threads):
        for m in batches:
            X, Y = examples(network, m)
            times[name, m] = stage.seconds(lambda: update(network, theta, X, Y))
if accelerator is not None:
    name, P, bytes_per_second, launch, of_step = accelerator
    limits[name], calls[name] = (P, bytes_per_second, None), launch
    times |= {(name, m): took for m, took in of_step.items()}

rows = [
    (name, f"{P / 1e9:.0f}", f"{b / 1e9:.1f}", f"{P / b:.1f}") for name, (P, b, _) in limits.items()
]
columns = ("", "peak, Gflop/s", "bandwidth, GB/s", "roofs meet at, flop/byte")
stage.table(columns, rows)

# %%
# The largest of the three times is the limit that binds.

rows = []
for name, (P, b, _) in limits.items():
    for m in batches:
        F, D, took = operations(network, m), moved(network, m), times[name, m]
        least = {"arithmetic": F / P, "memory": D / b, "calls": calls[name]}
        binding = max(least, key=least.get)
        cells = (f"{F / D:.1f}", f"{F / 1e9:.2f}", f"{D / 1e6:.0f}")
        rows.append(
            (
                name if m == batches[0] else "",
                m,
                *cells,
                f"{1000 * max(least.values()):.2f}",
                f"{1000 * took:.2f}",
                f"{F / took / 1e9:.1f}",
                f"{1e6 * took / m:.0f}",
                binding,
            )
        )
print(f"{network.n_parameters:,} parameters; the calls alone take, in µs a step:", end=" ")
print(", ".join(f"{1e6 * took:.0f} ({name})" for name, took in calls.items()), "\n")
columns = ("", "m", "flop/byte", "Gflop", "MB", "ms at best", "ms", "Gflop/s", "µs an example")
stage.table((*columns, "binds"), rows)
one, *others = limits
for name in others:
    gains = ", ".join(f"{times[one, m] / times[name, m]:.2f} (m = {m})" for m in batches)
    print(f"{name}: times as fast as {one}: {gains}\n")

# %%
# The roofline: where the roof is slanted memory binds, where it is flat arithmetic does.

figure, axis = plt.subplots(figsize=(9, 6))
I = np.geomspace(0.05, 100, 300)
for (name, (P, b, _)), marker, style in zip(limits.items(), "os^", ("-", "--", "-."), strict=False):
    (line,) = axis.loglog(I, np.minimum(P, I * b) / 1e9, style, linewidth=2, label=f"roof, {name}")
    points = [
        (operations(network, m) / moved(network, m), operations(network, m) / times[name, m] / 1e9)
        for m in batches
    ]
    kind = {"marker": marker, "linestyle": "none", "markersize": 9, "color": line.get_color()}
    axis.loglog(*zip(*points, strict=True), label=f"step, {name}", **kind)
for m, (x, y) in zip(batches, points, strict=True):
    axis.annotate(f"m = {m}", (x, y), (10, 0), textcoords="offset points", va="center", fontsize=11)
axis.set(xlabel="arithmetic intensity (flop/byte)", ylabel="Gflop/s", title="The roofline")
axis.legend(loc="lower right")

# %%
# What to see
# -----------
# With one example a step moves the whole network through the memory and uses every weight only once
# on each way: memory binds, and most of the arithmetic lies idle. With larger batches each weight
# that was fetched serves more examples, until arithmetic binds and an example costs as little as it
# can. A step stays below its roof, as each new array also has to be handed out by the operating
# system. More cores raise the flat roof, but they share the memory; and on a machine that is busy
# otherwise they have to wait for each other and may lose.
