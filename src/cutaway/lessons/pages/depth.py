r"""
Depth
=====

A layer is one bend of space; layers after each other bend what was bent before. This lesson trains
a network of two layers and one of four on the same pictures, prints the shape of every matrix on
the way forward and back, and then builds by hand a function that a deep network computes with few
units and a flat one with exponentially many: the parity of n bits.

.. math::

    Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]}, \quad A^{[l]} = g^{[l]}(Z^{[l]}), \qquad
    W^{[l]}: (n_l, n_{l-1}), \quad b^{[l]}: (n_l, 1), \quad Z^{[l]}, A^{[l]}: (n_l, m).

It runs on the bundled digits, 3 against 8. If you have the course's file of cats, hand it in, and
the published numbers appear beside ours::

    cutaway lesson depth --data train_catvnoncat.h5
"""

from itertools import pairwise, product

import matplotlib.pyplot as plt
import numpy as np

import cutaway
from cutaway.equations import (
    ACTIVATIONS,
    Layer,
    Network,
    backward,
    forward,
    linear_backward,
    output_layer,
)
from cutaway.lessons import stage
from cutaway.lessons.pictures import accuracies, are_the_cats, two_classes

stage.begin()
pictures = two_classes()
cats = are_the_cats(pictures)
n_x = pictures.rows.shape[1]
print(f"{pictures.name}: {pictures.m} pictures of {pictures.picture}, {pictures.counts()}\n")


def initial(sizes, scale):
    """Draw W as the course does, from NumPy's legacy generator with seed 1; b is 0."""
    random = np.random.RandomState(1)
    return [
        Layer(random.randn(n_l, n_prev) * scale(n_prev), np.zeros((n_l, 1)))
        for n_prev, n_l in pairwise(sizes)
    ]


def train(sizes, scale, iterations):
    return cutaway.train(
        pictures,
        parameters=initial(sizes, scale),
        hidden=sizes[1:-1],
        activation="relu",
        optimizer="gradient_descent",
        learning_rate=0.0075 if cats else 0.03,
        batch_size=None,
        epochs=iterations,
        print_every=100,
        normalize="none",  # a pixel is divided by 255, nothing else
        dev="none",
        l2=0,
        keep_prob=1,
        dtype="float64",
    )


# %%
# Two layers
# ----------
# Seven hidden units, ``W = 0.01 randn``. The published costs are those of the course's cats.

PUBLISHED = {
    0: 0.693049735659989,
    100: 0.6464320953428849,
    200: 0.6325140647912677,
    500: 0.5158304772764729,
    1000: 0.3394281538366412,
    1500: 0.1744831811255665,
    2000: 0.07439078704319081,
    2400: 0.04855478562877017,
    2499: 0.04421498215868951,
}
iterations = stage.full(2499, quick=100)
two = train((n_x, 7, 1), lambda n_prev: 0.01, iterations)


def show(name, run, published):
    """Print the costs of a run and how often it is right; beside what is published, if it is."""
    costs = {record.epoch: record.cost for record in run.history}
    known = {i: cost for i, cost in published.items() if i in costs}
    if known:
        for i, cost in known.items():
            print(f"iteration {i:4}   published {cost:<19}   ours {costs[i]:.17g}", end="   ")
            print(f"difference {costs[i] - cost:+.0e}")
    else:
        rows = [(f"iteration {i}", f"{cost:.6f}") for i, cost in costs.items() if i % 500 == 0]
        stage.table((name, "cost"), rows)
    print(
        "right: {:.2f} % of the training set, {:.2f} % of the test set\n".format(*accuracies(run))
    )


show("two layers", two, PUBLISHED if cats else {})
if cats and not stage.settings.quick:
    ours = zip(("training set", "test set"), (100.0, 72.0), accuracies(two), strict=True)
    stage.beside(ours, "right, %")

# %%
# Four layers
# -----------
# Twenty, seven and five hidden units. With W of 0.01 everywhere a signal would shrink from layer to
# layer until nothing is left, so here W is ``randn / sqrt(n_prev)``, which keeps its size.

