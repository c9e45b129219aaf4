"""Propagation: a worked example, shapes and dtypes, weights, mini-batches, dropout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jaxtyping
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutaway.equations import (
    ACTIVATIONS,
    LOSSES,
    Layer,
    Network,
    backward,
    cost,
    cost_and_gradient,
    dropout_mask,
    flatten,
    forward,
    linear_backward,
    linear_forward,
    mean_loss,
)
from cutaway.equations.propagation import linear_backward_input

PAIRS = [(output, loss.name) for loss in LOSSES.values() for output in loss.outputs]
PENALTIES = {"l1": 0.2, "l2": 0.9}

# A 2-2-1 network, tanh then sigmoid, on two examples, chosen so that it can be done by hand:
# with k = log 3 and h = k / 2, tanh(h) = 1/2, tanh(2h) = 4/5, sigmoid(k) = 3/4, sigmoid(-k) = 1/4.
k = np.log(3.0)
h = k / 2
X = np.array([[1.0, 2.0], [0.0, 1.0]])
Y = np.array([[1.0, 1.0]])
PARAMETERS = (
    Layer(h * np.array([[2.0, -1.0], [1.0, -3.0]]), h * np.array([[-1.0], [0.0]])),
    Layer(k * np.array([[2.0, 2.6]]), k * np.array([[-1.3]])),
)
TWO_TWO_ONE = Network((2, 2, 1), ("tanh",))


def test_worked_example_forward() -> None:
    first, second = forward(TWO_TWO_ONE, PARAMETERS, X)
    # Z1, unit 1: 2*1 - 1*0 - 1 = 1 and 2*2 - 1*1 - 1 = 2; unit 2: 1*1 - 3*0 = 1 and 1*2 - 3*1 = -1
    np.testing.assert_allclose(first.Z, h * np.array([[1.0, 2.0], [1.0, -1.0]]))
    np.testing.assert_allclose(first.A, [[1 / 2, 4 / 5], [1 / 2, -1 / 2]])
    # Z2: 2/2 + 2.6/2 - 1.3 = 1 and 2 * 4/5 - 2.6/2 - 1.3 = -1
    np.testing.assert_allclose(second.Z, k * np.array([[1.0, -1.0]]))
    np.testing.assert_allclose(second.A, [[3 / 4, 1 / 4]])


def test_worked_example_cost() -> None:
    caches = forward(TWO_TWO_ONE, PARAMETERS, X)
    # J = -(log 3/4 + log 1/4) / 2 = (0.287682 + 1.386294) / 2
    assert float(cost(TWO_TWO_ONE, PARAMETERS, caches, Y)) == pytest.approx(0.836988, abs=1e-6)
    # sum W1^2 = 15 h^2 and sum W2^2 = 10.76 k^2 = 43.04 h^2; with l2 = 3 and M = 2 the penalty is
    # 3/2 * 1/2 * 58.04 h^2 = 43.53 * 0.301737 = 13.134614
    J = cost(TWO_TWO_ONE, PARAMETERS, caches, Y, penalties={"l2": 3.0})
    assert float(J) == pytest.approx(0.836988 + 13.134614, abs=2e-5)
    # sum |W1| = 7 h and sum |W2| = 4.6 k = 9.2 h; with l1 = 2 and M = 2 the penalty is
    # 2/2 * 16.2 h = 16.2 * 0.549306 = 8.898760
    J = cost(TWO_TWO_ONE, PARAMETERS, caches, Y, penalties={"l1": 2.0})
    assert float(J) == pytest.approx(0.836988 + 8.898760, abs=1e-5)


def test_worked_example_backward() -> None:
    caches = forward(TWO_TWO_ONE, PARAMETERS, X)
    first, second = backward(TWO_TWO_ONE, PARAMETERS, caches, Y)
    # dZ2 = A2 - Y = [-1/4, -3/4]
    # dW2, unit 1: (-1/4 * 1/2 - 3/4 * 4/5) / 2 = -0.725 / 2; unit 2: (-1/8 + 3/8) / 2 = 1/8
    np.testing.assert_allclose(second.W, [[-0.3625, 0.125]])
    np.testing.assert_allclose(second.b, [[-0.5]])
    # dA1 = W2.T dZ2 = k [[-0.5, -1.5], [-0.65, -1.95]] and 1 - A1^2 = [[0.75, 0.36], [0.75, 0.75]]
    # dZ1 = k [[-0.375, -0.54], [-0.4875, -1.4625]]
    # dW1, unit 1: (-0.375*1 - 0.54*2) / 2 = -0.7275 and -0.54*1 / 2 = -0.27
    #      unit 2: (-0.4875*1 - 1.4625*2) / 2 = -1.70625 and -1.4625*1 / 2 = -0.73125
    np.testing.assert_allclose(first.W, k * np.array([[-0.7275, -0.27], [-1.70625, -0.73125]]))
    np.testing.assert_allclose(first.b, k * np.array([[-0.4575], [-0.975]]))


def test_worked_example_penalties() -> None:
    caches = forward(TWO_TWO_ONE, PARAMETERS, X)
    plain = backward(TWO_TWO_ONE, PARAMETERS, caches, Y)
    first, second = backward(TWO_TWO_ONE, PARAMETERS, caches, Y, penalties={"l1": 2.0, "l2": 3.0})
    # dW grows by (2 sign W + 3 W) / 2 and db does not
    np.testing.assert_allclose(
        first.W - plain[0].W, [[1 + 3 * h, -1 - 1.5 * h], [1 + 1.5 * h, -1 - 4.5 * h]]
    )
    np.testing.assert_allclose(second.W - plain[1].W, [[1 + 3 * k, 1 + 3.9 * k]])
    np.testing.assert_array_equal(first.b, plain[0].b)
    np.testing.assert_array_equal(second.b, plain[1].b)


@given(
    n_x=st.integers(1, 4),
    hidden=st.lists(st.integers(1, 4), max_size=3),
    n_y=st.integers(1, 3),
    m=st.integers(1, 4),
    dtype=st.sampled_from([np.float32, np.float64]),
    activation=st.sampled_from(list(ACTIVATIONS)),
    pair=st.sampled_from(PAIRS),
    weighted=st.booleans(),
    dropped=st.booleans(),
)
def test_shapes_and_dtypes(
    make_problem: Callable[..., Any],
    n_x: int,
    hidden: list[int],
    n_y: int,
    m: int,
    dtype: Any,
    activation: str,
    pair: tuple[str, str],
    weighted: bool,
    dropped: bool,
) -> None:
    n_y = max(n_y, 2) if pair[0] == "softmax" else n_y
    problem = make_problem((n_x, *hidden, n_y), activation, *pair, weighted=weighted, m=m)
    network, theta, X, Y, weights, M = problem
    weights = None if weights is None else weights.astype(dtype)
    masks = None
    if dropped:
        masks = [dropout_mask(np.full((n, m), 0.3, dtype), 0.5) for n in network.sizes[:-1]]
    theta, X, Y = theta.astype(dtype), X.astype(dtype), Y.astype(dtype)
    J, dtheta = cost_and_gradient(network, theta, X, Y, weights, masks, PENALTIES, M)
    assert J.dtype == dtheta.dtype == dtype
    assert J.shape == ()
    assert dtheta.shape == theta.shape
    assert np.isfinite(J)
    assert np.isfinite(dtheta).all()


@pytest.mark.parametrize("stack", [(), (3,)])
@pytest.mark.parametrize("n_l", [1, 2])
def test_the_derivative_of_an_input_is_the_product(stack: tuple[int, ...], n_l: int) -> None:
    random = np.random.default_rng(n_l)
    W, dZ = random.standard_normal((*stack, n_l, 4)), random.standard_normal((*stack, n_l, 7))
    np.testing.assert_array_equal(linear_backward_input(W, dZ), W.mT @ dZ)


@pytest.mark.parametrize(
    "call",
    [
        lambda: linear_forward(np.ones((2, 3)), np.ones((2, 1)), np.ones((4, 5))),
        lambda: linear_forward(np.ones((2, 3)), np.ones((1, 2)), np.ones((3, 5))),
        lambda: linear_forward(np.ones((2, 3)), np.ones(2), np.ones((3, 5))),
        lambda: linear_forward(np.ones((2, 3), int), np.ones((2, 1)), np.ones((3, 5))),
        lambda: linear_backward(np.ones((2, 5)), np.ones((3, 4))),
        lambda: cost_and_gradient(TWO_TWO_ONE, np.ones(9, int), X, Y),
        lambda: cost_and_gradient(TWO_TWO_ONE, np.ones(9), X, Y[:, :1]),
        lambda: cost_and_gradient(TWO_TWO_ONE, np.ones(9), X, Y, weights=np.ones(2)),
        lambda: ACTIVATIONS["relu"].dg(np.ones((2, 3)), np.ones((3, 2))),
    ],
)
def test_the_shapes_in_the_annotations_are_checked(call: Callable[[], Any]) -> None:
    with pytest.raises(jaxtyping.TypeCheckError):
        call()


@pytest.mark.parametrize(("output", "loss"), PAIRS)
@pytest.mark.parametrize("penalties", [{}, PENALTIES])
def test_a_weight_is_how_often_an_example_counts(
    make_problem: Callable[..., Any], output: str, loss: str, penalties: dict[str, float]
) -> None:
    network, theta, X, Y, _, _ = make_problem((3, 4, 2), "tanh", output, loss)
    times = np.array([2, 0, 1, 3, 0])
    m, M = X.shape[1], float(times.sum())
    weights = (times * m / M).reshape(1, m)
    J, dtheta = cost_and_gradient(network, theta, X, Y, weights, penalties=penalties, M=M)
    X, Y = np.repeat(X, times, axis=1), np.repeat(Y, times, axis=1)
    J_repeated, dtheta_repeated = cost_and_gradient(network, theta, X, Y, penalties=penalties)
    np.testing.assert_allclose(J, J_repeated, rtol=1e-12)
    np.testing.assert_allclose(dtheta, dtheta_repeated, rtol=0, atol=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_mini_batches_estimate_the_same_cost(
    make_problem: Callable[..., Any], weighted: bool
) -> None:
    problem = make_problem((3, 4, 2), "relu", "softmax", "cross_entropy", weighted=weighted, m=12)
    J, dtheta = problem.cost_and_gradient(penalties=PENALTIES)
    order = np.random.default_rng(0).permutation(12)
    batches = [
        problem._replace(
            X=problem.X[:, columns],
            Y=problem.Y[:, columns],
            weights=None if problem.weights is None else problem.weights[:, columns],
        ).cost_and_gradient(penalties=PENALTIES)
        for columns in (order[:4], order[4:8], order[8:])
    ]
    np.testing.assert_allclose(np.mean([J for J, _ in batches]), J, rtol=1e-12)
    mean = np.mean([dtheta for _, dtheta in batches], axis=0)
    np.testing.assert_allclose(mean, dtheta, rtol=0, atol=1e-12)


def test_M_is_the_number_of_columns_unless_given(make_problem: Callable[..., Any]) -> None:
    problem = make_problem((3, 2), "tanh", "identity", "squared")
    given_M = problem.cost_and_gradient(penalties=PENALTIES)
    left_out = problem._replace(M=None).cost_and_gradient(penalties=PENALTIES)
    assert given_M[0] == left_out[0]
    np.testing.assert_array_equal(given_M[1], left_out[1])


def test_the_cost_is_the_mean_loss_and_the_penalty(make_problem: Callable[..., Any]) -> None:
    network, _, X, Y, _, _ = make_problem((3, 2), "tanh", "identity", "squared")
    layers = (Layer(np.full((2, 3), -2.0), np.full((2, 1), 5.0)),)
    caches = forward(network, layers, X)
    mean = mean_loss(network, caches, Y)
    # |W| sums to 12, W^2 / 2 to 12: (0.2 * 12 + 0.9 * 12) / 5, the biases left out
    J = cost(network, layers, caches, Y, penalties=PENALTIES)
    assert float(J - mean) == pytest.approx(13.2 / 5)


@pytest.mark.parametrize("keep_prob", [0.2, 0.8, 1.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_mask_keeps_the_expectation(keep_prob: float, dtype: Any) -> None:
    U = np.random.default_rng(0).random((50, 200), dtype=dtype)
    mask = dropout_mask(U, keep_prob)
    assert mask.dtype == dtype
    assert set(np.unique(mask)) <= {0.0, dtype(1.0) / dtype(keep_prob)}
    assert (mask > 0).mean() == pytest.approx(keep_prob, abs=0.01)
    assert mask.mean() == pytest.approx(1.0, abs=0.04)


def test_a_dropped_unit_says_nothing_and_learns_nothing() -> None:
    mask = np.array([[2.0, 2.0], [0.0, 0.0]])
    caches = forward(TWO_TWO_ONE, PARAMETERS, X, [None, mask])
    # unit 2 is off and unit 1 counts twice: Z2 = k [2 * 2/2 - 1.3, 2 * 2 * 4/5 - 1.3]
    np.testing.assert_allclose(caches[1].Z, k * np.array([[0.7, 1.9]]))
    first, second = backward(TWO_TWO_ONE, PARAMETERS, caches, Y)
    assert (first.W[1] == 0).all()
    assert first.b[1, 0] == second.W[0, 1] == 0
    assert (first.W[0] != 0).all()


def test_masks_of_one_are_no_masks() -> None:
    theta = flatten(PARAMETERS)
    ones = [np.ones((2, 2)), np.ones((2, 2))]
    with_masks = cost_and_gradient(TWO_TWO_ONE, theta, X, Y, masks=ones)
    without = cost_and_gradient(TWO_TWO_ONE, theta, X, Y)
    assert with_masks[0] == without[0]
    np.testing.assert_array_equal(with_masks[1], without[1])
