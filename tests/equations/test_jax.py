"""The derivatives against jax.grad, of our cost and of one written with jax.nn; and jax.jit."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from cutaway.equations import (
    ACTIVATIONS,
    LOSSES,
    OPTIMIZERS,
    Rates,
    cost,
    cost_and_gradient,
    dropout_mask,
    forward,
    unflatten,
)

jax = pytest.importorskip("jax", reason="the oracle jax.grad needs JAX: pip install jax")
jnp = jax.numpy

PAIRS = [(output, loss.name) for loss in LOSSES.values() for output in loss.outputs]
PENALTIES = {"l1": 0.2, "l2": 0.9}
SIZES = (3, 4, 3, 2)

# Written for one example, a vector, so that nothing is shared with our columns.
ACTIVATION = {
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "relu": jax.nn.relu,
    "leaky_relu": partial(jax.nn.leaky_relu, negative_slope=0.01),
    "identity": lambda z: z,
    "softmax": jax.nn.softmax,
}


def loss_of_example(output: str, loss: str, z: Any, y: Any) -> Any:
    if loss == "log":
        return -jnp.sum(y * jax.nn.log_sigmoid(z) + (1.0 - y) * jax.nn.log_sigmoid(-z))
    if loss == "cross_entropy":
        return -jnp.sum(y * jax.nn.log_softmax(z))
    return jnp.sum((ACTIVATION[output](z) - y) ** 2) / 2


def independent_cost(problem: Any, theta: Any, mask: Any) -> Any:
    """J of a (3, 4, 3, 2) network, example by example; `mask` drops units of the first layer."""
    network, _, X, Y, weights, M = problem
    g = ACTIVATION[network.activations[0]]
    W1, b1, W2, b2, W3, b3 = jnp.split(theta, [12, 16, 28, 31, 37])
    W1, W2, W3 = W1.reshape(4, 3), W2.reshape(3, 4), W3.reshape(2, 3)

    def loss(x: Any, y: Any, kept: Any) -> Any:
        z = W3 @ g(W2 @ (kept * g(W1 @ x + b1)) + b2) + b3
        return loss_of_example(network.output, network.loss, z, y)

    losses = jax.vmap(loss)(jnp.asarray(X.T), jnp.asarray(Y.T), jnp.asarray(mask.T))
    W = jnp.concatenate([W1.ravel(), W2.ravel(), W3.ravel()])
    penalty = PENALTIES["l1"] * jnp.sum(jnp.abs(W)) + PENALTIES["l2"] / 2 * jnp.sum(W**2)
    return jnp.mean(losses * weights[0]) + penalty / M


@pytest.mark.parametrize(("output", "loss"), PAIRS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_jax_grad_agrees(
    make_problem: Callable[..., Any], activation: str, output: str, loss: str
) -> None:
    problem = make_problem(SIZES, activation, output, loss, weighted=True)
    network, theta, X, Y, weights, M = problem
    mask = dropout_mask(np.random.default_rng(1).random((4, 5)), 0.6)
    masks = [None, mask, None]
    J, dtheta = problem.cost_and_gradient(penalties=PENALTIES, masks=masks)

    def our_cost(theta: Any) -> Any:
        parameters = unflatten(network, theta)
        arrays = [jnp.asarray(array) for array in (X, Y, weights, mask)]
        caches = forward(network, parameters, arrays[0], [None, arrays[3], None])
        return cost(network, parameters, caches, arrays[1], arrays[2], PENALTIES, M)

    with jax.enable_x64(True):
        for function in (our_cost, partial(independent_cost, problem, mask=mask)):
            value, gradient = jax.value_and_grad(function)(jnp.asarray(theta))
            assert gradient.dtype == np.float64
            np.testing.assert_allclose(value, J, rtol=1e-14)
            np.testing.assert_allclose(gradient, dtheta, rtol=0, atol=2e-15 * abs(dtheta).max())


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_step_under_jit_equals_numpy_and_compiles_once(
    make_problem: Callable[..., Any], optimizer: str
) -> None:
    problem = make_problem((3, 4, 2), "relu", "softmax", "cross_entropy", weighted=True)
    network, theta, X, Y, weights, M = problem
    row = OPTIMIZERS[optimizer]
    traces = []

    def step(theta: Any, state: Any, t: Any, data: Any, penalties: Any, M: Any, rates: Any) -> Any:
        traces.append(optimizer)
        X, Y, weights = data
        J, dtheta = cost_and_gradient(network, theta, X, Y, weights, penalties=penalties, M=M)
        theta, state = row.update(theta, dtheta, state, t, rates)
        return J, theta, state

    def run(function: Any, theta: Any, data: Any) -> Any:
        state, costs = row.init(theta), []
        for t, alpha in enumerate((0.1, 0.02, 0.3, 0.01), start=1):
            rates = Rates(alpha, 0.9 - alpha, 0.99, 1e-6)
            penalties = {"l1": alpha, "l2": 2 * alpha}
            J, theta, state = function(theta, state, t, data, penalties, M + alpha, rates)
            costs.append(float(J))
        return costs, theta, state

    expected = run(step, theta, (X, Y, weights))
    traces.clear()
    with jax.enable_x64(True):
        data = tuple(jnp.asarray(array) for array in (X, Y, weights))
        found = run(jax.jit(step), jnp.asarray(theta), data)
    assert traces == [optimizer]
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-12)
    np.testing.assert_allclose(found[1], expected[1], rtol=0, atol=1e-12)
    for slot, expected_slot in zip(found[2], expected[2], strict=True):
        np.testing.assert_allclose(slot, expected_slot, rtol=0, atol=1e-12)


def test_float32_is_the_default_of_jax_and_stays(make_problem: Callable[..., Any]) -> None:
    problem = make_problem((3, 4, 2), "tanh", "sigmoid", "log", weighted=True)
    X, Y, weights, theta = (
        jnp.asarray(array.astype(np.float32))
        for array in (problem.X, problem.Y, problem.weights, problem.theta)
    )
    arrays = problem._replace(X=X, Y=Y, weights=weights)
    J, dtheta = arrays.cost_and_gradient(theta, PENALTIES)
    assert J.dtype == dtheta.dtype == np.float32
    np.testing.assert_allclose(J, problem.cost_and_gradient(penalties=PENALTIES)[0], rtol=1e-5)
