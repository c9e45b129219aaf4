r"""
The computation graph
=====================

A computation is a chain of small steps. Going through it forwards gives the value; going back
through it gives every derivative, each step multiplying by its own slope. That is the chain rule,

.. math::

    \frac{dJ}{da} = \sum_{\text{arrows } a \to v} \frac{dJ}{dv} \, \frac{\partial v}{\partial a},

and it is all that back-propagation does. Here it is on two graphs that fit on a page: the course's
:math:`J = 3 (a + b c)`, and logistic regression with two inputs. ``cutaway.graph`` takes ordinary
Python arithmetic and keeps every step.
"""

import numpy as np

from cutaway.equations import Network, cost_and_gradient
from cutaway.graph import log, sigmoid, variables
from cutaway.graph.plot import plot
from cutaway.lessons import stage

stage.begin()

# %%
# J = 3(a + bc)
# -------------
# The steps are :math:`u = b c`, :math:`v = a + u` and :math:`J = 3 v`, at a = 5, b = 3, c = 2.

a, b, c = variables(a=5, b=3, c=2)
u = (b * c).named("u")
v = (a + u).named("v")
J = (3 * v).named("J")
derivative = J.derivatives()

published = {u: 6, v: 11, J: 33}
stage.beside([(node.name, value, node.value) for node, value in published.items()], "value")
published = {v: 3, u: 3, a: 3, b: 6, c: 9}
stage.beside(
    [(f"dJ/d{node.name}", value, derivative[node]) for node, value in published.items()],
    "derivative",
)

# %%
# The same by hand: nudge one input by 0.001 and see how far J moves.

rows = []
for node, nudged in (
    (a, 3 * (5.001 + 3 * 2)),
    (b, 3 * (5 + 3.001 * 2)),
    (c, 3 * (5 + 3 * 2.001)),
):
    rows.append((node.name, f"{nudged:.3f}", f"{(nudged - 33) / 0.001:.6f}", derivative[node]))
stage.table(("nudged by 0.001", "J", "change of J / 0.001", "chain rule"), rows)

# %%
# Drawn, with the value (blue) that was computed on the way forward, and the derivative (orange)
# that was computed on the way back. ``J.save("graph.svg")`` writes the same drawing as SVG.

figure = plot(J)

# %%
# The logistic unit
# -----------------
# One example with two inputs: :math:`z = w_1 x_1 + w_2 x_2 + b`, :math:`a = \sigma(z)`, and the
# loss :math:`\mathcal{L} = -\left(y \log a + (1 - y) \log (1 - a)\right)`. The course writes ``dz``
# for :math:`d\mathcal{L}/dz`. By the chain rule it is
#
# .. math::
#
#     dz = \underbrace{\left(-\frac{y}{a} + \frac{1 - y}{1 - a}\right)}_{da}
#          \underbrace{a (1 - a)}_{\sigma'(z)} = -y (1 - a) + (1 - y) a = a - y .
#
# The graph knows nothing of this shortening. It multiplies slopes, and arrives at the same number.


def logistic_unit(y, **inputs):
    x1, w1, x2, w2, b = variables(**inputs)
    z = (w1 * x1 + w2 * x2 + b).named("z")
    a = sigmoid(z).named("a")
    loss = (-(y * log(a) + (1 - y) * log(1 - a))).named("L")
    d = loss.derivatives()
    return loss, z, a, {node.name: d[node] for node in (x1, w1, x2, w2, b, z, a)}


settings = [
    (1, {"x1": 1.5, "w1": 0.4, "x2": -2.0, "w2": 0.1, "b": 0.2}),
    (0, {"x1": 1.5, "w1": 0.4, "x2": -2.0, "w2": 0.1, "b": 0.2}),
    (1, {"x1": -1.0, "w1": 2.0, "x2": 3.0, "w2": 0.5, "b": 0.1}),
    (0, {"x1": 4.0, "w1": 1.0, "x2": 1.0, "w2": 1.0, "b": -1.0}),
]
rows = []
for y, inputs in settings:
    loss, z, a, d = logistic_unit(y, **inputs)
    rows.append(
        (f"z = {z.value:g}, y = {y}", f"{a.value:.6f}", f"{d['a']:.6f}", f"{d['z']:.6f}",
         f"{a.value - y:.6f}", f"{d['z'] - (a.value - y):+.0e}")
    )  # fmt: skip
stage.table(("example", "a", "da", "dz by the chain rule", "a - y", "difference"), rows)

# %%
# The rest follows: :math:`dw_1 = x_1 \, dz`, :math:`dw_2 = x_2 \, dz`, :math:`db = dz`. The engine
# that trains uses the short form from the start; its gradient for this one example is the graph's.

y, inputs = settings[0]
loss, z, a, d = logistic_unit(y, **inputs)
network = Network((2, 1), ())
theta = np.array([inputs["w1"], inputs["w2"], inputs["b"]])
X = np.array([[inputs["x1"]], [inputs["x2"]]])
cost, dtheta = cost_and_gradient(network, theta, X, np.array([[float(y)]]))
ours = (loss.value, d["w1"], d["w2"], d["b"])
theirs = (float(cost), *dtheta)
by_hand = ("", inputs["x1"] * d["z"], inputs["x2"] * d["z"], d["z"])
stage.table(
    ("y = 1", "graph", "x dz", "engine", "difference"),
    [
        (name, one, hand, float(other), f"{one - other:+.0e}")
        for name, one, hand, other in zip(
            ("loss", "dw1", "dw2", "db"), ours, by_hand, theirs, strict=True
        )
    ],
)
figure = plot(loss)

# %%
# What to see
# -----------
# Each orange number is the one at the end of its arrow times the number on the arrow: dJ/db is 3
# times 2, since nudging b moves u twice as far and J three times as far as u. The output a is used
# twice, in log(a) and in 1 - a, so its derivative is the sum over two arrows. Between a and z the
# fractions cancel: dz is a - y to the last digit or two, and that is the line with which training
# begins its way back.
