"""The course's published tables, from the equations alone in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cutaway.equations import Layer, Network, cost_and_gradient, flatten, forward, unflatten


def descend(network: Network, theta: Any, X: Any, Y: Any, alpha: float, iterations: int) -> Any:
    """Return theta after plain gradient descent, and J before each iteration."""
    costs = []
    for _ in range(iterations):
        J, dtheta = cost_and_gradient(network, theta, X, Y)
        costs.append(float(J))
        theta = theta - alpha * dtheta
    return theta, costs


def accuracy(network: Network, theta: Any, X: Any, Y: Any) -> float:
    A = forward(network, unflatten(network, theta), X)[-1].A
    return 100.0 * float(((A > 0.5) == Y).mean())


def small_layers(sizes: tuple[int, ...], seed: int) -> Any:
    """W = 0.01 randn of NumPy's legacy generator, layer after layer, and b = 0."""
    random = np.random.RandomState(seed)
    shapes = zip(sizes[1:], sizes[:-1], strict=True)
    return flatten(
        [Layer(random.randn(*shape) * 0.01, np.zeros((shape[0], 1))) for shape in shapes]
    )


def rotate(X: Any) -> tuple[Any, Any]:
    """Return Q with orthonormal columns and R with X = Q R.

    The network with inputs R and first layer W1 Q goes through the same Z, hence the same costs, as
    the one with inputs X and W1, for dW1 = dZ1 X.T / m never leaves the rows' space of Q.T. It has
    209 inputs in place of 12288, which turns minutes into a second.
    """
    return np.linalg.qr(X)


def test_logistic_regression_on_the_cats(cats: dict[str, Any], published: Any) -> None:
    X, Y = cats["train"]
    Q, R = rotate(X)
    theta, costs = descend(Network((209, 1), ()), np.zeros(210), R, Y, 0.005, iterations=2000)
    assert [round(J, 6) for J in costs[::100]] == list(published.logistic.values())
    W, b = unflatten(Network((209, 1), ()), theta)[0]
    network, theta = Network((12288, 1), ()), flatten([Layer(W @ Q.T, b)])
    assert accuracy(network, theta, X, Y) == pytest.approx(99.04306220095694)
    assert accuracy(network, theta, *cats["test"]) == pytest.approx(70.0)


CATS_NETWORK = Network((12288, 7, 1), ("relu",))


def test_two_layers_on_the_cats(cats: dict[str, Any], published: Any) -> None:
    theta = small_layers(CATS_NETWORK.sizes, seed=1)
    _, costs = descend(CATS_NETWORK, theta, *cats["train"], alpha=0.0075, iterations=101)
    for iteration in (0, 100):
        assert costs[iteration] == pytest.approx(published.two_layers[iteration], rel=0, abs=1e-12)


@pytest.mark.usefixtures("without_shape_checks")
def test_two_layers_on_the_cats_to_the_end(cats: dict[str, Any], published: Any) -> None:
    X, Y = cats["train"]
    Q, R = rotate(X)
    first, second = unflatten(CATS_NETWORK, small_layers(CATS_NETWORK.sizes, seed=1))
    theta = flatten([first._replace(W=first.W @ Q), second])
    _, costs = descend(Network((209, 7, 1), ("relu",)), theta, R, Y, 0.0075, iterations=2500)
    for iteration, J in published.two_layers.items():
        assert costs[iteration] == pytest.approx(J, rel=0, abs=1e-12), iteration


def flower() -> tuple[Any, Any]:
    """Draw the planar flower: 2 classes of 200 points, t drawn before r."""
    random = np.random.RandomState(1)
    points = []
    for j in (0, 1):
        t = np.linspace(3.12 * j, 3.12 * (j + 1), 200) + 0.2 * random.randn(200)
        r = 4 * np.sin(4 * t) + 0.2 * random.randn(200)
        points.append(np.stack([r * np.sin(t), r * np.cos(t)]))
    return np.concatenate(points, axis=1), np.repeat([[0.0, 1.0]], 200, axis=1)


@pytest.mark.usefixtures("without_shape_checks")
@pytest.mark.parametrize(
    ("seed", "published"),
    [
        (2, [0.693048, 0.288083, 0.254385, 0.233864, 0.226792, 0.222644, 0.219731]),
        (3, [0.693162, 0.258625, 0.239334, 0.230802, 0.225528, 0.221845]),
    ],
)
def test_four_units_on_the_flower(seed: int, published: list[float]) -> None:
    network = Network((2, 4, 1), ("tanh",))
    X, Y = flower()
    theta = small_layers(network.sizes, seed)
    iterations = 1000 * len(published) - 999
    _, costs = descend(network, theta, X, Y, alpha=1.2, iterations=iterations)
    assert [round(J, 6) for J in costs[::1000]] == published