four = train((n_x, 20, 7, 5, 1), lambda n_prev: n_prev**-0.5, iterations)
show("four layers", four, {})

# %%
# Every matrix of the last update
# -------------------------------
# Forward through the four layers, then back. A matrix and its derivative have the same shape. The
# last layer needs no dA: for the sigmoid with the log loss :math:`dZ = A - Y` at once.


def back(run):
    """Go forward and back through a run's network; return the arrays of each layer by name."""
    network, parameters = run.plan.network, run.parameters
    train = run.setup.prepared.train
    caches = forward(network, parameters, train.X)
    Z, A = caches[-1].Z, caches[-1].A
    dA, dZ = None, output_layer(network.output, network.loss).dZ(Z, A, train.Y)
    layers = []
    for l in range(network.L, 0, -1):
        (W, b), (A_prev, Z, A, _) = parameters[l - 1], caches[l - 1]
        dW, db = linear_backward(dZ, A_prev)
        layers.append(
            {"W": W, "dW": dW, "b": b, "db": db, "Z": Z, "dZ": dZ, "A": A, "dA": dA},
        )
        if l > 1:
            dA = W.T @ dZ
            dZ = dA * ACTIVATIONS[network.activations[l - 2]].dg(caches[l - 2].Z, A_prev)
    same = np.array_equal(dW, backward(network, parameters, caches, train.Y)[0].W)
    print(f"X {train.X.shape}, Y {train.Y.shape}; {network.n_parameters} parameters")
    print(f"dW of the first layer is the one that trains: {same}\n")
    return layers[::-1]


layers = back(four)
rows = [
    (l, *("-" if array is None else array.shape for array in arrays.values()))
    for l, arrays in enumerate(layers, start=1)
]
stage.table(("layer", *layers[0]), rows)

# %%
# The parity of n bits
# --------------------
# Is the number of ones odd? A tree answers pair by pair. XOR of two bits takes three ReLU units,
#
# .. math::
#
#     u = \max(0, x_1 + x_2), \quad v = \max(0, x_1 + x_2 - 1), \quad
#     x_1 \oplus x_2 = \max(0, u - 2 v),
#
# and a tree over n bits has n - 1 such pairs: 3(n - 1) units in 2 log n layers.


def linear_network(layers):
    """Return the network of these layers: ReLU inside, the last unit as it is."""
    sizes = (layers[0].W.shape[1], *(len(layer.W) for layer in layers))
    return Network(sizes, ("relu",) * (len(layers) - 1), "identity", "squared")


