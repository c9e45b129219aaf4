import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cutaway.equations import (
    OPTIMIZERS,
    Layer,
    Network,
    Rates,
    cost_and_gradient,
    flatten,
    forward,
    initialize,
    unflatten,
)
from cutaway.equations.example_space import Lifted, beside, example_space, lift
from cutaway.equations.penalties import sq_norm

N_X, M_TRAIN, STEPS, RATES = 60, 12, 500, Rates(0.01)
CASES = list(
    itertools.product(
        [(), (5,), (5, 4), (5, 4, 3)],
        ["gradient_descent", "momentum"],
        [{}, {"l2": 0.7}],
        [False, True],
        [None, 5],
    )
)


def problem(hidden, weighted, seed=0):
    random = np.random.default_rng(seed)
    network = Network((N_X, *hidden, 2), ("tanh",) * len(hidden), "sigmoid", "log")
    X = random.standard_normal((N_X, M_TRAIN))
    # Pictures are rank deficient: a duplicate, and pixels that never change.
    X[:, 3], X[:7] = X[:, 5], 0.5
    Y = np.asarray(random.integers(2, size=(2, M_TRAIN)), float)
    w = random.random((1, M_TRAIN)) + 0.5 if weighted else None
    layers = initialize(
        network,
        ("lecun",) * network.L,
        tuple(random.standard_normal(shape) for shape in network.shapes),
    )
    return network, X, Y, w, layers


def start(layers, space):
    first = Lifted(np.ones((1, 1)), np.zeros((layers[0].W.shape[0], space.m)), space)
    return flatten((Layer(first, layers[0].b), *layers[1:]))


def batches(size, seed):
    random = np.random.default_rng(seed)
    while True:
        columns = random.permutation(M_TRAIN)[:size]
        place = np.full(M_TRAIN, size)
        place[columns] = np.arange(size)
        yield columns, place


@pytest.mark.usefixtures("without_shape_checks")
@pytest.mark.parametrize(("hidden", "optimizer", "penalties", "weighted", "size"), CASES)
def test_it_is_the_same_training(hidden, optimizer, penalties, weighted, size):
    network, X, Y, w, layers = problem(hidden, weighted)
    M = M_TRAIN if w is None else w.sum()
    w = None if w is None else w * M_TRAIN / M
    space = example_space(X, layers[0].W)
    plain, lifted = flatten(layers), start(layers, space)
    row = OPTIMIZERS[optimizer]
    slots, lifted_slots = row.init(plain), row.init(lifted)
    draw = batches(size, seed=1) if size else None
    for t in range(1, STEPS + 1):
        part, in_space = (X, Y, w), space
        if draw is not None:
            columns, place = next(draw)
            part = (X[:, columns], Y[:, columns], None if w is None else w[:, columns])
            in_space = space.take(columns, place)
        J, d = cost_and_gradient(network, plain, *part, None, penalties, M)
        K, e = cost_and_gradient(network, lifted, in_space, *part[1:], None, penalties, M)
        assert abs(J - K) <= 1e-12 * max(1, J), t
        plain, slots = row.update(plain, d, slots, t, RATES)
        lifted, lifted_slots = row.update(lifted, e, lifted_slots, t, RATES)
    W = unflatten(network, plain)[0].W
    first, *others = unflatten(network, lifted, space)
    np.testing.assert_allclose(lift(first.W, X, layers[0].W), W, atol=1e-10, rtol=0)
    np.testing.assert_allclose(sq_norm(first.W), sq_norm(W), rtol=1e-10)
    for layer, other in zip(unflatten(network, plain)[1:], others, strict=True):
        np.testing.assert_allclose(other.W, layer.W, atol=1e-10, rtol=0)


def test_a_dev_set_has_columns_of_its_own():
    network, X, _, _, layers = problem((5,), weighted=False)
    X_dev = np.random.default_rng(3).standard_normal((N_X, 4))
    space = example_space(X, layers[0].W)
    dev = beside(space, X_dev, X, layers[0].W)
    theta = start(layers, space)
    theta[: 1 + 5 * M_TRAIN] = np.random.default_rng(4).standard_normal(1 + 5 * M_TRAIN)
    lifted = unflatten(network, theta, dev)
    plain = (Layer(lift(lifted[0].W, X, layers[0].W), lifted[0].b), *lifted[1:])
    np.testing.assert_allclose(
        forward(network, lifted, dev)[-1].A, forward(network, plain, X_dev)[-1].A, rtol=1e-10
    )


def test_a_change_of_w_has_the_norm_of_the_lifted_change():
    _, X, _, _, layers = problem((5,), weighted=False)
    space = example_space(X, layers[0].W)
    random = np.random.default_rng(5)
    a, b = (Lifted(random.random((1, 1)), random.random((5, M_TRAIN)), space) for _ in "ab")
    change = lift(a, X, layers[0].W) - lift(b, X, layers[0].W)
    np.testing.assert_allclose(sq_norm(a - b), sq_norm(change), rtol=1e-10)


def test_flatten_and_unflatten_are_inverse_and_share_memory():
    network, X, _, _, layers = problem((5,), weighted=False)
    space = example_space(X, layers[0].W)
    theta = start(layers, space)
    parameters = unflatten(network, theta, space)
    np.testing.assert_array_equal(flatten(parameters), theta)
    assert np.shares_memory(parameters[0].W.U, theta)


@pytest.mark.parametrize("size", [None, 5])
def test_it_runs_under_jit(size):
    network, X, Y, _, layers = problem((5,), weighted=False)
    space = example_space(X, layers[0].W)
    theta = start(layers, space)
    in_space, targets = space, Y
    if size:
        columns, place = next(batches(size, seed=2))
        in_space, targets = space.take(columns, place), Y[:, columns]
    expected = cost_and_gradient(network, theta, in_space, targets, None, None, {"l2": 0.7}, 12.0)
    with jax.enable_x64(True):

        @jax.jit
        def compiled(theta, X, Y, l2):
            return cost_and_gradient(network, theta, X, Y, None, None, {"l2": l2}, 12.0)

        got = compiled(
            jnp.asarray(theta), jax.tree.map(jnp.asarray, in_space), jnp.asarray(targets), 0.7
        )
    for ours, theirs in zip(expected, got, strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-10, atol=1e-14)
