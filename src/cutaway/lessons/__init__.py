"""Lessons: the course's experiments, one file each, run by the engine that trains.

A lesson is a script with its text between the code, in the format of sphinx-gallery: the page of
the documentation and the output of `cutaway lesson NAME` come from the same file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

LESSONS: Mapping[str, str] = {
    "neuron": "the price of a house by one ReLU neuron; what a threshold cannot learn",
    "one_feature": "will tomorrow be sunny: gradient descent by nudging, then by the gradient",
    "computation_graph": "J = 3(a + bc) and the logistic unit, by the chain rule",
    "derivatives": "slopes by nudging against formulas, and the best step",
    "vectorization": "one step of logistic regression with loops and without",
    "broadcasting": "calories in per cent, the rules of shapes, the rank-1 trap",
    "log_loss": "why log loss and not squared error on a sigmoid",
    "logistic_regression": "pictures of two classes without a hidden layer",
    "activations": "sigmoid, tanh, ReLU, leaky ReLU: slopes, limits, training",
    "planar": "the flower: logistic regression against 1 to 50 hidden units",
    "symmetry": "why W starts at random, and at which scale",
    "depth": "two and four layers on the cats; XOR, deep and flat; every shape",
    "vanishing_gradients": "y = x^L; variance over 50 layers for each initialiser",
    "gradient_check": "derivatives against differences; two planted errors found",
    "regularization": "none, L2 and dropout on a noisy boundary",
    "normalization": "the elongated bowl, and the rate that still converges",
    "train_dev_test": "split sizes, four cases of bias and variance, early stopping, ensembles",
    "optimizers": "batch, mini-batch, momentum, RMSprop, Adam and decay on the moons",
    "scale": "error against the number of examples, for networks of four sizes",
    "hardware": "the same step on one core and on all: which limit binds",
}

# The lessons that can be run on a person's own data.
TAKE_DATA = ("logistic_regression", "depth", "regularization", "scale")


def source(name: str) -> Path:
    """Return the file of a lesson."""
    return Path(__file__).with_name("pages") / f"{name}.py"
