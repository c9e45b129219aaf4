"""The notation: one list, used by the equations, their derivations and the course's functions.

Examples are columns. A superscript in square brackets is the layer, 0 being the input; the code
has no room for it and says `_prev` for the layer before.
"""

from __future__ import annotations

from typing import NamedTuple


class Symbol(NamedTuple):
    """One quantity: its names in the code, how the course writes it (LaTeX), shape and meaning."""

    names: tuple[str, ...]
    latex: str
    shape: str
    meaning: str


NOTATION: tuple[Symbol, ...] = (
    Symbol(("m",), "m", "", "number of examples; of a mini-batch inside a step"),
    Symbol(("n_x", "n_y"), "n_x, n_y", "", "number of inputs, of outputs"),
    Symbol(
        ("n_l", "n_prev"),
        "n^{[l]}, n^{[l-1]}",
        "",
        "units of layer l, of the layer before; layer 0 is the input",
    ),
    Symbol(("L",), "L", "", "number of layers that have parameters"),
    Symbol(("X", "Y"), "X, Y", "(n_x, m), (n_y, m)", "inputs and targets"),
    Symbol(("W", "b"), "W^{[l]}, b^{[l]}", "(n_l, n_prev), (n_l, 1)", "parameters of a layer"),
    Symbol(("theta",), r"\theta", "(n,)", "all of them in one flat vector: W1, b1, W2, b2, .."),
    Symbol(
        ("Z", "A"),
        "Z^{[l]}, A^{[l]}",
        "(n_l, m)",
        "Z = W @ A_prev + b, A = g(Z); the last A is the network's output",
    ),
    Symbol(("A_prev",), "A^{[l-1]}", "(n_prev, m)", "A of the layer before; X for the first"),
    Symbol(("g", "dg"), "g^{[l]}, g^{[l]\\prime}", "", "activation of a layer and its derivative"),
    Symbol(
        ("dZ", "dW", "db", "dA", "dtheta"),
        r"dZ, dW, db, dA, d\theta",
        "as Z, W, b, A, theta",
        "derivative of J with respect to each; of the loss, for dZ and dA",
    ),
    Symbol(
        ("w", "weights", "M"),
        "w, M",
        "(1, m), number",
        "weights of the examples, and their sum over the training set (m without any)",
    ),
    Symbol(
        ("loss", "losses"),
        r"\mathcal{L}",
        "(1, m) or scalar",
        "of each example; its weighted mean, without the penalty",
    ),
    Symbol(("cost", "J"), "J", "scalar", "mean loss plus penalty"),
    Symbol(
        ("error",),
        "",
        "scalar",
        "share of wrong answers; root mean squared error of a regression",
    ),
    Symbol(("l1", "l2"), r"\lambda_1, \lambda", "", "weights of the two penalties"),
    Symbol(
        ("keep_prob", "mask", "masks"),
        "",
        "number, (n_l, m)",
        "share of the units that dropout keeps; 0 or 1 / keep_prob for each unit",
    ),
    Symbol(
        ("alpha", "beta1", "beta2", "epsilon"),
        r"\alpha, \beta_1, \beta_2, \varepsilon",
        "",
        "`learning_rate`, `beta1`, `beta2`, `epsilon` of an optimiser",
    ),
    Symbol(
        ("v", "s", "t"),
        "v, s, t",
        "(n,), (n,), number",
        "an optimiser's mean gradient, mean squared gradient, number of the update",
    ),
    Symbol(
        ("epoch", "iteration"),
        "",
        "",
        "one pass over the training examples; one update (the same for a full batch)",
    ),
    Symbol(("K",), "K", "", "number of classes; one sigmoid unit serves two of them"),
    Symbol(
        ("C",), "C", "(K, K)", "confusion matrix: examples of class i that were put into class j"
    ),
)
