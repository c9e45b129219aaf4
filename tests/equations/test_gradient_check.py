"""The derivatives against central differences, for every row; and whether the check can tell."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from cutaway.equations import (
    ACTIVATIONS,
    LOSSES,
    Layer,
    Network,
    cost_and_gradient,
    dropout_mask,
    flatten,
    gradient_check,
    kinks,
    unflatten,
)

TOLERANCE = 1e-7
PAIRS = [(output, loss.name) for loss in LOSSES.values() for output in loss.outputs]
PENALTIES: tuple[dict[str, float], ...] = ({}, {"l1": 0.3}, {"l2": 0.7}, {"l1": 0.2, "l2": 0.9})
HIDDEN = (4, 3, 4)


def check(problem: Any, penalties: dict[str, float], masks: Any = None, k: int = 1) -> float:
    """Return the worst difference over k random directions."""
    directions = np.random.default_rng(1).normal(size=(k, problem.theta.size))

    def cost(theta: Any) -> Any:
        return problem.cost_and_gradient(theta, penalties, masks=masks)[0]

    side = kinks(problem.network, problem.X, masks, l1="l1" in penalties)
    _, gradient = problem.cost_and_gradient(penalties=penalties, masks=masks)
    return gradient_check(cost, gradient, problem.theta, directions, kinks=side).difference


@pytest.mark.parametrize(("output", "loss"), PAIRS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_gradient_is_the_derivative_of_its_cost(
    make_problem: Callable[..., Any], activation: str, output: str, loss: str
) -> None:
    outputs = (2, 3) if output == "softmax" else (1, 2, 3)
    differences = {}
    for n_y, depth, penalties, weighted in product(outputs, range(4), PENALTIES, (False, True)):
        sizes = (3, *HIDDEN[:depth], n_y)
        problem = make_problem(sizes, activation, output, loss, weighted=weighted)
        key = f"{sizes} {penalties} weights={weighted}"
        differences[key] = check(problem, penalties)
    worst = max(differences, key=differences.__getitem__)
    assert differences[worst] < TOLERANCE, f"{activation}, {output}, {loss}, {worst}"


@pytest.mark.parametrize(("output", "loss"), PAIRS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_dropout_is_differentiated_with_its_masks(
    make_problem: Callable[..., Any], activation: str, output: str, loss: str
) -> None:
    problem = make_problem((3, 6, 5, 2), activation, output, loss, weighted=True)
    generator = np.random.default_rng(2)
    units_kept = zip((3, 6, 5), (0.9, 0.7, 0.6), strict=True)
    masks = [dropout_mask(generator.random((n, 5)), p) for n, p in units_kept]
    for some in (masks, [None, *masks[1:]], [masks[0], None, masks[2]]):
        assert any(mask is not None and (mask == 0).any() for mask in some)
        assert check(problem, {"l1": 0.2, "l2": 0.9}, some, k=2) < TOLERANCE


def one_sign_wrong(gradients: tuple[Layer, ...]) -> tuple[Layer, ...]:
    dW = gradients[0].W.copy()
    dW[1, 2] = -dW[1, 2]
    return (gradients[0]._replace(W=dW), *gradients[1:])


def doubled(gradients: tuple[Layer, ...]) -> tuple[Layer, ...]:
    return tuple(Layer(2.0 * dW, 2.0 * db) for dW, db in gradients)


def one_bias_for_all_units(gradients: tuple[Layer, ...]) -> tuple[Layer, ...]:
    return tuple(Layer(dW, np.full_like(db, db.mean())) for dW, db in gradients)


def sum_for_mean(gradients: tuple[Layer, ...]) -> tuple[Layer, ...]:
    return (*gradients[:-1], Layer(gradients[-1].W, 5 * gradients[-1].b))


def transposed(gradients: tuple[Layer, ...]) -> tuple[Layer, ...]:
    first = gradients[0]
    return (first._replace(W=first.W.T.reshape(first.W.shape)), *gradients[1:])


@pytest.mark.parametrize(
    "plant", [one_sign_wrong, doubled, one_bias_for_all_units, sum_for_mean, transposed]
)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_planted_error_is_found(
    make_problem: Callable[..., Any], activation: str, plant: Callable[..., tuple[Layer, ...]]
) -> None:
    problem = make_problem((4, 3, 2), activation, "softmax", "cross_entropy", seed=2)
    _, gradient = problem.cost_and_gradient()
    planted = flatten(plant(unflatten(problem.network, gradient)))
    directions = np.random.default_rng(3).normal(size=(5, gradient.size))

    def difference(dtheta: Any) -> float:
        side = kinks(problem.network, problem.X)
        return gradient_check(cost_of(problem), dtheta, problem.theta, directions, kinks=side)[0]

    assert difference(gradient) < TOLERANCE
    assert difference(planted) > 1e-3


@pytest.mark.parametrize(
    ("without", "penalties"),
    [("l1", {"l2": 0.7}), ("l2", {"l1": 0.3}), ("weights", {"l1": 0.3, "l2": 0.7})],
)
def test_a_gradient_that_leaves_something_out_is_found(
    make_problem: Callable[..., Any], without: str, penalties: dict[str, float]
) -> None:
    problem = make_problem((4, 3, 1), "tanh", "sigmoid", "log", weighted=True)
    short = problem._replace(weights=None) if without == "weights" else problem
    _, gradient = short.cost_and_gradient(penalties=penalties)
    cost = cost_of(problem, {"l1": 0.3, "l2": 0.7})
    directions = np.random.default_rng(3).normal(size=(5, gradient.size))
    assert gradient_check(cost, gradient, problem.theta, directions).difference > 1e-3


def cost_of(problem: Any, penalties: dict[str, float] | None = None) -> Callable[[Any], Any]:
    return lambda theta: problem.cost_and_gradient(theta, penalties)[0]


# One ReLU unit and one example x = 1: Z1 = w + b, kinked at Z1 = 0; theta = [w, b, w2, b2].
RELU = Network((1, 1, 1), ("relu",), "identity", "squared")
ONE = np.ones((1, 1))


def relu_check(theta: Any, directions: Any) -> Any:
    def cost(theta: Any) -> Any:
        return cost_and_gradient(RELU, theta, ONE, ONE)[0]

    gradient = cost_and_gradient(RELU, theta, ONE, ONE)[1]
    return gradient_check(cost, gradient, theta, directions, kinks=kinks(RELU, ONE))


def test_a_step_is_halved_until_it_stays_beside_the_kink() -> None:
    theta = np.array([1.0, -1.0 + 1e-6, 2.0, 0.5])  # Z1 = 1e-6: a step of 6e-6 crosses 0
    found = relu_check(theta, np.array([[1.0, 0.0, 0.0, 0.0]]))
    assert found.epsilon == 6e-6 / 8  # 6, 3 and 1.5 cross, 0.75 does not
    assert found.difference < TOLERANCE
    assert found.at_kink == 0


def test_a_direction_across_the_kink_is_left_out_and_counted() -> None:
    theta = np.array([1.0, -1.0, 2.0, 0.5])  # Z1 = 0 exactly
    along_w, along_b2 = [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]
    found = relu_check(theta, np.array([along_w, along_b2, along_w]))
    assert (found.at_kink, found.direction) == (2, 1)
    assert found.difference < TOLERANCE


def test_nothing_but_kinks_is_refused() -> None:
    with pytest.raises(ValueError, match="all 1 directions cross a kink"):
        relu_check(np.array([1.0, -1.0, 2.0, 0.5]), np.array([[1.0, 0.0, 0.0, 0.0]]))


@pytest.mark.parametrize("l1", [False, True])
def test_a_zero_of_W_is_a_kink_only_under_l1(l1: bool) -> None:
    network = Network((1, 1), (), "identity", "squared")
    side = kinks(network, ONE, l1=l1)
    assert (side(np.array([1e-9, 0.0])) != side(np.array([-1e-9, 0.0]))) == l1


def test_a_kinked_output_is_a_kink() -> None:
    side = kinks(Network((1, 1), (), "relu", "squared"), ONE)
    assert side(np.array([1e-9, 0.0])) != side(np.array([-1e-9, 0.0]))


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("place", ["theta", "gradient"])
def test_what_is_not_finite_is_refused(place: str, value: float) -> None:
    arrays = {"theta": np.ones(3), "gradient": np.ones(3)}
    arrays[place][1] = value
    with pytest.raises(ValueError, match="not finite"):
        gradient_check(lambda theta: theta.sum(), directions=np.eye(3), **arrays)


def test_a_zero_gradient_is_compared_as_it_is() -> None:
    flat = gradient_check(lambda theta: np.float64(1.0), np.zeros(2), np.ones(2), np.eye(2))
    assert flat.difference == 0.0
    wrong = gradient_check(lambda theta: theta.sum(), np.zeros(2), np.ones(2), np.eye(2))
    assert wrong.difference == pytest.approx(1.0)
    assert wrong.analytic == 0.0


def test_a_cost_that_is_not_finite_is_the_worst() -> None:
    def cost(theta: Any) -> Any:
        return np.float64(np.nan) if theta[0] != 1.0 else theta.sum()

    found = gradient_check(cost, np.ones(2), np.ones(2), np.eye(2))
    assert np.isnan(found.difference)
    assert found.direction == 0