def tree(n):
    """Return the layers of a tree of XORs over n bits, n a power of 2."""
    layers = []
    while n > 1:
        pairs = np.eye(n // 2)
        layers.append(Layer(np.kron(pairs, np.ones((2, 2))), np.tile([[0.0], [-1.0]], (n // 2, 1))))
        layers.append(Layer(np.kron(pairs, [[1.0, -2.0]]), np.zeros((n // 2, 1))))
        n //= 2
    return layers


# %%
# In one hidden layer of units that each say "exactly this pattern", every odd pattern needs a unit
# of its own, and there are :math:`2^{n-1}` of them: flipping one bit makes an odd pattern even, so
# no unit may serve two.


def bits(n):
    """Return all patterns of n bits as columns (n, 2^n)."""
    return np.array(list(product((0.0, 1.0), repeat=n))).T


def minterms(n):
    """Return the layers with a hidden unit for every odd pattern, and their sum."""
    patterns = bits(n).T
    odd = patterns[patterns.sum(axis=1) % 2 == 1]
    # 1 where the input is the pattern; every bit that differs takes 1 away.
    recognise = Layer(2 * odd - 1, 1 - odd.sum(axis=1, keepdims=True))
    return [recognise, Layer(np.ones((1, len(odd))), np.zeros((1, 1)))]


# %%
# But units may count. Parity depends on the number of ones only, and a function of one number that
# goes up and down n times takes n ReLU units: a zigzag. The argument for depth is about units that
# recognise patterns; a unit that adds escapes it.


def counting(n):
    """Return the layers with n hidden units max(0, s - k), s the sum of the bits."""
    slopes = np.array([[1.0, *(2.0 * (-1) ** k for k in range(1, n))]])
    ones = np.ones((n, n))
    return [Layer(ones, -np.arange(n).reshape(n, 1).astype(float)), Layer(slopes, np.zeros((1, 1)))]


rows = []
for n in stage.full((2, 4, 8, 16), quick=(2, 4, 8)):
    X = bits(n)
    if X.shape[1] > 256:
        X = X[:, np.random.default_rng(1).choice(X.shape[1], 256, replace=False)]
    parity = X.sum(axis=0, keepdims=True) % 2
    found = {}
    for name, build in (("tree", tree), ("minterms", minterms), ("counting", counting)):
        layers = build(n)
        network = linear_network(layers)
        A = forward(network, layers, X)[-1].A
        found[name] = (sum(network.sizes[1:-1]) + (name == "tree"), network.L, (A == parity).mean())
    tree_units, tree_layers, _ = found["tree"]
    right = min(share for *_, share in found.values())
    rows.append(
        (
            n,
            f"{tree_units} in {tree_layers} layers",
            3 * (n - 1),
            found["minterms"][0],
            2 ** (n - 1),
            found["counting"][0],
            f"{100 * right:.0f} % of {X.shape[1]}",
        )
    )
columns = ("bits", "tree, units", "3(n - 1)", "minterm units", "2^(n - 1)", "counting units")
stage.table((*columns, "all three right"), rows)

# %%
# The tree's last unit is counted, as in 3(n - 1); the two flat networks need one more unit, which
# only adds. The figure: the costs, the number of units, and the zigzag.

figure, axes = plt.subplots(1, 3, figsize=(13, 4.2))
for run, style, name in ((two, "-", "two layers"), (four, "--", "four layers")):
    axes[0].plot(
        [record.epoch for record in run.history],
        [record.cost for record in run.history],
        style,
        linewidth=2,
        label=f"{name}: {'-'.join(map(str, run.plan.network.sizes))}",
    )
if cats:
    axes[0].plot(
        PUBLISHED.keys(), PUBLISHED.values(), "o", fillstyle="none", label="two layers, published"
    )
axes[0].set(title="the same pictures, two depths", xlabel="iteration", ylabel="cost J", ylim=0)
n = np.array([2, 4, 8, 16, 32])
axes[1].plot(n, 2.0 ** (n - 1), "s:", linewidth=2, label="one layer of minterms: $2^{n-1}$")
axes[1].plot(n, 3 * (n - 1), "^--", linewidth=2, label="tree of XORs: 3(n - 1)")
axes[1].plot(n, n, "o-", linewidth=2, label="one layer that counts: n")
axes[1].set(title="units for the parity of n bits", xlabel="bits n", ylabel="units")
axes[1].set_yscale("log")
n = 8
(W, b), (slopes, _) = counting(n)
s = np.linspace(0, n, 401)
axes[2].plot(s, (slopes @ ACTIVATIONS["relu"].g(s + b))[0], linewidth=2, label="the network's sum")
axes[2].plot(range(n + 1), np.arange(n + 1) % 2, "o", color=stage.ORANGE, label="parity")
axes[2].set(
    title="8 units that count", xlabel="number of ones s", ylabel="output", ylim=(-0.1, 1.6)
)
for axis in axes:
    axis.legend()

# %%
# What to see
# -----------
# Both networks get (nearly) all training pictures right; whether more layers are better on new ones
# only the test set tells. Every derivative has the shape of its matrix, whatever the depth. For the
# parity of 16 bits the tree takes 45 units and the minterms 32768. That is the usual argument for
# depth, and it holds for units that recognise patterns: 16 units that count do it in one layer.
