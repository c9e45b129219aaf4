"""A probe: the same for a network alone, in a stack and in example space."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cutaway.engine.example_space import enter, start
from cutaway.engine.job import Part
from cutaway.engine.measure import norms
from cutaway.engine.probe import EXAMPLES, probe, twins
from cutaway.equations import Layer, Network, flatten, unflatten
from cutaway.equations.propagation import cost_and_gradient

NETWORK = Network((5, 6, 4, 3), ("relu", "tanh"), "softmax", "cross_entropy")


def example(m: int, seed: int = 0) -> tuple[Part, Any]:
    random = np.random.default_rng(seed)
    Y = np.eye(3)[random.integers(3, size=m)].T
    # Weights are no part of a probe: each of its examples counts once.
    part = Part(random.normal(size=(5, m)), Y, random.random((1, m)))
    return part, random.normal(size=NETWORK.n_parameters)


@pytest.mark.parametrize("m", [1, 40, EXAMPLES, 3 * EXAMPLES])
def test_the_gradient_is_that_of_the_loss_of_some_examples(m: int) -> None:
    part, theta = example(m)
    columns = np.linspace(0, m - 1, min(m, EXAMPLES)).astype(int)
    _, dtheta = cost_and_gradient(NETWORK, theta, part.X[:, columns], part.Y[:, columns])
    (probed,) = probe(NETWORK, theta, part)
    np.testing.assert_allclose(probed.gradient, norms(NETWORK, dtheta, None)[0], rtol=1e-12)
    assert probed.twins == (0.0, 0.0)


def test_a_stack_is_its_networks_one_by_one() -> None:
    part, _ = example(100)
    thetas = np.stack([example(1, seed)[1] for seed in range(3)])
    thetas[1] = 0.0
    alone = [probe(NETWORK, theta, part)[0] for theta in thetas]
    for one, other in zip(probe(NETWORK, thetas, part), alone, strict=True):
        np.testing.assert_allclose(one.gradient, other.gradient, rtol=1e-10)
        assert one.twins == other.twins
    assert alone[1].twins == (1.0, 1.0)


def test_example_space_has_the_same_gradient_and_the_same_twins() -> None:
    part, theta = example(30)
    W1, b1 = unflatten(NETWORK, theta)[0]
    layers = [Layer(W1[[0, 1, 0, 3, 4, 5]], b1[[0, 1, 0, 3, 4, 5]]), *unflatten(NETWORK, theta)[1:]]
    theta = flatten(layers)
    inside, _, _ = enter(part._replace(weights=None), None, [layers[0].W])
    (plain,) = probe(NETWORK, theta, part)
    (lifted,) = probe(
        NETWORK,
        start(NETWORK, theta, part.m),
        inside._replace(X=inside.X.members(0)),
    )
    np.testing.assert_allclose(lifted.gradient, plain.gradient, rtol=1e-10)
    assert lifted.twins == plain.twins == (pytest.approx(2 / 6), 0.0)


def test_twins_are_rows_that_are_alike_to_rounding() -> None:
    F = np.random.default_rng(0).normal(size=(2, 7, 2)).astype(np.float32)
    F[0, 6] = F[0, 2] * (1 + 2e-7)
    F[0, 5, 0] = F[0, 1, 0]
    F[1] = 0
    assert twins(F).tolist() == [pytest.approx(2 / 7), 1.0]
    assert twins(F[0, :1]) == 0.0
